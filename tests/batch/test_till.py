"""A cap is set aside before a film begins, so that films that run at once can't pass one together."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from batches import CALL, events, films

from vgkit.batch.costs import costs_of
from vgkit.batch.planned import Film
from vgkit.batch.till import Till
from vgkit.ledger import read_events


@pytest.fixture
def _keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let real films be planned; none is made."""
    for name in ("REPLICATE_API_TOKEN", "OPENAI_API_KEY"):
        monkeypatch.setenv(name, "a key")


def till(planned: tuple[Film, ...]) -> Till:
    return Till(planned[0].batch, rehearsal=planned[0].rehearsal is not None)


def started(run: str, **more: Any) -> None:
    events(run).write("run_started", brief={}, profile="dev", engines={}, **more)


def spent(run: str, cost: str) -> None:
    events(run).write("call_reserved", call="c", cost_usd=Decimal(cost), **CALL)
    events(run).write("call_settled", call="c", cost_usd=Decimal(cost))


def test_the_cap_of_each_is_set_aside_until_no_more_fits(runs: Path) -> None:
    planned = films(3, cap="2.00", batch="5.00")
    money = till(planned)
    answers = [money.set_aside(film.run()) for film in planned]
    assert [answer.may for answer in answers] == ["yes", "yes", "later"]
    assert answers[2].why == (
        "It may cost $2.00 more, and $1.00 of caps.batch_usd ($5.00) is left. Raise caps.batch_usd or lower "
        "caps.run_usd, then make the batch again."
    )
    allotted = [read_events(film.folder / "events.jsonl").of("allotted") for film in planned]
    assert [len(each) for each in allotted] == [1, 1, 0]


def test_what_a_film_did_not_spend_is_there_for_the_next(runs: Path) -> None:
    planned = films(2, cap="2.00", batch="3.00")
    money = till(planned)
    assert money.set_aside(planned[0].run()).may == "yes"
    assert money.set_aside(planned[1].run()).may == "later"
    started(planned[0].name, batch=planned[0].batch.name, rehearsal=True)
    spent(planned[0].name, "0.40")
    events(planned[0].name).write("run_finished", state="success", seconds=1.0)
    assert money.set_aside(planned[1].run()).may == "yes"


def test_what_is_spent_for_good_leaves_too_little_for_ever(runs: Path) -> None:
    planned = films(2, cap="2.00", batch="3.00")
    money = till(planned)
    money.set_aside(planned[0].run())
    started(planned[0].name, batch=planned[0].batch.name, rehearsal=True)
    spent(planned[0].name, "1.50")
    answer = money.set_aside(planned[1].run())
    assert answer.may == "never"
    assert "$1.50 of caps.batch_usd ($3.00) is left" in answer.why


def test_a_film_that_was_under_way_finds_what_is_left_of_its_own_cap(runs: Path) -> None:
    """Two films were killed while all of the batch's money was set aside for them."""
    planned = films(2, cap="2.00", batch="4.00")
    before = till(planned)
    for film in planned:
        assert before.set_aside(film.run()).may == "yes"
        started(film.name, batch=film.batch.name, rehearsal=True)
        spent(film.name, "1.20")
    after = till(planned)
    assert [after.set_aside(film.run()).may for film in planned] == ["yes", "yes"]
    assert after.set_aside(films(3, cap="2.00", batch="4.00")[2].run()).may == "never"


def test_money_set_aside_before_a_crash_does_not_stop_the_batch_at_its_check(runs: Path) -> None:
    planned = films(2, cap="2.00", batch="4.00")
    money = till(planned)
    for film in planned:
        money.set_aside(film.run())
    costs = costs_of(planned)
    assert costs.batch_spent_usd == 0
    assert list(costs.over()) == []


@pytest.mark.usefixtures("_keys")
def test_a_real_run_beside_the_batch_leaves_less_of_the_projects_cap(
    runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VGKIT_PROJECT_CAP", "5")
    planned = films(2, cap="2.00", rehearsal=None)
    money = till(planned)
    (runs / "beside").mkdir(parents=True)
    started("beside")
    spent("beside", "1.50")
    answers = [money.set_aside(film.run()) for film in planned]
    assert [answer.may for answer in answers] == ["yes", "later"]
    assert "$1.50 of VGKIT_PROJECT_CAP ($5.00) is left. Raise VGKIT_PROJECT_CAP" in answers[1].why
    spent("beside", "1.50")
    assert costs_of(planned).project_left_usd == Decimal("3.50")


def test_rehearsals_need_no_room_under_the_projects_cap(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VGKIT_PROJECT_CAP", "0")
    planned = films(1, cap="2.00")
    assert till(planned).set_aside(planned[0].run()).may == "yes"


def test_a_film_that_costs_nothing_may_always_begin(runs: Path) -> None:
    planned = films(1, cap="0", batch="0")
    assert till(planned).set_aside(planned[0].run()).may == "yes"
    assert not (planned[0].folder / "events.jsonl").exists()
