"""What all runs have spent and reserved, from their events, for a check against a cap.

Not from the index: that is as old as the last sync, and a cap that is checked against an old sum is none."""

import fcntl
import logging
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from vgkit.files import refused
from vgkit.ledger.events import Event
from vgkit.ledger.kinds import CALL_ENDS, Kind
from vgkit.ledger.reading import NEVER_READ, Mark, News, read_on
from vgkit.ledger.rehearsals import is_rehearsal

log = logging.getLogger(__name__)

_NOTHING = Decimal(0)

_TELLING: tuple[Kind, ...] = ("run_started", "lab_started", "call_reserved", *CALL_ENDS)

Key = tuple[str, str]  # run, call


@dataclass
class _Call:
    """What a call costs as far as is known, and which event said so."""

    told_by: tuple[bool, str] = (False, "")  # an end counts more than a reservation, then the later id
    cost_usd: Decimal = _NOTHING

    def hear(self, event: Event) -> None:
        """Take in an event of this call, in whichever order they come."""
        told_by = (event.kind in CALL_ENDS, event.id)
        if told_by > self.told_by:
            self.told_by = told_by
            self.cost_usd = _NOTHING if event.kind == "call_cached" else event.usd("cost_usd")


@dataclass
class _File:
    """What the events of one run's folder have told."""

    mark: Mark = NEVER_READ
    calls: set[Key] = field(default_factory=set)
    batch: str = ""
    starts: int = 0
    rehearsed_starts: int = 0


class Spending:
    """The money of all runs in a folder: of real ones, or of rehearsals, but never both.

    A run is a rehearsal where every start on record says so or, while none is, its ``run.json``. Runs whose folder was
    deleted are not counted. One thread at a time may use it, which ``money_lock`` sees to.
    """

    def __init__(self, runs_dir: Path, *, rehearsal: bool) -> None:
        self.runs_dir = runs_dir
        self.rehearsal = rehearsal
        self._files: dict[str, _File] = {}
        self._calls: dict[Key, _Call] = {}
        self._counted: set[str] = set()
        self._in_total: set[Key] = set()
        self._total = _NOTHING

    def refresh(self) -> None:
        """Read what the runs have written since the last time. Raises StoreError for a file that can't be read."""
        if not self._read_all():
            self._forget()
            self._read_all()
        counted = {name for name, file in self._files.items() if self._is_rehearsal(name, file) == self.rehearsal}
        if counted != self._counted:
            self._counted, self._in_total = counted, self._keys(counted)
            self._total = self._sum(self._in_total)

    def of_run(self, run_id: str) -> Decimal:
        """Return what a run's calls have cost, failed ones included, and what its open ones are expected to.

        Whichever kind of run it is: to find nothing spent where the kind was mistaken would lift its cap.
        """
        return self._sum(self._keys({run_id} & self._files.keys()))

    def of_batch(self, batch: str) -> Decimal:
        """Return the same for all runs of this kind in a batch."""
        return self._sum(self._keys(name for name in self._counted if self._files[name].batch == batch))

    def total(self) -> Decimal:
        """Return the same for all runs of this kind."""
        return self._total

    def _forget(self) -> None:
        for known in (self._files, self._calls, self._counted, self._in_total):
            known.clear()
        self._total = _NOTHING

    def _read_all(self) -> bool:
        """Take in what is new; False where a file was deleted or replaced, whose money must be forgotten."""
        found = set()
        for path in self.runs_dir.glob("*/events.jsonl"):
            name = path.parent.name
            known = self._files.get(name)
            try:
                news = read_on(path, known.mark if known else NEVER_READ, _TELLING)
            except FileNotFoundError:
                continue  # deleted while we looked
            if known and news and news.anew:
                return False
            found.add(name)
            if news:
                self._take_in(name, news)
        return self._files.keys() <= found

    def _take_in(self, name: str, news: News) -> None:
        file = self._files.setdefault(name, _File())
        file.mark = news.mark
        for damage in news.log.damaged:
            log.warning("%s line %d %s; its money is not counted", name, damage.line_number, damage.reason)
        for event in news.log:
            if event.kind in ("run_started", "lab_started"):
                file.starts += 1
                file.rehearsed_starts += event.get("rehearsal") is True
                file.batch = event.get("batch") or file.batch
            elif event.kind == "call_reserved" or event.kind in CALL_ENDS:
                key = (event.run, str(event.get("call")))
                file.calls.add(key)
                self._count(key, event, counted=name in self._counted)

    def _count(self, key: Key, event: Event, *, counted: bool) -> None:
        call = self._calls.setdefault(key, _Call())
        before = call.cost_usd if key in self._in_total else _NOTHING
        call.hear(event)
        if counted:
            self._in_total.add(key)
        if key in self._in_total:
            self._total += call.cost_usd - before

    def _is_rehearsal(self, name: str, file: _File) -> bool:
        return file.rehearsed_starts == file.starts if file.starts else is_rehearsal(self.runs_dir / name)

    def _keys(self, names: Iterable[str]) -> set[Key]:
        # Where a folder was copied, two files tell of the same call.
        return set[Key]().union(*(self._files[name].calls for name in names))

    def _sum(self, keys: Iterable[Key]) -> Decimal:
        return sum((self._calls[key].cost_usd for key in keys), _NOTHING)


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
