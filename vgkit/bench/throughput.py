"""How much faster several films at once are than one after another, and what the pipeline itself costs a film.

Hosts that are waited for and pictures that are drawn here are told apart: waiting can be done side by side, drawing is
bound by the cores. Each ratio is of one run of this bench, on one machine."""

import json
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import mean
from typing import Any

from vgkit.batch.check import plan
from vgkit.batch.crew import Crew, Ending, Job
from vgkit.batch.make import How, make_batch
from vgkit.batch.planned import Film
from vgkit.batch.spec import spec_of
from vgkit.batch.threads import ThreadCrew
from vgkit.bench.film import phase_timings
from vgkit.bench.verdict import kept
from vgkit.errors import NotMeasured
from vgkit.halt import Halt
from vgkit.phases.report import Table
from vgkit.pipeline import Gate, run_phases
from vgkit.places import rehearsal_dir, runs_dir
from vgkit.rehearsal.server import bill_of
from vgkit.rehearse import how_rehearsed
from vgkit.run import Run

FASTER, OWN_S = 12.0, 3.0  # asked for: sixteen at once against one, and the most that a film costs beside its media
_WIDE, _WAITING_RUNS, _ALONE_RUNS = 16, 32, 3
_SLOWED = 0.2  # of the hosts' speed: a plan's 12 s become a minute, against 3 s of CPU for a run
_DRAWN, _WIDTHS = 4, (1, 2, 4)
_WORTH = 1.1  # what more at once must bring to be called faster
_FILM = {"prompt": "A red kite over dunes. Folds to a sleeve.", "product": "Kite One"}
_DRAWS = "before_and_after("  # the one cell beside a phase's own that draws


@dataclass(frozen=True)
class Waited:
    """Runs that wait for a host: ``drawn_s`` is how long each of them must, by this machine's clock."""

    wall_s: float
    drawn_s: Sequence[float]

    @property
    def own_s(self) -> float:
        """What a run takes beside its waiting, where one comes after the other."""
        return (self.wall_s - sum(self.drawn_s)) / len(self.drawn_s)


@dataclass(frozen=True)
class Drawn:
    """Films made here, ``at_once`` side by side; ``media_s`` is what phases and pictures took of their seconds."""

    at_once: int
    films: int
    wall_s: float
    media_s: float = field(default=0.0)

    @property
    def an_hour(self) -> float:
        """Films in an hour."""
        return 3600 * self.films / self.wall_s


def throughput_tables() -> Iterator[Table]:
    """Measure runs that wait, one after the other and side by side, then films that are drawn."""
    alone = waited("alone", runs=_ALONE_RUNS, at_once=1)
    together = waited("together", runs=_WAITING_RUNS, at_once=_WIDE)
    yield waiting_table(alone, together)
    legs = [drawn(at_once) for at_once in _WIDTHS]
    yield drawing_table(legs)
    yield own_table(legs[0])


def waited(name: str, *, runs: int, at_once: int) -> Waited:
    """Have so many storyboards planned by a rehearsed host. Raises NotMeasured where one is not."""
    rehearsal = how_rehearsed(speed=_SLOWED, faults="none", seed=1)
    films = _films(name, count=runs, profile="dev", rehearsal=rehearsal)
    crew = ThreadCrew(at_once=at_once, hosted=True, turn=_plan)
    wall_s = _made(films, at_once, crew, left="storyboard.json")
    charges = bill_of(rehearsal_dir(films[0].batch.name))
    return Waited(wall_s, [charge.took_s / _SLOWED for charge in charges])


def drawn(at_once: int) -> Drawn:
    """Make films of six seconds offline, none of which has anything in the cache."""
    films = _films(f"drawn-{at_once}", count=_DRAWN, profile="offline", first_seed=100 * at_once)
    wall_s = _made(films, at_once, None, left="film.mp4")
    return Drawn(at_once, len(films), wall_s, sum(_media_s(Run.open(film.folder)) for film in films))


def waiting_table(alone: Waited, together: Waited) -> Table:
    """Hold many at once against as many one after the other."""
    count = len(together.drawn_s)
    sequence_s = sum(together.drawn_s) + count * alone.own_s
    faster = sequence_s / together.wall_s
    rows = (
        ("a run waits, drawn", f"{mean(together.drawn_s):.1f} s", "", ""),
        (f"a run's own work, {len(alone.drawn_s)} one by one", f"{alone.own_s:.1f} s", "", ""),
        (f"{count} one by one: drawn waits and own work", f"{sequence_s:.0f} s", "", ""),
        (f"{count}, {_WIDE} at once", f"{together.wall_s:.0f} s", "", ""),
        ("one by one / at once", f"{faster:.1f}", f">= {FASTER:g}", kept(faster >= FASTER)),
    )
    heading = f"Storyboards by a rehearsed planner at {_SLOWED:g} times its speed, on {os.cpu_count()} cores"
    return Table(heading, ("what", "measured", "asked for", "kept"), rows)


def drawing_table(legs: Sequence[Drawn]) -> Table:
    """Say how many films an hour brings by how many are made at once, and from where on it is no more."""
    rows = tuple((f"{leg.at_once}", f"{leg.an_hour:.0f}", f"{leg.an_hour / legs[0].an_hour:.2f}") for leg in legs)
    saturated = f"more than {saturates(legs)} at once bring less than {_WORTH - 1:.0%} more"
    heading = f"Films of 6 s drawn on {os.cpu_count()} cores: {saturated}"
    return Table(heading, ("at once", "films an hour", "against one"), rows)


def saturates(legs: Sequence[Drawn]) -> int:
    """From how many at once on another step brings too little to be worth it."""
    for fewer, more in pairwise(legs):
        if more.an_hour < _WORTH * fewer.an_hour:
            return fewer.at_once
    return legs[-1].at_once


def own_table(leg: Drawn) -> Table:
    """Say what a film costs beside engines and media: driver, kernel, notebooks, record, coordinator, ledger."""
    own_s = (leg.wall_s - leg.media_s) / leg.films
    rows = (
        ("a film", f"{leg.wall_s / leg.films:.1f} s", "", ""),
        ("its engines and media", f"{leg.media_s / leg.films:.1f} s", "", ""),
        ("the pipeline's own", f"{own_s:.2f} s", f"<= {OWN_S:g} s", kept(own_s <= OWN_S)),
    )
    return Table(f"What a film takes, mean of {leg.films} one by one", ("what", "measured", "asked for", "kept"), rows)


def drawing_cells_s(notebook: Mapping[str, Any]) -> float:
    """Seconds of an executed notebook's cells that draw for whoever looks, beside its phase."""
    cells = [cell for cell in notebook["cells"] if _DRAWS in "".join(cell["source"])]
    return float(sum(cell["metadata"]["papermill"]["duration"] or 0.0 for cell in cells))


def _films(name: str, *, count: int, profile: str, first_seed: int = 1, rehearsal: Any = None) -> tuple[Film, ...]:
    rows = [{**_FILM, "name": f"s{n}", "seed": n} for n in range(first_seed, first_seed + count)]
    settings = {"quality": "draft"}
    spec = spec_of(rows, name=f"bench-{name}", profile=profile, duration_s=6, settings=settings)
    return plan(spec, rehearsal=rehearsal)


def _made(films: Sequence[Film], at_once: int, crew: Crew | None, *, left: str) -> float:
    begun = time.perf_counter()
    make_batch(films, How(at_once=at_once), crew=crew)
    wall_s = time.perf_counter() - begun
    if missing := [film.name for film in films if not (film.folder / left).exists()]:
        raise NotMeasured(f"{', '.join(missing)} left no {left}. Make it alone with `vgkit run` to see why.")
    return wall_s


def _plan(job: Job, *, halt: Halt, gate: Gate) -> Ending:
    """A turn that ends with the storyboard."""
    outcome = run_phases(Run.open(runs_dir() / job.run), phases=("validate",), halt=halt, gate=gate, sync=False)
    return Ending(job.run, "success", outcome.seconds, outcome.cost_usd)


def _media_s(run: Run) -> float:
    phases_s = sum(timing.own_s for timing in phase_timings(run.events.path))
    notebooks = (json.loads(path.read_text("utf-8")) for path in run.path("notebooks").glob("*.ipynb"))
    return phases_s + sum(map(drawing_cells_s, notebooks))
