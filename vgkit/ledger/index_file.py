"""Where the index of runs is kept: a SQLite file for each machine, opened, laid out and written under its own lock.

Each machine has its own, since a lock on a shared disk can't be relied on. A file of another version is laid out anew:
all that is in it can be read again."""

import contextlib
import logging
import re
import socket
import sqlite3
from collections.abc import Iterator
from pathlib import Path

log = logging.getLogger(__name__)

FOLDER = ".index"
_VERSION = 2
_PATIENCE_S = 60.0
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
CREATE INDEX unfinished ON files (folder) WHERE state IN ('', 'open') OR allotted_usd IS NOT NULL;
CREATE INDEX set_aside ON files (rehearsal, batch) WHERE allotted_usd IS NOT NULL;
CREATE TABLE sums (folder TEXT, run TEXT, usd TEXT NOT NULL, PRIMARY KEY (folder, run)) WITHOUT ROWID;
CREATE INDEX copied_sums ON sums (folder) WHERE folder <> run;
CREATE TABLE totals (                -- of all sums of runs in folders of their own name
    rehearsal INTEGER, batch TEXT, usd TEXT NOT NULL, PRIMARY KEY (rehearsal, batch)
) WITHOUT ROWID;
CREATE TABLE calls (
    folder TEXT, run TEXT, call TEXT,
    ended INTEGER NOT NULL, told_by TEXT NOT NULL,  -- an end counts more than a reservation, then the later id
    usd TEXT NOT NULL, mark TEXT NOT NULL, prediction TEXT NOT NULL, failed INTEGER NOT NULL,
    said TEXT NOT NULL,              -- its reservation while it is open, else nothing
    PRIMARY KEY (folder, run, call)
) WITHOUT ROWID;
CREATE INDEX open_calls ON calls (mark) WHERE said <> '';
CREATE INDEX failed_calls ON calls (mark) WHERE failed;
CREATE TABLE looks (at REAL NOT NULL);  -- when all folders were last looked at
"""


def opened(runs_dir: Path) -> tuple[sqlite3.Connection, bool]:
    """Open the index of this machine; True where other processes share it, as they do but where it can't be kept."""
    if not runs_dir.is_dir():  # who only asks leaves nothing behind
        return in_memory(), False
    path = runs_dir / FOLDER / _file_name()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return _connected(str(path)), True
    except (OSError, sqlite3.OperationalError) as error:
        log.warning("the index of calls can't be kept in %s (%s); it is built in memory", path.parent, error)
        return in_memory(), False


def in_memory() -> sqlite3.Connection:
    """An index of this process alone, which needs no disk."""
    return _connected(":memory:")


def remove(runs_dir: Path) -> None:
    """Take the index of this machine away, as far as the disk lets go of what is left of it."""
    for path in (runs_dir / FOLDER).glob(f"{_file_name()}*"):
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)


def _connected(place: str) -> sqlite3.Connection:
    db = sqlite3.connect(place, timeout=_PATIENCE_S, isolation_level=None, check_same_thread=False)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = NORMAL")
    with writing(db):
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
def writing(db: sqlite3.Connection) -> Iterator[None]:
    """Write all that is in the block, or nothing of it, alone among processes."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")
