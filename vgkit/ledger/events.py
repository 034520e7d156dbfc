"""One line of JSON for each thing that happens in a run, appended by the driver and by kernels alike. A line reaches
the file whole or not at all, because resuming, totals and money all rest on reading it back. ``kinds`` lists them."""

import fcntl
import importlib
import json
import logging
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from vgkit.errors import StoreError
from vgkit.ledger.kinds import CALL_ENDS, Kind, check
from vgkit.ledger.plain import check_money, is_money, plain, read_money, timestamp
from vgkit.ledger.redaction import redact

log = logging.getLogger(__name__)

CARRIED = ".carried.json"  # beside the events of a run that a place keeps for other machines

_OUR_ID = re.compile(rb'^{"id":"([0-7][0-9a-f]{15})[0-9a-f]{8}"', re.MULTILINE)
_TAIL_BYTES = 4096
_MOST_TAIL_BYTES = 1 << 20


@dataclass(frozen=True)
class Event:
    """What happened, in the form it has in the file: ``event["phase"]``, ``event.usd("cost_usd")``."""

    id: str
    run: str
    at: datetime
    kind: str
    fields: Mapping[str, Any]

    def __getitem__(self, name: str) -> Any:
        return self.fields[name]

    def get(self, name: str, default: Any = None) -> Any:
        """Return a field, or the default where the event does not say."""
        return self.fields.get(name, default)

    def usd(self, name: str) -> Decimal:
        """Return an amount exactly as written; 0 where the event does not say."""
        return read_money(name, self.fields.get(name)) or Decimal(0)


@dataclass(frozen=True)
class Damage:
    """A line that can't be read, counted from 1, and why."""

    line_number: int
    reason: str


@dataclass(frozen=True)
class EventLog:
    """The events of a file in the order they were written, and the lines that could not be read."""

    events: tuple[Event, ...]
    damaged: tuple[Damage, ...] = ()

    def __iter__(self) -> Iterator[Event]:
        return iter(self.events)

    def __len__(self) -> int:
        return len(self.events)

    def of(self, *kinds: Kind) -> tuple[Event, ...]:
        """Return only the events of these kinds."""
        return tuple(event for event in self.events if event.kind in kinds)


class Events:
    """The writing end of a run's ``events.jsonl``. Threads and processes may all hold one on the same file."""

    def __init__(self, path: Path | str, *, run_id: str) -> None:
        self.path = Path(path)
        self.run_id = run_id

    def write(self, kind: Kind, *, durable: bool = False, **fields: Any) -> Event:
        """Append one event; on disk before it returns where its kind or ``durable`` asks for it.

        Raises RecordError for fields the kind does not know, StoreError when the disk refuses; of a run that is carried
        between machines StoreError when its place refuses, and RunBusy where another machine has taken it up.
        """
        kept = _kept(fields)
        if kind == "metric" and kept.get("value") is None and fields.get("value") is not None:
            kept["reason"] = kept.get("reason") or f"the measure gave {fields['value']}"
        shape = check(kind, kept)
        with locked_events(self.path) as descriptor:
            # Stamped under the lock, so that the order of ids is the order of lines. Machines that take turns at a run
            # have clocks of their own, and who reads goes by the ids: one behind counts on from the last line.
            now_ns = time.time_ns()
            stamp = max(now_ns, _last_stamp(descriptor) + 1)
            event = Event(f"{stamp:016x}{secrets.token_hex(4)}", self.run_id, _moment(now_ns), kind, kept)
            line = _line(event)
            if (durable or shape.durable or kind in CALL_ENDS) and (self.path.parent / CARRIED).exists():
                _carry(self.path.parent, event, whole_lines(descriptor) + line)
            _append(descriptor, line)
            if durable or shape.durable:
                os.fsync(descriptor)
        return event


@contextmanager
def locked_events(path: Path) -> Iterator[int]:
    """Hold a run's events open, against all who write there, made where it is missing. Raises StoreError."""
    # Opened anew each time: processes and threads that share a descriptor share its lock too.
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield descriptor
        finally:
            os.close(descriptor)
    except OSError as error:
        raise StoreError(_refusal(path, error)) from error


def _kept(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Bring the fields into the form they have in the file, without keys."""
    for name, value in fields.items():
        if is_money(name):
            check_money(name, value)
    stated = {name: plain(value, place=name) for name, value in fields.items()}
    kept: dict[str, Any] = redact(stated)
    if kept != stated:
        log.warning("an event held what looks like a key; it was written as [redacted]")
    return kept


def _moment(now_ns: int) -> datetime:
    return datetime.fromtimestamp(now_ns // 1_000_000_000, UTC).replace(microsecond=now_ns // 1000 % 1_000_000)


def _line(event: Event) -> bytes:
    header = {"id": event.id, "run": event.run, "at": timestamp(event.at), "kind": event.kind}
    text = json.dumps(header | dict(event.fields), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode("utf-8", errors="replace") + b"\n"


def _last_stamp(descriptor: int) -> int:
    """The nanoseconds in the id of the last line that has one of ours; 0 where there is none."""
    size, tail = os.fstat(descriptor).st_size, _TAIL_BYTES
    while True:
        start = max(size - tail, 0)
        if ids := _OUR_ID.findall(os.pread(descriptor, size - start, start)):
            return int(ids[-1], 16)
        if not start or tail > _MOST_TAIL_BYTES:
            return 0
        tail *= 16


def _carry(folder: Path, event: Event, events: bytes) -> None:
    """Have the place of a carried run hold an event before it stands here: what follows on it may cost money, and where
    this machine is lost another goes by what lies there."""
    # By name, since what carries runs stands above the ledger.
    importlib.import_module("vgkit.batch.carrying.following").follow(folder, event, events)


def whole_lines(descriptor: int) -> bytes:
    """Read all lines of an open file; one that a crash tore is ended."""
    written = os.pread(descriptor, os.fstat(descriptor).st_size, 0)
    return written if not written or written.endswith(b"\n") else written + b"\n"


def _append(descriptor: int, line: bytes) -> None:
    """Write the line with one call; end a line that a crash tore before, and take back one that does not fit."""
    size = os.fstat(descriptor).st_size
    if size and os.pread(descriptor, 1, size - 1) != b"\n":
        line = b"\n" + line
    try:
        written = os.write(descriptor, line)
        while written < len(line):
            written += os.write(descriptor, line[written:])
    except OSError:
        with suppress(OSError):
            os.ftruncate(descriptor, size)
        raise


def _refusal(path: Path, error: OSError) -> str:
    reason = error.strerror or str(error)
    try:
        free = f"{shutil.disk_usage(path.parent).free:,} bytes are free there"
    except OSError:
        return f"Can't write {path}: {reason}. Is the run's folder still there?"
    return f"Can't write {path}: {reason}; {free}. Make room or allow writing there, then resume the run."
