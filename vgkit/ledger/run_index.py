"""An index of how all runs stand, what their calls cost and which are open, for whoever is about to spend.

It follows the events and can be deleted at any time. Not the DuckDB index: that is as old as the last sync and lets no
two processes in. Kept on disk, so that with thousands of runs a process reads what is new and not all of them anew."""

import json
import logging
import os
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

from vgkit.ledger.events import Event
from vgkit.ledger.index_file import in_memory, opened, remove, writing
from vgkit.ledger.kinds import CALL_ENDS, Kind
from vgkit.ledger.reading import NEVER_READ, Mark, News, read_on
from vgkit.ledger.rehearsals import is_rehearsal, world_of

log = logging.getLogger(__name__)

_LOOK_AT_ALL_EVERY_S = 60.0
_TELLING: tuple[Kind, ...] = (
    *("run_started", "lab_started", "allotted", "run_finished"),
    *("call_reserved", "call_submitted", *CALL_ENDS),
)
_UNFINISHED = (
    "SELECT folder FROM files WHERE state IN ('', 'open') OR allotted_usd IS NOT NULL "
    "UNION SELECT folder FROM calls WHERE said <> ''"
)


class RunIndex:
    """Brings what it knows of a folder's runs up to date and answers questions. Threads and processes may share it.

    ``refresh`` and ``keep_up`` raise StoreError for events that can't be read. Where the folder can't be written it
    works in memory.
    """

    def __init__(self, runs_dir: Path) -> None:
        self.runs_dir = runs_dir
        self._using = threading.RLock()
        self._db: sqlite3.Connection | None = None
        self._shared = False  # by all processes of this machine

    def refresh(self, *, only: str = "") -> None:
        """Read what all runs, or only one, have written since the last time."""
        self._look((only,) if only else None)

    def keep_up(self) -> None:
        """Read what runs that have not ended have written, and all where no process here has looked for a minute.

        It takes as long whatever the number of runs. What has begun since is known where whoever began it refreshed its
        own run, as all do who reserve money.
        """
        with self._using:
            looked = self.rows("SELECT at FROM looks")
            recent = self._shared and looked and 0 <= time.time() - looked[0][0] < _LOOK_AT_ALL_EVERY_S
            self._look(tuple(folder for (folder,) in self.rows(_UNFINISHED)) if recent else None)

    def rows(self, question: str, *values: object) -> list[tuple[Any, ...]]:
        """Answer a question in SQL to files, sums, totals and calls."""
        with self._using:
            return self._opened().execute(question, values).fetchall()

    def _look(self, folders: tuple[str, ...] | None) -> None:
        """Look at some folders, or at all."""
        with self._using:
            try:
                self._bring_up(folders)
            except sqlite3.DatabaseError as error:
                log.warning("the index of calls is built anew: %s", error)
                self._discard()
                self._build()

    def _build(self) -> None:
        try:
            self._bring_up(None)
        except sqlite3.DatabaseError as error:  # the disk has filled up, or can't be written any more
            log.warning("the index of calls can't be kept (%s); it is built in memory", error)
            self._discard()
            self._db, self._shared = in_memory(), False
            self._bring_up(None)

    def _bring_up(self, folders: tuple[str, ...] | None) -> None:
        db, at = self._opened(), time.time()
        there = dict(_there(self.runs_dir, folders))
        known = _known(db, folders)
        changed = [folder for folder, size in there.items() if known.get(folder) != size]
        gone = [folder for folder in known if folder not in there]
        if changed or gone or folders is None:
            with writing(db):
                for folder in gone:
                    with _counted(db, folder):
                        _forget(db, folder)
                for folder in changed:
                    with _counted(db, folder):
                        self._read(db, folder)
                if folders is None:
                    db.execute("DELETE FROM looks")
                    db.execute("INSERT INTO looks VALUES (?)", (at,))

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
            self._db, self._shared = opened(self.runs_dir)
        return self._db

    def _discard(self) -> None:
        if self._db is not None:
            self._db.close()
            self._db = None
        remove(self.runs_dir)


def _there(runs_dir: Path, folders: tuple[str, ...] | None) -> Iterator[tuple[str, int]]:
    """The folders with events among some, or all, and how many bytes each has."""
    try:
        names = [entry.name for entry in os.scandir(runs_dir)] if folders is None else folders
    except (FileNotFoundError, NotADirectoryError):
        return
    for name in names:  # of thousands, so without the detour by Path
        try:
            yield name, os.stat(f"{runs_dir}/{name}/events.jsonl").st_size  # noqa: PTH116
        except (FileNotFoundError, NotADirectoryError):
            continue


def _known(db: sqlite3.Connection, folders: tuple[str, ...] | None) -> dict[str, int]:
    if folders is None:
        return dict(db.execute("SELECT folder, size FROM files"))
    size = "SELECT folder, size FROM files WHERE folder = ?"
    return dict(row for folder in folders if (row := db.execute(size, (folder,)).fetchone()))


def _forget(db: sqlite3.Connection, folder: str) -> None:
    for table in ("files", "sums", "calls"):
        db.execute(f"DELETE FROM {table} WHERE folder = ?", (folder,))


@contextmanager
def _counted(db: sqlite3.Connection, folder: str) -> Iterator[None]:
    """Keep the totals right while what is known of a folder changes."""
    before = _share(db, folder)
    yield
    after = _share(db, folder)
    if before != after:
        for sign, share in ((-1, before), (1, after)):
            for rehearsal, batch, usd in share:
                _add_to_total(db, rehearsal, batch, sign * Decimal(usd))


def _share(db: sqlite3.Connection, folder: str) -> list[tuple[int, str, str]]:
    """What a run adds to which total; a copy of its folder adds nothing."""
    own = "SELECT rehearsal, batch, usd FROM files f JOIN sums s USING (folder) WHERE folder = ? AND s.run = f.folder"
    return db.execute(own, (folder,)).fetchall()


def _add_to_total(db: sqlite3.Connection, rehearsal: int, batch: str, usd: Decimal) -> None:
    row = db.execute("SELECT usd FROM totals WHERE rehearsal = ? AND batch = ?", (rehearsal, batch)).fetchone()
    total = Decimal(row[0]) + usd if row else usd
    db.execute("INSERT OR REPLACE INTO totals VALUES (?, ?, ?)", (rehearsal, batch, str(total)))


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
