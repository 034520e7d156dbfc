"""Chat models as a host: the real client over real HTTP, and each way an answer can fail."""

import logging
import socket
from datetime import UTC, datetime
from pathlib import Path

import pytest
from openai_calls import KEY, MODEL, answer, completion, openai_host, order, problem

from vgkit.engines.hosted import Host, OutputGone, ReplyLost, UnknownCall
from vgkit.engines.openai.host import OpenAIHost
from vgkit.errors import CreditExhausted, HostUnavailable, KeyMissing, KeyRejected, OrderRejected, VgkitError

QUOTA = {"type": "insufficient_quota", "code": "insufficient_quota"}


def test_an_answer_comes_with_its_tokens_and_the_model_that_gave_it(monkeypatch: pytest.MonkeyPatch) -> None:
    with openai_host(monkeypatch, completion(answer())) as (host, _):
        standing = host.create(order(), {})
    assert (standing.prediction, standing.state, standing.output) == ("chatcmpl-1", "succeeded", answer())
    assert standing.facts == {
        "model": "gpt-6-luna-2026-09-01",
        "finish_reason": "stop",
        "prompt_tokens": 2000,
        "completion_tokens": 3000,
        "cached_tokens": 500,
        "reasoning_tokens": 1800,
        "fits_schema": True,
    }


def test_the_schema_that_is_sent_holds_no_ranges_and_asks_for_every_field(monkeypatch: pytest.MonkeyPatch) -> None:
    with openai_host(monkeypatch, completion(answer())) as (host, wire):
        host.create(order(), {})
    (call,) = wire.calls
    assert (call.method, call.path) == ("POST", "/v1/chat/completions")
    sent = call.json
    assert sent.pop("stream") is False
    assert sorted(sent) == ["messages", "model", "response_format"], "neither a temperature nor a cap on tokens"
    form = sent["response_format"]["json_schema"]
    assert form["strict"] is True
    assert set(form["schema"]["required"]) == set(form["schema"]["properties"])
    assert not any(word in call.body.decode() for word in ("minLength", "maxLength", "minimum", "minItems", "pattern"))


def test_a_model_without_schemas_is_asked_for_json(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = {"messages": [{"role": "user", "content": "Answer in JSON."}], "structured": "json_object"}
    with openai_host(monkeypatch, completion(answer())) as (host, wire):
        standing = host.create(order(model="gpt-4-turbo", params=plain), {})
    assert wire.calls[0].json["response_format"] == {"type": "json_object"}
    assert standing.output == answer()


@pytest.mark.parametrize("text", ["Here is your plan: a bottle.", f"```json\n{answer()}\n```", '{"title": "Aur', "{}"])
def test_a_server_that_ignores_the_schema_is_read_all_the_same(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    with openai_host(monkeypatch, completion(text)) as (host, _):
        standing = host.create(order(), {})
    assert (standing.state, standing.output) == ("succeeded", text)
    assert standing.facts["fits_schema"] is False


def test_a_refusal_is_told_in_the_models_words_and_keeps_its_cost(monkeypatch: pytest.MonkeyPatch) -> None:
    with openai_host(monkeypatch, completion(None, refusal="I can't help with that.")) as (host, _):
        standing = host.create(order(), {})
    assert (standing.state, standing.error) == ("failed", "the model refused: I can't help with that.")
    assert standing.facts["refused"] is True
    assert standing.facts["completion_tokens"] == 3000


def test_an_answer_that_was_cut_off_says_after_how_much(monkeypatch: pytest.MonkeyPatch) -> None:
    with openai_host(monkeypatch, completion('{"title": "Aur', reason="length")) as (host, _):
        standing = host.create(order(), {})
    assert standing.state == "failed"
    assert standing.error.startswith("the answer was cut off after 3000 tokens; try again, or choose another model")
    assert "refused" not in standing.facts


def test_a_content_filter_counts_as_a_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    with openai_host(monkeypatch, completion("", reason="content_filter")) as (host, _):
        standing = host.create(order(), {})
    assert (standing.state, standing.facts["refused"]) == ("failed", True)
    assert standing.error == "the host's content filter stopped the answer"


def test_a_server_that_counts_no_tokens_and_names_no_call_will_do(monkeypatch: pytest.MonkeyPatch) -> None:
    bare = completion(answer(), id=None, usage=None, created=None, object=None)
    with openai_host(monkeypatch, bare) as (host, _):
        standing = host.create(order(), {})
    assert standing.prediction.startswith("chat-")
    assert "prompt_tokens" not in standing.facts


@pytest.mark.parametrize("headers", [{"retry-after-ms": "40"}, {"retry-after": "2"}, {"retry-after": "soon"}, {}])
def test_a_rate_limit_is_waited_out(monkeypatch: pytest.MonkeyPatch, headers: dict[str, str]) -> None:
    limit = problem(429, "Rate limit reached", code="rate_limit_exceeded", headers=headers)
    with openai_host(monkeypatch, limit, limit, completion(answer())) as (host, wire):
        assert host.create(order(), {}).state == "succeeded"
    assert len(wire.calls) == 3


def test_a_rate_limit_without_end_gives_up_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    limit = problem(429, "Rate limit reached for gpt-6-luna.", headers={"retry-after": "99999"})
    said = r"did not take the call in 6 tries: HTTP 429: Rate limit reached for gpt-6-luna. Try again later"
    with openai_host(monkeypatch, limit) as (host, wire), pytest.raises(HostUnavailable, match=said):
        host.create(order(), {})
    assert len(wire.calls) == 6


def test_an_exhausted_quota_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    spent = problem(429, "You exceeded your current quota.", **QUOTA)
    with openai_host(monkeypatch, spent) as (host, wire):
        with pytest.raises(CreditExhausted, match="no credit left .*exceeded your current quota.*vgkit resume"):
            host.create(order(), {})
        assert len(wire.calls) == 1


@pytest.mark.parametrize("status", [401, 403])
def test_a_key_that_is_refused_is_not_quoted(monkeypatch: pytest.MonkeyPatch, status: int) -> None:
    refused = problem(status, f"Incorrect API key provided: {KEY}.")
    said = "does not accept the key in OPENAI_API_KEY"
    with openai_host(monkeypatch, refused) as (host, _), pytest.raises(KeyRejected, match=said) as caught:
        host.create(order(), {})
    assert KEY not in str(caught.value)


@pytest.mark.parametrize("status", [404, 403])
def test_a_model_that_is_gone_names_those_that_stay(monkeypatch: pytest.MonkeyPatch, status: int) -> None:
    gone = problem(status, "The model `gpt-4-turbo` does not exist", code="model_not_found")
    said = r"does not serve gpt-4-turbo .*VGKIT_GPT_MODEL \(.*gpt-6-luna.*\), or use --engine plan=sketch"
    with openai_host(monkeypatch, gone) as (host, _), pytest.raises(OrderRejected, match=said):
        host.create(order(model="gpt-4-turbo"), {})


def test_a_model_that_takes_no_schema_names_the_next_move(monkeypatch: pytest.MonkeyPatch) -> None:
    unfit = problem(400, "Invalid parameter: 'response_format' of type 'json_schema' is not supported.")
    with openai_host(monkeypatch, unfit) as (host, wire):
        with pytest.raises(OrderRejected, match="'json_schema' is not supported.*Choose another with VGKIT_GPT_MODEL"):
            host.create(order(), {})
        assert len(wire.calls) == 1


@pytest.mark.parametrize("status", [408, 409, 500, 502, 503])
def test_an_error_of_the_server_may_have_cost_and_is_not_asked_again(
    monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    with openai_host(monkeypatch, problem(status, "Try later.")) as (host, wire):
        with pytest.raises(ReplyLost, match=f"OpenAI answered HTTP {status}: Try later"):
            host.create(order(), {})
        assert len(wire.calls) == 1


def test_a_connection_that_breaks_may_have_cost_and_is_not_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = completion(answer())
    for reply in (type(broken)(drop=True), type(broken)(200, broken.body, short=True)):
        with openai_host(monkeypatch, reply) as (host, wire):
            with pytest.raises(ReplyLost, match="the connection to OpenAI broke"):
                host.create(order(), {})
            assert len(wire.calls) == 1


def test_a_reply_that_does_not_come_in_time_may_have_cost(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        monkeypatch.setenv("OPENAI_API_KEY", KEY)
        monkeypatch.setenv("OPENAI_BASE_URL", f"http://127.0.0.1:{deaf.getsockname()[1]}/v1")
        with pytest.raises(ReplyLost, match="ReadTimeout"):
            OpenAIHost().create(order(deadline_s=0.05), {})


@pytest.mark.parametrize("body", [b"<html>Welcome to the wireless network</html>", b"[]", b'{"choices": []}', b"null"])
def test_a_page_that_is_no_completion_counts_as_a_lost_reply(monkeypatch: pytest.MonkeyPatch, body: bytes) -> None:
    reply = type(completion())(200, body)
    with openai_host(monkeypatch, reply) as (host, _), pytest.raises(ReplyLost, match="is no chat completion"):
        host.create(order(), {})


@pytest.mark.parametrize("address", ["http://127.0.0.1:9/v1", "127.0.0.1:9/v1"])
def test_a_host_that_can_not_be_reached_is_named(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_BASE_URL", address)
    monkeypatch.setenv("VGKIT_SPEED", "1000")
    with pytest.raises(HostUnavailable, match=rf"OpenAI \({address}\) did not take the call.*check OPENAI_BASE_URL"):
        OpenAIHost().create(order(), {})


def test_the_key_is_asked_for_at_the_first_call(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.chdir(tmp_path)
    host = OpenAIHost()
    assert isinstance(host.name, str)
    with pytest.raises(KeyMissing, match="OPENAI_API_KEY is not set, and OpenAI needs it"):
        host.create(order(), {})


def test_a_chat_call_can_not_be_looked_up(tmp_path: Path) -> None:
    host: Host = OpenAIHost()
    assert host.keeps_list is False
    assert host.find(order(), {}, since=datetime.now(UTC), known=()) is None
    for ask in (host.look, host.cancel):
        with pytest.raises(UnknownCall):
            ask("chatcmpl-1")
    with pytest.raises(OrderRejected, match="product.png can't be sent"):
        host.attach(tmp_path / "product.png")


def test_an_answer_is_written_as_it_came(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with openai_host(monkeypatch, completion("Zwölf Öfen"), completion("")) as (host, _):
        host.fetch(host.create(order(), {}), tmp_path / "answer.json")
        with pytest.raises(OutputGone, match="answer chatcmpl-1 is empty"):
            host.fetch(host.create(order(), {}), tmp_path / "none.json")
    assert (tmp_path / "answer.json").read_text(encoding="utf-8") == "Zwölf Öfen"
    assert not (tmp_path / "none.json").exists()


def test_no_key_is_logged_or_told(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    bad = [problem(status, f"Bad key {KEY}") for status in (400, 401, 404, 429, 500)]
    said = []
    for reply in [*bad, completion("prose"), type(completion())(200, f"<p>{KEY}</p>".encode())]:
        with openai_host(monkeypatch, reply) as (host, wire):
            try:
                host.create(order(), {})
            except (VgkitError, ReplyLost) as error:
                said.append(str(error))
            assert all(call.headers["authorization"] == f"Bearer {KEY}" for call in wire.calls)
    assert len(said) == 6
    assert not any(KEY in text for text in (*said, caplog.text))
    assert MODEL in "".join(said)
