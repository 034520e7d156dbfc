"""A run's progress is what its events say, however often it was resumed and whoever looks."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from vgkit.ledger import Event
from vgkit.progress import PhaseProgress, RunProgress

BEGIN = datetime(2026, 11, 23, 10, tzinfo=UTC)
PHASES = ("validate", "animatic", "chunks")
TYPICAL_S = {"validate": 2.0, "animatic": 20.0, "chunks": 100.0}


def at(seconds: float) -> datetime:
    return BEGIN + timedelta(seconds=seconds)


def event(when_s: float, kind: str, **fields: Any) -> Event:
    return Event(f"{when_s}", "shoe", at(when_s), kind, fields)


def started(seconds: float = 0) -> Event:
    return event(seconds, "run_started", brief={}, profile="dev", engines={})


def told(events: Iterable[Event], *, typical_s: dict[str, float] | None = None) -> RunProgress:
    progress = RunProgress.of(PHASES, typical_s=typical_s)
    for each in events:
        progress = progress.after(each)
    return progress


def phase(progress: RunProgress, name: str) -> PhaseProgress:
    return next(each for each in progress.phases if each.phase == name)


def test_before_it_begins_every_phase_waits() -> None:
    progress = told([])
    assert {each.state for each in progress.phases} == {"waiting"}
    assert (progress.state, progress.cost_usd, progress.elapsed_s(at(9))) == ("waiting", 0, None)


def test_a_phase_is_running_then_done_with_its_seconds_and_what_it_made() -> None:
    running = told([started(), event(1, "phase_started", phase="validate", attempt=1)])
    assert phase(running, "validate").elapsed_s(at(5)) == 4
    done = running.after(event(7, "phase_finished", phase="validate", seconds=5.5, made=["a", "b"], kept=[]))
    assert phase(done, "validate").state == "done"
    assert phase(done, "validate").label == "2 made"
    assert phase(done, "validate").elapsed_s(at(99)) == 5.5


def test_a_phase_that_was_still_valid_is_kept() -> None:
    assert phase(
        told([started(), event(1, "phase_skipped", phase="animatic", reason="unchanged")]), "animatic"
    ).state == ("kept")


def test_progress_says_which_of_how_many() -> None:
    moved = told(
        [
            started(),
            event(1, "phase_started", phase="chunks"),
            event(9, "progress", phase="chunks", done=3, total=10, label="s04"),
        ]
    )
    assert (phase(moved, "chunks").done, phase(moved, "chunks").total, phase(moved, "chunks").label) == (3, 10, "s04")


def test_money_counts_when_it_is_settled_or_lost_and_only_once() -> None:
    call = {"role": "video", "engine": "zeroscope", "host": "replicate"}
    progress = told(
        [
            started(),
            event(1, "phase_started", phase="chunks"),
            event(2, "call_reserved", call="a", phase="chunks", cost_usd="0.50", **call),
            event(3, "call_settled", call="a", cost_usd="0.0811"),
            event(4, "call_reserved", call="b", phase="chunks", cost_usd="0.50", **call),
            event(5, "call_failed", call="b", cost_usd="0.02"),
            event(6, "call_cached", call="c", phase="chunks", cost_usd="0", **call),
            event(7, "phase_finished", phase="chunks", seconds=6, cost_usd="0.1011"),
        ]
    )
    assert progress.cost_usd == Decimal("0.1011")


def test_a_call_that_is_settled_twice_costs_what_its_last_end_says() -> None:
    progress = told(
        [
            event(2, "call_submitted", call="a", phase="chunks"),
            event(3, "call_failed", call="a", cost_usd="0.50"),
            event(4, "call_settled", call="a", cost_usd="0.08"),
            event(5, "call_settled", call="a", cost_usd="0.08"),
        ]
    )
    assert progress.cost_usd == Decimal("0.08")


def test_a_shot_that_fell_back_is_named_from_that_moment_on() -> None:
    lost = [
        event(5, "fallback", phase="chunks", subject=shot, engine="z", message="no clip") for shot in ("s03", "s07")
    ]
    running = told([started(), event(1, "phase_started", phase="chunks"), *lost, lost[0]])
    assert running.degraded == ("s03", "s07")
    done = running.after(event(9, "phase_finished", phase="chunks", seconds=8, degraded=["s03", "s07"]))
    assert (phase(done, "chunks").state, done.degraded) == ("done", ("s03", "s07"))


def test_a_kept_phase_stays_degraded_and_one_made_again_does_not() -> None:
    done = [
        started(),
        event(1, "phase_started", phase="chunks"),
        event(9, "phase_finished", phase="chunks", seconds=8, degraded=["s03"]),
        event(10, "run_finished", state="degraded", seconds=10, film="film.mp4"),
        started(20),
    ]
    kept = event(21, "phase_skipped", phase="chunks", reason="unchanged")
    assert told([*done, kept]).degraded == ("s03",)
    assert told([*done, event(21, "phase_started", phase="chunks")]).degraded == ()


def test_a_failed_phase_is_marked_and_ends_the_clock() -> None:
    progress = told(
        [
            started(),
            event(1, "phase_started", phase="chunks"),
            event(9, "phase_failed", phase="chunks", error="EngineFailed", message="no clip"),
            event(10, "run_finished", state="failed", seconds=10, message="no clip"),
        ]
    )
    assert (phase(progress, "chunks").state, phase(progress, "chunks").seconds) == ("failed", 8)
    assert (progress.state, progress.elapsed_s(at(99)), progress.message) == ("failed", 10, "no clip")


def test_a_phase_that_ran_when_the_run_was_stopped_is_stopped() -> None:
    progress = told(
        [started(), event(1, "phase_started", phase="chunks"), event(4, "run_finished", state="stopped", seconds=4)]
    )
    assert (phase(progress, "chunks").state, phase(progress, "chunks").seconds) == ("stopped", 3)


def test_a_resumed_run_begins_again_but_remembers_what_it_spent() -> None:
    first = [
        started(),
        event(1, "phase_started", phase="chunks"),
        event(2, "call_settled", call="a", phase="chunks", cost_usd="0.25"),
        event(3, "phase_failed", phase="chunks", error="EngineFailed", message="no clip"),
        event(4, "run_finished", state="failed", seconds=4),
    ]
    again = told([*first, started(60), event(61, "phase_started", phase="chunks")])
    assert (again.state, again.elapsed_s(at(70)), again.message) == ("running", 10, "")
    assert (phase(again, "chunks").state, again.cost_usd) == ("running", Decimal("0.25"))


def test_with_typical_seconds_what_is_left_is_known_from_the_start() -> None:
    assert told([started()], typical_s=TYPICAL_S).remaining_s(at(0)) == 122


def test_without_typical_seconds_nothing_is_promised() -> None:
    assert told([started()], typical_s={"validate": 2.0}).remaining_s(at(0)) is None


def test_a_slow_start_makes_the_rest_look_slower() -> None:
    slow = told(
        [
            started(),
            event(0, "phase_started", phase="validate"),
            event(4, "phase_finished", phase="validate", seconds=4),
        ],
        typical_s=TYPICAL_S,
    )
    assert slow.remaining_s(at(4)) == pytest.approx(240)


def test_the_running_phase_is_judged_more_and_more_by_its_own_pace() -> None:
    running = told([started(), event(0, "phase_started", phase="chunks")], typical_s={"chunks": 100.0})
    half = running.after(event(20, "progress", phase="chunks", done=5, total=10))
    chunks = phase(half, "chunks")
    assert half.phase_remaining_s(chunks, at(20)) == pytest.approx(0.5 * 40 + 0.5 * 100 - 20)
    late = half.phase_remaining_s(chunks, at(500))
    assert late == 0


def test_an_ended_run_has_nothing_left() -> None:
    ended = told(
        [started(), event(4, "run_finished", state="success", seconds=4, film="film.mp4")], typical_s=TYPICAL_S
    )
    assert ended.remaining_s(at(9)) is None
    assert ended.film == "film.mp4"


def test_a_phase_nobody_announced_joins_the_list() -> None:
    assert [each.phase for each in told([started(), event(1, "phase_started", phase="upscale")]).phases] == [
        *PHASES,
        "upscale",
    ]


def test_other_kinds_change_nothing() -> None:
    before = told([started()])
    assert before.after(event(1, "artifact", phase="chunks", name="a", path="a")) == before
