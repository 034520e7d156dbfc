"""All films of a batch, checked before any is begun.

Nothing is made here and nothing is written. All that is wrong is told at once: a night's batch that stops at its first
mistake would be mended once a night."""

import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from vgkit.batch.fields import brief_fields, flat, settings_of
from vgkit.batch.head import REHEARSED, without
from vgkit.batch.matrix import Axes, cells
from vgkit.batch.planned import Film, check_made
from vgkit.batch.rows import Row
from vgkit.batch.spec import Spec
from vgkit.batch.wrong import Place
from vgkit.brief import Brief
from vgkit.complaints import complaints, field_name, shown
from vgkit.errors import BatchError, BriefError, VgkitError
from vgkit.pipeline import settings_by_phase
from vgkit.places import templates_dir
from vgkit.run import Batch
from vgkit.start import extra_folders, look_over, read_brief

LONGEST_NAME = 100
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_STAND_IN = {"prompt": "…"}  # where the real one was refused, so that the rest can be checked
_WORDS = 4  # of a product or prompt that stand in the name of a row without one
_LONGEST_WORDS = 30
_DIGITS = 12  # hexadecimal; among 100,000 rows two differ in all but one case of 50,000


def plan(spec: Spec, *, rehearsal: dict[str, Any] | None = None) -> tuple[Film, ...]:
    """Check all films of a batch; nothing is made. ``rehearsal`` (speed, faults, seed) makes them rehearsals, under
    another name.

    Raises BatchError with all that is wrong: in the file, in what it names, and in films that are there and are not as
    it says.
    """
    planner = _Planner(spec, rehearsal)
    wrong = spec.wrong
    planned = [found for row in planner.rows() if (found := planner.film(row))]
    films = tuple(each.film for each in planned)
    _check_twice(planned, spec)
    if not wrong:
        check_made(films, wrong, called="batch")
    if wrong:
        error = BatchError(f"{spec.source} can't be made, {len(wrong):,} complaint{'s'[: len(wrong) != 1]}:\n{wrong}")
        error.complaints = wrong.as_json
        raise error
    if not films:
        raise BatchError(f"{spec.source} asks for no film. Give rows, films, or briefs.")
    return films


@dataclass(frozen=True, slots=True)
class _Planned:
    film: Film
    digest: str


class _Planner:
    """Turns rows into films, and remembers what they share."""

    def __init__(self, spec: Spec, rehearsal: dict[str, Any] | None) -> None:
        self.spec, self.rehearsal, self.wrong = spec, rehearsal, spec.wrong
        self.batch = Batch(name=spec.head.name + (REHEARSED if rehearsal else ""), cap_usd=spec.head.caps.batch_usd)
        self._briefs: dict[str, dict[str, Any]] = {}
        self._refused: dict[str, str] = {}  # why a brief's file, or settings, can't be used; empty where they can
        if said := self._settings_refused(spec.head.settings):
            self.wrong.add(Place(name="settings"), said)

    def rows(self) -> Iterator[Row]:
        """All rows: those of the file, and one for each cell of the matrix."""
        yield from self.spec.rows
        head = self.spec.head
        if head.briefs:
            axes = Axes(head, self.spec.base, self.wrong)
            self._briefs |= {entry: flat(fields) for entry, fields in axes.briefs.items()}
            for cell in cells(head, self.wrong):
                if axes.has(cell):
                    yield Row(Place(name=axes.name(cell)), axes.fields(cell) | {"brief": cell.brief}, axes.name(cell))
        for axis in ("templates", "engines", "seeds", "exclude"):
            if getattr(head, axis) and not head.briefs:
                self.wrong.add(Place(name=axis), "makes films of briefs, and there are none; give briefs")

    def film(self, row: Row) -> _Planned | None:
        """The film of a row; None, and complaints, where it can't be made."""
        name, settings, (brief, whole) = self._name(row), self._settings(row), self._brief(row)
        checked, refusals = look_over(
            brief, base=self._base(row), allowed=[self.spec.base], rehearsed=self.rehearsal is not None
        )
        for refusal in refusals:
            self.wrong.take(row.place, refusal, self.spec.columns)
        if checked is None or settings is None or not (name and whole):
            return None
        film = Film(
            place=row.place,
            name=name,
            checked=checked,
            batch=self.batch,
            settings=settings,
            rehearsal=self.rehearsal,
        )
        return _Planned(film, digest_of(row.fields))

    def _complain(self, row: Row, field: str, message: str) -> None:
        self.wrong.add(row.place, message, field=field, column=self.spec.columns.get(field, 0))

    def _name(self, row: Row) -> str:
        """What its run is called: the batch, and a name that stays when rows come, go or are sorted."""
        given = row.fields.get("name")
        if given is not None and not (isinstance(given, str) and _NAME.fullmatch(given)):
            self._complain(row, "name", f"is {shown(given)}; use letters, digits, dots, dashes and underscores")
            return ""
        name = f"{self.batch.name}.{given or row.name or _told_by_its_fields(row.fields)}"
        if len(name) > LONGEST_NAME:
            said = f"{shown(name)} has {len(name)} letters as a run's name; the most is {LONGEST_NAME}"
            self._complain(row, "name", said)
            return ""
        return name

    def _settings(self, row: Row) -> dict[str, Any] | None:
        """The settings of a film, its own over those of all; None where they can't be used."""
        own = settings_of(row.fields)
        settings = {**self.spec.head.settings, **own}
        if said := self._settings_refused(settings):
            if own:  # what is wrong with those of all is told once
                (field,) = [f"settings.{name}" for name in own] if len(own) == 1 else ["settings"]
                self._complain(row, field, said)
            return None
        return settings if own else self.spec.head.settings

    def _settings_refused(self, settings: Mapping[str, Any]) -> str:
        key = json.dumps(settings, sort_keys=True, default=str)
        if key not in self._refused:
            try:
                settings_by_phase(settings)
                self._refused[key] = ""
            except VgkitError as error:
                self._refused[key] = str(error).removeprefix("--set: ")
        return self._refused[key]

    def _brief(self, row: Row) -> tuple[Brief, bool]:
        """The brief of a row: its brief's file, what the batch says of all over it, its own cells over both.

        Where a part of it is refused there is the rest, to be checked too, and False.
        """
        from_file = self._file_fields(row)
        own = {name: self._from_base(row, name, value) for name, value in row.fields.items()}
        fields = brief_fields({**(_STAND_IN if from_file is None else from_file), **self.spec.head.laid, **own})
        try:
            return Brief.model_validate(fields), from_file is not None
        except ValidationError as refusal:
            for place, sentence in complaints(refusal):
                field = field_name(place)
                foreign = field not in row.fields and field.split(".")[0] in {
                    name.split(".")[0] for name in from_file or ()
                }
                self._complain(row, field, f"{sentence} (in {row.fields['brief']})" if foreign else sentence)
            return Brief.model_validate({**_STAND_IN, **without(fields, refusal)}), False

    def _file_fields(self, row: Row) -> dict[str, Any] | None:
        """The fields of a row's brief; None where its file can't be used."""
        entry = row.fields.get("brief")
        if entry is None:
            return {}
        if not isinstance(entry, str):
            self._complain(row, "brief", f"is {shown(entry)}; give the path of a brief's file")
            return None
        if entry not in self._briefs and entry not in self._refused:
            try:
                self._briefs[entry] = flat(read_brief(self._inside(entry)))
            except VgkitError as error:
                self._refused[entry] = str(error)
        if entry in self._briefs:
            return self._briefs[entry]
        self._complain(row, "brief", self._refused[entry])
        return None

    def _inside(self, entry: str) -> Path:
        """A brief's file. Raises BriefError where it lies elsewhere than files of a batch may."""
        folders = [folder.resolve() for folder in (self.spec.base, Path.cwd(), templates_dir(), *extra_folders())]
        try:
            path = (self.spec.base / entry).resolve()
        except (OSError, RuntimeError, ValueError) as error:
            raise BriefError(f"{shown(entry)} is no path ({error}). Check its spelling.") from error
        if not any(path.is_relative_to(folder) for folder in folders):
            raise BriefError(
                f"{path} lies outside the folders that briefs of a table may come from "
                f"({', '.join(map(str, dict.fromkeys(folders)))}). Move it there, or add its folder to VGKIT_ASSETS."
            )
        return path

    def _base(self, row: Row) -> Path:
        """Where the paths of a row's brief start."""
        return (
            (self.spec.base / str(row.fields.get("brief", "."))).resolve().parent
            if "brief" in row.fields
            else self.spec.base
        )

    def _from_base(self, row: Row, name: str, value: Any) -> Any:
        """A row's own paths start at the batch's file, those of its brief at the brief's."""
        if "brief" not in row.fields or not isinstance(value, str):
            return value
        path = self.spec.base / value
        if name.startswith("assets.") and not value.startswith("~"):
            return str(path)
        return str(path) if name == "template" and "." in value and path.is_file() else value


def digest_of(fields: Mapping[str, Any]) -> str:
    """Tell a row by what makes its film: the same from CSV and JSONL, whatever its name and caps."""
    words = {name: str(value) for name, value in fields.items() if name != "name" and not name.startswith("caps.")}
    return hashlib.sha256(json.dumps(words, sort_keys=True).encode()).hexdigest()[:_DIGITS]


def _told_by_its_fields(fields: Mapping[str, Any]) -> str:
    said = fields.get("product") or fields.get("prompt") or Path(str(fields.get("brief", ""))).stem
    words = re.findall(r"[a-z0-9]+", str(said).lower())[:_WORDS]
    return ".".join(filter(None, ["-".join(words)[:_LONGEST_WORDS].strip("-"), digest_of(fields)]))


def _check_twice(planned: Sequence[_Planned], spec: Spec) -> None:
    """Complain of rows that ask for the same film, and of films that would have the same name."""
    films, names = defaultdict(list), defaultdict(list)
    for each in planned:
        films[each.digest].append(each.film)
        names[each.film.name.casefold()].append(each)
    for alike in films.values():
        for film in alike if len(alike) > 1 else ():
            said = f"the same film as {shown(alike[0].name)} stands here again; remove it, or give it another seed"
            spec.wrong.add(film.place, said)
    for name, namesakes in names.items():
        if len({each.digest for each in namesakes}) > 1:
            for each in namesakes:
                said = f"{shown(name)} would name more than one film; give each a name of its own"
                spec.wrong.add(each.film.place, said, field="name", column=spec.columns.get("name", 0))
