import json
from decimal import Decimal

import pytest
from launched import owned_run

from vgkit.lock import RunLock
from vgkit.run import Run
from vgkit.studio.history import past_runs
from vgkit.studio.watching import Watch


@pytest.fixture(autouse=True)
def _runs(runs: object) -> None:
    pass


def made(run: Run, *, state: str = "success", cost: str = "0") -> Run:
    run.events.write("run_started", brief={}, profile="offline", engines={})
    run.events.write("call_settled", call=run.name, phase="chunks", cost_usd=Decimal(cost))
    run.events.write("phase_finished", phase="chunks", seconds=3.0)
    run.events.write("run_finished", state=state, seconds=4.0, film="film.mp4")
    return run


def names(owner: str | None = None, *, most: int | None = None) -> list[str]:
    return [run.name for run in past_runs(owner, most=most)]


def test_there_may_be_none() -> None:
    assert past_runs() == []


def test_the_newest_comes_first_and_the_oldest_may_be_left_off() -> None:
    for name in ("c", "a", "b"):
        owned_run(name=name)
    assert names() == ["b", "a", "c"]
    assert names(most=2) == ["b", "a"]


def test_everyone_sees_their_own_films_and_those_without_an_owner() -> None:
    owned_run(name="adas", owner="ada")
    owned_run(name="bobs", owner="bob")
    owned_run(name="nobodys")
    assert names("ada") == ["nobodys", "adas"]
    assert names("bob") == ["nobodys", "bobs"]
    assert names("") == ["nobodys"]
    assert len(names()) == 3


def test_a_film_is_listed_with_its_state_cost_and_what_it_was_asked_for() -> None:
    run = made(owned_run(name="kite", product="", prompt="A red kite over dunes."), cost="0.31")
    for name in ("film.mp4", "poster.jpg", "phases/refine.json"):
        run.path(name).parent.mkdir(exist_ok=True)
        run.path(name).write_text("{}")
    (past,) = past_runs()
    assert (past.title, past.state, past.cost_usd, past.seconds) == (
        "A red kite over dunes.",
        "success",
        Decimal("0.31"),
        3.0,
    )
    assert (past.profile, past.duration_s, past.aspect, past.rehearsed) == ("offline", 6, "1:1", False)
    assert past.engines["video"] == "sketch@local"
    assert (past.film, past.poster) == (run.path("film.mp4"), run.path("poster.jpg"))


def test_a_film_that_took_several_attempts_took_the_seconds_of_all() -> None:
    run = made(made(owned_run(name="kite"), state="stopped"))
    assert past_runs()[0].seconds == 6.0
    run.events.write("run_started", brief={}, profile="offline", engines={})
    assert past_runs()[0].seconds is None


@pytest.mark.parametrize("state", ["success", "degraded", "failed", "stopped"])
def test_the_list_and_the_film_itself_tell_of_the_same_state(state: str) -> None:
    run = made(owned_run(name="kite"), state=state)
    assert past_runs()[0].state == Watch(run).look().state == state


def test_a_film_whose_export_alone_failed_is_told_from_one_that_is_not_there() -> None:
    run = made(owned_run(name="kite"))
    run.events.write("run_started", brief={}, profile="offline", engines={})
    run.events.write("phase_failed", phase="export", error="ParameterError", message="there is no such folder")
    run.events.write("run_finished", state="failed", seconds=1.0)
    assert (past_runs()[0].unexported, Watch(run).look().unexported) == (False, False)
    for name in ("film.mp4", "phases/refine.json"):
        run.path(name).parent.mkdir(exist_ok=True)
        run.path(name).write_text("{}")
    assert (past_runs()[0].unexported, Watch(run).look().unexported) == (True, True)


def test_what_has_changed_since_the_last_look_is_seen() -> None:
    run = owned_run(name="kite")
    assert past_runs()[0].state == "waiting"
    with RunLock(run.folder):
        assert past_runs()[0].state == "running"
    made(run, state="degraded")
    assert past_runs()[0].state == "degraded"


@pytest.mark.parametrize("text", ["", "{", "[]", '{"brief": {}}', '{"brief": {"prompt": 1}, "created_at": "when"}'])
def test_a_run_that_can_not_be_read_is_left_out_and_the_others_are_there(text: str) -> None:
    damaged = owned_run(name="damaged")
    owned_run(name="whole")
    damaged.path("run.json").write_text(text)
    assert names() == ["whole"]


def test_saving_a_run_again_does_not_make_it_newer() -> None:
    first = owned_run(name="first")
    created = json.loads(first.path("run.json").read_text())["created_at"]
    owned_run(name="second")
    first.save()
    assert names() == ["second", "first"]
    assert json.loads(first.path("run.json").read_text())["created_at"] == created
