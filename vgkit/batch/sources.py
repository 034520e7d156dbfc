"""The briefs that rows lie over, each read once.

A row may name a brief only where its assets may come from too: a brief opens its own folder to the assets that go with
it, and a table from elsewhere is not to open any folder it likes."""

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vgkit.batch.fields import flat
from vgkit.complaints import shown
from vgkit.errors import BriefError, VgkitError
from vgkit.places import templates_dir
from vgkit.start import extra_folders, read_brief


@dataclass(frozen=True, slots=True)
class Source:
    """What a row lies over: fields by flat names, and where its relative paths start."""

    fields: Mapping[str, Any]
    base: Path


class Sources:
    """Briefs by what rows call them; ``base`` is the batch's folder, and what a row without one starts from."""

    def __init__(self, base: Path) -> None:
        self.base, self.nothing = base, Source({}, base)
        self._known: dict[str, Source | str] = {}

    def add(self, entry: str, fields: Mapping[str, Any]) -> None:
        """Take in a brief that was read already."""
        self._known[entry] = Source(flat(fields), (self.base / entry).resolve().parent)

    def of(self, entry: Any) -> Source:
        """The brief of a row. Raises BriefError where it can't be used."""
        if not isinstance(entry, str):
            raise BriefError(f"is {shown(entry)}; give the path of a brief's file")
        if entry not in self._known:
            try:
                path = inside(self.base, entry)
                self._known[entry] = Source(flat(read_brief(path)), path.parent)
            except VgkitError as error:
                self._known[entry] = str(error)
        found = self._known[entry]
        if isinstance(found, str):
            raise BriefError(found)
        return found

    def path(self, field: str, value: Any) -> Any:
        """A path in a row over a brief, which starts at the batch's folder and not at the brief's."""
        if not isinstance(value, str):
            return value
        beside = self.base / value
        if field.startswith("assets.") and not value.startswith("~"):
            return str(beside)
        with contextlib.suppress(OSError):  # too long for a file's name
            if field == "template" and "." in value and beside.is_file():
                return str(beside)
        return value


def inside(base: Path, entry: str) -> Path:
    """The file that a batch in a folder names. Raises BriefError where it lies elsewhere than it may."""
    folders = [folder.resolve() for folder in (base, Path.cwd(), templates_dir(), *extra_folders())]
    try:
        path = (base / entry).resolve()
    except (OSError, RuntimeError, ValueError) as error:
        raise BriefError(f"{shown(entry)} is no path ({error}). Check its spelling.") from error
    if not any(path.is_relative_to(folder) for folder in folders):
        named = ", ".join(dict.fromkeys(map(str, folders)))
        raise BriefError(
            f"{path} lies outside the folders that files of a batch may come from ({named}). "
            "Move it there, or add its folder to VGKIT_ASSETS."
        )
    return path
