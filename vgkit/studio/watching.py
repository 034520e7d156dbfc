"""A run as its record tells it, whichever process makes it, so that a page that is opened again finds it as it is."""

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Literal

from vgkit.progress import PhaseProgress
from vgkit.run import Run

State = Literal[
    "waiting",  # made, never launched
    "queued",  # launched; waits for its turn
    "running",
    "approval",  # the stills are there and wait for a yes
    "success",
    "degraded",  # there is a film, and some shots show a still
    "failed",
    "stopped",
    "interrupted",  # its process is gone and left no end on record
    "gone",  # its folder was deleted
]
ClipState = Literal["waiting", "asked", "made", "cached", "degraded"]


@dataclass(frozen=True)
class ShotSight:
    """A shot: its still and its clip as far as they are there. Times are in the film, in seconds."""

    id: str
    beat: str
    first_s: float
    seconds: float
    still: Path | None
    clip_state: ClipState
    clip: Path | None


@dataclass(frozen=True)
class Trouble:
    """An error in a person's words: ``name`` of the error, the ``fact``, and the ``cure`` where it says one."""

    name: str
    fact: str
    cure: str = ""


@dataclass(frozen=True)
class Sight:
    """A run at one moment. Seconds are those of this attempt, money in US dollars that of all attempts.

    ``said`` is the sentence to show beside the state; it may be empty. ``before`` counts the films that wait before a
    queued one. ``left_s`` is None where it can't be told. Paths are None until there is such a file: ``sheet`` and
    ``animatic`` are the stills, ``film_sheet`` and ``poster`` the film. ``open_calls`` go on at hosts though nobody
    waits for them, and may cost up to ``open_usd``.
    """

    run: str
    state: State
    title: str = ""
    said: str = ""
    before: int = 0
    phases: tuple[PhaseProgress, ...] = ()
    shots: tuple[ShotSight, ...] = ()
    seconds: float | None = None
    left_s: float | None = None
    cost_usd: Decimal = Decimal(0)
    cap_usd: Decimal = Decimal(0)
    degraded: tuple[str, ...] = ()
    trouble: Trouble | None = None
    open_calls: int = 0
    open_usd: Decimal = Decimal(0)
    rehearsed: bool = False
    owner: str = ""
    sheet: Path | None = None
    animatic: Path | None = None
    film: Path | None = None
    film_sheet: Path | None = None
    poster: Path | None = None

    @property
    def at_work(self) -> bool:
        """Whether a process makes it or waits to."""
        return self.state in ("queued", "running")


class Watch:
    """Follows a run by its folder. One thread at a time may look."""

    def __init__(self, run: Run | Path) -> None:
        self.folder = run if isinstance(run, Path) else run.folder

    def look(self) -> Sight:
        """See how it stands now; only what is new on record is read."""
        raise NotImplementedError
