"""What a batch would cost: by kind of film, against every cap, with what is made already counted as made."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from vgkit.batch import costs as batch_costs
from vgkit.batch.check import plan
from vgkit.batch.costs import Costs, costs_of
from vgkit.batch.planned import Film
from vgkit.batch.spec import spec_of
from vgkit.estimate import estimate, total_usd

HOW = {"speed": 60.0, "faults": "none", "seed": 1}


def films(*rows: dict[str, Any], how: dict[str, Any] | None = HOW, **head: Any) -> tuple[Film, ...]:
    return plan(spec_of(rows, name="spring", **head), rehearsal=how)


def rows(count: int, **fields: Any) -> list[dict[str, Any]]:
    return [
        {"name": f"f{seed}", "prompt": f"A kite {seed}", "profile": "dev", "seed": seed} | fields
        for seed in range(count)
    ]


@pytest.fixture(autouse=True)
def _runs(runs: Path) -> None:
    """Nothing of the checkout's own runs is counted."""


def test_films_of_a_kind_are_estimated_once_and_sum_to_what_each_would_cost() -> None:
    made = films(*rows(10), *rows(10, name="", duration_s=6), *rows(3, name="", engines={"video": "animatediff"}))
    costs = costs_of(made)
    assert len({id(bill.own) for bill in costs.bills}) == 3
    each = [estimate(film.checked.brief, film.checked.template) for film in made]
    assert abs(costs.to_pay_usd - sum(map(total_usd, each))) < Decimal("0.01") * len(made)
    calls = sum(row.calls for rows in each for row in rows if row.engine == "zeroscope@replicate")
    assert costs.as_json["engines"]["zeroscope@replicate"]["calls"] == calls
    assert costs.length_s == 10 * 30 + 10 * 6 + 3 * 30


def test_more_takes_make_another_kind_of_film() -> None:
    costs = costs_of(films(*rows(1), *rows(1, name="two", settings={"takes": 2})))
    one, two = (bill.alone_usd for bill in costs.bills)
    assert two > one
    assert [row.split()[5] for row in str(costs).splitlines()[2:4]] == ["2", "1"]


def test_what_is_made_counts_as_made_and_what_a_stopped_film_has_paid_is_not_asked_for_again() -> None:
    made = films(*rows(3))
    before = costs_of(made).to_pay_usd
    for film, state in ((made[0], "success"), (made[1], "failed")):
        record = film.run().events
        record.write("run_started", brief={}, profile="dev", engines={}, batch=film.batch.name, rehearsal=True)
        record.write("call_reserved", call="c", role="video", engine="e", host="h", cost_usd=Decimal("0.05"))
        record.write("run_finished", state=state, seconds=1.0, cost_usd=Decimal("0.05"))
        (film.folder / "film.mp4").write_bytes(b"a film")
    costs = costs_of(made)
    assert [bill.missing for bill in costs.bills] == [False, True, True]
    assert costs.to_pay_usd == before * 2 / 3 - Decimal("0.05")
    assert costs.batch_spent_usd == Decimal("0.10")
    assert costs.heading == "spring-rehearsed: 3 films, 1 of them made"
    assert [film["made"] for film in costs.as_json["films"]] == [True, False, False]


def test_every_cap_that_would_stop_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    told = list(costs_of(films(*rows(4), caps={"run_usd": "0.10", "batch_usd": "0.20"})).over())
    assert told[0].startswith(
        "caps.run_usd: 4 of 4 films need more than the $0.10 that one may cost, spring-rehearsed.f"
    )
    assert told[1].startswith(
        "caps.batch_usd: the films need about $6.58 more; $0.00 of $0.20 is spent. Set it to at least"
    )
    for name in ("OPENAI_API_KEY", "REPLICATE_API_TOKEN"):
        monkeypatch.setenv(name, "k" * 40)
    monkeypatch.setenv("VGKIT_PROJECT_CAP", "1.00")
    (told_of_project,) = costs_of(films(*rows(4), how=None)).over()
    assert told_of_project.startswith("VGKIT_PROJECT_CAP: the films need about $6.58; $1.00 of it is left. Raise it by")


def test_a_films_own_cap_counts() -> None:
    costs = costs_of(films(*rows(1), *rows(1, name="dear", seed=1, caps={"run_usd": "0.10"})))
    (told,) = costs.over()
    assert "1 of 2 films need more than the $0.10 that one may cost, spring-rehearsed.dear about" in told
    assert "The caps: $0.10 to $2.00 a film." in str(costs)


def test_many_kinds_of_film_are_a_table_that_can_be_read() -> None:
    many = [row | {"name": f"n{length}", "duration_s": length} for length in range(6, 61) for row in rows(1)]
    costs: Costs[Film] = costs_of(films(*many, caps={"run_usd": 9}))
    lines = str(costs).splitlines()
    assert len(lines) < batch_costs._MOST_KINDS + 15
    (rest,) = [line for line in lines if line.startswith("…")]
    assert rest.split("  ")[0] == "… 35 kinds more"
    assert lines[0] == "spring-rehearsed: 55 films"
