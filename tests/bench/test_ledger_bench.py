"""The runs that nobody made are such as phases write, and the bench tells what it found."""

import json
from pathlib import Path

from vgkit.bench.ledger import contents, ledger_tables
from vgkit.bench.synthetic_runs import EVENTS_A_RUN, run_lines, write_runs
from vgkit.ledger import Events, Ledger, read_events
from vgkit.ledger.kinds import HEADER, check


def test_the_events_of_synthetic_runs_are_such_as_phases_may_write() -> None:
    for number in range(12):
        lines = [json.loads(line) for line in run_lines(number)]
        assert len(lines) == EVENTS_A_RUN
        assert [line["id"] for line in lines] == sorted({line["id"] for line in lines})
        for line in lines:
            check(line["kind"], {name: value for name, value in line.items() if name not in HEADER})


def test_synthetic_runs_are_alike_every_time_and_brought_in_whole(tmp_path: Path) -> None:
    ledgers = [Ledger(tmp_path / name) for name in "ab"]
    for ledger in ledgers:
        assert write_runs(ledger.runs_dir, 12) == 12 * EVENTS_A_RUN
        told = sum(len(read_events(path).events) for path in ledger.runs_dir.glob("*/events.jsonl"))
        assert (told, ledger.sync().damaged) == (12 * EVENTS_A_RUN, ())
    assert contents(ledgers[0]) == contents(ledgers[1])
    empty = {name for name, (rows, _) in contents(ledgers[0]).items() if not rows}
    assert empty == {"damaged_lines", "labs", "prompt_versions", "votes"}  # what films alone do not fill


def test_contents_tell_a_ledger_that_differs_in_one_word(tmp_path: Path) -> None:
    write_runs(tmp_path, 2)
    ledger = Ledger(tmp_path)
    ledger.sync()
    before = contents(ledger)
    Events(tmp_path / "film-00000" / "events.jsonl", run_id="film-00000").write(
        "prompt", subject="s00", role="video", text="other words"
    )
    ledger.sync()
    assert {name for name, found in contents(ledger).items() if found != before[name]} == {"events", "prompts"}


def test_the_bench_says_how_fast_and_whether_all_is_the_same(tmp_path: Path) -> None:
    taken_in, asked = ledger_tables(tmp_path / "runs", runs=3)
    assert taken_in.heading.startswith("A ledger of 3 runs, 600 events, on ")
    assert taken_in.rows[-1][2:] == ("the same content", "yes")
    assert {"totals", "by_engine", "quality", "films"} <= {row[0] for row in asked.rows}
