"""The morning after: how many films there are and how surely, what they cost, and what to do about the others."""

import dataclasses
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from batches import films

from vgkit.batch.summary import Fared, Standing, Summary, fared
from vgkit.ledger.plain import plain


def film(state: str, *, seconds: float = 60.0, cost: str = "0.20", run: str = "kites.a", **why: str) -> Fared:
    return Fared(run, "line 2", state, seconds, Decimal(cost), **why)


def summary(*fared: Fared, **more: Any) -> Summary:
    booked = sum((each.cost_usd for each in fared), Decimal(0))
    about: dict[str, Any] = {"cap_usd": None, "booked_usd": booked, "billed_usd": None, "wall_s": 90.0}
    return Summary("kites", fared, **(about | more))


def test_the_rate_is_of_films_that_came_to_an_end_with_wilsons_interval() -> None:
    told = summary(*[film("success")] * 47, film("degraded"), *[film("failed")] * 2, film("waiting"), film("stopped"))
    finished = told.as_json["finished"]
    # Wilson (1927) for 48 of 50 at 95 %, by hand: (0.96 + 0.0384 ± 0.0759) / 1.0768
    assert finished == pytest.approx({"share": 0.96, "low": 0.8654, "high": 0.9890, "films": 50}, abs=1e-4)
    assert told.as_json["undegraded"]["share"] == 0.94
    assert "finished: 96.0 % of 50 that came to an end, 95 % interval 86.5 to 98.9 %" in str(told)
    assert not told.well


def test_half_of_the_films_took_no_longer_than_the_median_and_95_of_100_than_the_other() -> None:
    told = summary(*[film("success", seconds=float(n)) for n in range(1, 101)], film("failed", seconds=999.0))
    assert told.as_json["seconds"] == {"p50": 50.0, "p95": 95.0, "wall": 90.0}
    assert "half took up to 0:50, 95 of 100 up to 1:35" in str(told)
    assert summary(film("success", seconds=7.0)).as_json["seconds"]["p95"] == 7.0


def test_each_film_bears_what_went_into_those_that_failed() -> None:
    told = summary(film("success", cost="0.20"), film("success", cost="0.20"), film("failed", cost="0.10"))
    assert told.cost_per_film_usd == Decimal("0.25")
    assert summary(film("failed")).cost_per_film_usd is None


def test_a_film_that_is_missing_is_told_with_its_phase_its_cause_and_the_command_that_goes_on() -> None:
    broken = film("failed", run="kites.b", phase="chunks", error="EngineFailed", message="no\nclip")
    told = summary(film("success"), broken)
    assert told.as_json["results"][1] == {
        "run": "kites.b",
        "at": "line 2",
        "state": "failed",
        "seconds": 60.0,
        "cost_usd": Decimal("0.20"),
        "phase": "chunks",
        "error": "EngineFailed",
        "message": "no\nclip",
        "next": "vgkit resume kites.b",
    }
    (row,) = [line for line in str(told).splitlines() if "kites.b" in line]
    assert " ".join(row.split()) == "kites.b failed chunks EngineFailed: no clip vgkit resume kites.b"


@pytest.mark.parametrize(
    ("state", "command"),
    [("success", ""), ("degraded", ""), ("waiting", ""), ("unaffordable", "vgkit batch resume kites")]
    + [(state, "vgkit resume kites.a") for state in ("failed", "stopped", "open")],
)
def test_the_next_move_is_to_go_on_with_a_film_alone_or_with_its_batch(state: str, command: str) -> None:
    assert film(state).next_move == command


def test_a_film_of_which_no_run_could_be_made_is_not_resumed_alone(runs: Path) -> None:
    (planned,) = films(1)
    told = {"state": "failed", "error": "RunBusy", "message": "in use"}
    each = fared(planned, heard=told, standing=("waiting", 0.0, Decimal(0)))
    assert (each.state, each.next_move) == ("failed", "vgkit batch resume kites-rehearsed")
    planned.run()
    assert fared(planned, heard=told, standing=STANDINGS["failed"]).next_move == f"vgkit resume {planned.name}"


def test_of_many_that_are_missing_twenty_are_shown_and_the_others_counted() -> None:
    told = str(summary(*[film("failed", run=f"kites.f{n:03d}") for n in range(1_234)]))
    assert told.count("kites.f") == 2 * 20
    assert told.splitlines()[-1] == "and 1,214 more; all are in the summary"
    assert told.startswith("kites: 1,234 failed; 1:30 in all\n")


def test_a_batch_of_which_no_film_came_to_an_end_has_no_rate() -> None:
    told = summary(film("waiting", cost="0"), film("unaffordable", cost="0"))
    assert (told.as_json["finished"], told.as_json["seconds"]["p50"]) == (None, None)
    assert "%" not in str(told)
    assert str(told).startswith("kites: 1 waiting, 1 unaffordable; 1:30 in all\ncost: $0 by the ledger\n")


def test_books_that_do_not_agree_with_the_bill_are_told_and_are_not_well() -> None:
    told = summary(film("success", cost="0.20"), cap_usd=Decimal("5.00"), billed_usd=Decimal("0.30"))
    assert "cost: $0.2000 of $5.0000 allowed by the ledger, $0.3000 by the hosts' bill: NOT THE SAME" in str(told)
    assert not told.well
    assert dataclasses.replace(told, billed_usd=Decimal("0.205")).well


def test_a_script_gets_all_of_it_as_json() -> None:
    told = summary(film("success"), film("stopped"), stopped=True, why_ended="Stopped.")
    said = json.loads(json.dumps(plain(told.as_json, place="summary")))
    assert (said["films"], said["states"], said["stopped"], said["why_ended"], said["cost_usd"]) == (
        2,
        {"success": 1, "stopped": 1},
        True,
        "Stopped.",
        "0.40",
    )


STANDINGS: dict[str, Standing] = {
    state: (state, 5.0, Decimal("0.10")) for state in ("success", "degraded", "failed", "stopped", "open", "waiting")
}


@pytest.mark.parametrize(
    ("standing", "heard", "state"),
    [
        ("success", "failed", "success"),  # taken up alone since
        ("degraded", "unaffordable", "degraded"),
        ("waiting", "", "waiting"),
        ("waiting", "failed", "failed"),  # its folder could not be made
        ("waiting", "unaffordable", "unaffordable"),
        ("failed", "unaffordable", "unaffordable"),  # another turn could not be paid
        ("stopped", "failed", "stopped"),
        ("open", "unaffordable", "open"),  # begun since, and killed
    ],
)
def test_the_events_say_how_a_film_fared_but_for_what_they_can_not_know(
    runs: Path, standing: str, heard: str, state: str
) -> None:
    (planned,) = films(1)
    told = {"state": heard, "error": "EngineFailed", "message": "no clip"} if heard else {}
    each = fared(planned, heard=told, standing=STANDINGS[standing])
    assert (each.run, each.state, each.seconds) == (planned.name, state, 5.0)
    assert each.message == ("no clip" if heard and not each.there else "")
