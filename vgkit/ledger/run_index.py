"""An index of how all runs stand, what their calls cost and which are open, for whoever is about to spend.

It follows the events and can be deleted at any time. Not the DuckDB index: that is as old as the last sync and lets no
two processes in. Kept on disk, so that with thousands of runs a process reads what is new and not all of them anew."""

import contextlib
import json
import logging
import os
import re
import socket
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from vgkit.ledger.events import Event
from vgkit.ledger.kinds import CALL_ENDS, Kind
from vgkit.ledger.reading import NEVER_READ, Mark, News, read_on
from vgkit.ledger.rehearsals import is_rehearsal, world_of

log = logging.getLogger(__name__)

_FOLDER = ".index"
_VERSION = 1
_PATIENCE_S = 60.0
_TELLING: tuple[Kind, ...] = (
    *("run_started", "lab_started", "allotted", "run_finished"),
    *("call_reserved", "call_submitted", *CALL_ENDS),
)
_SCHEMA = """
CREATE TABLE files (
    folder TEXT PRIMARY KEY,
    size INTEGER NOT NULL, read_to INTEGER NOT NULL, head TEXT NOT NULL,
    world TEXT NOT NULL,             -- the rehearsal its calls belong to; empty for real ones
    batch TEXT NOT NULL,
    state TEXT NOT NULL,             -- as its latest end says; open where it has none since its latest start
    seconds REAL NOT NULL,           -- of all its turns
    starts INTEGER NOT NULL, rehearsed_starts INTEGER NOT NULL,
    rehearsal INTEGER NOT NULL,      -- whether its money is not real
    allotted_usd TEXT,               -- what a batch has set aside for it, while it does
    starts_since INTEGER NOT NULL    -- of that
) WITHOUT ROWID;
CREATE TABLE sums (folder TEXT, run TEXT, usd TEXT NOT NULL, PRIMARY KEY (folder, run)) WITHOUT ROWID;
CREATE TABLE calls (
    folder TEXT, run TEXT, call TEXT,
    ended INTEGER NOT NULL, told_by TEXT NOT NULL,  -- an end counts more than a reservation, then the later id
    usd TEXT NOT NULL, mark TEXT NOT NULL, prediction TEXT NOT NULL, failed INTEGER NOT NULL,
    said TEXT NOT NULL,              -- its reservation while it is open, else nothing
    PRIMARY KEY (folder, run, call)
) WITHOUT ROWID;
CREATE INDEX open_calls ON calls (mark) WHERE said <> '';
CREATE INDEX failed_calls ON calls (mark) WHERE failed;
"""


class RunIndex:
    """Brings what it knows of a folder's runs up to date and answers questions. Threads and processes may share it.

    ``refresh`` raises StoreError for events that can't be read. Where the folder can't be written it works in memory.
    """

    def __init__(self, runs_dir: Path) -> None:
        self.runs_dir = runs_dir
        self._using = threading.RLock()
        self._db: sqlite3.Connection | None = None

    def refresh(self, *, only: str = "") -> None:
        """Read what all runs, or only one, have written since the last time."""
        with self._using:
            try:
                self._bring_up(only)
            except sqlite3.DatabaseError as error:
                log.warning("the index of calls is built anew: %s", error)
                self._discard()
                self._bring_up(only)

    def rows(self, question: str, *values: object) -> list[tuple[Any, ...]]:
        """Answer a question in SQL to files, sums and calls."""
        with self._using:
            return self._opened().execute(question, values).fetchall()

    def _bring_up(self, only: str) -> None:
        db = self._opened()
        known = dict(db.execute("SELECT folder, size FROM files"))
        there = dict(_there(self.runs_dir, only))
        changed = [folder for folder, size in there.items() if known.get(folder) != size]
        gone = [] if only and only in there else [name for name in known if name not in there and only in ("", name)]
        if changed or gone:
            with _writing(db):
                for folder in gone:
                    _forget(db, folder)
                for folder in changed:
                    self._read(db, folder)

    def _read(self, db: sqlite3.Connection, folder: str) -> None:
        path = self.runs_dir / folder / "events.jsonl"
        # Looked up anew: another process may have read on while this one waited for its turn to write.
        row = db.execute("SELECT size, read_to, head FROM files WHERE folder = ?", (folder,)).fetchone()
        mark = Mark(*row) if row else NEVER_READ
        try:
            news = read_on(path, mark, _TELLING)
        except FileNotFoundError:
            return _forget(db, folder)  # deleted while we looked
        if news is None:
            return None
        if news.anew:
            _forget(db, folder)
            world = world_of(path.parent)
            db.execute("INSERT INTO files VALUES (?, -1, 0, '', ?, '', '', 0, 0, 0, 0, NULL, 0)", (folder, world))
        return _take_in(db, path.parent, news)

    def _opened(self) -> sqlite3.Connection:
        if self._db is None:
            self._db = _open(self.runs_dir)
        return self._db

    def _discard(self) -> None:
        if self._db is not None:
            self._db.close()
            self._db = None
        for path in (self.runs_dir / _FOLDER).glob(f"{_file_name()}*"):
            path.unlink(missing_ok=True)


def _there(runs_dir: Path, only: str) -> Iterator[tuple[str, int]]:
    """The folders with events, and how many bytes each has."""
    try:
        names = [only] if only else [entry.name for entry in os.scandir(runs_dir)]
    except (FileNotFoundError, NotADirectoryError):
        return
    for name in names:  # of thousands, so without the detour by Path
        try:
            yield name, os.stat(f"{runs_dir}/{name}/events.jsonl").st_size  # noqa: PTH116
        except (FileNotFoundError, NotADirectoryError):
            continue


def _open(runs_dir: Path) -> sqlite3.Connection:
    """Open the index of this machine: each has its own, since a lock on a shared disk can't be relied on."""
    if not runs_dir.is_dir():  # who only asks leaves nothing behind
        return _connected(":memory:")
    path = runs_dir / _FOLDER / _file_name()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        db = _connected(str(path))
    except (OSError, sqlite3.OperationalError) as error:
        log.warning("the index of calls can't be kept in %s (%s); it is built in memory", path.parent, error)
        db = _connected(":memory:")
    return db


def _connected(place: str) -> sqlite3.Connection:
    db = sqlite3.connect(place, timeout=_PATIENCE_S, isolation_level=None, check_same_thread=False)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = NORMAL")
    with _writing(db):
        (version,) = db.execute("PRAGMA user_version").fetchone()
        if version != _VERSION:
            for (table,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
                db.execute(f'DROP TABLE "{table}"')
            for statement in _SCHEMA.split(";\n"):
                db.execute(statement)
            db.execute(f"PRAGMA user_version = {_VERSION}")
    return db


def _file_name() -> str:
    return f"calls-{re.sub(r'[^A-Za-z0-9.-]', '_', socket.gethostname())}.sqlite"


@contextlib.contextmanager
def _writing(db: sqlite3.Connection) -> Iterator[None]:
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")


def _forget(db: sqlite3.Connection, folder: str) -> None:
    for table in ("files", "sums", "calls"):
        db.execute(f"DELETE FROM {table} WHERE folder = ?", (folder,))


def _take_in(db: sqlite3.Connection, folder: Path, news: News) -> None:
    for damage in news.log.damaged:
        log.warning("%s line %d %s; its money is not counted", folder.name, damage.line_number, damage.reason)
    state = _RunState(db, folder.name)
    for event in news.log:
        if event.kind.startswith("call_"):
            _hear(db, folder.name, event)
        else:
            state.hear(event)
    state.keep(news.mark, folder)


class _RunState:
    """What a run's events say beside its calls."""

    def __init__(self, db: sqlite3.Connection, folder: str) -> None:
        self._db, self._folder = db, folder
        columns = "batch, state, seconds, starts, rehearsed_starts, allotted_usd, starts_since"
        row = db.execute(f"SELECT {columns} FROM files WHERE folder = ?", (folder,)).fetchone()
        self.batch, self.state, self.seconds, self.starts, self.rehearsed, self.allotted, self.since = row

    def hear(self, event: Event) -> None:
        if event.kind in ("run_started", "lab_started"):
            self.state = "open"
            self.starts += 1
            self.since += 1
            self.rehearsed += event.get("rehearsal") is True
            self.batch = event.get("batch") or self.batch
            if self.since > 1:  # started again by somebody else than the batch that set its cap aside
                self.allotted = None
        elif event.kind == "allotted":
            self.allotted, self.since = str(event.usd("cap_usd")), 0
            self.batch = event.get("batch") or self.batch
        elif event.kind == "run_finished":
            self.state, self.allotted = event["state"], None
            self.seconds += event.get("seconds") or 0.0

    def keep(self, mark: Mark, folder: Path) -> None:
        rehearsal = self.rehearsed == self.starts if self.starts else is_rehearsal(folder)
        self._db.execute(
            "UPDATE files SET size = ?, read_to = ?, head = ?, batch = ?, state = ?, seconds = ?, starts = ?, "
            "rehearsed_starts = ?, rehearsal = ?, allotted_usd = ?, starts_since = ? WHERE folder = ?",
            (
                *(*mark, self.batch, self.state, self.seconds, self.starts, self.rehearsed),
                *(rehearsal, self.allotted, self.since, self._folder),
            ),
        )


def _hear(db: sqlite3.Connection, folder: str, event: Event) -> None:
    """Take in an event of a call, in whichever order they come; a call that is ended twice counts once."""
    key = (folder, event.run, str(event.get("call")))
    columns = "ended, told_by, usd, mark, prediction, failed, said"
    row = db.execute(f"SELECT {columns} FROM calls WHERE folder = ? AND run = ? AND call = ?", key).fetchone()
    ended, told_by, usd, mark, prediction, failed, said = row or (0, "", "0", "", "", 0, "")
    before = usd
    ends = event.kind in CALL_ENDS
    prediction = event.get("prediction") or prediction
    mark = event.get("fingerprint") or mark
    if (ends or event.kind == "call_reserved") and (int(ends), event.id) > (ended, told_by):
        usd = "0" if event.kind == "call_cached" else str(event.usd("cost_usd"))
        ended, told_by = int(ends), event.id
    if ends:
        failed = int(failed or (event.kind == "call_failed" and bool(said) and bool(prediction)))
        said = ""
    elif event.kind == "call_reserved" and not ended:
        said = json.dumps({"at": event.at.isoformat(), **event.fields})
    db.execute(
        "INSERT OR REPLACE INTO calls VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (*key, ended, told_by, usd, mark, prediction, failed, said),
    )
    if usd != before:
        _add(db, folder, event.run, Decimal(usd) - Decimal(before))


def _add(db: sqlite3.Connection, folder: str, run: str, usd: Decimal) -> None:
    row = db.execute("SELECT usd FROM sums WHERE folder = ? AND run = ?", (folder, run)).fetchone()
    total = Decimal(row[0]) + usd if row else usd
    db.execute("INSERT OR REPLACE INTO sums VALUES (?, ?, ?)", (folder, run, str(total)))


def summed(rows: Iterable[tuple[Any, ...]]) -> Decimal:
    """Add up amounts exactly, one in each row."""
    return sum((Decimal(usd) for (usd, *_) in rows), Decimal(0))
