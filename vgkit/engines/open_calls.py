"""Which calls are open, failed or known, in all runs, from their events.

A call that a crash left open belongs to whoever asks for the same thing next, in the same run or another: to pay for it
a second time would be a waste, and so would be to leave it unsettled."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from vgkit.ledger import Event, Events
from vgkit.ledger.kinds import CALL_ENDS
from vgkit.ledger.reading import NEVER_READ, Mark, read_on
from vgkit.ledger.rehearsals import world_of

_EACH_SAYS = (
    "call",
    "phase",
    "role",
    "engine",
    "host",
    "version",
    "subject",
    "fingerprint",
    "adapter",
    "step",
    "attempt",
)


@dataclass(frozen=True)
class OpenCall:
    """A call with no end on record: the run it belongs to, what its events say, and its prediction once it has one."""

    run: str
    events: Events
    fields: Mapping[str, Any]
    params: Mapping[str, Any]
    reserved_at: datetime
    estimate_usd: Decimal
    prediction: str = ""


@dataclass
class _File:
    mark: Mark = NEVER_READ
    open: dict[str, OpenCall] = field(default_factory=dict)  # by call
    failed: set[str] = field(default_factory=set)  # fingerprints of calls that were created and failed
    predictions: set[str] = field(default_factory=set)
    batch: str = ""


class CallBook:
    """The calls of all real runs in a folder, or of one rehearsal, which may be of several runs and whose hosts are its
    own. Threads may share one."""

    def __init__(self, runs_dir: Path, *, rehearsal: str = "") -> None:
        self.runs_dir = runs_dir
        self.rehearsal = rehearsal
        self._files: dict[Path, _File] = {}
        self._elsewhere: set[Path] = set()
        self._reading = threading.Lock()

    def refresh(self) -> None:
        """Read what the runs have written since the last time."""
        with self._reading:
            there = set(self.runs_dir.glob("*/events.jsonl"))
            for path in self._files.keys() - there:  # a run was deleted, and its calls with it
                del self._files[path]
            self._elsewhere &= there
            for path in there - self._elsewhere:
                if path in self._files or world_of(path.parent) == self.rehearsal:
                    self._read(path)
                else:
                    self._elsewhere.add(path)

    def open(self, mark: str) -> OpenCall | None:
        """The call of this fingerprint that is open, if there is one; rather one that has a prediction."""
        with self._reading:
            found = [call for file in self._files.values() for call in file.open.values()]
        alike = [call for call in found if call.fields["fingerprint"] == mark]
        return max(alike, key=lambda call: bool(call.prediction), default=None)

    def open_in(self, run: str) -> list[OpenCall]:
        """All calls that a run has open."""
        with self._reading:
            return [call for file in self._files.values() for call in file.open.values() if call.run == run]

    def has_failed(self, mark: str, *, run: str) -> bool:
        """Whether a call of this fingerprint was created and failed, in a run or another of its batch.

        What films share must come out the same in all of them, so that where one took another seed, the others do.
        """
        with self._reading:
            batch = next((file.batch for path, file in self._files.items() if path.parent.name == run), "")
            return any(
                mark in file.failed
                for path, file in self._files.items()
                if path.parent.name == run or (batch and file.batch == batch)
            )

    @property
    def predictions(self) -> frozenset[str]:
        """All predictions that some call on record has."""
        with self._reading:
            return frozenset().union(*(file.predictions for file in self._files.values()))

    def _read(self, path: Path) -> None:
        file = self._files.setdefault(path, _File())
        try:
            news = read_on(path, file.mark)
        except FileNotFoundError:
            return
        if news is None:
            return
        if news.anew:
            file = self._files[path] = _File()
        file.mark = news.mark
        for event in news.log:
            if event.kind.startswith("call_"):
                _take_in(file, event, path)
            elif event.kind == "run_started":
                file.batch = event.get("batch") or file.batch


def _take_in(file: _File, event: Event, path: Path) -> None:
    call = str(event.get("call"))
    prediction = event.get("prediction") or ""
    if prediction:
        file.predictions.add(prediction)
    if event.kind == "call_reserved":
        file.open[call] = OpenCall(
            run=event.run,
            events=Events(path, run_id=event.run),
            fields={name: event[name] for name in _EACH_SAYS if event.get(name) is not None},
            params=event.get("params") or {},
            reserved_at=event.at,
            estimate_usd=event.usd("cost_usd"),
        )
    elif event.kind == "call_submitted" and call in file.open:
        file.open[call] = replace(file.open[call], prediction=prediction)
    elif event.kind in CALL_ENDS:
        ended = file.open.pop(call, None)
        if event.kind == "call_failed" and ended and ended.prediction:
            file.failed.add(ended.fields.get("fingerprint", ""))
