"""Which calls are open, failed or known, in all runs.

A call that a crash left open belongs to whoever asks for the same thing next, in the same run or another: to pay for it
a second time would be a waste, and so would be to leave it unsettled."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from vgkit.ledger import Events
from vgkit.ledger.run_index import RunIndex

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
_OPEN = "SELECT folder, run, prediction, said FROM calls JOIN files USING (folder) WHERE said <> '' AND world = ?"


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


class CallBook:
    """The calls of all real runs in a folder, or of one rehearsal, which may be of several runs and whose hosts are its
    own. Threads may share one."""

    def __init__(self, runs_dir: Path, *, rehearsal: str = "") -> None:
        self.runs_dir = runs_dir
        self.rehearsal = rehearsal
        self._index = RunIndex(runs_dir)

    def refresh(self, *, only: str = "") -> None:
        """Read what all runs, or only one, have written since the last time."""
        self._index.refresh(only=only)

    def keep_up(self) -> None:
        """Read what runs that are under way have written: enough for a call that nobody has asked for before, and as
        quick with thousands of runs as with few."""
        self._index.keep_up()

    def open(self, mark: str) -> OpenCall | None:
        """The call of this fingerprint that is open, if there is one; rather one that has a prediction."""
        rows = self._index.rows(f"{_OPEN} AND mark = ? ORDER BY prediction = ''", self.rehearsal, mark)
        return self._open_call(*rows[0]) if rows else None

    def open_in(self, run: str) -> list[OpenCall]:
        """All calls that a run has open."""
        return [self._open_call(*row) for row in self._index.rows(f"{_OPEN} AND run = ?", self.rehearsal, run)]

    def has_failed(self, mark: str, *, run: str) -> bool:
        """Whether a call of this fingerprint was created and failed, in a run or another of its batch.

        What films share must come out the same in all of them, so that where one took another seed, the others do.
        """
        failed = (
            "SELECT 1 FROM calls c JOIN files f USING (folder) WHERE c.failed AND c.mark = ? AND f.world = ? AND "
            "(c.folder = ? OR f.batch = (SELECT nullif(batch, '') FROM files WHERE folder = ?)) LIMIT 1"
        )
        return bool(self._index.rows(failed, mark, self.rehearsal, run, run))

    @property
    def predictions(self) -> frozenset[str]:
        """All predictions that some call on record has."""
        known = "SELECT prediction FROM calls JOIN files USING (folder) WHERE prediction <> '' AND world = ?"
        return frozenset(prediction for (prediction,) in self._index.rows(known, self.rehearsal))

    def _open_call(self, folder: str, run: str, prediction: str, said: str) -> OpenCall:
        fields = json.loads(said)
        return OpenCall(
            run=run,
            events=Events(self.runs_dir / folder / "events.jsonl", run_id=run),
            fields={name: fields[name] for name in _EACH_SAYS if fields.get(name) is not None},
            params=fields.get("params") or {},
            reserved_at=datetime.fromisoformat(fields["at"]),
            estimate_usd=Decimal(fields.get("cost_usd") or 0),
            prediction=prediction,
        )
