"""The films there are, newest first, as a page lists them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from vgkit.studio.watching import State


@dataclass(frozen=True)
class PastRun:
    """One run in a list. ``seconds`` and ``cost_usd`` are those of its latest and of all attempts; None, not known."""

    name: str
    folder: Path
    title: str
    created_at: datetime
    state: State
    seconds: float | None
    cost_usd: Decimal
    profile: str
    engines: Mapping[str, str]
    duration_s: int
    aspect: str
    rehearsed: bool
    owner: str
    poster: Path | None
    film: Path | None


def past_runs(owner: str | None = None, *, most: int | None = None) -> list[PastRun]:
    """List runs, the newest first: all where ``owner`` is None, else that owner's and those that have none.

    ``most`` leaves off the older ones. A run that can't be read is left out. Nothing is waited for.
    """
    raise NotImplementedError
