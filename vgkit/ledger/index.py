"""Fills the database from the runs' events: only what is new, each event once. A database of another schema is not
migrated but built anew, since the events hold all of it and a migration would be a second way to be wrong."""

import hashlib
import logging
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

import duckdb
import pandas as pd

from vgkit.errors import StoreError
from vgkit.ledger.events import Damage
from vgkit.ledger.reading import NEVER_READ, Line, Mark, read_on

log = logging.getLogger(__name__)

_FILES = ("schema", "fold", "views", "comments")
_SQL = {name: files("vgkit.ledger").joinpath(f"{name}.sql").read_text("utf-8") for name in _FILES}
TABLES = re.findall(r"^CREATE TABLE (\w+)", _SQL["schema"], re.MULTILINE)
VIEWS = re.findall(r"^CREATE VIEW (\w+)", _SQL["views"], re.MULTILINE)
# Any change of the SQL is a new version; no one has to remember to raise a number.
VERSION = hashlib.sha256("".join(_SQL.values()).encode()).hexdigest()[:12]
_AT_ONCE = 50_000  # events

# A moment is in UTC, as a time without zone or as text.
_COLUMNS = ("id", "run", "happened_at", "kind", "body")
Row = tuple[str, str, str | datetime, str, str]


class Changed(NamedTuple):
    """What is new in a file, by its name, and where to go on."""

    name: str
    rows: list[Row]
    damaged: tuple[Damage, ...]
    mark: Mark


@dataclass(frozen=True)
class SyncReport:
    """What a sync brought in: how many runs it touched, how many events are new, which lines can't be read."""

    runs: int
    events: int
    damaged: tuple[tuple[Path, Damage], ...] = ()


def create(connection: duckdb.DuckDBPyConnection) -> None:
    """Lay out an empty index."""
    connection.execute(_SQL["schema"])
    connection.execute(_SQL["views"])
    connection.execute(_SQL["comments"])
    connection.execute("INSERT INTO schema_version VALUES (?)", [VERSION])


def fits(connection: duckdb.DuckDBPyConnection) -> bool:
    """Tell whether the database has today's schema."""
    try:
        row = connection.execute("SELECT version FROM schema_version").fetchone()
    except duckdb.ProgrammingError:
        return False
    return row == (VERSION,)


def bring_in(connection: duckdb.DuckDBPyConnection, runs_dir: Path) -> SyncReport:
    """Read what the runs have written since the last time. The events of runs that are gone stay.

    A number of runs at a time, each time all or nothing, so that thousands take no more memory than hundreds.
    """
    known = connection.execute("SELECT path, size, read_to, head FROM files").fetchall()
    touched, new, damaged = 0, 0, []
    for portion in _portions(_changed(runs_dir, {path: Mark(*mark) for path, *mark in known})):
        runs, events = _take_in(connection, portion)
        touched, new = touched + runs, new + events
        damaged += [(runs_dir / each.name, damage) for each in portion for damage in each.damaged]
    return SyncReport(touched, new, tuple(damaged))


def _portions(changed: Iterable[Changed]) -> Iterator[list[Changed]]:
    """Put so many files together as hold some number of events."""
    portion: list[Changed] = []
    events = 0
    for each in changed:
        portion.append(each)
        events += len(each.rows)
        if events >= _AT_ONCE:
            yield portion
            portion, events = [], 0
    if portion:
        yield portion


def _take_in(connection: duckdb.DuckDBPyConnection, portion: Sequence[Changed]) -> tuple[int, int]:
    """Bring in what is new in some files: how many runs it touches, and how many events it is."""
    begin(connection)
    new = add_rows(connection, [row for each in portion for row in each.rows])
    _note_marks(connection, {each.name: each.mark for each in portion})
    _note_damage(connection, [(each.name, damage) for each in portion for damage in each.damaged])
    touched = fold(connection)
    connection.commit()
    return touched, new


def begin(connection: duckdb.DuckDBPyConnection) -> None:
    """Begin a transaction in which no run is touched yet."""
    connection.begin()
    connection.execute("CREATE OR REPLACE TEMP TABLE touched (run VARCHAR)")


def add_rows(connection: duckdb.DuckDBPyConnection, rows: Sequence[Row]) -> int:
    """Add the events whose ids are not in yet, note their runs as touched, and return how many there were."""
    if not rows:
        return 0
    once = {row[0]: row for row in rows}.values()
    # A frame goes in three times as fast as parameters do.
    connection.register("arrived", pd.DataFrame(once, columns=_COLUMNS, dtype=object))
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE incoming AS SELECT id, run, happened_at::TIMESTAMP AS happened_at, kind,"
        " body::JSON AS body FROM arrived ANTI JOIN events USING (id)"
    )
    connection.unregister("arrived")
    connection.execute("INSERT INTO touched SELECT DISTINCT run FROM incoming")
    connection.execute("INSERT INTO events SELECT id, run, happened_at, kind, body FROM incoming")
    count = connection.execute("SELECT count(*) FROM incoming").fetchone()
    connection.execute("DROP TABLE incoming")
    return int(count[0]) if count else 0


def fold(connection: duckdb.DuckDBPyConnection) -> int:
    """Make the rows of the touched runs anew and return how many runs those are."""
    row = connection.execute("SELECT count(DISTINCT run) FROM touched").fetchone()
    touched = int(row[0]) if row else 0
    if touched:
        connection.execute(_SQL["fold"])
    return touched


def _changed(runs_dir: Path, known: Mapping[str, Mark]) -> Iterator[Changed]:
    """Read each file that has changed; one that can't be read is damage, and the others still count."""
    for path in sorted(runs_dir.glob("*/events.jsonl")):
        name = path.relative_to(runs_dir).as_posix()
        mark = known.get(name, NEVER_READ)
        try:
            if news := read_on(path, mark):
                rows = [_row(line) for line in news.found.lines if line.kind != "progress"]
                yield Changed(name, rows, news.found.damaged, news.mark)
        except FileNotFoundError:
            continue  # deleted while we looked
        except (OSError, StoreError) as error:
            yield Changed(name, [], (Damage(0, f"can't be read: {error}"),), mark)


def _row(line: Line) -> Row:
    return line.id, line.run, line.at.isoformat(), line.kind, line.body


def _note_marks(connection: duckdb.DuckDBPyConnection, marks: Mapping[str, Mark]) -> None:
    if not marks:
        return
    connection.execute("DELETE FROM files WHERE list_contains(?::VARCHAR[], path)", [list(marks)])
    connection.execute(
        "INSERT INTO files SELECT unnest(?::VARCHAR[]), unnest(?::BIGINT[]), unnest(?::BIGINT[]), unnest(?::VARCHAR[])",
        [list(marks), *(list(column) for column in zip(*marks.values(), strict=True))],
    )


def _note_damage(connection: duckdb.DuckDBPyConnection, damaged: Iterable[tuple[str, Damage]]) -> None:
    for name, damage in damaged:
        line = [name, damage.line_number]
        log.warning("%s line %d %s; it is left out", *line, damage.reason)
        connection.execute("DELETE FROM damaged_lines WHERE path = ? AND line_number = ?", line)
        connection.execute("INSERT INTO damaged_lines VALUES (?, ?, ?)", [*line, damage.reason])
