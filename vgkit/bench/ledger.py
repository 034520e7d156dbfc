"""How the ledger bears 10,000 runs: how fast it takes them in, whether it comes out the same anew, and how long each
question of the report takes. Two million events are some years of a studio's work."""

import os
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from vgkit.bench.synthetic_runs import write_runs
from vgkit.bench.verdict import kept
from vgkit.ledger import Ledger
from vgkit.ledger.index import TABLES
from vgkit.phases.report import Table
from vgkit.report.asking import QUESTIONS, Choice, question

RUNS = 10_000
_EVENTS_A_SECOND = 50_000
_SECONDS_A_QUESTION = 1.0


def ledger_tables(runs_dir: Path, *, runs: int = RUNS) -> Iterator[Table]:
    """Write runs into a folder, take them in, build the index anew, and ask all that the report asks."""
    events = write_runs(runs_dir, runs)
    ledger = Ledger(runs_dir)
    synced_s, synced_cpu_s = _timed(ledger.sync)
    before = contents(ledger)
    again_s, _ = _timed(ledger.sync)
    rebuilt_s, _ = _timed(ledger.rebuild)
    load = os.getloadavg()[0]
    rate = events / synced_s
    rows = (
        ("sync", f"{synced_s:.1f}", f"{rate:,.0f} events a second", kept(rate >= _EVENTS_A_SECOND)),
        ("  of it the processor's", f"{synced_cpu_s:.1f}", f"{events / synced_cpu_s:,.0f} events a second", ""),
        ("sync with nothing new", f"{again_s:.1f}", f"{runs:,} files looked at", ""),
        ("rebuild", f"{rebuilt_s:.1f}", "the same content", kept(contents(ledger) == before)),
    )
    heading = f"A ledger of {runs:,} runs, {events:,} events, on {os.cpu_count()} cores with a load of {load:.1f}"
    yield Table(heading, ("step", "seconds", "", f"{_EVENTS_A_SECOND:,} a second, and the same"), rows)
    yield _questions(ledger)


def contents(ledger: Ledger) -> dict[str, tuple[int, int]]:
    """Sum up each table that is folded from events: how many rows it has, and a sum of their hashes."""
    folded = [table for table in TABLES if table not in ("files", "schema_version")]
    asked = {name: (f"SELECT count(*), sum(hash(t)::HUGEINT)::VARCHAR FROM {name} t", ()) for name in folded}
    sums = {name: frame.iloc[0] for name, frame in ledger.answers(asked).items()}
    return {name: (int(row.iloc[0]), int(row.iloc[1] or 0)) for name, row in sums.items()}


def _questions(ledger: Ledger) -> Table:
    rows = []
    for name in QUESTIONS:
        sql, params = question(name, Choice(), measure="warp_error")
        took_s = min(_timed(partial(ledger.query, sql, params))[0] for _ in range(3))
        rows.append((name, f"{took_s:.2f}", kept(took_s < _SECONDS_A_QUESTION)))
    return Table(
        "Every question of the report, opening the ledger each time", ("question", "seconds", "in 1 s"), tuple(rows)
    )


def _timed(work: Callable[[], object]) -> tuple[float, float]:
    """Wall seconds, and the processor's."""
    wall, processor = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - processor
