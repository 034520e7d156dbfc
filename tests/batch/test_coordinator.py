"""Only the coordinator starts films: as the caps and the crew allow, whatever becomes of each."""

import dataclasses
from collections import deque
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from vgkit.batch.check import plan
from vgkit.batch.coordinator import Coordinator, Policy, Tally
from vgkit.batch.crew import Ending, Job
from vgkit.batch.planned import Film
from vgkit.batch.spec import spec_of
from vgkit.batch.till import Till
from vgkit.ledger import Events
from vgkit.ledger.money import Spending
from vgkit.places import runs_dir

REHEARSAL = {"speed": 1000.0, "faults": "none", "seed": 1}
CALL: dict[str, Any] = {"role": "video", "engine": "zeroscope", "host": "replicate"}


def films(count: int, *, cap: str = "2.00", batch: str | None = None) -> tuple[Film, ...]:
    rows = [
        {"name": f"f{number:02d}", "prompt": "A kite over dunes.", "duration_s": 6, "seed": number}
        for number in range(count)
    ]
    caps = {"run_usd": cap, **({"batch_usd": batch} if batch else {})}
    return plan(spec_of(rows, name="kites", profile="dev", caps=caps), rehearsal=REHEARSAL)


class Hands:
    """A crew whose films end when the test says so, each at a price, in the order they were begun."""

    def __init__(self, at_once: int, *, cost: str = "0.50", fates: dict[str, list[str]] | None = None) -> None:
        self.at_once, self.cost, self.fates = at_once, Decimal(cost), fates or {}
        self.begun: list[str] = []
        self.most = 0
        self.stopped = ""
        self._there: deque[Job] = deque()

    def room(self) -> int:
        return self.at_once - len(self._there)

    def begin(self, job: Job) -> None:
        self.begun.append(job.run.split(".")[1])
        self._there.append(job)
        self.most = max(self.most, len(self._there))
        events(job.run).write(
            "run_started", brief={}, profile="dev", engines={}, batch="kites-rehearsed", rehearsal=True
        )

    def ended(self, timeout_s: float) -> Ending:
        job = self._there.popleft()
        events(job.run).write("call_reserved", call=f"c{job.attempt}", cost_usd=self.cost, **CALL)
        events(job.run).write("call_settled", call=f"c{job.attempt}", cost_usd=self.cost)
        fate = (self.fates.get(job.run.split(".")[1]) or ["success"]).pop(0)
        state = "stopped" if self.stopped else "success" if fate == "success" else "failed"
        events(job.run).write("run_finished", state=state, seconds=1.0)
        return Ending(
            job.run,
            state,  # type: ignore[arg-type]
            1.0,
            self.cost,
            attempt=job.attempt,
            again=fate == "again",
            hopeless=fate == "hopeless",
            message=fate,
        )

    def soon(self) -> None:
        self.stopped = "soon"

    def now(self) -> None:
        self.stopped = "now"


def events(run: str) -> Events:
    return Events(runs_dir() / run / "events.jsonl", run_id=run)


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
