"""Finds the one file in what a prediction gave.

Models answer with an address, a list of them, a mapping, or the bytes themselves as a ``data:`` address."""

import base64
import binascii
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote_to_bytes

from vgkit.engines.hosted import OutputGone


def address_in(output: Any) -> str:
    """The first address in an output. Raises OutputGone where there is none, which says what there was instead."""
    found = next(_addresses(output), None)
    if found is None:
        raise OutputGone(f"replicate gave {_called(output)}")
    return found


def bytes_of(address: str) -> bytes:
    """The bytes that a ``data:`` address holds. Raises OutputGone where they do not decode."""
    head, _, payload = address.partition(",")
    try:
        bytes_ = unquote_to_bytes(payload)
        decoded = base64.b64decode(bytes_, validate=True) if head.endswith(";base64") else bytes_
    except (binascii.Error, ValueError) as error:
        raise OutputGone(f"replicate gave a data: address that does not decode ({error})") from error
    if not decoded:
        raise OutputGone("replicate gave an empty data: address")
    return decoded


def _addresses(output: Any) -> Iterator[str]:
    if isinstance(output, str):
        if output.startswith(("https://", "http://", "data:")):
            yield output
    elif isinstance(output, (list, tuple)):
        for item in output:
            yield from _addresses(item)
    elif isinstance(output, dict):
        for item in output.values():
            yield from _addresses(item)


def _called(output: Any) -> str:
    if output is None:
        return "no output, or has removed it (it keeps one for an hour)"
    if output in ([], {}):
        return "an empty list"
    return f"no file but {str(output)[:80]!r}"
