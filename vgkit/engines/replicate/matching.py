"""Tells whether a listed prediction is the call whose reply was lost.

There is no key to ask by: what was sent is all there is to go by. Taking another call for ours costs a wrong picture,
missing ours costs its price twice; so both are compared as strictly as the host's echo allows."""

import json
import re
from collections.abc import Mapping
from typing import Any, Literal

from vgkit.engines.hosted import Attachment, Order

_VERSION_ID = re.compile(r"[0-9a-f]{64}")


def same_model(order: Order, told: Mapping[str, Any]) -> bool:
    """Tell whether a prediction may be of the order's model.

    The version echoed may be another than was asked for, or hidden; only where a version and a model's name are told
    and both are others is it a call of another model.
    """
    version, model = told.get("version"), told.get("model")
    if version == order.version.rpartition(":")[2] or model == order.model:
        return True
    return not (model and isinstance(version, str) and _VERSION_ID.fullmatch(version))


def same_input(order: Order, files: Mapping[str, str], told: Mapping[str, Any]) -> bool:
    """Tell whether a prediction's input is what the order sent; ``files`` has the addresses its attachments had."""
    sent = {name: value for name, value in order.params.items() if value is not None}
    given = {name: value for name, value in told.items() if value is not None}
    if sent.keys() != given.keys():
        return False
    return all(
        _same_file(files.get(name), given[name]) if isinstance(value, Attachment) else _same(_plain(value), given[name])
        for name, value in sent.items()
    )


def _same_file(sent: str | None, given: Any) -> bool:
    """Addresses are compared where both are of one kind; a host may keep a ``data:`` address as one of its own."""
    kind = _kind(sent)
    return kind is None or kind != _kind(given) or sent == given


def _kind(address: Any) -> Literal["http", "data"] | None:
    if not isinstance(address, str):
        return None
    if address.startswith(("http://", "https://")):
        return "http"
    return "data" if address.startswith("data:") else None


def _plain(value: Any) -> Any:
    return json.loads(json.dumps(value, default=str))


def _same(sent: Any, given: Any) -> bool:
    """Equal as JSON: 8 and 8.0 are one number, 1 and true are not."""
    if isinstance(sent, bool) or isinstance(given, bool):
        return sent is given
    if isinstance(sent, list) and isinstance(given, list):
        return len(sent) == len(given) and all(map(_same, sent, given))
    if isinstance(sent, dict) and isinstance(given, dict):
        return sent.keys() == given.keys() and all(_same(value, given[name]) for name, value in sent.items())
    return bool(sent == given)
