"""How far a batch is, in a line and as a table: bounded, however many films there are."""

import io
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest
from batches import CALL, events

from vgkit.batch.coordinator import Tally
from vgkit.batch.view import remaining_s, sum_up, watching
from vgkit.places import runs_dir


class Screen(io.StringIO):
    """A terminal that keeps all that was written to it."""

    encoding = "utf-8"  # type: ignore[assignment]

    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setenv("TERM", "xterm")


def tally(films: int, *, under_way: int = 0, cost: str = "0", **ended: int) -> Tally:
    turns = {f"kites.f{n:03d}": 1 for n in range(under_way)}
    return Tally(films, Counter(ended), turns, Decimal(cost))


def at_work(run: str) -> None:
    (runs_dir() / run).mkdir(parents=True)
    events(run).write("run_started", brief={}, profile="dev", engines={})
    events(run).write("phase_started", phase="chunks")
    events(run).write("progress", phase="chunks", done=2, total=10)
    events(run).write("call_reserved", call="c", phase="chunks", cost_usd=Decimal("0.15"), **CALL)
    events(run).write("call_settled", call="c", cost_usd=Decimal("0.15"))


def test_a_line_says_how_many_are_in_which_state_what_they_cost_and_how_long_it_takes() -> None:
    far = tally(50, under_way=4, cost="1.2", success=11, failed=1)
    said = sum_up(far, Decimal("40.00"), elapsed_s=120.0)
    assert said == "12 of 50: 11 success, 1 failed, 4 under way, 34 waiting · $1.20 of $40.00 · 2:00 · about 6:20 to go"
    assert sum_up(tally(2_000, under_way=1), None, 3.0) == "0 of 2,000: 1 under way, 1,999 waiting · $0.00 · 0:03"
    assert sum_up(tally(2, success=1, unaffordable=1), None, 3.0) == "2 of 2: 1 success, 1 unaffordable · $0.00 · 0:03"


def test_what_is_left_goes_by_the_pace_so_far() -> None:
    assert remaining_s(tally(50), 100.0) is None
    assert remaining_s(tally(50, success=10), 100.0) == 400.0
    assert remaining_s(tally(50, success=50), 100.0) is None


def test_where_there_is_no_terminal_a_line_is_written_only_when_something_changes(runs: Path) -> None:
    out = io.StringIO()
    with watching(Decimal("5.00"), out=out) as looked:
        for far in (tally(2, under_way=2), tally(2, under_way=2), tally(2, under_way=1, success=1)):
            looked(far)
    said = out.getvalue().splitlines()
    assert [line.split(" · ")[0] for line in said] == ["0 of 2: 2 under way", "1 of 2: 1 success, 1 under way"]


def test_a_terminal_shows_what_each_film_is_at(runs: Path) -> None:
    at_work("kites.f000")
    screen = Screen()
    far = tally(3, under_way=2, success=1)
    far.under_way["kites.f000"] = 2
    with watching(None, out=screen) as looked:
        looked(far)
    said = screen.getvalue()
    (row,) = {line.strip() for line in said.splitlines() if "kites.f000" in line}
    assert row.startswith("kites.f000 (turn 2)   chunks 2/10")
    assert row.endswith("$0.15")
    assert "kites.f001            begins" in said
    assert "1 of 3: 1 success, 2 under way" in said


def test_the_table_has_twenty_rows_at_most(runs: Path) -> None:
    screen = Screen()
    with watching(None, out=screen) as looked:
        looked(tally(5_000, under_way=30))
    said = screen.getvalue()
    assert "kites.f019" in said
    assert "kites.f020" not in said
    assert "and 10 more" in said


def test_a_film_whose_events_can_not_be_read_does_not_end_the_batch(runs: Path) -> None:
    (runs / "kites.f000" / "events.jsonl").mkdir(parents=True)
    screen = Screen()
    with watching(None, out=screen) as looked:
        looked(tally(1, under_way=1))
    assert "kites.f000   begins" in screen.getvalue()
