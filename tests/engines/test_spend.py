import os
import socket
import threading
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from studio import DRAFT_USD, FINAL_USD, Painter, Studio, Wish, ask, door

from vgkit.engines.base import Made
from vgkit.engines.fingerprints import ask_mark, order_mark
from vgkit.errors import BudgetExceeded, EngineFailed, HostUnavailable, Interrupted, PromptRefused
from vgkit.ledger import Event, read_events

PAID = DRAFT_USD + FINAL_USD - Decimal("0.04")


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VGKIT_SPEED", "100000")


def events(runs: Path, run: str = "one") -> tuple[Event, ...]:
    return read_events(runs / run / "events.jsonl").events


def kinds(runs: Path, run: str = "one") -> list[str]:
    return [event.kind.removeprefix("call_") for event in events(runs, run)]


def paid(runs: Path, run: str = "one") -> Decimal:
    ended = [event for event in events(runs, run) if event.kind in ("call_settled", "call_failed")]
    return sum((event.usd("cost_usd") for event in ended), Decimal(0))


def test_each_call_is_reserved_then_submitted_with_its_prediction_then_settled_at_its_real_cost(runs: Path) -> None:
    painter = Painter()
    out = door(runs).ask(ask(painter, runs))
    assert out.read_text() == "paint by p1"
    assert kinds(runs) == ["reserved", "submitted", "settled"] * 2
    reserved, submitted, settled, *_ = events(runs)
    assert (reserved.usd("cost_usd"), settled.usd("cost_usd")) == (DRAFT_USD, DRAFT_USD - Decimal("0.02"))
    assert (submitted["prediction"], settled["prediction"], reserved["step"]) == ("p0", "p0", "draft")
    assert reserved["call"] == submitted["call"] == settled["call"]
    assert paid(runs) == PAID


def test_the_same_thing_is_never_bought_twice_whatever_it_is_for(runs: Path) -> None:
    painter = Painter()
    door(runs).ask(ask(painter, runs))
    door(runs, run="two").ask(ask(painter, runs, subject="k07"))
    assert len(painter.client.calls) == 2
    assert kinds(runs, "two") == ["cached", "cached"]


def test_a_call_that_a_crash_left_open_is_taken_up_and_not_made_again(runs: Path) -> None:
    painter = Painter(Studio(goes=["die waiting"]))
    with pytest.raises(KeyboardInterrupt):
        door(runs).ask(ask(painter, runs))
    assert kinds(runs) == ["reserved", "submitted"]
    door(runs).ask(ask(painter, runs))
    assert kinds(runs) == ["reserved", "submitted", "settled"] * 2
    assert len(painter.client.calls) == 2


def test_a_call_that_was_created_but_never_answered_is_found_in_the_hosts_list(runs: Path) -> None:
    painter = Painter(Studio(goes=["die"]))
    with pytest.raises(KeyboardInterrupt):
        door(runs).ask(ask(painter, runs))
    assert kinds(runs) == ["reserved"]
    door(runs).ask(ask(painter, runs))
    assert len(painter.client.calls) == 2
    assert paid(runs) == PAID


def test_a_call_that_never_left_is_counted_as_nothing_and_made_afresh(runs: Path) -> None:
    painter = Painter(Studio(goes=["die"]))
    with pytest.raises(KeyboardInterrupt):
        door(runs).ask(ask(painter, runs))
    painter.client.calls.clear()
    door(runs).ask(ask(painter, runs))
    assert kinds(runs)[:3] == ["reserved", "failed", "reserved"]
    assert paid(runs) == PAID


def test_a_call_another_run_left_open_is_brought_home_on_that_runs_account(runs: Path) -> None:
    painter = Painter(Studio(goes=["die waiting"]))
    with pytest.raises(KeyboardInterrupt):
        door(runs).ask(ask(painter, runs))
    door(runs, run="two").ask(ask(painter, runs))
    assert len(painter.client.calls) == 2
    assert kinds(runs, "one") == ["reserved", "submitted", "settled"]
    assert kinds(runs, "two") == ["cached", "reserved", "submitted", "settled"]


def test_a_call_that_another_machine_has_just_left_open_is_brought_home_too(
    runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    painter = Painter(steps=("final",))
    door(runs, run="two").ask(ask(painter, runs, text="looks at all runs, and then not again for a minute"))
    painter.client.goes.append("die waiting")
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(socket, "gethostname", lambda: "elsewhere")
        with pytest.raises(KeyboardInterrupt):
            door(runs).ask(ask(painter, runs))
    door(runs, run="two").ask(ask(painter, runs))
    assert len(painter.client.calls) == 2
    assert kinds(runs, "one") == ["reserved", "submitted", "settled"]


def test_for_what_nobody_asked_before_no_other_run_is_looked_at(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    painter, looked = Painter(), []
    door(runs).ask(ask(painter, runs, text="a first"))
    scan = os.scandir
    monkeypatch.setattr(os, "scandir", lambda path=".": looked.append(Path(path)) or scan(path))
    door(runs, run="two").ask(ask(painter, runs, text="a second"))
    assert runs not in looked
    door(runs, run="two").ask(ask(painter, runs, text="a first"))
    assert runs in looked


def test_a_run_that_waits_for_another_to_make_the_same_call_can_be_stopped(runs: Path) -> None:
    painter, waiting = Painter(steps=("final",)), door(runs, run="two")
    wanted = ask(painter, runs)
    mark = order_mark(painter, painter.forecast(wanted.request)[0])  # type: ignore[arg-type]
    with waiting.within.cache.claim(mark, threading.Event()):
        waiting.stop()
        with pytest.raises(Interrupted, match="Another run makes the same call"):
            waiting.ask(wanted)
    assert painter.client.calls == {}


def test_a_lost_reply_is_looked_up_before_it_is_asked_for_again(runs: Path) -> None:
    painter = Painter(Studio(goes=["lose", "lose before"]))
    door(runs).ask(ask(painter, runs))
    assert len(painter.client.calls) == 2
    assert kinds(runs) == ["reserved", "submitted", "settled"] * 2


def test_a_lost_call_that_can_not_be_looked_up_now_stays_open_and_is_found_later(runs: Path) -> None:
    painter = Painter(Studio(goes=["lose"], blind=True))
    with pytest.raises(HostUnavailable):
        door(runs).ask(ask(painter, runs))
    assert kinds(runs) == ["reserved"]
    painter.client.blind = False
    door(runs).ask(ask(painter, runs))
    assert len(painter.client.calls) == 2
    assert paid(runs) == PAID


def test_a_host_without_a_list_has_lost_replies_counted_at_their_estimate(runs: Path) -> None:
    painter = Painter(Studio(goes=["lose"], keeps_list=False), steps=("final",))
    door(runs).ask(ask(painter, runs))
    assert kinds(runs) == ["reserved", "failed", "reserved", "submitted", "settled"]
    assert paid(runs) == FINAL_USD + FINAL_USD - Decimal("0.02")


def test_a_host_that_loses_every_reply_is_given_up_with_nothing_left_open(runs: Path) -> None:
    painter = Painter(Studio(goes=["lose before"] * 9))
    with pytest.raises(HostUnavailable, match="chunks s01/t01: painter@studio lost its reply 3 times"):
        door(runs).ask(ask(painter, runs))
    assert kinds(runs) == ["reserved", "failed"]
    assert paid(runs) == 0


def test_a_failure_is_paid_for_and_tried_again_with_another_seed_and_only_its_own_step(runs: Path) -> None:
    painter = Painter(Studio(goes=["well", "fail"]))
    door(runs).ask(ask(painter, runs))
    seeds = [(call["order"].step, call["order"].params["seed"]) for call in painter.client.calls.values()]
    assert seeds == [("draft", 0), ("final", 0), ("final", 1)]
    assert paid(runs) == PAID + FINAL_USD - Decimal("0.02")


def test_after_all_tries_the_error_names_phase_shot_engine_prediction_cause_and_next_move(runs: Path) -> None:
    painter = Painter(Studio(goes=["fail"] * 3))
    said = r"chunks s01/t01: painter@studio \(prediction p2\) failed: boom That was try 3 of 3. Try again with `vgkit"
    with pytest.raises(EngineFailed, match=said):
        door(runs).ask(ask(painter, runs))
    assert paid(runs) == 3 * (DRAFT_USD - Decimal("0.02"))


def test_going_on_after_a_failure_does_not_pay_for_the_same_failure_again(runs: Path) -> None:
    painter = Painter(Studio(goes=["fail"] * 3))
    with pytest.raises(EngineFailed):
        door(runs).ask(ask(painter, runs))
    door(runs).ask(ask(painter, runs))
    drafts = [c["order"].params["seed"] for c in painter.client.calls.values() if c["order"].step == "draft"]
    assert drafts == [0, 1, 2, 3]


def test_what_a_model_refuses_is_said_to_want_other_words(runs: Path) -> None:
    with pytest.raises(PromptRefused, match="Say it in other words"):
        door(runs).ask(ask(Painter(Studio(goes=["nsfw"] * 3)), runs))


def test_what_was_aborted_costs_nothing(runs: Path) -> None:
    door(runs).ask(ask(Painter(Studio(goes=["aborted"])), runs))
    assert paid(runs) == PAID


def test_a_result_that_was_cut_short_is_fetched_again_not_bought_again(runs: Path) -> None:
    painter = Painter(Studio(goes=["noise once"]))
    door(runs).ask(ask(painter, runs))
    assert len(painter.client.calls) == 2


@pytest.mark.parametrize("fate", ["noise", "gone"])
def test_a_result_that_can_not_be_had_is_a_failed_call_that_counts_and_is_not_kept(runs: Path, fate: str) -> None:
    painter = Painter(Studio(goes=[fate] * 3))
    with pytest.raises(EngineFailed, match="gave nothing usable"):
        door(runs).ask(ask(painter, runs))
    assert kinds(runs) == ["reserved", "submitted", "failed"] * 3
    assert not list((runs / "cache").rglob("*.png"))


def test_results_of_no_use_are_asked_for_once_more_and_then_given_up(runs: Path) -> None:
    painter = Painter()
    with pytest.raises(EngineFailed, match="nothing of use"):
        door(runs).ask(ask(painter, runs, text="useless"))
    assert len(painter.client.calls) == 4


def test_a_prediction_its_host_has_forgotten_counts_at_its_estimate(runs: Path) -> None:
    painter = Painter(Studio(goes=["die waiting"]))
    with pytest.raises(KeyboardInterrupt):
        door(runs).ask(ask(painter, runs))
    painter.client.calls.clear()
    door(runs).ask(ask(painter, runs))
    assert kinds(runs)[:3] == ["reserved", "submitted", "failed"]
    assert paid(runs) == DRAFT_USD + PAID


def test_a_prediction_that_is_forgotten_while_it_is_waited_for_counts_and_is_tried_again(runs: Path) -> None:
    painter = Painter(Studio(goes=["forgotten"]))
    door(runs).ask(ask(painter, runs))
    assert kinds(runs)[:3] == ["reserved", "submitted", "failed"]
    assert paid(runs) == DRAFT_USD + PAID


def test_a_crash_between_the_result_and_its_settlement_is_made_good_without_a_second_fetch(runs: Path) -> None:
    painter = Painter(steps=("final",))
    door(runs).ask(ask(painter, runs))
    record = runs / "one" / "events.jsonl"
    *kept, _ = record.read_text().splitlines()
    record.write_text("\n".join(kept) + "\n")
    door(runs).ask(ask(painter, runs))
    assert len(painter.client.calls) == 1
    assert kinds(runs) == ["reserved", "submitted", "settled"]


def test_a_chain_that_can_not_be_paid_to_its_end_is_not_begun(runs: Path) -> None:
    painter = Painter()
    said = r"chunks s01/t01 needs about \$0.400 from painter; \$0.000 of the run's \$0.39 is spent or reserved. Raise"
    with pytest.raises(BudgetExceeded, match=said):
        door(runs, cap="0.39").ask(ask(painter, runs))
    assert painter.client.calls == {}


def test_a_cap_counts_what_was_spent_before_and_a_raised_one_goes_on_without_paying_again(runs: Path) -> None:
    painter = Painter()
    for number in range(2):
        door(runs, cap="0.80").ask(ask(painter, runs, text=f"cup {number}"))
    with pytest.raises(BudgetExceeded, match=r"\$0.720 of the run's \$0.80"):
        door(runs, cap="0.80").ask(ask(painter, runs, text="cup 2"))
    assert paid(runs) == 2 * PAID
    for number in range(3):
        door(runs, cap="1.20").ask(ask(painter, runs, text=f"cup {number}"))
    assert paid(runs) == 3 * PAID
    assert len(painter.client.calls) == 6


def test_the_projects_cap_counts_all_runs(runs: Path) -> None:
    painter = Painter()
    door(runs, run="two", project="0.70").ask(ask(painter, runs))
    with pytest.raises(BudgetExceeded, match=r"\$0.360 of the project's \$0.70.*VGKIT_PROJECT_CAP"):
        door(runs, project="0.70").ask(ask(painter, runs, text="another"))


def test_what_asking_would_mean_can_be_told_without_asking(runs: Path) -> None:
    painter = Painter(Studio(goes=["well", "die waiting"]))
    wish = ask(painter, runs)
    assert door(runs).foresee(wish).usd == DRAFT_USD + FINAL_USD
    with pytest.raises(KeyboardInterrupt):
        door(runs).ask(wish)
    assert door(runs).foresee(wish).means == "open"
    door(runs).ask(wish)
    assert door(runs).foresee(wish).means == "cached"


class Soloist:
    """An engine of a third party that works in one go and has a price."""

    name, host, version, commercial_use = "soloist", "attic", "1", True
    price_usd: Any = staticmethod(lambda request: Decimal("0.40"))

    def __init__(self, paints: str = "paint") -> None:
        self.paints = paints
        self.asked = 0

    def draw(self, request: Wish, out: Path) -> Made:
        self.asked += 1
        out.write_text(self.paints)
        return Made(out, cost_usd=Decimal("0.38"))


def test_an_engine_that_works_in_one_go_is_paid_by_its_own_price(runs: Path) -> None:
    soloist = Soloist()
    door(runs).ask(ask(soloist, runs))
    door(runs, run="two").ask(ask(soloist, runs))
    assert soloist.asked == 1
    assert paid(runs) == Decimal("0.38")
    assert kinds(runs) == ["reserved", "settled"]
    with pytest.raises(BudgetExceeded, match="of the run's"):
        door(runs, cap="0.50").ask(ask(soloist, runs, text="another"))


def test_what_does_not_decode_is_a_failed_call_that_counts_and_is_not_kept(runs: Path) -> None:
    with pytest.raises(EngineFailed, match="soloist gave no usable s01/t01"):
        door(runs).ask(ask(Soloist("noise"), runs))
    assert kinds(runs) == ["reserved", "failed"]
    assert not list((runs / "cache").rglob("*.png"))


def test_an_engine_without_a_price_is_refused(runs: Path) -> None:
    class Unpriced(Soloist):
        price_usd = None

    unpriced = Unpriced()
    with pytest.raises(BudgetExceeded, match="soloist@attic has no price on record"):
        door(runs).ask(ask(unpriced, runs))
    assert unpriced.asked == 0


def test_a_fingerprint_follows_all_that_decides_the_result_and_nothing_else(runs: Path, tmp_path: Path) -> None:
    soloist, one, two = Soloist(), tmp_path / "one.png", tmp_path / "two.png"
    one.write_text("same bytes")
    two.write_text("same bytes")

    def mark(subject: str, text: str, reference: Path) -> str:
        wanted = ask(soloist, runs)
        return ask_mark(type(wanted)(wanted.role, soloist, Wish(subject, text, 0, reference), wanted.out))  # type: ignore[arg-type]

    first = mark("k00", "a cup", one)
    assert first == mark("k07", "a cup", two)
    two.write_text("other bytes")
    assert first != mark("k00", "a cup", two)
    assert first != mark("k00", "a mug", one)
    soloist.version = "2"  # type: ignore[misc]
    assert first != mark("k00", "a cup", one)
