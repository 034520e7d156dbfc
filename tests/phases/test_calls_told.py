"""What a page says of the calls a phase made."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import builders
import pytest

from vgkit.ledger.kinds import Kind
from vgkit.phases.calls_told import calls_told
from vgkit.phases.report import so_far
from vgkit.run import Run


@pytest.fixture
def run(runs: Path) -> Run:
    return builders.run()


def told(run: Run, call: str, *kinds: Kind, usd: str = "0", **fields: Any) -> None:
    """Write down one call for music; each of its events carries ``usd``."""
    usual = {"phase": "refine", "role": "music", "engine": "musicgen", "host": "replicate", "subject": "music"}
    for kind in kinds:
        run.events.write(kind, call=call, cost_usd=Decimal(usd), fingerprint="same", **usual | fields)


def heading(run: Run) -> str:
    (table,) = calls_told(run, "refine")
    return table.heading


def test_what_is_made_and_then_found_again_is_told_once(run: Run) -> None:
    told(run, "c1", "call_reserved", "call_submitted", "call_settled", usd="0.0397")
    told(run, "c2", "call_cached")
    told(run, "c3", "call_cached")
    (table,) = calls_told(run, "refine")
    assert (table.heading, len(table.rows)) == ("Asked of hosts: 1 call, $0.0397", 1)


def test_what_was_found_alone_counts_as_nothing_asked(run: Run) -> None:
    told(run, "c1", "call_cached", subject="s01")
    told(run, "c2", "call_cached", subject="s02")
    assert heading(run) == "Asked of hosts: 0 calls, $0; 2 from the cache"


def test_so_far_sums_all_attempts_to_the_fraction_of_a_cent(run: Run) -> None:
    for number, end in enumerate(("phase_failed", "phase_finished"), 1):
        run.events.write("phase_started", phase="refine")
        told(run, f"c{number}", "call_reserved", "call_settled", usd="0.0009")
        failed = {"error": "EngineFailed", "message": "no"} if end == "phase_failed" else {}
        run.events.write(end, phase="refine", seconds=1.5, **failed)
    assert so_far(run).rows == (("refine", "done", "3.0", "$0.0018"),)
