"""Only the coordinator starts films: as the caps and the crew allow, whatever becomes of each."""

import dataclasses
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from batches import Hands, films

from vgkit.batch.coordinator import Coordinator, Policy, Tally
from vgkit.batch.crew import Ending
from vgkit.batch.planned import Film
from vgkit.batch.till import Till
from vgkit.errors import StoreError
from vgkit.ledger.money import Spending
from vgkit.places import runs_dir

Made = Callable[..., tuple[Tally, list[Ending]]]


@pytest.fixture
def make(runs: Path) -> Made:
    def make(planned: tuple[Film, ...], hands: Hands, **how: Any) -> tuple[Tally, list[Ending]]:
        heard: list[Ending] = []
        stopping = how.pop("stopping", lambda: "no")
        coordinator = Coordinator(
            planned,
            count=len(planned),
            crew=hands,
            till=Till(planned[0].batch, rehearsal=True),
            policy=Policy(**how),
            heard=heard.append,
            stopping=stopping,
        )
        return coordinator.make(), heard

    return make


def test_as_many_films_are_under_way_as_the_crew_has_room_for(make: Made) -> None:
    hands = Hands(3)
    tally, heard = make(films(7), hands)
    assert (hands.most, len(heard), tally.ended) == (3, 7, {"success": 7})
    assert hands.begun == [f"f{n:02d}" for n in range(7)]
    assert (tally.waiting, tally.under_way, tally.cost_usd) == (0, {}, Decimal("3.50"))


def test_only_the_latest_endings_are_kept_however_many_films_there_are(make: Made) -> None:
    tally, heard = make(films(25), Hands(3))
    assert [*tally.latest] == heard[-20:]


def test_a_film_is_begun_only_where_its_cap_fits_beside_those_under_way(make: Made) -> None:
    """Two may run under five dollars, since a third could spend what is not there; each that ends makes room."""
    hands = Hands(8)
    tally, _ = make(films(6, cap="2.00", batch="5.00"), hands)
    assert hands.most == 2
    assert tally.ended == {"success": 6}
    spending = Spending(runs_dir(), rehearsal=True)
    spending.refresh()
    assert spending.of_batch("kites-rehearsed") == Decimal("3.00")


def test_films_that_the_caps_never_allow_are_told_and_the_others_made(make: Made) -> None:
    hands = Hands(4, cost="1.90")
    tally, heard = make(films(4, cap="2.00", batch="5.00"), hands)
    assert tally.ended == {"success": 2, "unaffordable": 2}
    told = [ending for ending in heard if ending.state == "unaffordable"]
    assert told[0].message == (
        "It may cost $2.00 more, and $1.20 of caps.batch_usd ($5.00) is left. Raise caps.batch_usd or lower "
        "caps.run_usd, then make the batch again."
    )


def test_a_film_that_may_fare_better_gets_another_turn_and_one_that_will_not_gets_none(make: Made) -> None:
    hands = Hands(1, fates={"f00": ["again", "success"], "f01": ["never"], "f02": ["again", "again"]})
    tally, heard = make(films(3), hands, retries=1)
    assert hands.begun == ["f00", "f01", "f00", "f02", "f02"] or hands.begun == ["f00", "f00", "f01", "f02", "f02"]
    assert tally.ended == {"success": 1, "failed": 2}
    assert {ending.run.split(".")[1]: ending.attempt for ending in heard} == {"f00": 2, "f01": 1, "f02": 2}


def test_fail_fast_begins_no_more_films_after_the_first_failure(make: Made) -> None:
    hands = Hands(1, fates={"f01": ["never"]})
    tally, _ = make(films(4), hands, fail_fast=True)
    assert hands.begun == ["f00", "f01"]
    assert tally.waiting == 2
    assert "was to end with the first that does" in tally.why_ended


def test_where_no_other_film_would_fare_better_none_is_begun(make: Made) -> None:
    hands = Hands(1, fates={"f00": ["hopeless"]})
    tally, _ = make(films(3), hands)
    assert hands.begun == ["f00"]
    assert tally.why_ended == "No other film would fare better: hopeless"


def test_asked_to_stop_it_begins_no_more_and_waits_for_those_under_way(make: Made) -> None:
    hands = Hands(2)
    answers = iter(["no", "no", "soon"])
    tally, heard = make(films(6), hands, stopping=lambda: next(answers, "soon"))
    assert hands.stopped == "soon"
    assert len(hands.begun) == len(heard) < 6
    assert tally.under_way == {}


def test_asked_twice_it_has_the_crew_end_at_once(make: Made) -> None:
    hands = Hands(2)
    answers = iter(["no", "soon", "now"])
    make(films(6), hands, stopping=lambda: next(answers, "now"))
    assert hands.stopped == "now"


def test_a_film_whose_folder_can_not_be_made_fails_alone(make: Made) -> None:
    planned = films(2)
    broken = dataclasses.replace(planned[0], name="kites/../elsewhere")
    tally, heard = make((broken, planned[1]), Hands(1))
    assert tally.ended == {"failed": 1, "success": 1}
    assert "can't name a run" in heard[0].message


def test_where_endings_can_not_be_kept_all_films_are_ended_before_that_is_told(runs: Path) -> None:
    hands = Hands(3)

    def heard(_: Ending) -> None:
        raise StoreError("the disk is gone")

    planned = films(5)
    till = Till(planned[0].batch, rehearsal=True)
    coordinator = Coordinator(planned, count=5, crew=hands, till=till, policy=Policy(), heard=heard)
    with pytest.raises(StoreError, match="the disk is gone"):
        coordinator.make()
    assert hands.stopped == "now"
    assert hands.room() == 3
