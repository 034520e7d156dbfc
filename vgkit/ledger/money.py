"""What all runs have spent and reserved, for a check against a cap.

Not from the DuckDB index: that is as old as the last sync, and a cap that is checked against an old sum is none."""

import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from vgkit.files import refused
from vgkit.ledger.run_index import RunIndex, summed

# A folder that was copied tells of the same calls; they count in the folder that bears the run's name, if there is one.
_COPIES = """
FROM sums s JOIN files f USING (folder)
WHERE s.folder <> s.run AND f.rehearsal = ? AND NOT EXISTS (
    SELECT 1 FROM sums o JOIN files g USING (folder)
    WHERE o.run = s.run AND g.rehearsal = f.rehearsal AND (o.folder = o.run OR o.folder < s.folder))
"""
_COPIES_IN_BATCH = """
FROM sums s JOIN files f USING (folder) WHERE s.folder <> s.run AND f.rehearsal = ? AND f.batch = ?
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

    def keep_up(self, held: "Held") -> None:
        """Read what may have moved money since the last time, which takes as long however many runs there are.

        Whoever reserves money or sets it aside refreshes the run before the lock is given back, so that all on this
        machine know of it. Only where another machine has moved some are all runs looked at.
        """
        if held.elsewhere:
            self._index.refresh()
        else:
            self._index.keep_up()

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
        kind = self.rehearsal, batch
        total = self._index.rows("SELECT usd FROM totals WHERE rehearsal = ? AND batch = ?", *kind)
        copies = self._index.rows(f"SELECT s.usd {_COPIES_IN_BATCH}", *kind)
        aside = self._set_aside("AND batch = ?", batch) if set_aside else Decimal(0)
        return summed(total) + summed(copies) + aside

    def total(self, *, set_aside: bool = True) -> Decimal:
        """Return the same for all runs of this kind."""
        totals = self._index.rows("SELECT usd FROM totals WHERE rehearsal = ?", self.rehearsal)
        copies = self._index.rows(f"SELECT s.usd {_COPIES}", self.rehearsal)
        aside = self._set_aside() if set_aside else Decimal(0)
        return summed(totals) + summed(copies) + aside

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


@dataclass(frozen=True)
class Held:
    """The money of a folder's runs, while it is held. ``elsewhere`` says whether the last who moved some did so on
    another machine, so that what is known here is behind."""

    descriptor: int
    elsewhere: bool

    def moved(self) -> None:
        """Tell other machines, before some is reserved or set aside; what a run spends of that is not their concern."""
        if self.elsewhere:
            os.ftruncate(self.descriptor, 0)
            os.pwrite(self.descriptor, _here(), 0)


@contextmanager
def money_lock(runs_dir: Path) -> Iterator[Held]:
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
        yield Held(descriptor, elsewhere=os.pread(descriptor, len(_here()) + 1, 0) != _here())
    finally:
        os.close(descriptor)


def _here() -> bytes:
    return socket.gethostname().encode()
