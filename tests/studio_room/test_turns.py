import contextlib
import threading
from pathlib import Path

import pytest
from launched import until
from turn_taking import turn_of

from vgkit.errors import ParameterError
from vgkit.studio.turns import at_once, before, ticket, turn


@pytest.fixture(autouse=True)
def _one_at_a_time(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VGKIT_AT_ONCE", "1")


def waiting(run: str, order: list[str]) -> threading.Thread:
    """Wait for a turn in a thread, which has a ticket of its own when this returns."""

    def make() -> None:
        with turn_of(run):
            order.append(run)

    thread = threading.Thread(target=make)
    thread.start()
    until(lambda: has_ticket(run))
    return thread


def has_ticket(run: str) -> bool:
    from vgkit.places import runs_dir

    return any((runs_dir() / ".turns").glob(f"[0-9]*-{run}"))


def test_films_are_made_in_the_order_in_which_they_were_asked_for() -> None:
    order: list[str] = []
    with turn_of("first"):
        threads = [waiting(run, order) for run in ("second", "third", "fourth")]
        assert [before(run) for run in ("first", "second", "third", "fourth")] == [0, 0, 1, 2]
        assert order == []
    for thread in threads:
        thread.join(30)
    assert order == ["second", "third", "fourth"]


def test_several_are_made_at_once_where_the_machine_bears_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VGKIT_AT_ONCE", "3")
    with contextlib.ExitStack() as held:
        for run in ("a", "b", "c"):
            held.enter_context(turn_of(run))
        thread = waiting("d", [])
        assert before("d") == 0
    thread.join(30)
    assert not thread.is_alive()


def test_the_ticket_of_a_process_that_is_gone_counts_no_more(runs: Path) -> None:
    dead = runs / ".turns" / f"{1:020d}-dead"
    dead.parent.mkdir(parents=True)
    dead.touch()
    with turn_of("alive"):
        assert not dead.exists()


def test_a_ticket_keeps_its_place_from_when_it_was_taken() -> None:
    """Processes begin in any order; films are made in that of the clicks."""
    with ticket("first") as (first, _), ticket("second") as (second, _):
        assert (before("first"), before("second")) == (0, 0)
        with turn(first):
            assert before("second") == 0
            assert second.exists()


def test_where_no_process_could_be_begun_the_ticket_is_taken_back(runs: Path) -> None:
    with contextlib.suppress(OSError), ticket("unborn"):
        raise OSError
    assert list((runs / ".turns").iterdir()) == []


def test_no_ticket_is_left_behind(runs: Path) -> None:
    with contextlib.suppress(ValueError), turn_of("breaks"):
        raise ValueError
    assert list((runs / ".turns").iterdir()) == []


@pytest.mark.parametrize("stated", ["0", "-1", "many", "1.5"])
def test_a_number_of_films_that_is_none_is_refused(stated: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VGKIT_AT_ONCE", stated)
    with pytest.raises(ParameterError, match=f"VGKIT_AT_ONCE: '{stated}' is no number of films"):
        at_once()


def test_this_machine_bears_at_least_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VGKIT_AT_ONCE")
    assert at_once() >= 1
