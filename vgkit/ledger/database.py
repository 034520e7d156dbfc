"""Answers questions over all runs in SQL. DuckDB lets one process write at a time and can lose commits when processes
take turns, so the events are the truth, phases write only those, and this index, filled by ``sync``, may be deleted."""

import logging
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

import duckdb
import pandas as pd

from vgkit.errors import RecordError, StoreError
from vgkit.ledger.connection import IndexDamaged, connected, locked
from vgkit.ledger.index import TABLES, VIEWS, SyncReport, add_rows, begin, bring_in, create, fits, fold

log = logging.getLogger(__name__)

_GONE = "SELECT id, run, happened_at, kind, body FROM events WHERE NOT list_contains(?::VARCHAR[], run)"

# What there is to ask for, with a line on each.
CONTENTS = """
    SELECT 'table' AS kind, table_name AS name, comment AS about FROM duckdb_tables() WHERE NOT internal
    UNION ALL
    SELECT 'view', view_name, comment FROM duckdb_views() WHERE NOT internal
    ORDER BY kind, name
"""

Answer = TypeVar("Answer")
Params = Sequence[object] | Mapping[str, object]
Question = tuple[str, Params]  # SQL, and what stands for its parameters


class Ledger:
    """The record of all runs in a folder; it holds no connection between calls, so any number may be open at once."""

    def __init__(self, runs_dir: Path | str) -> None:
        self.runs_dir = Path(runs_dir)
        self.path = self.runs_dir / "ledger.duckdb"

    def sync(self) -> SyncReport:
        """Bring in what the runs have written since the last sync; doing it twice changes nothing.

        The rows of a run whose folder is gone stay, so that its money stays on record. An index that is absent, broken
        or of another schema is built from the events. Raises StoreError when the folder can't be written.
        """
        with locked(self.path, exclusive=True):
            try:
                with self._todays(read_only=False) as connection:
                    return bring_in(connection, self.runs_dir)
            except IndexDamaged as damage:
                return self._build(damage)

    def rebuild(self) -> SyncReport:
        """Build the index anew from the events; runs whose folder is gone are carried over from the old one."""
        with locked(self.path, exclusive=True):
            return self._build(None)

    def query(self, sql: str, params: Params = ()) -> pd.DataFrame:
        """Answer as of the last sync; SQL here can't change anything. Raises RecordError with DuckDB's hint.

        Amounts come as float, to plot and to look at; ``spent`` is exact.
        """

        return self.answers({"": (sql, params)})[""]

    def answers(self, questions: Mapping[str, Question]) -> dict[str, pd.DataFrame]:
        """Answer several questions, each by its name, as of the same sync. Raises RecordError as ``query`` does."""
        return self._asked(lambda c: {name: _frame(c, sql, params) for name, (sql, params) in questions.items()})

    def _asked(self, work: Callable[[duckdb.DuckDBPyConnection], Answer]) -> Answer:
        """Read; a mistake in the SQL is answered with what there is to ask for."""
        try:
            return self._read(work)
        except IndexDamaged:
            raise
        except RecordError as error:
            raise RecordError(f"{error}\nTables: {', '.join(TABLES)}. Views: {', '.join(VIEWS)}.") from None

    def typed(self, sql: str) -> tuple[pd.DataFrame, list[str]]:
        """Answer like ``query``, and say the SQL type of each column, which a frame loses."""
        return self._asked(lambda connection: _typed(connection, sql, ()))

    def spent(self, run_id: str | None = None) -> Decimal:
        """Return what one run, or all real ones, have cost as of the last sync, failed calls included.

        Exact to the micro-dollar. Rehearsals count only where one is named.
        """

        def answer(connection: duckdb.DuckDBPyConnection) -> Decimal:
            row = connection.execute(
                "SELECT coalesce(sum(cost_usd), 0)::DECIMAL(18, 6) FROM calls "
                "WHERE run = $run OR ($run IS NULL AND NOT rehearsal)",
                {"run": run_id},
            ).fetchone()
            return Decimal(row[0]) if row else Decimal(0)

        return self._read(answer)

    def runs(self) -> pd.DataFrame:
        """List the runs, the latest first, with state, time, cost and film."""
        return self.query("SELECT * FROM run_summary ORDER BY started_at DESC, run DESC")

    def _read(self, work: Callable[[duckdb.DuckDBPyConnection], Answer]) -> Answer:
        # Most damage shows on opening, where sync repairs it; what lies deeper shows only when it is read.
        for repair in (self.sync, self.rebuild):
            try:
                with locked(self.path, exclusive=False), self._todays(read_only=True) as connection:
                    return work(connection)
            except IndexDamaged as damage:
                log.info("%s", damage)
            try:
                repair()
            except StoreError as refusal:
                log.warning("%s Until then the ledger is built in memory for each question.", refusal)
                return self._from_events(work)
        with locked(self.path, exclusive=False), self._todays(read_only=True) as connection:
            return work(connection)

    def _from_events(self, work: Callable[[duckdb.DuckDBPyConnection], Answer]) -> Answer:
        with connected(None) as connection:
            create(connection)
            bring_in(connection, self.runs_dir)
            return work(connection)

    @contextmanager
    def _todays(self, *, read_only: bool) -> Iterator[duckdb.DuckDBPyConnection]:
        """Connect to an index of today's schema. Raises IndexDamaged when there is none."""
        try:
            if not self.path.exists():
                raise IndexDamaged(f"{self.path} is not there yet")
        except PermissionError as error:
            raise StoreError(f"Can't look into {self.runs_dir}: {error.strerror}. Allow reading it.") from error
        with connected(self.path, read_only=read_only) as connection:
            if not fits(connection):
                raise IndexDamaged(f"{self.path} has another schema than this version of vgkit")
            yield connection

    def _build(self, reason: IndexDamaged | None) -> SyncReport:
        """Build beside the old file and swap, so that a crash in between leaves the old one. The lock is held."""
        if reason and self.path.exists():
            log.warning("%s; it is built anew from the events.", reason)
        fresh = self.path.with_name("ledger.new.duckdb")
        fresh.unlink(missing_ok=True)
        _wal(fresh).unlink(missing_ok=True)
        with connected(fresh) as connection:
            create(connection)
            report = bring_in(connection, self.runs_dir)
            self._carry_over(connection)
        _wal(self.path).unlink(missing_ok=True)
        fresh.replace(self.path)
        return report

    def _carry_over(self, fresh: duckdb.DuckDBPyConnection) -> None:
        """Take over the events of runs whose folder is gone, as far as the old index can still be read."""
        if not self.path.exists():
            return
        here = [run for (run,) in fresh.execute("SELECT run FROM runs UNION ALL SELECT lab FROM labs").fetchall()]
        try:
            with connected(self.path, read_only=True) as old:
                gone = old.execute(_GONE, [here]).fetchall()
        except RecordError as error:
            log.warning("Runs whose folder is gone can't be carried over: %s", error)
            return
        begin(fresh)
        add_rows(fresh, gone)
        fold(fresh)
        fresh.commit()


def _frame(connection: duckdb.DuckDBPyConnection, sql: str, params: Params) -> pd.DataFrame:
    return _typed(connection, sql, params)[0]


def _typed(connection: duckdb.DuckDBPyConnection, sql: str, params: Params) -> tuple[pd.DataFrame, list[str]]:
    """An answer, and the SQL types of its columns."""
    cursor = connection.execute(sql, params)
    # An empty statement gives no cursor, which the stubs do not know.
    if cursor is None:
        raise RecordError("The query is empty. Try: SELECT * FROM run_summary")
    with warnings.catch_warnings():
        # duckdb 2.0 calls pandas in a way that pandas 3.1 announces to end.
        warnings.simplefilter("ignore", DeprecationWarning)
        types = [str(column[1]) for column in cursor.description]
        return cursor.df(), types


def _wal(database: Path) -> Path:
    """Where DuckDB keeps commits that are not yet in the file; left behind, it would be played into the new one."""
    return database.with_name(f"{database.name}.wal")
