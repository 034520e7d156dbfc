"""Sets the cap of each film aside before it begins, so that films that run at once can't pass a cap together.

A film that may spend two dollars is only begun where two dollars are left beside what all others may still spend. From
then on it minds its own cap alone and need not look at the others, on whichever machine it is made."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from vgkit.ledger.money import Spending, money_lock
from vgkit.places import runs_dir
from vgkit.profiles import project_cap
from vgkit.run import Batch, Run

_NOTHING = Decimal(0)


@dataclass(frozen=True)
class Answer:
    """Whether a run may begin: "later" where it may once films that are under way have cost less than their caps,
    "never" where what is spent for good leaves too little. ``why`` says what is short, where it may not begin now."""

    may: Literal["yes", "later", "never"]
    why: str = ""


class Till:
    """The money of a batch. ``rehearsal`` says whether none of it is real; the project's cap then does not count."""

    def __init__(self, batch: Batch, *, rehearsal: bool) -> None:
        self.batch = batch
        self._spending = Spending(runs_dir(), rehearsal=rehearsal)
        self._project_usd = None if rehearsal else project_cap()

    def set_aside(self, run: Run) -> Answer:
        """Set aside what a run may still spend, on record in its events, where there is that much."""
        with money_lock(runs_dir()) as held:
            self._spending.keep_up(held)
            self._spending.refresh(only=run.name)
            may_spend = max(run.cap_usd - self._spending.of_run(run.name), _NOTHING)
            if not may_spend:
                return Answer("yes")  # there is nothing to spend, or the run's own cap will say so
            # What a crash left set aside for this very run is there for it.
            own = self._spending.set_aside_for(run.name)
            short = [cap for cap in self._caps(set_aside=True) if may_spend > cap.left_usd + own]
            if not short:
                held.moved()
                run.events.write("allotted", cap_usd=run.cap_usd, batch=self.batch.name)
                self._spending.refresh(only=run.name)
                return Answer("yes")
            for_good = [cap for cap in self._caps(set_aside=False) if may_spend > cap.left_usd]
            return Answer("never" if for_good else "later", _why(may_spend, (for_good or short)[0]))

    def _caps(self, *, set_aside: bool) -> Iterator["_Cap"]:
        if (batch := self.batch.cap_usd) is not None:
            spent = self._spending.of_batch(self.batch.name, set_aside=set_aside)
            yield _Cap("caps.batch_usd", batch, batch - spent)
        if (project := self._project_usd) is not None:
            yield _Cap("VGKIT_PROJECT_CAP", project, project - self._spending.total(set_aside=set_aside))


@dataclass(frozen=True)
class _Cap:
    name: str
    usd: Decimal
    left_usd: Decimal


def _why(may_spend: Decimal, cap: _Cap) -> str:
    return (
        f"It may cost ${may_spend:.2f} more, and ${max(cap.left_usd, _NOTHING):.2f} of {cap.name} (${cap.usd:.2f}) is "
        f"left. Raise {cap.name} or lower caps.run_usd, then make the batch again."
    )
