"""Briefs x templates x engines x seeds: the films that makes, and what they are called."""

import itertools
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vgkit.batch.head import BatchFile, Head
from vgkit.batch.sources import inside
from vgkit.batch.wrong import Place, Wrong
from vgkit.complaints import shown
from vgkit.engines.registry import full_name
from vgkit.start import read_brief
from vgkit.template_files import load_template


@dataclass(frozen=True)
class Cell:
    """A film's place on each axis; empty, or None, where the batch has no such axis and the brief's own counts."""

    brief: str
    template: str
    engine: str
    seed: int | None


def slug(text: str) -> str:
    """Write words as a part of a name: small letters, digits and dashes."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-") or "x"


def size_of(head: Head) -> int:
    """How many cells the axes make, before any is left out."""
    return math.prod([len(head.briefs), *(len(axis) or 1 for axis in (head.templates, head.engines, head.seeds))])


def cells(file: BatchFile, wrong: Wrong) -> Iterator[Cell]:
    """List the films of a batch's matrix, in the order of the file, without those that it excludes.

    An exclude that takes nothing out is complained of: it is misspelt, or has served its time.
    """
    asked = [exclude.model_dump(exclude_defaults=True) for exclude in file.exclude]
    used = set()
    axes = (file.briefs, file.templates or ("",), file.engines or ("",), file.seeds or (None,))
    for cell in itertools.starmap(Cell, itertools.product(*axes)):
        if takes := [number for number, exclude in enumerate(asked) if _excludes(exclude, cell)]:
            used.update(takes)
        else:
            yield cell
    for number in sorted({*range(len(asked))} - used):
        said = f"{shown(asked[number])} takes no film out; check its words, or remove it"
        wrong.add(Place(name=f"exclude[{number}]"), said)


def _excludes(asked: Mapping[str, Any], cell: Cell) -> bool:
    return bool(asked) and all(getattr(cell, axis) in entries for axis, entries in asked.items())


class Axes:
    """What the axes name, looked up once; an entry that can't be used is complained of and left out."""

    def __init__(self, head: Head, base: Path, wrong: Wrong) -> None:
        self.base = base
        self.briefs: dict[str, dict[str, Any]] = {}
        for number, entry in enumerate(head.briefs):
            with wrong.at(f"briefs[{number}]"):
                self.briefs[entry] = read_brief(inside(base, entry))
        self.templates: dict[str, str] = {"": ""}
        for number, entry in enumerate(head.templates):
            with wrong.at(f"templates[{number}]", without="template: "):
                named = str(base / entry) if "." in entry and (base / entry).is_file() else entry
                load_template(named)
                self.templates[entry] = named
        self.engines: dict[str, str] = {}
        for number, entry in enumerate(head.engines):
            with wrong.at(f"engines[{number}]", without="engines.video: "):
                self.engines[entry] = full_name("video", entry)
        self._check_slugs(wrong)

    def has(self, cell: Cell) -> bool:
        """Whether all that a cell names can be used."""
        engine = not cell.engine or cell.engine in self.engines
        return engine and cell.brief in self.briefs and cell.template in self.templates

    def fields(self, cell: Cell) -> dict[str, Any]:
        """What a cell lays over its brief, by flat names."""
        template, engine = self.templates[cell.template], self.engines.get(cell.engine, "")
        laid = {"template": template, "engines.video": engine, "seed": cell.seed}
        return {name: value for name, value in laid.items() if value not in ("", None)}

    def name(self, cell: Cell, *, template: str = "") -> str:
        """What tells a cell's film from the others; ``template`` is the brief's own, where it is to be named too."""
        parts = [slug(Path(cell.brief).stem)]
        if named := self.templates[cell.template] or template:
            parts.append(slug(Path(named).stem))
        if cell.engine:
            parts.append(self._engine_slug(self.engines[cell.engine]))
        return ".".join(parts if cell.seed is None else [*parts, f"s{cell.seed}"])

    def _engine_slug(self, engine: str) -> str:
        name = engine.split("@")[0]
        alike = {each for each in self.engines.values() if each.split("@")[0] == name}
        return slug(engine if len(alike) > 1 else name)

    def _check_slugs(self, wrong: Wrong) -> None:
        """Complain of entries that would give their films the same name: the same thing, or a namesake."""
        named = {
            "briefs": {entry: slug(Path(entry).stem) for entry in self.briefs},
            "templates": {entry: slug(Path(entry).stem) for entry in self.templates if entry},
            "engines": {entry: self._engine_slug(engine) for entry, engine in self.engines.items()},
        }
        for axis, slugs in named.items():
            first: dict[str, str] = {}
            for entry, name in slugs.items():
                if first.setdefault(name, entry) != entry:
                    said = f"{first[name]} and {entry} would both name films {name!r}; rename or remove one"
                    wrong.add(Place(name=axis), said)
