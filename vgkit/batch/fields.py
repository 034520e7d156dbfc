"""The fields of a row: those of a brief, parts of it by dotted names, and what only a batch has."""

import difflib
import functools
import json
from collections.abc import Iterator, Mapping
from typing import Any, get_args

from vgkit.brief import Assets, Brief, Caps, Role

_PARTS: dict[str, tuple[str, ...]] = {
    "assets": tuple(Assets.model_fields),
    "engines": get_args(Role),
    "caps": tuple(Caps.model_fields),
}
_SETTINGS = "settings"
FIELDS: tuple[str, ...] = (
    "name",
    "brief",
    *(name for name in Brief.model_fields if name not in _PARTS),
    *(f"{part}.{name}" for part, names in _PARTS.items() for name in names),
)


@functools.lru_cache(maxsize=4096)
def unknown(field: str) -> str:
    """Say what is wrong with a field's name; nothing where it is one that a row may have."""
    if field in FIELDS or field in _PARTS or field.startswith(f"{_SETTINGS}."):
        return ""
    if field == _SETTINGS:
        return f"is a table; write {_SETTINGS}.takes and the like"
    close = difflib.get_close_matches(field.lower(), FIELDS, n=1)
    guess = f"Did you mean {close[0]}?" if close else f"There are {', '.join(FIELDS)}, and settings. with a setting."
    return f"is not a field of a film. {guess}"


def flat(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Write parts that are tables by dotted names, as a table's columns have them."""
    return dict(_flattened(fields))


def _flattened(fields: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in fields.items():
        if isinstance(value, Mapping) and (name in _PARTS or name == _SETTINGS):
            yield from ((f"{name}.{inner}", each) for inner, each in value.items())
        else:
            yield name, value


def brief_fields(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a brief among those of a row, parts as tables again."""
    found: dict[str, Any] = {}
    for name, value in fields.items():
        part, dot, inner = name.partition(".")
        if part in ("name", "brief", _SETTINGS):
            continue
        if dot and part in _PARTS and isinstance(found.setdefault(part, {}), dict):
            found[part][inner] = value
        elif not dot:
            found[name] = value
    return found


def settings_of(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The settings among the fields of a row."""
    begins = f"{_SETTINGS}."
    return {name.removeprefix(begins): value for name, value in fields.items() if name.startswith(begins)}


def cell(field: str, text: str) -> Any:
    """Read a cell: a setting as JSON where it is JSON, as after ``--set``; anything else as its text."""
    if not field.startswith(f"{_SETTINGS}."):
        return text
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
