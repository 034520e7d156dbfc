"""The planner's host: the real client against it, over real HTTP."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

import openai
import pytest
from builders import brief, template
from pydantic import BaseModel

from vgkit.engines.base import PlanRequest
from vgkit.engines.catalog import catalog
from vgkit.engines.openai.host import OpenAIHost
from vgkit.engines.openai.planner import ChatPlanner
from vgkit.rehearsal.answers import plan_for
from vgkit.rehearsal.faults import Odds
from vgkit.rehearsal.server import Servers, rehearsing
from vgkit.template_files import template_names

MODEL = "gpt-6-luna"
ASK: list[Any] = [{"role": "user", "content": "Plan a film. Answer in JSON."}]


class Beat(BaseModel):
    beat: str
    prompt: str


class Plan(BaseModel):
    title: str
    light: Literal["day", "night"]
    beats: list[Beat]
    kicker: str | None


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[Servers]:
    with rehearsing(tmp_path, speed=5000.0) as started:
        yield started


def client(servers: Servers) -> openai.OpenAI:
    key = servers.environment["OPENAI_API_KEY"]
    return openai.OpenAI(api_key=key, base_url=servers.openai_url, max_retries=0)


def planned(servers: Servers, **more: Any) -> Any:
    return client(servers).chat.completions.parse(**{"model": MODEL, "messages": ASK, "response_format": Plan, **more})


def faulty(tmp_path: Path, **odds: Odds) -> Any:
    return rehearsing(tmp_path, speed=5000.0, faults=odds)


def test_an_answer_fits_the_schema_that_was_asked_for(servers: Servers) -> None:
    told = planned(servers)
    assert isinstance(told.choices[0].message.parsed, Plan)
    assert told.choices[0].finish_reason == "stop"
    assert told.id.startswith("chatcmpl-")


def test_tokens_are_counted_and_billed_at_the_models_price(servers: Servers) -> None:
    told = planned(servers)
    used = told.usage
    assert used.prompt_tokens + used.completion_tokens == used.total_tokens
    assert 0 < used.completion_tokens_details.reasoning_tokens < used.completion_tokens
    (charge,) = servers.bill()
    assert (charge.prediction, charge.model) == (told.id, MODEL)
    exact = (used.prompt_tokens * Decimal("0.10") + used.completion_tokens * Decimal("0.50")) / 1_000_000
    assert 0 <= charge.usd - exact < Decimal("0.000001")


def test_models_are_told_and_an_unknown_one_is_not_served(servers: Servers) -> None:
    assert MODEL in [model.id for model in client(servers).models.list()]
    assert client(servers).models.retrieve(MODEL).owned_by == "openai"
    with pytest.raises(openai.NotFoundError, match="`gpt-none` does not exist"):
        planned(servers, model="gpt-none")


def test_an_older_model_takes_no_schema_but_json(servers: Servers) -> None:
    with pytest.raises(openai.BadRequestError, match="'json_schema' is not supported with this model"):
        planned(servers, model="gpt-4-turbo")
    plain = {"model": "gpt-4-turbo", "response_format": {"type": "json_object"}}
    told = client(servers).chat.completions.create(**plain, messages=ASK)  # type: ignore[call-overload]
    assert told.choices[0].message.content.startswith("{")
    with pytest.raises(openai.BadRequestError, match="must contain the word 'json'"):
        client(servers).chat.completions.create(**plain, messages=[{"role": "user", "content": "Plan."}])  # type: ignore[call-overload]


def test_a_wrong_key_is_refused_without_quoting_it(servers: Servers) -> None:
    wrong = openai.OpenAI(api_key="sk-wrong-0123456789abcdef", base_url=servers.openai_url, max_retries=0)
    with pytest.raises(openai.AuthenticationError) as refused:
        wrong.models.list()
    assert "sk-wrong" not in str(refused.value)


@pytest.mark.parametrize(
    ("fault", "error", "code"),
    [
        ("unauthorized", openai.AuthenticationError, "invalid_api_key"),
        ("no_credit", openai.RateLimitError, "insufficient_quota"),
        ("invalid", openai.BadRequestError, None),
        ("throttled", openai.RateLimitError, "rate_limit_exceeded"),
        ("error_500", openai.InternalServerError, None),
        ("error_502", openai.InternalServerError, None),
        ("unavailable_503", openai.InternalServerError, None),
    ],
)
def test_a_refusal_costs_nothing(tmp_path: Path, fault: str, error: type[openai.APIStatusError], code: str) -> None:
    with faulty(tmp_path, **{fault: Odds(1.0, times=1)}) as servers:
        with pytest.raises(error) as refused:
            planned(servers)
        assert refused.value.code == code
        assert servers.bill() == []
        assert servers.happened == [fault]


def test_a_throttled_client_is_told_how_long_and_refused_until_then(tmp_path: Path) -> None:
    with rehearsing(tmp_path, speed=10.0, faults={"throttled": Odds(1.0, times=1)}) as servers:
        for _ in range(2):
            with pytest.raises(openai.RateLimitError) as refused:
                planned(servers)
            assert int(refused.value.response.headers["retry-after"]) <= 5


def test_a_lost_reply_has_cost_its_tokens(tmp_path: Path) -> None:
    with faulty(tmp_path, reply_lost=Odds(1.0, times=1)) as servers:
        with pytest.raises(openai.APIConnectionError):
            planned(servers)
        assert len(servers.bill()) == 1


def test_a_reset_costs_nothing(tmp_path: Path) -> None:
    with faulty(tmp_path, reset=Odds(1.0, times=1)) as servers:
        with pytest.raises(openai.APIConnectionError):
            planned(servers)
        assert servers.bill() == []


def test_the_planner_may_refuse_in_words(tmp_path: Path) -> None:
    with faulty(tmp_path, refusal=Odds(1.0, times=1)) as servers:
        message = planned(servers).choices[0].message
        assert (message.parsed, message.content) == (None, None)
        assert message.refusal.startswith("I'm sorry")
        assert len(servers.bill()) == 1


def test_the_planner_may_break_its_json(tmp_path: Path) -> None:
    with faulty(tmp_path, invalid_json=Odds(1.0, times=1)) as servers, pytest.raises(ValueError, match="Invalid JSON"):
        planned(servers)


@pytest.mark.parametrize("name", template_names())
def test_the_real_planner_gets_a_plan_it_can_use_at_once(
    servers: Servers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    for variable, value in servers.environment.items():
        monkeypatch.setenv(variable, value)
    entry = catalog()["gpt@openai"]
    planner = ChatPlanner(entry, OpenAIHost())
    request = PlanRequest("plan", brief(brand="Aurora", tagline="Cold for a day"), template(name))
    order = planner.next_order(request, [])
    assert order is not None
    standing = planner.client.create(order, {})
    planner.client.fetch(standing, tmp_path / "answer.json")
    assert planner.next_order(request, [tmp_path / "answer.json"]) is None, "no repair is asked for"
    planner.finish(request, [tmp_path / "answer.json"], tmp_path / "plan.json")
    assert [charge.usd for charge in servers.bill()] == [planner.cost_usd(order, standing)]
    assert [charge.prediction for charge in servers.bill()] == [standing.prediction]


def test_a_template_of_ones_own_is_planned_too() -> None:
    beats = {"beats": [{"beat": "dawn"}, {"beat": "noon"}, {"beat": "night"}]}
    told = plan_for({"prompt": "A cup on a table."}, beats, seed=0)
    assert [beat.beat for beat in told.beats] == ["dawn", "noon", "night"]
    assert all(beat.prompt for beat in told.beats)
