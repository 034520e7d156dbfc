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

from vgkit.batch.fields import brief_fields, settings_of
from vgkit.batch.head import REHEARSED, without
from vgkit.batch.matrix import Axes, cells
from vgkit.batch.planned import Film, check_made
from vgkit.batch.rows import Row
from vgkit.batch.sources import Source, Sources
from vgkit.batch.spec import Spec
from vgkit.batch.wrong import Place
from vgkit.brief import Brief
from vgkit.complaints import complaints, field_name, shown
from vgkit.errors import BatchError, BriefError, VgkitError
from vgkit.pipeline import settings_by_phase
from vgkit.run import Batch
from vgkit.start import look_over

LONGEST_NAME = 100
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_STAND_IN = {"prompt": "…"}  # where the real one was refused, so that the rest can be checked
_WORDS = 4  # of a product or prompt that stand in the name of a row without one
_LONGEST_WORDS = 30
_DIGITS = 12  # hexadecimal; that two of 100,000 rows share one is a chance of 1 in 50,000


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
        self.sources = Sources(spec.base)
        self._checked: dict[str, tuple[dict[str, Any], str]] = {}
        if said := self._checked_settings(spec.head.settings)[1]:
            self.wrong.add(Place(name="settings"), said)

    def rows(self) -> Iterator[Row]:
        """All rows: those of the file, and one for each cell of the matrix."""
        yield from self.spec.rows
        head = self.spec.head
        if head.briefs:
            axes = Axes(head, self.spec.base, self.wrong)
            for entry, fields in axes.briefs.items():
                self.sources.add(entry, fields)
            for cell in cells(head, self.wrong):
                if axes.has(cell):
                    yield Row(Place(name=axes.name(cell)), axes.fields(cell) | {"brief": cell.brief}, axes.name(cell))
        for axis in ("templates", "engines", "seeds", "exclude"):
            if getattr(head, axis) and not head.briefs:
                self.wrong.add(Place(name=axis), "makes films of briefs, and there are none; give briefs")

    def film(self, row: Row) -> _Planned | None:
        """The film of a row; None, and complaints, where it can't be made."""
        name, settings, (source, found) = self._name(row), self._settings(row), self._source(row)
        brief, whole = self._brief(row, source)
        checked, refusals = look_over(
            brief, base=source.base, allowed=[self.spec.base], rehearsed=self.rehearsal is not None
        )
        for refusal in refusals:
            self.wrong.take(row.place, refusal, self.spec.columns)
        if checked is None or settings is None or not (name and found and whole):
            return None
        film = Film(
            place=row.place,
            name=name,
            checked=checked,
            batch=self.batch,
            settings=settings,
            rehearsal=self.rehearsal,
            needs=self.spec.head.needs,
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
        settings, said = self._checked_settings({**self.spec.head.settings, **own})
        if said and own:  # what is wrong with those of all is told once
            self._complain(row, f"settings.{shown(next(iter(own)))[1:-1]}" if len(own) == 1 else "settings", said)
        return None if said else settings

    def _checked_settings(self, settings: dict[str, Any]) -> tuple[dict[str, Any], str]:
        """Settings, the same object for all films that have the same, and what is wrong with them."""
        key = json.dumps(settings, sort_keys=True, default=str)
        if key not in self._checked:
            try:
                settings_by_phase(settings)
                self._checked[key] = settings, ""
            except VgkitError as error:
                self._checked[key] = settings, str(error).removeprefix("--set: ")
        return self._checked[key]

    def _source(self, row: Row) -> tuple[Source, bool]:
        """The brief that a row lies over; something to check the rest by, and False, where that can't be used."""
        if "brief" not in row.fields:
            return self.sources.nothing, True
        try:
            return self.sources.of(row.fields["brief"]), True
        except BriefError as error:
            self._complain(row, "brief", str(error))
            return Source(_STAND_IN, self.spec.base), False

    def _brief(self, row: Row, source: Source) -> tuple[Brief, bool]:
        """The brief of a row: what it lies over, what the batch says of all over that, its own cells over both.

        Where a part of it is refused there is the rest, to be checked too, and False.
        """
        own = row.fields
        if "brief" in own:
            own = {name: self.sources.path(name, value) for name, value in own.items()}
        fields = brief_fields({**source.fields, **self.spec.head.laid, **own})
        try:
            return Brief.model_validate(fields), True
        except ValidationError as refusal:
            theirs = {name.partition(".")[0] for name in {*source.fields} - {*own}}
            for place, sentence in complaints(refusal):
                field = field_name(place)
                foreign = "brief" in own and field not in own and field.partition(".")[0] in theirs
                self._complain(row, field, f"{sentence} (in {own['brief']})" if foreign else sentence)
            return Brief.model_validate({**_STAND_IN, **without(fields, refusal)}), False


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
