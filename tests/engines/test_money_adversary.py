"""What a host, a disk or a person may do at the worst moment: nothing is bought twice, or after a stop."""

import shutil
from pathlib import Path

import pytest
from studio import DRAFT_USD, FINAL_USD, Painter, Studio, ask, door

from vgkit.engines.hosted import Standing
from vgkit.errors import BudgetExceeded, Interrupted, OrderRejected, PromptRefused, StoreError
from vgkit.ledger import read_events


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VGKIT_SPEED", "100000")


def kinds(runs: Path, run: str = "one") -> list[str]:
    return [event.kind.removeprefix("call_") for event in read_events(runs / run / "events.jsonl")]


class Sullen(Studio):
    """Refuses to tell how calls stand from the ``sulks_from``-th look on."""

    sulks_from = 10**9

    def look(self, prediction: str) -> Standing:
        if self.looks >= self.sulks_from:
            raise OrderRejected("studio: a question about p0 is not accepted (HTTP 400)")
        return super().look(prediction)


def test_a_call_that_is_taken_up_and_can_not_be_asked_about_stays_open_and_is_not_bought_again(runs: Path) -> None:
    studio = Sullen(goes=["die waiting"])
    painter = Painter(studio)
    with pytest.raises(KeyboardInterrupt):
        door(runs).ask(ask(painter, runs))
    studio.calls["p0"]["looked"] = 0  # it still runs
    studio.sulks_from = studio.looks + 1
    with pytest.raises(OrderRejected, match="HTTP 400"):
        door(runs).ask(ask(painter, runs))
    assert kinds(runs) == ["reserved", "submitted"]
    studio.sulks_from = 10**9
    door(runs).ask(ask(painter, runs))
    assert len(studio.calls) == 2


def test_once_stopped_a_chain_brings_home_what_it_has_and_buys_nothing_more(runs: Path) -> None:
    painter = Painter()
    through = door(runs, check=lambda path: through.stop())
    with pytest.raises(Interrupted, match=r"chunks s01/t01.*`vgkit resume`"):
        through.ask(ask(painter, runs))
    assert kinds(runs) == ["reserved", "submitted", "settled"]
    door(runs).ask(ask(painter, runs))
    assert len(painter.client.calls) == 2


class Mover(Studio):
    """Takes a run's folder away in the moment in which it creates a call."""

    away: Path

    def create(self, order: object, files: object) -> Standing:
        created = super().create(order, files)  # type: ignore[arg-type]
        if len(self.calls) == 1:
            (self.away / "one").rename(self.away / "elsewhere")
        return created


def test_a_record_that_can_not_be_written_after_the_call_was_created_leaves_it_to_be_found(runs: Path) -> None:
    painter = Painter(Mover())
    painter.client.away = runs  # type: ignore[attr-defined]
    through = door(runs)
    with pytest.raises(StoreError, match="Is the run's folder still there"):
        through.ask(ask(painter, runs))
    (runs / "elsewhere").rename(runs / "one")
    assert kinds(runs) == ["reserved"]
    door(runs).ask(ask(painter, runs))
    assert len(painter.client.calls) == 2
    assert kinds(runs) == ["reserved", "submitted", "settled"] * 2


def test_a_call_whose_run_was_deleted_is_forgotten_and_hinders_nobody(runs: Path) -> None:
    painter = Painter(Studio(goes=["die waiting"]), steps=("final",))
    with pytest.raises(KeyboardInterrupt):
        door(runs).ask(ask(painter, runs))
    other = door(runs, run="two")
    wanted = ask(painter, runs)
    assert other.foresee(wanted).means == "open"
    shutil.rmtree(runs / "one")
    assert other.foresee(wanted).usd == FINAL_USD
    other.ask(wanted)
    assert kinds(runs, "two") == ["reserved", "submitted", "settled"]


def test_what_a_model_refuses_may_be_tried_with_other_seeds_or_said_in_other_words(runs: Path) -> None:
    with pytest.raises(PromptRefused, match=r"`vgkit resume` tries other seeds") as met:
        door(runs).ask(ask(Painter(Studio(goes=["nsfw"] * 3)), runs))
    assert "Say it in other words" in str(met.value)


def test_a_cap_that_is_in_the_way_tells_how_to_learn_what_the_rest_would_cost(runs: Path) -> None:
    with pytest.raises(BudgetExceeded, match=r"`vgkit resume one --cap 0.41`.*`vgkit why one chunks` tells"):
        door(runs, cap=str(DRAFT_USD)).ask(ask(Painter(), runs))
