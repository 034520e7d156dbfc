import json
import shutil
from decimal import Decimal
from typing import Any

import pytest
from launched import owned_run
from rehearsed import rehearsed_run

from vgkit.lock import RunLock
from vgkit.phases.validate import plan_storyboard
from vgkit.run import Run
from vgkit.studio.watching import ShotSight, Watch

CALL = {"role": "video", "engine": "zeroscope", "host": "replicate", "phase": "chunks"}


@pytest.fixture(autouse=True)
def _runs(runs: object) -> None:
    pass


def begun(run: Run) -> None:
    run.events.write("run_started", brief={}, profile="offline", engines={})


def ended(run: Run, state: str, **fields: Any) -> None:
    run.events.write("run_finished", state=state, seconds=3.5, **fields)


def touched(run: Run, *names: str) -> None:
    for name in names:
        run.path(name).parent.mkdir(parents=True, exist_ok=True)
        run.path(name).write_text("{}")


def shot(watch: Watch, shot_id: str) -> ShotSight:
    return next(each for each in watch.look().shots if each.id == shot_id)


def test_a_run_that_nobody_launched_waits() -> None:
    sight = Watch(owned_run(owner="ada")).look()
    assert (sight.state, sight.said, sight.owner, sight.title) == ("waiting", "Not started yet.", "ada", "Aurora")
    assert [phase.state for phase in sight.phases] == ["waiting"] * 6
    assert sight.shots == ()
    assert not sight.at_work


def test_a_run_by_another_process_is_seen_at_work_and_interrupted_once_that_is_gone() -> None:
    run = owned_run()
    watch = Watch(run.folder)
    with RunLock(run.folder):
        begun(run)
        run.events.write("phase_started", phase="validate")
        sight = watch.look()
        assert (sight.state, sight.phases[0].state) == ("running", "running")
    sight = watch.look()
    assert (sight.state, sight.phases[0].state) == ("interrupted", "stopped")
    assert "What is finished is kept" in sight.said


def test_only_what_is_new_is_read_and_a_torn_line_waits_for_its_rest() -> None:
    run = owned_run()
    watch = Watch(run)
    begun(run)
    run.events.write("phase_started", phase="validate")
    assert watch.look().phases[0].state == "stopped"
    line = json.dumps(
        {"id": "x", "run": run.name, "at": "2030-01-01T00:00:00Z", "kind": "phase_finished", "phase": "validate"}
        | {"seconds": 1.5, "made": ["plan.json"]}
    )
    with run.events.path.open("a") as file:
        file.write(line[:60])
        file.flush()
        assert watch.look().phases[0].state == "stopped"
        file.write(f"{line[60:]}\n")
    assert (watch.look().phases[0].state, watch.look().phases[0].seconds) == ("done", 1.5)


def test_a_folder_that_is_deleted_while_it_is_watched_is_gone_and_what_takes_its_name_is_seen_anew() -> None:
    run = owned_run(name="kite")
    watch = Watch(run)
    begun(run)
    ended(run, "success")
    assert watch.look().state == "success"
    shutil.rmtree(run.folder)
    sight = watch.look()
    assert (sight.state, sight.said) == ("gone", "This film's folder was deleted.")
    again = owned_run(name="kite")
    assert watch.look().state == "waiting"
    begun(again)
    assert watch.look().state == "interrupted"


def test_shots_are_told_one_by_one_while_their_clips_are_made() -> None:
    run = owned_run()
    plan_storyboard(run)
    watch = Watch(run)
    assert [each.clip_state for each in watch.look().shots] == ["waiting"] * 3
    assert [each.still for each in watch.look().shots] == [None] * 3
    touched(run, "animatic/00.png")
    assert shot(watch, "s01").still == run.path("animatic/00.png")
    begun(run)
    for subject in ("s01/t01", "s02/t01", "s03/t01"):
        run.events.write("call_reserved", call=subject, subject=subject, cost_usd=Decimal("0.05"), **CALL)
    assert {each.clip_state for each in watch.look().shots} == {"asked"}
    run.events.write("call_settled", call="s01/t01", cost_usd=Decimal("0.04"))
    touched(run, "chunks/s01/t01.mp4")
    run.events.write("call_failed", call="s02/t01", cost_usd=Decimal("0.01"), error="EngineFailed", message="boom")
    run.events.write("call_cached", call="s03/t01", subject="s03/t01", **CALL)
    assert [each.clip_state for each in watch.look().shots] == ["made", "waiting", "cached"]
    assert shot(watch, "s01").clip == run.path("chunks/s01/t01.mp4")
    run.events.write("fallback", phase="chunks", subject="s02", engine="zeroscope", message="boom")
    assert shot(watch, "s02").clip_state == "degraded"
    assert watch.look().cost_usd == Decimal("0.05")


def test_of_several_takes_the_picked_one_is_the_shots_clip() -> None:
    run = owned_run()
    plan_storyboard(run)
    touched(run, "chunks/s01/t01.mp4", "chunks/s01/t02.mp4")
    watch = Watch(run)
    assert shot(watch, "s01").clip == run.path("chunks/s01/t01.mp4")
    run.path("chunks/picks.json").write_text('{"s01": "t02"}')
    assert shot(watch, "s01").clip == run.path("chunks/s01/t02.mp4")


def test_calls_that_nobody_waits_for_any_more_are_told_with_what_they_may_cost() -> None:
    run = owned_run()
    begun(run)
    for call in ("a", "b"):
        run.events.write("call_reserved", call=call, subject=f"{call}/t01", cost_usd=Decimal("0.05"), **CALL)
    run.events.write("call_reserved", call="c", subject="x", cost_usd=Decimal(0), **{**CALL, "host": "local"})
    ended(run, "stopped", message="chunks was stopped. Its notebook is /x.")
    sight = Watch(run).look()
    assert (sight.open_calls, sight.open_usd) == (2, Decimal("0.10"))
    assert sight.said.startswith("Stopped. What is finished is kept")
    assert "2 calls go on at their hosts and may cost up to $0.10" in sight.said


def test_stills_that_wait_for_a_yes_are_told_from_a_stop() -> None:
    run = owned_run()
    record = json.loads(run.path("run.json").read_text())
    run.path("run.json").write_text(json.dumps(record | {"needs_approval": True}))
    begun(run)
    ended(run, "stopped")
    watch = Watch(run)
    assert watch.look().state == "stopped"
    touched(run, "phases/animatic.json")
    assert watch.look().state == "approval"
    run.path("run.json").write_text(json.dumps(record | {"needs_approval": False}))
    assert watch.look().state == "stopped"


def test_a_failure_is_told_with_the_name_of_its_error_and_its_cure() -> None:
    run = owned_run()
    begun(run)
    said = "Can't write film.mp4: No space left on device. Make room in runs, then run again."
    run.events.write("phase_started", phase="refine")
    run.events.write("phase_failed", phase="refine", error="StoreError", message=said)
    ended(run, "failed", message=said)
    sight = Watch(run).look()
    assert sight.state == "failed"
    assert sight.trouble is not None
    assert (sight.trouble.name, sight.trouble.cure) == ("StoreError", "Make room in runs, then run again.")
    assert sight.said == sight.trouble.fact


def test_a_damaged_run_says_what_is_wrong_with_it() -> None:
    run = owned_run()
    run.path("run.json").write_text("{")
    sight = Watch(run).look()
    assert sight.state == "failed"
    assert sight.trouble is not None
    assert sight.trouble.cure == "Start the run anew."


def test_time_left_goes_by_the_films_made_before_in_proportion_to_their_length() -> None:
    before, run = owned_run(name="before"), owned_run(name="now", duration_s=12)
    for phase in ("validate", "animatic", "references", "chunks", "refine", "export"):
        touched(before, f"phases/{phase}.json")
        before.path(f"phases/{phase}.json").write_text('{"seconds": 7.0}')
    assert left_of(run) == pytest.approx(6 * 14, abs=1)


def test_time_left_of_the_first_film_goes_by_its_length_and_its_hosts() -> None:
    short, long = left_of(owned_run(name="short")), left_of(owned_run(name="long", duration_s=30))
    hosted = left_of(rehearsed_run(name="hosted", speed=1.0))
    assert 0 < short < long < 120
    assert hosted > short + 60


def left_of(run: Run) -> float:
    """The seconds left to a run that has just begun."""
    with RunLock(run.folder):
        begun(run)
        left_s = Watch(run).look().left_s
    assert left_s is not None
    return left_s
