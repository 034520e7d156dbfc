"""Which hosted engines there are: what each is sent, what it gives, costs and permits.

An engine is an entry in a TOML file, not code; whoever has a newer model adds a file of their own (VGKIT_ENGINES)."""

import functools
import os
import tomllib
from collections.abc import Iterable, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from vgkit.complaints import complain, shown
from vgkit.engines.catalog_entry import ChatModel, Entry, Hardware, Parameter, Pass, Price, Setting
from vgkit.errors import EngineUnknown

__all__ = ["ChatModel", "Entry", "Hardware", "Parameter", "Pass", "Price", "Setting", "catalog", "entry_for", "settle"]

_SHIPPED = "catalog.toml"


def catalog() -> Mapping[str, Entry]:
    """Map ``name@host`` to its entry: those that ship, and those of the files in VGKIT_ENGINES, which may replace them.

    Raises EngineUnknown for a file that can't be used, naming the file, the entry, the field and what is accepted.
    """
    return _read(tuple(path for path in os.environ.get("VGKIT_ENGINES", "").split(os.pathsep) if path))


def entry_for(reference: str) -> Entry | None:
    """Find an entry by ``name``, ``name@host`` or either with a choice, such as ``zeroscope:one_pass@replicate``.

    None where no entry has that name. Raises EngineUnknown for a choice the entry does not have, with those it has.
    """
    name, _, host = reference.partition("@")
    plain, _, choice = name.partition(":")
    found = next((entry for entry in catalog().values() if entry.name == plain and host in ("", entry.host)), None)
    return settle(found, choice) if found and choice else found


def settle(entry: Entry, choice: str) -> Entry:
    """The entry with a choice made: a chat model, or one of its settings. Raises EngineUnknown with those it has."""
    if choice in entry.models:
        return entry.model_copy(update={"name": f"{entry.name}:{choice}", "model": choice})
    if choice in entry.settings:
        setting = entry.settings[choice]
        passes = tuple(each for each in entry.passes if each.step in setting.steps)
        changes = {"name": f"{entry.name}:{choice}", "title": setting.title, "passes": passes, "settings": {}}
        return entry.model_copy(update=changes | ({"size": setting.size} if setting.size else {}))
    known = ", ".join(f"{entry.name}:{each}" for each in (*entry.models, *entry.settings))
    raise EngineUnknown(
        f"engine {entry.name}:{choice}: {entry.name} has no choice {choice!r}. "
        + (f"Use {entry.name} alone or one of {known}." if known else f"Use {entry.name} alone.")
    )


@functools.cache
def _read(own: tuple[str, ...]) -> Mapping[str, Entry]:
    shipped = files("vgkit.engines").joinpath(_SHIPPED).read_text(encoding="utf-8")
    tables = _tables(shipped, _SHIPPED)
    hardware = _hardware(tables, _SHIPPED, {})
    entries = {entry.reference: entry for entry in _entries(tables, _SHIPPED, hardware)}
    for path in own:
        tables = _tables(_text(Path(path)), path)
        found = _entries(tables, path, _hardware(tables, path, hardware))
        entries |= {entry.reference: entry for entry in found}
    return entries


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        said = error.strerror if isinstance(error, OSError) else "it is not text in UTF-8"
        raise EngineUnknown(f"{path} can't be read: {said}. VGKIT_ENGINES must name TOML files of engines.") from error


def _tables(text: str, source: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise EngineUnknown(f"{source} is not TOML: {error}. Mend that line and try again.") from error


def _hardware(tables: Mapping[str, Any], source: str, known: Mapping[str, Hardware]) -> dict[str, Hardware]:
    """The price list for hardware: what is known, and what a file says beside or instead."""
    listed = tables.get("hardware", {})
    if not isinstance(listed, dict):
        raise EngineUnknown(f"{source}, hardware: is {shown(listed)}; it is a table for each kind of machine.")
    try:
        return {**known, **{sku: Hardware.model_validate(row) for sku, row in listed.items()}}
    except ValidationError as refusal:
        raise EngineUnknown(f"{source}, hardware:\n{complain(refusal)}") from refusal


def _entries(tables: Mapping[str, Any], source: str, hardware: Mapping[str, Hardware]) -> Iterable[Entry]:
    return [_entry(name, fields, source, hardware) for name, fields in tables.items() if name != "hardware"]


def _entry(name: str, fields: Any, source: str, hardware: Mapping[str, Hardware]) -> Entry:
    if not isinstance(fields, dict):
        raise EngineUnknown(f"{source}, {name}: is {shown(fields)}; an engine is a table of fields, [{name}].")
    fields = {"name": name} | fields
    sku = fields.get("hardware", "")
    if "price" not in fields and sku in hardware:
        fields["price"] = hardware[sku].price.model_dump()
    elif "price" not in fields and sku:
        raise EngineUnknown(
            f"{source}, {name}.hardware: is {shown(sku)}, which has no price; choose one of {', '.join(hardware)}, "
            f"or add a table [hardware.{sku}] with usd_per_second, source and date."
        )
    try:
        return Entry.model_validate(fields)
    except ValidationError as refusal:
        raise EngineUnknown(f"{source}, engine {name!r} can't be used:\n{complain(refusal)}") from refusal
