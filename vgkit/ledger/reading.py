"""Reads events back, whole or only what is new. A crash may tear a line and a person may edit one; the others still
count, so a line that can't be read is reported with its number and never stops the reading."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from vgkit.errors import RecordError, StoreError
from vgkit.ledger.events import Damage, Event, EventLog
from vgkit.ledger.kinds import HEADER, Kind
from vgkit.ledger.plain import is_money, read_money

_HEAD_BYTES = 80
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_OUR_HEAD = re.compile("{" + "".join(rf'"{name}":"[^"\\]*",' for name in HEADER))


class Mark(NamedTuple):
    """How far a file has been read; ``head`` tells one that was replaced by another of the same name."""

    size: int
    read_to: int
    head: str


NEVER_READ = Mark(-1, 0, "")


class Line(NamedTuple):
    """A line that could be read: what an event says, and the text that says it."""

    id: str
    run: str
    at: datetime
    kind: str
    fields: dict[str, Any]
    text: str

    @property
    def event(self) -> Event:
        """The event itself."""
        return Event(self.id, self.run, self.at, self.kind, self.fields)

    @property
    def body(self) -> str:
        """Its fields as JSON, cut out of the text where it is as we write it, since that is ten times quicker."""
        head = _OUR_HEAD.match(self.text)
        return "{" + self.text[head.end() :] if head else json.dumps(self.fields)


@dataclass(frozen=True)
class Found:
    """The lines of a file that could be read, and those that could not."""

    lines: list[Line] = field(default_factory=list)
    damaged: tuple[Damage, ...] = ()

    @property
    def log(self) -> EventLog:
        """The events of the lines."""
        return EventLog(tuple(line.event for line in self.lines), self.damaged)


@dataclass(frozen=True)
class News:
    """What is new in a file, where to go on, and whether it was read from its start."""

    found: Found
    mark: Mark
    anew: bool

    @property
    def log(self) -> EventLog:
        """The new events."""
        return self.found.log


def read_events(path: Path | str) -> EventLog:
    """Read a whole file; an absent one has no events. Half a last line is reported as damage."""
    *lines, tail = _bytes_from(Path(path), 0).split(b"\n")
    found = _read(lines)
    if not tail:
        return found.log
    # Only the newline may be missing; then the event is whole and counts.
    last = _read([tail])
    torn = tuple(Damage(len(lines) + 1, "ends in the middle, as after a crash") for _ in last.damaged)
    return Found(found.lines + last.lines, found.damaged + torn).log


def read_kinds(path: Path, kinds: Iterable[Kind], *, offset: int = 0) -> tuple[Event, ...]:
    """Read only the events of some kinds, which is several times as quick; what can't be read is left out.

    ``offset`` leaves out what stands before it: how long the file was then.
    """
    return _read(_bytes_from(path, offset).split(b"\n"), kinds).log.events


def read_new(path: Path | str, offset: int) -> tuple[EventLog, int]:
    """Read from a byte offset up to the last newline, since a live run may be in the middle of a line.

    Returns what was read and the offset to go on from. A file shorter than the offset was replaced; it is read from
    its start.
    """
    found, read_to = _read_from(Path(path), offset)
    return found.log, read_to


def _read_from(path: Path, offset: int, kinds: Iterable[Kind] = ()) -> tuple[Found, int]:
    if _size(path) < offset:
        offset = 0
    whole, newline, _ = _bytes_from(path, offset).rpartition(b"\n")
    if not newline:
        return Found(), offset
    found = _read(whole.split(b"\n"), kinds)
    if found.damaged:
        before = _lines_before(path, offset)
        found = Found(found.lines, tuple(Damage(d.line_number + before, d.reason) for d in found.damaged))
    return found, offset + len(whole) + 1


def read_on(path: Path, mark: Mark, kinds: Iterable[Kind] = ()) -> News | None:
    """Read on from a mark, only events of some kinds where any are named; None where the file has not changed.

    Raises FileNotFoundError, and StoreError as before.
    """
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
    found, read_to = _read_from(path, offset, kinds)
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


def _read(lines: Iterable[bytes], kinds: Iterable[Kind] = ()) -> Found:
    """Read lines, or only those that tell of some kinds; the damaged ones are counted from 1."""
    wanted = frozenset(kinds)
    names = [f'"{kind}"'.encode() for kind in wanted]
    whole: list[Line] = []
    damaged: list[Damage] = []
    for number, line in enumerate(lines, 1):
        # Most lines tell of other things, and to look for a word is fifty times as quick as to read a line.
        if names and not any(name in line for name in names):
            continue
        try:
            if (written := line.strip()) and ((read := _line(written)).kind in wanted or not wanted):
                whole.append(read)
        except (ValueError, OverflowError, RecursionError, RecordError) as error:
            damaged.append(Damage(number, _reason(error)))
    return Found(whole, tuple(damaged))


def _line(written: bytes) -> Line:
    """Read one line. Raises ValueError or RecordError, which say what is wrong with it."""
    # Some editors put the mark before a file's first line when they save it.
    text = written.removeprefix(_BYTE_ORDER_MARK).decode()
    stated, end = _DECODER.raw_decode(text)
    if end < len(text):
        raise json.JSONDecodeError("Extra data", text, end)
    if not isinstance(stated, dict):
        raise ValueError("is not an object")
    _check_values(text, stated)
    identity, run, at, kind = header = [stated.pop(name, "") for name in HEADER]
    if not all(header) or set(map(type, header)) != {str}:
        raise ValueError(f"lacks one of {', '.join(HEADER)}")
    moment = datetime.fromisoformat(at)
    if moment.tzinfo is None:
        raise ValueError(f"at is {at!r}, which names no time zone")
    in_utc = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    return Line(identity, run, in_utc, kind, stated, text)


def _check_values(text: str, stated: dict[str, Any]) -> None:
    """Refuse what no reader could use: a wrong amount, or half a character. Most lines have nothing to look into."""
    if "_usd" in text:
        for name, amount in stated.items():
            if is_money(name):
                read_money(name, amount)
    if "\\" in text and "\\u" in text:
        json.dumps(stated, ensure_ascii=False).encode()


def _no_number(name: str) -> None:
    raise ValueError(f"holds {name}, which JSON does not have")


_DECODER = json.JSONDecoder(parse_constant=_no_number)


def _reason(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"is not JSON: {error.msg} at character {error.pos + 1}"
    if isinstance(error, UnicodeDecodeError):
        return f"is not UTF-8 at byte {error.start + 1}"
    if isinstance(error, UnicodeEncodeError):
        return "holds half a character"
    return str(error)
