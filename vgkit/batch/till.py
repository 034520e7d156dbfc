"""Sets the cap of each film aside before it begins, so that films that run at once can't pass a cap together.

A film that may spend two dollars is only begun where two dollars are left beside what all others may still spend. From
then on it minds its own cap alone and need not look at the others, on whichever machine it is made."""

from decimal import Decimal
from typing import Literal

from vgkit.ledger.money import Spending, money_lock
from vgkit.places import runs_dir
from vgkit.profiles import project_cap
from vgkit.run import Batch, Run

Answer = Literal["yes", "later", "never"]
_NOTHING = Decimal(0)


class Till:
    """The money of a batch. ``rehearsal`` says whether none of it is real; the project's cap then does not count."""

    def __init__(self, batch: Batch, *, rehearsal: bool) -> None:
        self.batch = batch
        self._spending = Spending(runs_dir(), rehearsal=rehearsal)
        self._project_usd = None if rehearsal else project_cap()

    def set_aside(self, run: Run) -> Answer:
        """Set aside what a run may still spend, on record in its events.

        "later" where it may fit once films that are under way have cost less than their caps, "never" where what is
        spent for good leaves too little.
        """
        with money_lock(runs_dir()):
            self._spending.refresh()
            may_spend = max(run.cap_usd - self._spending.of_run(run.name), _NOTHING)
            if not may_spend:
                return "yes"  # there is nothing to spend, or the run's own cap will say so
            if may_spend <= self._left(set_aside=True):
                run.events.write("allotted", cap_usd=run.cap_usd, batch=self.batch.name)
                return "yes"
            return "later" if may_spend <= self._left(set_aside=False) else "never"

    def left_usd(self) -> Decimal | None:
        """What is neither spent nor set aside under the nearest cap; None where there is none."""
        with money_lock(runs_dir()):
            self._spending.refresh()
            left = self._left(set_aside=True)
        return left if left.is_finite() else None

    def _left(self, *, set_aside: bool) -> Decimal:
        batch, project = self.batch.cap_usd, self._project_usd
        of_batch = self._spending.of_batch(self.batch.name, set_aside=set_aside)
        rooms = [batch - of_batch] if batch is not None else []
        rooms += [project - self._spending.total(set_aside=set_aside)] if project is not None else []
        return min(rooms, default=Decimal("Infinity"))
