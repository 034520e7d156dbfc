"""Two things varied, all else alike: trials in rows and columns, made side by side, each told of as it comes."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from vgkit.errors import VgkitError
from vgkit.lab.lab import Lab
from vgkit.lab.trials import Means, Rendered, Trial, Value

MOST_TILES = 36

Tile = Rendered | VgkitError  # what was made, or why it was not


@dataclass(frozen=True)
class Axis:
    """What is varied: ``seed``, ``prompt``, ``negative``, ``engine``, or a parameter of the engine; and its values."""

    name: str
    values: tuple[Value, ...]


@dataclass(frozen=True)
class Grid:
    """A trial varied along one axis or two."""

    trial: Trial
    across: Axis
    down: Axis | None = None

    def rows(self) -> tuple[tuple[Trial, ...], ...]:
        """The trials by row and column. Raises ParameterError for more than 36, or an axis there is not."""
        raise NotImplementedError


@dataclass(frozen=True)
class GridOutlook:
    """What a whole grid would mean: its tiles by what each means, and what all cost and take; cached ones are free.

    ``seconds`` counts as many at once as the hosts bear; None where no host is asked.
    """

    tiles: Mapping[Means, int]
    usd: Decimal
    seconds: float | None

    def __str__(self) -> str:
        """A few words for a button: ``9 tiles, 2 cached, about $1.03, 3 min``."""
        raise NotImplementedError


def foresee_grid(lab: Lab, grid: Grid) -> GridOutlook:
    """Say what rendering the grid would mean now. Raises ParameterError as ``Grid.rows`` and ``foresee`` do."""
    raise NotImplementedError


def render_grid(
    lab: Lab,
    grid: Grid,
    *,
    on_tile: Callable[[int, int, Tile], None] = lambda row, column, tile: None,
    stopping: threading.Event | None = None,
) -> tuple[tuple[Tile, ...], ...]:
    """Make all tiles, as many at once as their engines bear; one that fails stops no other.

    ``on_tile`` is told of each (row, column, tile) as it comes, one at a time, in a thread of the grid. It takes long:
    call it in a thread. After ``stopping`` the rest are Interrupted. Raises ParameterError as ``Grid.rows`` does.
    """
    raise NotImplementedError


def best(tiles: Sequence[Sequence[Tile]], measure: str) -> tuple[int, int] | None:
    """Row and column of the tile that is best by a measure; None where no tile has it, or it says not what is better.

    Of two that are level the first counts.
    """
    raise NotImplementedError


def measures_of(tiles: Sequence[Sequence[Tile]]) -> tuple[str, ...]:
    """Name the measures by which ``best`` can choose among these tiles."""
    raise NotImplementedError
