"""Whole batches in a process of their own, against rehearsed hosts: killed, stopped and with films that fail, all films
come to be and nothing is paid for twice."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from rehearsed import created_twice

from vgkit.ledger import Ledger, read_events
from vgkit.places import rehearsal_dir

pytestmark = pytest.mark.slow

WORLD = "films-rehearsed"
HEAD = "name,prompt,profile,engines.video,duration_s,aspect,seed,settings.quality,caps.run_usd\n"
REHEARSED = ("--rehearse", "--speed", "1000")
PATIENCE_S = 280.0

Until = Callable[[], bool]


Written = Callable[[int], str]


@pytest.fixture
def table(tmp_path: Path, runs: Path) -> Written:
    """Writes a table of the smallest films, by the quickest engines that cost."""

    def written(films: int) -> str:
        row = "f{0},A red kite over dunes. Folds to a sleeve.,dev,zeroscope-draft,6,1:1,{0},draft,1.00\n"
        (tmp_path / "films.csv").write_text(HEAD + "".join(row.format(n) for n in range(1, films + 1)))
        return str(tmp_path / "films.csv")

    return written


def batch(
    *arguments: str,
    until: Until | None = None,
    send: signal.Signals | None = signal.SIGKILL,
    again: Until | None = None,
) -> tuple[int, Any, str]:
    """Run ``vgkit batch`` in a process of its own; with ``until``, send it a signal once that is so, and ``again``.

    Its exit code, its summary, and what else it said.
    """
    command = [sys.executable, "-m", "vgkit", "batch", *arguments, "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as one:
        for so in filter(None, (until, again)):
            while one.poll() is None and not so():
                time.sleep(0.02)
            if send:
                one.send_signal(send)
        said, wrong = one.communicate(timeout=PATIENCE_S)
    assert "Traceback" not in wrong
    return one.returncode, json.loads(said) if said else None, wrong


def events(runs: Path, film: str, *kinds: Any) -> list[Any]:
    path = runs / f"{WORLD}.{film}" / "events.jsonl"
    return list(read_events(path).of(*kinds)) if path.exists() else []


def is_open(runs: Path) -> bool:
    """Whether a host is at work for the first film."""
    return bool(
        {event["call"] for event in events(runs, "f1", "call_submitted")}
        - {event["call"] for event in events(runs, "f1", "call_settled", "call_failed")}
    )


def states(summary: Any) -> dict[str, str]:
    return {each["run"].removeprefix(f"{WORLD}."): each["state"] for each in summary["results"]}


def check_money(runs: Path, summary: Any) -> None:
    """Nothing was paid for twice, and the ledger agrees with the hosts' bill."""
    assert created_twice(rehearsal_dir(WORLD)) == {}
    assert summary["adds_up"], summary
    assert Decimal(summary["billed_usd"]) > 0
    assert sum(Ledger(runs).spent(each["run"]) for each in summary["results"]) == Decimal(summary["cost_usd"])


def test_a_batch_killed_in_the_middle_is_resumed_and_pays_for_nothing_twice(table: Written, runs: Path) -> None:
    killed, *_ = batch(
        *("run", table(2), *REHEARSED, "--at-once", "2"),
        until=lambda: len(events(runs, "f2", "call_submitted")) > 5,
    )
    assert killed == -signal.SIGKILL
    code, summary, said = batch("resume", WORLD)
    assert code == 0, said
    assert set(states(summary).values()) <= {"success", "degraded"}
    assert summary["finished"]["share"] == 1.0
    check_money(runs, summary)
    records = {path: path.read_bytes() for path in runs.glob("*/events.jsonl")}
    code, again, _ = batch("resume", WORLD, "--retry-failed")
    assert (code, again["cost_usd"]) == (0, summary["cost_usd"])
    assert {path: path.read_bytes() for path in records} == records


def test_one_interrupt_lets_the_phases_at_work_end_and_begins_no_film(table: Written, runs: Path) -> None:
    code, summary, said = batch(
        *("run", table(2), *REHEARSED, "--at-once", "1"),
        until=lambda: bool(events(runs, "f1", "progress")),
        send=signal.SIGINT,
    )
    assert code == 130, said
    assert states(summary) == {"f1": "stopped", "f2": "waiting"}
    assert summary["why_ended"].startswith("Stopped. What is finished is kept")
    assert events(runs, "f1", "phase_started", "phase_finished", "phase_failed")[-1].kind == "phase_finished"


def test_a_second_interrupt_cancels_what_is_open_on_hosts_and_the_batch_goes_on(table: Written, runs: Path) -> None:
    """At a speed at which clips take seconds, so that they are open when it comes."""
    log = runs / ".batches" / WORLD / "batch.log"
    code, summary, said = batch(
        *("run", table(1), "--rehearse", "--speed", "4"),
        until=lambda: "chunks" in {event["phase"] for event in events(runs, "f1", "phase_started")} and is_open(runs),
        send=signal.SIGINT,
        again=lambda: "Stopping: no more films" in log.read_text(),
    )
    assert (code, states(summary)) == (130, {"f1": "stopped"}), said
    assert "once more (Ctrl-C) ends them at once" in said
    canceled = [event for event in events(runs, "f1", "call_failed") if event["error"] == "Canceled"]
    assert canceled
    assert not is_open(runs)
    assert summary["adds_up"], summary
    code, summary, said = batch("resume", WORLD)
    assert code == 0, said
    check_money(runs, summary)


def test_a_film_that_fails_is_told_and_can_be_tried_alone(table: Written, runs: Path, tmp_path: Path) -> None:
    """The planner does not accept the first order, which is the first film's."""
    faults = tmp_path / "faults.toml"
    faults.write_text('[invalid]\ntimes = 1\non = ["plan"]\n')
    code, summary, said = batch(
        *("run", table(2), *REHEARSED, "--at-once", "1", "--fail-fast", "--faults", str(faults)),
    )
    assert (code, states(summary)) == (1, {"f1": "failed", "f2": "waiting"}), said
    assert summary["why_ended"] == f"{WORLD}.f1 failed, and the batch was to end with the first that does."
    code, summary, said = batch("resume", WORLD, "--only-missing")
    assert (code, states(summary)) == (1, {"f1": "failed", "f2": "success"}), said
    broken = summary["results"][0]
    assert (broken["phase"], broken["error"]) == ("validate", "OrderRejected")
    assert broken["next"] == f"vgkit resume {WORLD}.f1"
    assert summary == json.loads((runs / ".batches" / WORLD / "summary.json").read_text())
    made = {path: path.read_bytes() for path in (runs / f"{WORLD}.f2").glob("*.*")}
    code, summary, said = batch("resume", WORLD, "--retry-failed")
    assert (code, states(summary)) == (0, {"f1": "success", "f2": "success"}), said
    assert {path: path.read_bytes() for path in made} == made
    check_money(runs, summary)


def test_a_runs_folder_that_disappears_is_told_and_no_film_is_begun_anew(table: Written, runs: Path) -> None:
    def lost() -> bool:
        return bool(events(runs, "f1", "progress")) and bool(runs.rename(runs.with_name("gone")))

    code, summary, said = batch("run", table(2), *REHEARSED, "--at-once", "1", until=lost, send=None)
    assert (code, summary) == (8, None)
    assert "results.jsonl: No such file or directory" in said
    assert not list(runs.glob("*/run.json"))  # a phase at work may still have written a file
    assert not (runs / f"{WORLD}.f2").exists()
