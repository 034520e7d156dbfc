"""One or two things varied, all else alike: trials in rows and columns, made side by side, each told of as it comes."""

import math
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import ExitStack
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeVar

from vgkit.engines.registry import engine_for
from vgkit.engines.spend import Door
from vgkit.errors import ParameterError, VgkitError
from vgkit.lab.asked import asked_of, complaints_of, engine_of
from vgkit.lab.lab import Lab
from vgkit.lab.telling import PHASE
from vgkit.lab.trial import ROLES, Means, Outlook, Rendered, Score, Trial, lasting, priced
from vgkit.lab.trials import foresee, foresee_parts, render_through
from vgkit.phases.asking import at_once, door

MOST_TILES = 36
Key = TypeVar("Key", bound=Hashable)

Tile = Rendered | VgkitError  # what was made, or why it was not
Place = tuple[int, int]  # row, column


@dataclass(frozen=True)
class Axis:
    """What is varied: ``seed``, ``prompt``, ``negative``, ``engine``, or a setting of the engine; and its values."""

    name: str
    values: Sequence[int | float | str]


@dataclass(frozen=True)
class Grid:
    """A trial varied along one axis or two."""

    trial: Trial
    across: Axis
    down: Axis | None = None

    def rows(self) -> tuple[tuple[Trial, ...], ...]:
        """The trials by row and column. Raises ParameterError with what is wrong with the axes or with any trial."""
        down = self.down
        _check_axes([self.across, down] if down else [self.across])
        rows = tuple(
            tuple(row.varied(self.across.name, value) for value in self.across.values)
            for row in ([self.trial.varied(down.name, value) for value in down.values] if down else [self.trial])
        )
        found = {f"{name}: {said}" for row in rows for trial in row for name, said in complaints_of(trial).items()}
        if found:
            raise ParameterError("\n".join(sorted(found)))
        return rows


@dataclass(frozen=True)
class GridOutlook:
    """What a whole grid would mean: its tiles by what each means, and what all cost and take; cached ones are free.

    ``seconds`` counts as many at once as the hosts bear; None where no host is asked.
    """

    tiles: Mapping[Means, int]
    usd: Decimal
    seconds: float | None
    rehearsal: bool = False

    def __str__(self) -> str:
        """A few words for a button: ``9 tiles, 2 cached, about $1.03, 3 min``."""
        count = sum(self.tiles.values())
        cached = f"{self.tiles['cached']} cached" if self.tiles.get("cached") else ""
        took = lasting(self.seconds) if self.seconds else ""
        said = (
            f"{count} {'tile' if count == 1 else 'tiles'}",
            cached,
            priced(self.usd, rehearsal=self.rehearsal),
            took,
        )
        return ", ".join(filter(None, said))


def foresee_grid(lab: Lab, grid: Grid) -> GridOutlook:
    """Say what rendering the grid would mean now. Raises ParameterError as ``Grid.rows`` does.

    A keyframe that several clips grow from is counted once.
    """
    trials = [trial for row in grid.rows() for trial in row]
    own = [foresee_parts(lab, trial)[1] for trial in trials]
    stills = _stills(lab, trials)
    before = [foresee(lab, still) for still in stills.values()]
    usd = sum((each.usd for each in [*own, *before]), Decimal(0))
    seconds = _lasting_s([*stills.values()], before) + _lasting_s(trials, own)
    return GridOutlook(Counter(each.means for each in own), usd, seconds or None, lab.rehearsal is not None)


def render_grid(
    lab: Lab,
    grid: Grid,
    *,
    on_tile: Callable[[int, int, Tile], None] = lambda row, column, tile: None,
    stopping: threading.Event | None = None,
) -> tuple[tuple[Tile, ...], ...]:
    """Make all tiles, as many at once as their engines bear; one that fails stops no other.

    ``on_tile`` is told of each (row, column, tile) as it comes, one at a time, in the caller's thread. It takes long:
    call it in a thread. After ``stopping`` the rest are Interrupted. Raises ParameterError as ``Grid.rows`` does, and
    RunError while this process renders in another world (``Lab.at_work``).
    """
    rows = grid.rows()
    tiles: dict[Place, Tile] = {}
    places = {(row, column): trial for row, found in enumerate(rows) for column, trial in enumerate(found)}
    with lab.at_work():
        through = door(lab, PHASE, stopping=stopping)
        # First what several clips grow from, so that each keyframe is asked for, and can fail, in one place.
        stills = dict(_made(through, lab, _stills(lab, places.values())))
        lost = {id: tile for id, tile in stills.items() if isinstance(tile, VgkitError)}
        due = {place: trial for place, trial in places.items() if _still_id(lab, trial) not in lost}
        tiles |= {place: lost[_still_id(lab, trial)] for place, trial in places.items() if place not in due}
        for place, tile in [*tiles.items()]:
            on_tile(*place, tile)
        for place, tile in _made(through, lab, due):
            tiles[place] = tile
            on_tile(*place, tile)
    return tuple(tuple(tiles[row, column] for column in range(len(found))) for row, found in enumerate(rows))


def best(tiles: Sequence[Sequence[Tile]], measure: str) -> Place | None:
    """Row and column of the tile that is best by a measure; None where no tile has it, or it says not what is better.

    Of two that are level the first counts.
    """
    ranked = [
        (score.value if score.direction == "higher" else -score.value, (row, column))
        for row, found in enumerate(tiles)
        for column, tile in enumerate(found)
        for score in _ranking(tile)
        if score.name == measure and score.value is not None
    ]
    return max(ranked, key=lambda each: each[0])[1] if ranked else None


def measures_of(tiles: Sequence[Sequence[Tile]]) -> tuple[str, ...]:
    """Name the measures by which ``best`` can choose among these tiles."""
    return tuple(dict.fromkeys(score.name for row in tiles for tile in row for score in _ranking(tile)))


def _ranking(tile: Tile) -> list[Score]:
    """The scores of a tile that say what is better, as far as they were taken."""
    scores = tile.scores if isinstance(tile, Rendered) else ()
    return [score for score in scores if score.direction in ("higher", "lower") and score.value is not None]


def _check_axes(axes: Sequence[Axis]) -> None:
    for axis in axes:
        if not axis.values:
            raise ParameterError(f"{axis.name}: there is nothing to vary it by. Give at least one value.")
    if len({axis.name for axis in axes}) < len(axes):
        raise ParameterError(f"{axes[0].name}: both axes vary it. Choose another for one of them.")
    if (count := math.prod(len(axis.values) for axis in axes)) > MOST_TILES:
        raise ParameterError(f"The grid has {count} tiles; the most is {MOST_TILES}. Take fewer values.")


def _stills(lab: Lab, trials: Iterable[Trial]) -> dict[str, Trial]:
    """The keyframes that clips grow from, each once, by its id."""
    return {asked_of(lab, still).id: still for trial in trials if (still := trial.still)}


def _still_id(lab: Lab, trial: Trial) -> str:
    still = trial.still
    return asked_of(lab, still).id if still else ""


def _made(through: Door, lab: Lab, trials: Mapping[Key, Trial]) -> Iterator[tuple[Key, Tile]]:
    """Make trials side by side, each engine's in threads of their own, and yield each as it comes."""
    with ExitStack() as held:
        pools: dict[str, ThreadPoolExecutor] = {}
        pending: dict[Future[Rendered], Key] = {}
        try:
            for key, trial in trials.items():
                engine = asked_of(lab, trial).ask.engine
                name = f"{engine.name}@{engine.host}"
                if name not in pools:
                    pools[name] = held.enter_context(ThreadPoolExecutor(at_once(engine)))
                pending[pools[name].submit(render_through, through, lab, trial)] = key
            for future in as_completed(pending):
                error = future.exception()
                yield pending[future], error if isinstance(error, VgkitError) else future.result()
        except BaseException:
            through.stop()  # or the pools would wait for all that is under way
            raise


def _lasting_s(trials: Sequence[Trial], outlooks: Sequence[Outlook]) -> float:
    """How long hosts typically work on trials, each engine's as many at once as its host bears."""
    seconds: dict[str, list[float]] = defaultdict(list)
    slots = {}
    for trial, outlook in zip(trials, outlooks, strict=True):
        if outlook.seconds:
            name = engine_of(trial)
            seconds[name].append(outlook.seconds)
            slots[name] = at_once(engine_for(ROLES[trial.kind], name))
    return max((math.ceil(len(each) / slots[name]) * max(each) for name, each in seconds.items()), default=0.0)
