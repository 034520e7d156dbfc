"""All films of an experiment, checked before any is made and held against those that are there already.

A film that was made of other words would be compared with what it is no pair of, so that every difference is told, all
at once, and nothing begins."""

import itertools
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vgkit.brief import Aspect, Brief, brief_from
from vgkit.engines.registry import engine_for, full_name
from vgkit.errors import ExperimentError, VgkitError
from vgkit.experiment.file import REHEARSED, Cell, Experiment, cells
from vgkit.experiment.films import Film
from vgkit.pipeline import settings_by_phase
from vgkit.places import runs_dir
from vgkit.run import Batch
from vgkit.start import check_brief, read_brief, template_ref
from vgkit.storyboard import ClipShape
from vgkit.template_files import load_template
from vgkit.timing import common_clip

_LONGEST_NAME = 100


@dataclass
class _Complaints:
    """What is wrong, each thing once, with the places where it is."""

    places: dict[str, dict[str, None]] = field(default_factory=dict)

    def add(self, place: str, message: str) -> None:
        self.places.setdefault(message, {})[place] = None

    @contextmanager
    def at(self, place: str, *, without: str = "") -> Iterator[None]:
        """Take in what is raised in the block; ``without`` is the name of a place that it gives itself."""
        try:
            yield
        except VgkitError as error:
            self.add(place, str(error).removeprefix(without))

    def __iter__(self) -> Iterator[str]:
        for message, places in self.places.items():
            more = f" (and {len(places) - 1} more)" if len(places) > 1 else ""
            yield f"{next(iter(places))}{more}: {message}"


def films_of(experiment: Experiment, *, base: Path, rehearsal: dict[str, Any] | None = None) -> tuple[Film, ...]:
    """Check all films of an experiment, whose paths start at ``base``; nothing is made.

    ``rehearsal`` (speed, faults, seed) makes them rehearsals, under another name. Raises ExperimentError with all that
    is wrong: in the file, in what it names, and in films that are there and are not as it says.
    """
    wrong = _Complaints()
    with wrong.at("settings", without="--set: "):
        settings_by_phase(experiment.settings)
    found = _Found(experiment, base.resolve(), wrong)
    batch = experiment.name + (REHEARSED if rehearsal else "")
    films = [film for cell in cells(experiment) if (film := found.film(cell, batch, rehearsal))]
    if not wrong.places:  # an engine that is misspelt would look like one that was taken out
        _check_made(films, wrong)
        _check_names(batch, [film.name for film in films], wrong)
    if wrong.places:
        raise ExperimentError(f"The experiment {experiment.name} can't be made:\n" + "\n".join(wrong))
    return tuple(films)


class _Found:
    """What the axes of an experiment name, read once; an entry that can't be used is complained of and left out."""

    def __init__(self, experiment: Experiment, base: Path, wrong: _Complaints) -> None:
        self.experiment, self.base, self.wrong = experiment, base, wrong
        self.briefs: dict[str, dict[str, Any]] = {}
        for number, entry in enumerate(experiment.briefs):
            with wrong.at(f"briefs[{number}]"):
                self.briefs[entry] = read_brief(base / entry)
        self.templates: dict[str, str] = {"": ""}
        for number, entry in enumerate(experiment.templates):
            with wrong.at(f"templates[{number}]", without="template: "):
                named = str(base / entry) if "." in entry and (base / entry).is_file() else entry
                load_template(named)
                self.templates[entry] = named
        self.engines: dict[str, str] = {}
        for number, entry in enumerate(experiment.engines):
            with wrong.at(f"engines[{number}]", without="engines.video: "):
                self.engines[entry] = full_name("video", entry)
        self._check_slugs()

    def film(self, cell: Cell, batch: str, rehearsal: dict[str, Any] | None) -> Film | None:
        """The film of a cell; None, and a complaint, where it can't be made."""
        if not (cell.brief in self.briefs and cell.template in self.templates and cell.engine in self.engines):
            return None
        experiment, base = self.experiment, (self.base / cell.brief).parent
        with self.wrong.at(cell.brief):
            brief = self._brief(cell)
            name = ".".join([batch, *self._slugs(cell, template_ref(brief, base)), f"s{cell.seed}"])
            if len(name) > _LONGEST_NAME:
                self.wrong.add(name, f"as a run's name it has {len(name)} letters; the most is {_LONGEST_NAME}")
            with self.wrong.at(name):
                checked = check_brief(brief, base=base, allowed=[self.base], rehearsed=rehearsal is not None)
                common = self._common(brief.aspect)
                group = Batch(name=batch, cap_usd=experiment.caps.batch_usd, common=common)
                return Film(cell, name, self.engines[cell.engine], checked, group, experiment.settings, rehearsal)
        return None

    def _brief(self, cell: Cell) -> Brief:
        """The brief of a cell. Raises BriefError."""
        experiment, fields = self.experiment, self.briefs[cell.brief]
        laid: dict[str, Any] = {"profile": experiment.profile, "seed": cell.seed}
        engines = fields.get("engines", {})
        if isinstance(engines, dict):  # else the brief is refused for it
            laid["engines"] = {**engines, **experiment.shared, "video": self.engines[cell.engine]}
        if cell.template:
            laid["template"] = self.templates[cell.template]
        if experiment.duration_s is not None:
            laid["duration_s"] = experiment.duration_s
        if experiment.caps.run_usd is not None:
            laid["caps"] = {"run_usd": experiment.caps.run_usd}
        return brief_from({**fields, **laid})

    def _common(self, aspect: Aspect) -> ClipShape:
        return common_clip([engine_for("video", name).shape(aspect) for name in self.engines.values()])

    def _slugs(self, cell: Cell, template: str) -> tuple[str, str, str]:
        return _slug(Path(cell.brief).stem), _slug(Path(template).stem), self._engine_slug(self.engines[cell.engine])

    def _engine_slug(self, engine: str) -> str:
        name = engine.split("@")[0]
        alike = {each for each in self.engines.values() if each.split("@")[0] == name}
        return _slug(engine if len(alike) > 1 else name)

    def _check_slugs(self) -> None:
        """Complain of entries that would give their films the same name: the same thing, or a namesake."""
        named = {
            "briefs": {entry: _slug(Path(entry).stem) for entry in self.briefs},
            "templates": {entry: _slug(Path(entry).stem) for entry in self.templates if entry},
            "engines": {entry: self._engine_slug(engine) for entry, engine in self.engines.items()},
        }
        for axis, slugs in named.items():
            for one, other in itertools.combinations(slugs, 2):
                if slugs[one] == slugs[other]:
                    self.wrong.add(
                        axis, f"{one} and {other} would both name films {slugs[one]!r}; rename or remove one"
                    )


def _check_made(films: Sequence[Film], wrong: _Complaints) -> None:
    """Complain of films that are there and would be made otherwise now."""
    for film in films:
        with wrong.at(film.name):
            for difference in film.differences():
                wrong.add(film.name, f"{difference}. Take it back, or give the experiment another name")


def _check_names(batch: str, names: list[str], wrong: _Complaints) -> None:
    """Complain of films under the experiment's name that its file does not have."""
    strange = sorted(
        path.parent.name for path in runs_dir().glob(f"{batch}.*/run.json") if path.parent.name not in names
    )
    if strange:
        wrong.add(
            "name",
            f"under {batch!r} there are {len(strange)} films that this file does not have (such as {strange[0]}). Give "
            f"the experiment another name, put back what was taken out, or delete their folders in {runs_dir()}",
        )


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-") or "x"
