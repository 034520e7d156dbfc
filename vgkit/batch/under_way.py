"""What the films under way are at, read from their events as they come: the same for a terminal and for a page.

No more of them than a person can look at, however many a cluster makes at once."""

import itertools
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from vgkit.batch.coordinator import Tally
from vgkit.errors import VgkitError
from vgkit.ledger import read_new
from vgkit.places import runs_dir
from vgkit.progress import RunProgress

MOST_ROWS = 20


@dataclass(frozen=True)
class Doing:
    """One film under way: what it took and cost so far, and the phase it is in with how much of that is done; between
    two the one it comes from, ``after chunks``, and none before the first."""

    run: str
    turn: int
    phase: str
    done: int
    total: int
    elapsed_s: float | None
    cost_usd: Decimal


class Following:
    """Follows the events of the films that are shown, each line read once."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[RunProgress, int]] = {}  # progress, and how far its events are read

    def look(self, tally: Tally) -> list[Doing]:
        """What the first films under way are at now."""
        known, self._known = self._known, {}
        for run in itertools.islice(tally.under_way, MOST_ROWS):
            progress, offset = known.get(run, (RunProgress.of(()), 0))
            with suppress(VgkitError):  # who only looks on must not end the batch
                new, offset = read_new(runs_dir() / run / "events.jsonl", offset)
                for event in new:
                    progress = progress.after(event)
            self._known[run] = progress, offset
        now = datetime.now(UTC)
        return [_doing(run, tally.under_way[run], progress, now) for run, (progress, _) in self._known.items()]


def _doing(run: str, turn: int, progress: RunProgress, now: datetime) -> Doing:
    phase = next((each for each in progress.phases if each.state == "running"), None)
    ended = [each.phase for each in progress.phases if each.state in ("done", "kept")]
    between = f"after {ended[-1]}" if ended else ""
    name, done, total = (phase.phase, phase.done, phase.total) if phase else (between, 0, 0)
    return Doing(run, turn, name, done, total, progress.elapsed_s(now), progress.cost_usd)
