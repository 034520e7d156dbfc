"""The figures people decide by, worked out by hand on a few runs."""

import shutil
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from recorded import record_run

from vgkit.ledger import Events, Ledger
from vgkit.ledger.money import Spending


def rows(ledger: Ledger, sql: str) -> list[list[object]]:
    found = ledger.query(sql).astype(object)
    return found.where(found.notna(), None).values.tolist()


def test_a_run_is_summed_up_in_one_row(tmp_path: Path) -> None:
    events = record_run(tmp_path, "r1", cost="0.30", state=None)
    events.write("call_cached", call="c2", role="video", engine="zeroscope", host="replicate", phase="chunks")
    events.write("call_failed", call="c3", cost_usd=Decimal("0.06"), error="EngineFailed")
    reserved: dict[str, Any] = {"role": "music", "engine": "musicgen", "host": "replicate", "phase": "refine"}
    events.write("call_reserved", call="c4", cost_usd=Decimal("0.05"), **reserved)
    ledger = Ledger(tmp_path)
    columns = "state, cost_usd, open_usd, cap_usd, calls, cached_calls, failed_calls, phases_finished, video_engine"
    assert rows(ledger, f"SELECT {columns} FROM run_summary") == [
        ["open", 0.36, 0.05, 2.0, 4, 1, 1, 1, "zeroscope@replicate"]
    ]
    assert rows(ledger, "SELECT usd_per_film_second FROM run_summary") == [[pytest.approx(0.012)]]


def test_a_run_taken_up_again_is_open_until_it_ends_anew(tmp_path: Path) -> None:
    events = record_run(tmp_path, "r1", state="failed")
    ledger = Ledger(tmp_path)
    ledger.sync()
    events.write("run_started", brief={}, profile="dev", engines={})
    ledger.sync()
    assert rows(ledger, "SELECT state, finished_at, seconds FROM runs") == [["open", None, 60.0]]
    events.write("run_finished", state="success", seconds=5.0)
    ledger.sync()
    assert rows(ledger, "SELECT state, seconds FROM runs") == [["success", 65.0]]


def test_phases_keep_each_attempt(tmp_path: Path) -> None:
    events = record_run(tmp_path, "r1", state=None)
    events.write("phase_started", phase="refine", attempt=1)
    events.write("phase_failed", phase="refine", error="EncodeFailed", message="no room", seconds=2.0)
    events.write("phase_started", phase="refine", attempt=2)
    events.write("phase_skipped", phase="export", reason="not asked for")
    sql = "SELECT phase, attempt, state, seconds, error, message FROM phases ORDER BY phase, attempt"
    assert rows(Ledger(tmp_path), sql) == [
        ["chunks", 1, "finished", 50.0, None, None],
        ["export", 1, "skipped", None, None, "not asked for"],
        ["refine", 1, "failed", 2.0, "EncodeFailed", "no room"],
        ["refine", 2, "open", None, None, None],
    ]


def test_a_call_is_one_row_from_reservation_to_price(tmp_path: Path) -> None:
    record_run(tmp_path, "r1", cost="0.10")
    columns = "state, phase, role, engine, host, subject, prediction, estimate_usd, cost_usd, seconds"
    assert rows(Ledger(tmp_path), f"SELECT {columns} FROM calls") == [
        ["settled", "chunks", "video", "zeroscope", "replicate", "s01/t01", "p1", 0.12, 0.10, 40.0]
    ]


def test_a_call_keeps_what_was_sent_apart_from_what_came_back(tmp_path: Path) -> None:
    events = record_run(tmp_path, "r1", state=None)
    call: dict[str, Any] = {"call": "c2", "role": "video", "engine": "zeroscope", "host": "replicate"}
    sent = {"prompt": "a lamp", "seed": 7}
    events.write(
        "call_reserved", **call, cost_usd=Decimal("0.04"), step="upscale", attempt=2, adapter="push_in", params=sent
    )
    events.write("call_submitted", **call, prediction="p2", step="upscale")
    events.write("call_settled", **call, prediction="p2", cost_usd=Decimal("0.03"), params={"billed_s": 41.0})
    columns = "state, step, attempt, adapter, prediction, params ->> 'prompt', facts ->> 'billed_s', cost_usd"
    assert rows(Ledger(tmp_path), f"SELECT {columns} FROM calls WHERE call = 'c2'") == [
        ["settled", "upscale", 2, "push_in", "p2", "a lamp", "41.0", 0.03]
    ]


def test_a_call_that_is_settled_twice_is_paid_once(tmp_path: Path) -> None:
    events = record_run(tmp_path, "r1", cost="0.10", state=None)
    events.write("call_failed", call="r1-c1", cost_usd=Decimal("0.12"), error="UnknownCall", message="not there")
    events.write("call_settled", call="r1-c1", cost_usd=Decimal("0.11"))
    ledger = Ledger(tmp_path)
    assert ledger.spent() == Decimal("0.11")
    assert rows(ledger, "SELECT state, cost_usd, error, message FROM calls") == [["settled", 0.11, None, None]]


def test_a_call_that_ended_stays_ended_whatever_is_written_after(tmp_path: Path) -> None:
    events = record_run(tmp_path, "r1", cost="0.10", state=None)
    events.write("call_submitted", call="r1-c1", prediction="p1")
    ledger = Ledger(tmp_path)
    assert rows(ledger, "SELECT state, cost_usd FROM calls") == [["settled", 0.10]]
    assert len(ledger.query("SELECT * FROM open_calls")) == 0


def test_open_calls_say_where_to_find_them(tmp_path: Path) -> None:
    events = record_run(tmp_path, "r1", state=None)
    call: dict[str, Any] = {"role": "music", "engine": "musicgen", "host": "replicate", "phase": "refine"}
    events.write("call_reserved", call="lost", subject="film", cost_usd=Decimal("0.05"), **call)
    events.write("call_reserved", call="sent", subject="film", cost_usd=Decimal("0.07"), **call)
    events.write("call_submitted", call="sent", prediction="p9")
    columns = "run, call, state, engine, host, prediction, estimate_usd, since IS NOT NULL"
    assert rows(Ledger(tmp_path), f"SELECT {columns} FROM open_calls ORDER BY call") == [
        ["r1", "lost", "reserved", "musicgen", "replicate", None, 0.05, True],
        ["r1", "sent", "submitted", "musicgen", "replicate", "p9", 0.07, True],
    ]


def test_costs_add_up_by_phase_and_by_engine(tmp_path: Path) -> None:
    record_run(tmp_path, "r1", cost="0.10")
    record_run(tmp_path, "r2", cost="0.30")
    events = record_run(tmp_path, "r3", cost="0.20", engine="animatediff@replicate")
    events.write(
        "call_failed", call="late", cost_usd=Decimal("0.07"), engine="animatediff", host="replicate", role="video"
    )
    ledger = Ledger(tmp_path)
    by_phase = "SELECT run, phase, attempts, seconds, calls, cost_usd FROM cost_by_phase ORDER BY run, phase"
    assert rows(ledger, by_phase) == [
        ["r1", "chunks", 1, 50.0, 1, 0.1],
        ["r2", "chunks", 1, 50.0, 1, 0.3],
        ["r3", "chunks", 1, 50.0, 1, 0.2],
        ["r3", None, 0, None, 1, 0.07],
    ]
    by_engine = "SELECT engine, runs, calls, failed_calls, cost_usd, failed_usd, usd_per_call, seconds_per_call"
    assert rows(ledger, f"{by_engine} FROM cost_by_engine ORDER BY engine") == [
        ["animatediff@replicate", 1, 2, 1, 0.27, 0.07, 0.2, 40.0],
        ["zeroscope@replicate", 2, 2, 0, 0.4, 0.0, 0.2, 40.0],
    ]


def test_engines_are_paired_on_the_same_film_only(tmp_path: Path) -> None:
    record_run(tmp_path, "r1", cost="0.10")
    record_run(tmp_path, "r2", cost="0.11")
    record_run(tmp_path, "r3", cost="0.30", engine="animatediff@replicate", state="degraded")
    record_run(tmp_path, "r4", engine="animatediff@replicate", seed=8)
    record_run(tmp_path, "r5", engine="sketch@local", state="failed")
    found = rows(Ledger(tmp_path), "SELECT engine_a, engine_b, run_a, run_b, cost_a_usd, cost_b_usd FROM engine_pairs")
    assert found == [["animatediff@replicate", "zeroscope@replicate", "r3", "r2", 0.3, 0.11]]


def test_success_is_rated_with_its_interval(tmp_path: Path) -> None:
    """Wilson's interval of 8 in 10 is 0.490 to 0.943."""
    for number in range(8):
        record_run(tmp_path, f"s{number}")
    record_run(tmp_path, "d", state="degraded")
    record_run(tmp_path, "f", state="failed")
    record_run(tmp_path, "stopped", state="stopped")
    record_run(tmp_path, "open", state=None)
    record_run(tmp_path, "other", state=None, profile="final")
    ledger = Ledger(tmp_path)
    columns = "profile, template, runs, success, degraded, failed, stopped, open, judged, rate"
    assert rows(ledger, f"SELECT {columns} FROM success_rate ORDER BY profile") == [
        ["dev", "product_showcase", 12, 8, 1, 1, 1, 1, 10, 0.8],
        ["final", "product_showcase", 1, 0, 0, 0, 0, 1, 0, None],
    ]
    low, high = rows(ledger, "SELECT rate_low, rate_high FROM success_rate WHERE profile = 'dev'")[0]
    assert low == pytest.approx(0.4902, abs=5e-5)
    assert high == pytest.approx(0.9433, abs=5e-5)


def test_the_budget_is_kept_by_run_by_batch_and_in_all(tmp_path: Path) -> None:
    record_run(tmp_path, "r1", cost="0.10", batch="b1", batch_cap_usd=Decimal(5), project_cap_usd=Decimal(20))
    events = record_run(
        tmp_path, "r2", cost="0.30", state=None, batch="b1", batch_cap_usd=Decimal(5), project_cap_usd=Decimal(10)
    )
    events.write("call_reserved", call="c9", role="video", engine="z", host="r", cost_usd=Decimal("0.05"))
    assert rows(Ledger(tmp_path), "SELECT * FROM budget ORDER BY scope, name") == [
        ["all", "all", False, 0.4, 0.05, 10.0, 9.55],
        ["batch", "b1", False, 0.4, 0.05, 5.0, 4.55],
        ["run", "r1", False, 0.1, 0.0, 2.0, 1.9],
        ["run", "r2", False, 0.3, 0.05, 2.0, 1.65],
    ]


def test_rehearsals_are_marked_and_never_weigh_on_what_is_real(tmp_path: Path) -> None:
    caps = {"batch": "b1", "batch_cap_usd": Decimal(5), "project_cap_usd": Decimal(20)}
    record_run(tmp_path, "real", cost="0.10", **caps)
    record_run(tmp_path, "played", cost="9.00", state="failed", rehearsal=True, **caps)
    record_run(tmp_path, "other", cost="9.00", engine="animatediff@replicate", rehearsal=True, batch="b2")
    ledger = Ledger(tmp_path)
    assert ledger.spent() == Decimal("0.10")
    assert ledger.spent("played") == Decimal("9.00")
    assert rows(ledger, "SELECT run, rehearsal, cost_usd FROM run_summary ORDER BY run") == [
        ["other", True, 9.0],
        ["played", True, 9.0],
        ["real", False, 0.1],
    ]
    assert rows(ledger, "SELECT run, rehearsal FROM cost_by_phase ORDER BY run") == [
        ["other", True],
        ["played", True],
        ["real", False],
    ]
    assert rows(ledger, "SELECT engine, calls, cost_usd FROM cost_by_engine") == [["zeroscope@replicate", 1, 0.1]]
    assert len(ledger.query("SELECT * FROM engine_pairs")) == 0
    assert rows(ledger, "SELECT runs, success, failed FROM success_rate") == [[1, 1, 0]]
    assert rows(ledger, "SELECT scope, name, rehearsal, spent_usd FROM budget ORDER BY scope, name") == [
        ["all", "all", False, 0.1],
        ["batch", "b1", False, 0.1],
        ["run", "other", True, 9.0],
        ["run", "played", True, 9.0],
        ["run", "real", False, 0.1],
    ]


def test_a_run_that_was_ever_started_for_real_is_no_rehearsal(tmp_path: Path) -> None:
    events = record_run(tmp_path, "r1", cost="0.10", state=None, rehearsal=True)
    ledger = Ledger(tmp_path)
    ledger.sync()
    assert ledger.spent() == 0
    events.write("run_started", brief={}, profile="dev", engines={})
    ledger.sync()
    assert ledger.spent() == Decimal("0.10")


def test_shots_that_fell_back_are_counted_until_their_phase_is_made_again(tmp_path: Path) -> None:
    events = record_run(tmp_path, "r1", state=None)
    events.write("phase_started", phase="chunks", attempt=2)
    why = "chunks s03: zeroscope@replicate failed 3 times"
    events.write("fallback", phase="chunks", subject="s03", engine="zeroscope@replicate", message=why, tries=3)
    events.write("phase_finished", phase="chunks", seconds=9.0, degraded=["s03"])
    events.write("run_finished", state="degraded", seconds=60.0, film="film.mp4")
    ledger = Ledger(tmp_path)
    ledger.sync()
    assert rows(ledger, "SELECT state, fallbacks FROM run_summary") == [["degraded", 1]]
    assert rows(ledger, "SELECT phase, subject, engine, tries, message, latest FROM fallbacks") == [
        ["chunks", "s03", "zeroscope@replicate", 3, why, True]
    ]
    assert rows(ledger, "SELECT degraded ->> 0 FROM phases WHERE attempt = 2") == [["s03"]]
    events.write("phase_skipped", phase="chunks", reason="unchanged")
    ledger.sync()
    assert rows(ledger, "SELECT fallbacks FROM run_summary") == [[1]]
    events.write("phase_started", phase="chunks", attempt=3)
    ledger.sync()
    assert rows(ledger, "SELECT fallbacks FROM run_summary") == [[0]]


def test_what_was_done_again_leaves_one_latest_row(tmp_path: Path) -> None:
    events = record_run(tmp_path, "r1")
    measure: dict[str, Any] = {"subject": "film", "name": "flicker", "unit": "1", "direction": "lower", "version": "1"}
    events.write("metric", value=0.9, implementation="vgkit", **measure)
    events.write("metric", value=None, reason="no frames", implementation="vgkit", **measure)
    events.write("metric", value=0.4, implementation="other", **measure)
    sql = "SELECT implementation, value, reason, latest FROM metrics ORDER BY happened_at"
    assert rows(Ledger(tmp_path), sql) == [
        ["vgkit", 0.9, None, False],
        ["vgkit", None, "no frames", True],
        ["other", 0.4, None, True],
    ]


def test_a_clip_as_generated_and_as_in_the_film_are_two_things_measured(tmp_path: Path) -> None:
    events = record_run(tmp_path, "r1")
    measure: dict[str, Any] = {"subject": "s01", "name": "flicker", "unit": "levels", "direction": "lower"}
    for stage, value in (("generated", 3.0), ("film", 1.0), ("film", 0.5)):
        scored = {"stage": stage, "steps": ["smoothed"]}
        events.write("metric", value=value, implementation="vgkit", version="1", scored=scored, **measure)
    sql = "SELECT scored ->> 'stage', value FROM metrics WHERE latest ORDER BY happened_at"
    assert rows(Ledger(tmp_path), sql) == [["generated", 3.0], ["film", 0.5]]


def test_an_empty_ledger_answers_every_view(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    for view in ("run_summary", "open_calls", "cost_by_phase", "cost_by_engine", "engine_pairs", "success_rate"):
        assert len(ledger.query(f"SELECT * FROM {view}")) == 0
    assert rows(ledger, "SELECT * FROM budget") == [["all", "all", False, 0.0, 0.0, None, None]]
    assert ledger.spent() == 0
    assert isinstance(ledger.runs(), pd.DataFrame)


def test_times_are_utc_wherever_the_reader_is(tmp_path: Path) -> None:
    written = record_run(tmp_path, "r1").write("vote", subject="s01", take="t01", value=1)
    script = """
import sys
from vgkit.ledger import Events, Ledger
from vgkit.ledger.money import Spending
print(Ledger(sys.argv[1]).query("SELECT happened_at FROM votes")["happened_at"][0].isoformat())
"""
    environment = {"TZ": "Asia/Kathmandu", "PATH": ""}
    command = [sys.executable, "-c", script, str(tmp_path)]
    said = subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout
    assert said.strip() == written.at.replace(tzinfo=None).isoformat()


def record_lab(runs_dir: Path, name: str, *, cost: str = "0.25", rehearsal: bool = False) -> Events:
    """Write the events of a lab that made one clip, and return the writing end."""
    (runs_dir / name).mkdir(parents=True)
    events = Events(runs_dir / name / "events.jsonl", run_id=name)
    events.write("lab_started", cap_usd=Decimal("2.00"), project_cap_usd=Decimal("275"), rehearsal=rehearsal)
    call: dict[str, Any] = {"call": f"{name}-c1", "role": "video", "engine": "zeroscope", "host": "replicate"}
    events.write("call_reserved", cost_usd=Decimal("0.12"), phase="lab", subject="s01-1", **call)
    events.write("call_settled", call=call["call"], cost_usd=Decimal(cost), seconds=40.0)
    return events


def test_a_lab_is_no_film_but_its_money_counts(tmp_path: Path) -> None:
    record_run(tmp_path, "r1", cost="0.10")
    record_lab(tmp_path, "lab-a")
    record_lab(tmp_path, "lab-b", rehearsal=True)
    ledger = Ledger(tmp_path)
    assert rows(ledger, "SELECT run FROM runs") == rows(ledger, "SELECT run FROM run_summary") == [["r1"]]
    assert rows(ledger, "SELECT sum(runs) FROM success_rate") == [[1]]
    assert ledger.spent() == Decimal("0.35")
    assert ledger.spent("lab-a") == Decimal("0.25")
    assert rows(ledger, "SELECT scope, name, rehearsal, spent_usd, cap_usd FROM budget ORDER BY ALL") == [
        ["all", "all", False, 0.35, 275.0],
        ["lab", "lab-a", False, 0.25, 2.0],
        ["lab", "lab-b", True, 0.25, 2.0],
        ["run", "r1", False, 0.1, 2.0],
    ]
    assert rows(ledger, "SELECT sum(cost_usd) FROM spending WHERE NOT rehearsal") == [[0.35]]
    assert rows(ledger, "SELECT engine, runs, cost_usd FROM cost_by_engine") == [["zeroscope@replicate", 2, 0.35]]


def test_a_labs_money_counts_in_the_projects_cap_and_a_rehearsed_labs_does_not(tmp_path: Path) -> None:
    record_lab(tmp_path, "lab-a")
    record_lab(tmp_path, "lab-b", cost="0.50", rehearsal=True)
    real, rehearsed = Spending(tmp_path, rehearsal=False), Spending(tmp_path, rehearsal=True)
    real.refresh()
    rehearsed.refresh()
    assert (real.total(), rehearsed.total()) == (Decimal("0.25"), Decimal("0.50"))
    assert real.of_run("lab-a") == Decimal("0.25")


def test_prompt_versions_bear_the_star_of_the_last_vote_on_them(tmp_path: Path) -> None:
    events = record_lab(tmp_path, "lab-a")
    kept: dict[str, Any] = {"template": "product_showcase", "beat": "hook"}
    events.write("prompt_version", version="v1", pattern="a {product}", captions=["Meet {product}"], **kept)
    events.write("prompt_version", version="v2", pattern="a {product} at dawn", parent="v1", note="light", **kept)
    for value in (1, 0, 1):
        events.write("vote", subject="version", take="v2", value=value)
    sql = "SELECT lab, version, beat, pattern, captions::VARCHAR, parent, starred FROM prompt_versions ORDER BY version"
    assert rows(Ledger(tmp_path), sql) == [
        ["lab-a", "v1", "hook", "a {product}", '["Meet {product}"]', None, False],
        ["lab-a", "v2", "hook", "a {product} at dawn", None, "v1", True],
    ]


def test_labs_whose_folder_is_gone_keep_their_money_in_a_ledger_that_is_built_anew(tmp_path: Path) -> None:
    record_lab(tmp_path, "lab-a")
    ledger = Ledger(tmp_path)
    ledger.sync()
    shutil.rmtree(tmp_path / "lab-a")
    ledger.rebuild()
    assert ledger.spent("lab-a") == Decimal("0.25")
