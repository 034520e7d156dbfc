"""The bench of batches holds what came against what was asked, and writes down every film; films of any length do."""

import dataclasses
from decimal import Decimal
from pathlib import Path

import pytest

from vgkit.bench.batch_page import figures, verdicts, write_page
from vgkit.bench.batches import FIFTY, Asked, FilmFigures, Reliability, fifty, planned
from vgkit.brief import FILM_SIZES


def film(n: int, state: str = "success", **fields: object) -> FilmFigures:
    usual = {"hosts_s": 100.0 + n, "wall_s": 60.0, "cost_usd": Decimal("0.70"), "mishaps": 0}
    return FilmFigures(f"f{n}", "lifestyle_ad", "1:1", state, **{**usual, **fields})  # type: ignore[arg-type]


def found(*films: FilmFigures, **fields: object) -> Reliability:
    usual = {
        "asked": Asked(count=len(films)),
        "films": films,
        "batch_cap_usd": Decimal(50),
        "run_cap_usd": Decimal("1.50"),
        "booked_usd": Decimal("35.000000"),
        "billed_usd": Decimal("35.000000"),
        "made_twice": 0,
        "faults": {"reset": 3, "failed": 1},
        "own_s": 20.0,
        "wall_s": 900.0,
    }
    return Reliability(**{**usual, **fields})  # type: ignore[arg-type]


def kept(reliability: Reliability) -> dict[str, str]:
    return {row[0]: row[-1] for row in verdicts(reliability).rows}


def test_one_film_of_fifty_may_be_missing_and_two_may_be_less_than_whole() -> None:
    whole = [film(n) for n in range(47)]
    assert set(kept(found(*whole, film(47), film(48), film(49))).values()) == {"yes"}
    lesser = found(*whole, film(47), film(48, "degraded"), film(49, "failed"))
    assert set(kept(lesser).values()) == {"yes"}
    assert verdicts(lesser).rows[0][1] == "49 of 50, 98.0% (89.5% to 99.6%)"
    worse = kept(found(*whole, film(47, "degraded"), film(48, "failed"), film(49, "waiting")))
    assert (worse["finished"], worse["finished and whole"]) == ("NO", "NO")


def test_money_is_called_out_that_passes_a_cap_or_is_not_on_the_bill() -> None:
    assert kept(found(film(1), booked_usd=Decimal("50.01")))["spent of the caps"] == "NO"
    assert kept(found(film(1, cost_usd=Decimal("1.51"))))["spent of the caps"] == "NO"
    assert kept(found(film(1), made_twice=1))["ordered a second time"] == "NO"


@pytest.mark.parametrize(("billed", "said"), [("35.01", "yes"), ("34.99", "yes"), ("34.98", "NO"), ("35.02", "NO")])
def test_ledger_and_bill_may_differ_by_what_was_booked_at_estimates(billed: str, said: str) -> None:
    lost = film(1, guessed_usd=Decimal("0.01"))
    assert kept(found(lost, film(2), billed_usd=Decimal(billed)))["by the ledger, by the hosts' bill"] == said
    assert kept(found(film(2), billed_usd=Decimal(billed)))["by the ledger, by the hosts' bill"] == "NO"


def test_figures_are_of_the_films_there_are() -> None:
    rows = {row[0]: row[1:] for row in figures(found(film(0), film(1), film(9), film(500, "failed"))).rows}
    assert rows["seconds of its hosts"] == ("101", "109", "103")
    assert rows["seconds of both"] == ("121", "129", "123")
    assert rows["dollars"] == ("0.7000", "0.7000", "0.7000")


def test_the_page_has_the_command_every_film_and_every_fault(tmp_path: Path) -> None:
    write_page(found(film(1), film(2, "degraded", lacking="s02: no clip")), tmp_path / "reliability.md")
    text = (tmp_path / "reliability.md").read_text("utf-8")
    assert f"templates/batches/{FIFTY.name} --rehearse --faults mild --speed 60 --at-once 6\n" in text
    assert "| f2 | lifestyle_ad | 1:1 | degraded: s02: no clip | 102 | 60 | 0.7000 | 0 |" in text
    assert "| `reset` | the connection is reset, or a download ends half way | 3 |" in text
    assert "{" not in text


def test_the_fifty_are_fifty_different_films_in_all_templates_and_aspects(runs: Path) -> None:
    briefs = [film.checked.brief for film in planned(Asked())]
    assert len({brief.prompt for brief in briefs}) == len({brief.product for brief in briefs}) == 50
    assert len({brief.seed for brief in briefs}) == 50
    assert {brief.aspect for brief in briefs} == set(FILM_SIZES)
    assert {brief.template for brief in briefs} == {"product_showcase", "lifestyle_ad", "announcement"}
    assert {brief.duration_s for brief in briefs} == {12}


def test_longer_films_have_larger_caps_and_fewer_can_be_made(runs: Path) -> None:
    films = planned(Asked(count=3, duration_s=30))
    assert len(films) == 3
    assert films[0].checked.brief.caps.run_usd == Decimal("3.75")
    assert films[0].batch.cap_usd == Decimal(125)


@pytest.mark.slow
def test_a_short_film_comes_through_mild_faults_with_its_books_in_order(runs: Path) -> None:
    made = fifty(Asked(count=1, duration_s=6))
    assert [film.state for film in made.films] == ["success"], made.films
    assert set(kept(made).values()) == {"yes"}
    assert made.faults
    assert made.own_s > 0
    assert all(film.hosts_s > 12 for film in made.films)
    assert dataclasses.replace(made, own_s=0.0).share(lambda film: film.cost_usd, 1.0) < Decimal(1)
