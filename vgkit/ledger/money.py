"""What all runs have spent and reserved, for a check against a cap.

Not from the DuckDB index: that is as old as the last sync, and a cap that is checked against an old sum is none."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

from vgkit.files import refused
from vgkit.ledger.run_index import RunIndex, summed

# A folder that was copied tells of the same calls; they count in the folder that bears the run's name, if there is one.
_COUNTED = """
FROM sums s JOIN files f USING (folder)
WHERE f.rehearsal = ? AND (s.folder = s.run OR NOT EXISTS (
    SELECT 1 FROM sums o JOIN files g USING (folder)
    WHERE o.run = s.run AND g.rehearsal = f.rehearsal AND (o.folder = o.run OR o.folder < s.folder)))
"""


class Spending:
    """The money of all runs in a folder: of real ones, or of rehearsals, but never both.

    A run is a rehearsal where every start on record says so or, while none is, its ``run.json``. Runs whose folder was
    deleted are not counted. What a batch has set aside for a run counts as spent by the batch and in the total, not by
    the run. One thread at a time may use it, which ``money_lock`` sees to.
    """

    def __init__(self, runs_dir: Path, *, rehearsal: bool) -> None:
        self.rehearsal = rehearsal
        self._index = RunIndex(runs_dir)

    def refresh(self, *, only: str = "") -> None:
        """Read what the runs, or one of them, have written since the last time.

        Raises StoreError for a file that can't be read.
        """
        self._index.refresh(only=only)

    def of_run(self, run_id: str) -> Decimal:
        """Return what a run's calls have cost, failed ones included, and what its open ones are expected to.

        Whichever kind of run it is: to find nothing spent where the kind was mistaken would lift its cap.
        """
        return summed(self._index.rows("SELECT usd FROM sums WHERE folder = ?", run_id))

    def is_allotted(self, run_id: str) -> bool:
        """Whether a batch has set its cap aside, so that the batch's cap and the project's are kept by that."""
        return bool(self._index.rows("SELECT 1 FROM files WHERE folder = ? AND allotted_usd IS NOT NULL", run_id))

    def of_batch(self, batch: str, *, set_aside: bool = True) -> Decimal:
        """Return the same for all runs of this kind in a batch, with or without what is set aside for them."""
        spent = "SELECT s.usd FROM sums s JOIN files f USING (folder) WHERE f.rehearsal = ? AND f.batch = ?"
        aside = self._set_aside("AND batch = ?", batch) if set_aside else Decimal(0)
        return summed(self._index.rows(spent, self.rehearsal, batch)) + aside

    def total(self, *, set_aside: bool = True) -> Decimal:
        """Return the same for all runs of this kind."""
        aside = self._set_aside() if set_aside else Decimal(0)
        return summed(self._index.rows(f"SELECT s.usd {_COUNTED}", self.rehearsal)) + aside

    def set_aside_for(self, run_id: str) -> Decimal:
        """Return what a batch has set aside for a run beyond what the run has spent."""
        return self._set_aside("AND folder = ?", run_id)

    def _set_aside(self, where: str = "", *values: object) -> Decimal:
        """What is set aside for runs beyond what they have spent."""
        rows = self._index.rows(
            f"SELECT folder, allotted_usd FROM files WHERE allotted_usd IS NOT NULL AND rehearsal = ? {where}",
            self.rehearsal,
            *values,
        )
        return sum((max(Decimal(cap) - self.of_run(folder), Decimal(0)) for folder, cap in rows), Decimal(0))


@contextmanager
def money_lock(runs_dir: Path) -> Iterator[None]:
    """Hold the money of a folder's runs alone, among all threads and processes, from the check to the reservation.

    It can't be taken twice by one thread. Raises StoreError where the folder can't be written.
    """
    path = runs_dir / ".money.lock"
    try:
        runs_dir.mkdir(parents=True, exist_ok=True)
        # Opened anew each time: threads that share a descriptor share its lock too.
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    except OSError as error:
        raise refused(path, error) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
