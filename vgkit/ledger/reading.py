"""Reads events back, whole or only what is new. A crash may tear a line and a person may edit one; the others still
count, so a line that can't be read is reported with its number and never stops the reading."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from vgkit.errors import RecordError, StoreError
from vgkit.ledger.events import Damage, Event, EventLog
from vgkit.ledger.kinds import HEADER
from vgkit.ledger.plain import is_money, read_money

_HEAD_BYTES = 80


class Mark(NamedTuple):
    """How far a file has been read; ``head`` tells one that was replaced by another of the same name."""

    size: int
    read_to: int
    head: str


NEVER_READ = Mark(-1, 0, "")


@dataclass(frozen=True)
class News:
    """What is new in a file, where to go on, and whether it was read from its start."""

    log: EventLog
    mark: Mark
    anew: bool


def read_events(path: Path | str) -> EventLog:
    """Read a whole file; an absent one has no events. Half a last line is reported as damage."""
    *lines, tail = _bytes_from(Path(path), 0).split(b"\n")
    found = _events_in(lines, first_number=1)
    if not tail:
        return found
    # Only the newline may be missing; then the event is whole and counts.
    last = _events_in([tail], first_number=len(lines) + 1)
    torn = tuple(Damage(damage.line_number, "ends in the middle, as after a crash") for damage in last.damaged)
    return EventLog(found.events + last.events, found.damaged + torn)


def read_new(path: Path | str, offset: int) -> tuple[EventLog, int]:
    """Read from a byte offset up to the last newline, since a live run may be in the middle of a line.

    Returns what was read and the offset to go on from. A file shorter than the offset was replaced; it is read from
    its start.
    """
    path = Path(path)
    if _size(path) < offset:
        offset = 0
    whole, newline, _ = _bytes_from(path, offset).rpartition(b"\n")
    if not newline:
        return EventLog(()), offset
    found = _events_in(whole.split(b"\n"), first_number=1)
    if found.damaged:
        before = _lines_before(path, offset)
        found = EventLog(found.events, tuple(Damage(d.line_number + before, d.reason) for d in found.damaged))
    return found, offset + len(whole) + 1


def read_on(path: Path, mark: Mark) -> News | None:
    """Read on from a mark; None where the file has not changed. Raises FileNotFoundError, and StoreError as before."""
    size = path.stat().st_size
    if size == mark.size:
        return None
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES).decode("latin-1")
    except FileNotFoundError:
        raise
    except OSError as error:
        raise _unreadable(path, error) from error
    offset = mark.read_to if size >= mark.read_to and head.startswith(mark.head) else 0
    found, read_to = read_new(path, offset)
    return News(found, Mark(size, read_to, head), anew=offset == 0)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _bytes_from(path: Path, offset: int) -> bytes:
    try:
        with path.open("rb") as file:
            file.seek(offset)
            return file.read()
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: OSError) -> StoreError:
    return StoreError(f"Can't read {path}: {error.strerror}. Allow reading it, then try again.")


def _lines_before(path: Path, offset: int) -> int:
    with path.open("rb") as file:
        return file.read(offset).count(b"\n")


def _events_in(lines: Iterable[bytes], *, first_number: int) -> EventLog:
    events: list[Event] = []
    damaged: list[Damage] = []
    for number, line in enumerate(lines, first_number):
        if not line.strip():
            continue
        try:
            events.append(_event(line))
        except (ValueError, OverflowError, RecursionError, RecordError) as error:
            damaged.append(Damage(number, _reason(error)))
    return EventLog(tuple(events), tuple(damaged))


def _event(line: bytes) -> Event:
    """Read one line. Raises ValueError or RecordError, which say what is wrong with it."""
    stated: Any = json.loads(line, parse_constant=_no_number)
    if not isinstance(stated, dict):
        raise ValueError("is not an object")
    header = [stated.pop(name, None) for name in HEADER]
    if not all(isinstance(part, str) and part for part in header):
        raise ValueError(f"lacks one of {', '.join(HEADER)}")
    for name, amount in stated.items():
        if is_money(name):
            read_money(name, amount)
    identity, run, at, kind = header
    moment = datetime.fromisoformat(at)
    if moment.tzinfo is None:
        raise ValueError(f"at is {at!r}, which names no time zone")
    return Event(identity, run, moment.astimezone(UTC), kind, stated)


def _no_number(name: str) -> None:
    raise ValueError(f"holds {name}, which JSON does not have")


def _reason(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"is not JSON: {error.msg} at character {error.pos + 1}"
    if isinstance(error, UnicodeDecodeError):
        return f"is not UTF-8 at byte {error.start + 1}"
    return str(error)
