"""All films of an experiment, checked before any is made and held against those that are there already.

A film that was made of other words would be compared with what it is no pair of, so that every difference is told, all
at once, and nothing begins."""

from pathlib import Path
from typing import Any

from vgkit.batch.check import LONGEST_NAME
from vgkit.batch.fields import brief_fields, flat
from vgkit.batch.head import REHEARSED
from vgkit.batch.matrix import Axes
from vgkit.batch.planned import check_made
from vgkit.batch.wrong import Place, Wrong
from vgkit.brief import Aspect, brief_from
from vgkit.engines.registry import engine_for
from vgkit.errors import ExperimentError
from vgkit.experiment.file import Cell, Experiment, cells
from vgkit.experiment.films import Film
from vgkit.pipeline import settings_by_phase
from vgkit.places import runs_dir
from vgkit.run import Batch
from vgkit.start import check_brief, template_ref
from vgkit.storyboard import ClipShape
from vgkit.timing import common_clip


def films_of(experiment: Experiment, *, base: Path, rehearsal: dict[str, Any] | None = None) -> tuple[Film, ...]:
    """Check all films of an experiment, whose paths start at ``base``; nothing is made.

    ``rehearsal`` (speed, faults, seed) makes them rehearsals, under another name. Raises ExperimentError with all that
    is wrong: in the file, in what it names, and in films that are there and are not as it says.
    """
    wrong = Wrong()
    with wrong.at("settings", without="--set: "):
        settings_by_phase(experiment.settings)
    planner = _Planner(experiment, base.resolve(), wrong)
    batch = experiment.name + (REHEARSED if rehearsal else "")
    films = [film for cell in cells(experiment) if (film := planner.film(cell, batch, rehearsal))]
    if not wrong:  # an engine that is misspelt would look like one that was taken out
        check_made(films, wrong, called="experiment")
        _check_names(batch, [film.name for film in films], wrong)
    if wrong:
        raise ExperimentError(f"The experiment {experiment.name} can't be made:\n{wrong}")
    return tuple(films)


class _Planner:
    """Turns cells into films; what an axis names is looked up once, and what can't be used is complained of."""

    def __init__(self, experiment: Experiment, base: Path, wrong: Wrong) -> None:
        self.experiment, self.base, self.wrong = experiment, base, wrong
        self.axes = Axes(experiment, base, wrong)

    def film(self, cell: Cell, batch: str, rehearsal: dict[str, Any] | None) -> Film | None:
        """The film of a cell; None, and a complaint, where it can't be made."""
        if not self.axes.has(cell):
            return None
        experiment, base = self.experiment, (self.base / cell.brief).parent
        with self.wrong.at(cell.brief):
            fields = {**flat(self.axes.briefs[cell.brief]), **experiment.laid, **self.axes.fields(cell)}
            brief = brief_from(brief_fields(fields))
            name = f"{batch}.{self.axes.name(cell, template=template_ref(brief, base))}"
            if len(name) > LONGEST_NAME:
                said = f"as a run's name it has {len(name)} letters; the most is {LONGEST_NAME}"
                self.wrong.add(Place(name=name), said)
            with self.wrong.at(name):
                checked = check_brief(brief, base=base, allowed=[self.base], rehearsed=rehearsal is not None)
                return Film(
                    place=Place(name=name),
                    name=name,
                    checked=checked,
                    batch=Batch(name=batch, cap_usd=experiment.caps.batch_usd, common=self._common(brief.aspect)),
                    settings=experiment.settings,
                    rehearsal=rehearsal,
                    cell=cell,
                    engine=self.axes.engines[cell.engine],
                )
        return None

    def _common(self, aspect: Aspect) -> ClipShape:
        return common_clip([engine_for("video", name).shape(aspect) for name in self.axes.engines.values()])


def _check_names(batch: str, names: list[str], wrong: Wrong) -> None:
    """Complain of films under the experiment's name that its file does not have."""
    strange = sorted(
        path.parent.name for path in runs_dir().glob(f"{batch}.*/run.json") if path.parent.name not in names
    )
    if strange:
        wrong.add(
            Place(name="name"),
            f"under {batch!r} there are {len(strange)} films that this file does not have (such as {strange[0]}). Give "
            f"the experiment another name, put back what was taken out, or delete their folders in {runs_dir()}",
        )
