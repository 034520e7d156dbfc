"""Plans bought through the one door: what each failure ends in, and what it has cost on record."""

from decimal import Decimal
from pathlib import Path

import pytest
from builders import brief, plan, template
from openai_calls import USAGE, answer, completion, openai_host, problem
from studio import door
from wire import Reply, Wire

from vgkit.engines.base import Ask, PlanRequest
from vgkit.engines.catalog import catalog
from vgkit.engines.openai.host import OpenAIHost
from vgkit.engines.openai.planner import ChatPlanner
from vgkit.errors import BudgetExceeded, CreditExhausted, EngineFailed, HostUnavailable, PromptRefused
from vgkit.ledger import Event, read_events
from vgkit.phases.asking import decodes
from vgkit.storyboard import Plan

# The tokens of each answer at the price of gpt-6-luna: 1,500 fresh, 500 cached, 3,000 written.
ONE_ANSWER_USD = Decimal("0.001655")


def bought(host: OpenAIHost, runs: Path, *, cap: str = "1.00", seed: int = 0) -> Plan:
    wish = PlanRequest("plan", brief(), template(), seed=seed)
    ask = Ask("plan", ChatPlanner(catalog()["gpt@openai"], host), wish, runs / "one" / "plan.json")
    return Plan.model_validate_json(door(runs, cap=cap, check=decodes).ask(ask).read_text(encoding="utf-8"))


def events(runs: Path) -> tuple[Event, ...]:
    return read_events(runs / "one" / "events.jsonl").events


def kinds(runs: Path) -> list[str]:
    return [event.kind.removeprefix("call_") for event in events(runs)]


def paid(runs: Path) -> Decimal:
    ended = [event for event in events(runs) if event.kind in ("call_settled", "call_failed")]
    return sum((event.usd("cost_usd") for event in ended), Decimal(0))


def varied(wire: Wire) -> list[bool]:
    """Of each call, whether another idea was asked for."""
    return ["variation" in call.json["messages"][1]["content"] for call in wire.calls]


def test_a_plan_is_bought_once_with_its_tokens_on_record(monkeypatch: pytest.MonkeyPatch, runs: Path) -> None:
    with openai_host(monkeypatch, completion(answer())) as (host, wire):
        assert bought(host, runs) == bought(host, runs) == plan()
    assert len(wire.calls) == 1
    assert kinds(runs) == ["reserved", "submitted", "settled", "cached"]
    assert paid(runs) == ONE_ANSWER_USD
    assert events(runs)[2]["params"]["reasoning_tokens"] == USAGE["completion_tokens_details"]["reasoning_tokens"]  # type: ignore[index]


def test_prose_is_sent_back_once_and_both_answers_are_paid(monkeypatch: pytest.MonkeyPatch, runs: Path) -> None:
    with openai_host(monkeypatch, completion("Here is a plan."), completion(answer())) as (host, wire):
        assert bought(host, runs) == plan()
    assert "the answer is not JSON" in wire.calls[1].json["messages"][3]["content"]
    assert [event.get("step") for event in events(runs) if event.kind == "call_settled"] == [None, "repair"]
    assert paid(runs) == 2 * ONE_ANSWER_USD


def test_a_server_that_never_keeps_to_the_form_ends_in_an_error(monkeypatch: pytest.MonkeyPatch, runs: Path) -> None:
    said = "gave no plan that can be used.*the answer is not JSON"
    with (
        openai_host(monkeypatch, completion("Here is a plan.")) as (host, wire),
        pytest.raises(EngineFailed, match=said),
    ):
        bought(host, runs)
    assert varied(wire) == [False, False, True, True], "two questions, each mended once"
    assert paid(runs) == 4 * ONE_ANSWER_USD


def test_a_refusal_is_asked_otherwise_and_then_told(monkeypatch: pytest.MonkeyPatch, runs: Path) -> None:
    refusal = completion(None, refusal="I can't help with that.")
    said = "the model refused: I can't help with that.*Say it in other words"
    with openai_host(monkeypatch, refusal) as (host, wire), pytest.raises(PromptRefused, match=said):
        bought(host, runs)
    assert varied(wire) == [False, True, True]
    assert paid(runs) == 3 * ONE_ANSWER_USD
    with openai_host(monkeypatch, refusal, completion(answer())) as (host, _):
        assert bought(host, runs, seed=50) == plan()


@pytest.mark.parametrize(
    ("reason", "error", "said"),
    [
        ("length", EngineFailed, "cut off after 3000 tokens.*choose another engine for plan"),
        ("content_filter", PromptRefused, "content filter stopped the answer"),
    ],
)
def test_an_answer_that_was_stopped_ends_in_its_own_error(
    monkeypatch: pytest.MonkeyPatch, runs: Path, reason: str, error: type[Exception], said: str
) -> None:
    with openai_host(monkeypatch, completion("{", reason=reason)) as (host, _), pytest.raises(error, match=said):
        bought(host, runs)
    assert kinds(runs) == ["reserved", "submitted", "failed"] * 3


def test_an_exhausted_quota_costs_nothing_and_is_not_asked_again(monkeypatch: pytest.MonkeyPatch, runs: Path) -> None:
    said = "no credit left"
    with (
        openai_host(monkeypatch, problem(429, "Quota.", code="insufficient_quota")) as (host, wire),
        pytest.raises(CreditExhausted, match=said),
    ):
        bought(host, runs)
    assert (len(wire.calls), paid(runs)) == (1, Decimal(0))


@pytest.mark.parametrize("lost", [Reply(drop=True), problem(502, "Bad gateway")])
def test_a_lost_reply_counts_as_charged_and_is_asked_for_again(
    monkeypatch: pytest.MonkeyPatch, runs: Path, lost: Reply
) -> None:
    with openai_host(monkeypatch, lost, completion(answer())) as (host, _):
        assert bought(host, runs) == plan()
    assert kinds(runs) == ["reserved", "failed", "reserved", "submitted", "settled"]
    reserved, failed, *_ = events(runs)
    assert failed.usd("cost_usd") == reserved.usd("cost_usd") > 0
    assert paid(runs) == reserved.usd("cost_usd") + ONE_ANSWER_USD


def test_replies_that_are_lost_again_and_again_stop_the_run(monkeypatch: pytest.MonkeyPatch, runs: Path) -> None:
    said = "openai lost its reply 3 times"
    with openai_host(monkeypatch, Reply(drop=True)) as (host, wire), pytest.raises(HostUnavailable, match=said):
        bought(host, runs)
    assert len(wire.calls) == 3


def test_nothing_is_asked_beyond_the_cap(monkeypatch: pytest.MonkeyPatch, runs: Path) -> None:
    with openai_host(monkeypatch, completion(answer())) as (host, wire), pytest.raises(BudgetExceeded):
        bought(host, runs, cap="0.001")
    assert wire.calls == []
