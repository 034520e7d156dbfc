"""Turns what phases measure and hold into what JSON can hold, without losing a cent. Money is a Decimal and becomes a
string; a float would round it, and reading it back would not give what was written."""

import base64
import binascii
import contextlib
import dataclasses
import hashlib
import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from enum import Enum
from fractions import Fraction
from pathlib import PurePath
from typing import Any
from urllib.parse import unquote_to_bytes

from vgkit.errors import RecordError

MOST_USD = Decimal(1_000_000)

_BULK = re.compile(r"data:(?P<type>[\w.+-]+/[\w.+-]+)?(?P<how>(?:;[\w.+=-]+)*),(?P<body>[^\s\"'<>\\]{2000,})")


def plain(value: Any, *, place: str) -> Any:
    """Return ``value`` as str, int, float, bool, None, list or dict. Raises RecordError naming the place."""
    if isinstance(value, str) and not isinstance(value, Enum):
        return abridged(value)
    if value is None or (isinstance(value, bool | int) and not isinstance(value, Enum)):
        return value
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(name): plain(inner, place=f"{place}.{name}") for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner, place=f"{place}[{n}]") for n, inner in enumerate(value)]
    if isinstance(value, set | frozenset):
        return sorted(plain(inner, place=place) for inner in value)
    return _plain_object(value, place=place)


def _plain_object(value: Any, *, place: str) -> Any:
    if isinstance(value, Decimal):
        return format(value, "f") if value.is_finite() else None
    if isinstance(value, PurePath | Fraction):
        return str(value)
    if isinstance(value, datetime):
        return timestamp(value)
    if isinstance(value, Enum):
        return plain(value.value, place=place)
    if hasattr(value, "model_dump"):
        return plain(value.model_dump(), place=place)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return plain({f.name: getattr(value, f.name) for f in dataclasses.fields(value)}, place=place)
    if hasattr(value, "tolist"):  # numpy's scalars and arrays
        return plain(value.tolist(), place=place)
    raise RecordError(f"{place} is a {type(value).__name__}, which an event can't hold. Write its path or its text.")


def abridged(text: str) -> str:
    """Put its digest for each file that stands in a text as a ``data:`` address of more than 2 kB.

    ``data:image/png;sha256=…`` names the file's own bytes, so that it can be found among those on record.
    """
    return _BULK.sub(_digest_of, text) if "data:" in text else text


def _digest_of(found: re.Match[str]) -> str:
    body = unquote_to_bytes(found["body"])
    if found["how"].endswith(";base64"):
        with contextlib.suppress(binascii.Error):  # then it is the digest of the text itself
            body = base64.b64decode(body + b"=" * (-len(body) % 4))
    return f"data:{found['type'] or ''};sha256={hashlib.sha256(body).hexdigest()}"


def timestamp(moment: datetime) -> str:
    """Write an aware moment as ISO 8601 in UTC with microseconds and Z, a naive one as it stands."""
    if moment.tzinfo is None:
        return moment.isoformat()
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def is_money(name: str) -> bool:
    """Tell whether a field holds US dollars."""
    return name.endswith("_usd")


def check_money(name: str, amount: object) -> None:
    """Raise RecordError unless the amount is null or a Decimal (or int) that the record can hold exactly."""
    if amount is None:
        return
    if isinstance(amount, bool) or not isinstance(amount, Decimal | int):
        raise RecordError(f"{name} is the {type(amount).__name__} {amount!r}; write money as Decimal('0.123456').")
    _check_range(name, Decimal(amount))


def read_money(name: str, text: object) -> Decimal | None:
    """Read an amount as it was written. Raises RecordError when it is none."""
    if text is None:
        return None
    try:
        amount = Decimal(str(text))
    except InvalidOperation as error:
        raise RecordError(f"{name} is {text!r}, which is no amount") from error
    _check_range(name, amount)
    return amount


def _check_range(name: str, amount: Decimal) -> None:
    if not amount.is_finite() or not 0 <= amount < MOST_USD:
        raise RecordError(f"{name} is {amount}; an amount lies from 0 to below {MOST_USD} USD")
