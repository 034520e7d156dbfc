"""Calls on Replicate, by its own client over real HTTP: what goes out, and what each reply means."""

import socket
import threading
from pathlib import Path
from typing import Any

import pytest
from replicate_calls import LOW_CREDIT, MODEL, TOKEN, VERSION, order, problem, replicate, replies, told
from wire import Call, Reply, serving

from vgkit.engines.hosted import Attachment, ReplyLost, UnknownCall
from vgkit.engines.replicate.host import Replicate
from vgkit.engines.replicate.standings import is_refusal
from vgkit.errors import (
    CreditExhausted,
    EngineError,
    HostUnavailable,
    KeyMissing,
    KeyRejected,
    OrderRejected,
)

CREATED = Reply(201, told())


def test_a_call_goes_out_with_version_input_and_the_time_it_may_take(monkeypatch: pytest.MonkeyPatch) -> None:
    clip = Attachment(Path("clip.mp4"), adapter="push_in")
    wish = order(params={"prompt": "a bottle", "init_video": clip, "negative": None}, deadline_s=600.4)
    with replicate(monkeypatch, CREATED) as (host, wire):
        standing = host.create(wish, {"init_video": "https://files.test/clip.mp4"})
    (sent,) = wire.calls
    assert (sent.method, sent.path) == ("POST", "/v1/predictions")
    assert sent.json == {
        "version": VERSION,
        "input": {"prompt": "a bottle", "init_video": "https://files.test/clip.mp4"},
    }
    assert sent.headers["cancel-after"] == "601s"
    assert sent.headers["authorization"] == f"Bearer {TOKEN}"
    assert "prefer" not in sent.headers
    assert (standing.prediction, standing.state, standing.seconds, standing.over) == ("p1", "waiting", None, False)


def test_each_order_has_its_own_deadline_and_none_is_below_what_the_host_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    with replicate(monkeypatch, CREATED) as (host, wire):
        for deadline_s in (900, 1, 60):
            host.create(order(deadline_s=deadline_s), {})
        host.look("p1")
    assert [call.headers.get("cancel-after") for call in wire.calls] == ["900s", "5s", "60s", None]


def test_a_base_address_that_ends_as_the_next_client_wants_it_serves_too(monkeypatch: pytest.MonkeyPatch) -> None:
    with replicate(monkeypatch, CREATED) as (host, wire):
        monkeypatch.setenv("REPLICATE_BASE_URL", f"{wire.address}/v1/")
        host.create(order(), {})
    assert wire.calls[0].path == "/v1/predictions"


def test_a_host_that_has_spoken_to_one_address_speaks_to_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    with replicate(monkeypatch, CREATED) as (host, wire):
        host.look("p1")
        monkeypatch.delenv("REPLICATE_BASE_URL")
        host.look("p1")
    assert len(wire.calls) == 2


def test_a_base_address_that_is_none_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REPLICATE_API_TOKEN", TOKEN)
    monkeypatch.setenv("REPLICATE_BASE_URL", "replicate.test")
    with pytest.raises(HostUnavailable, match="REPLICATE_BASE_URL is no http or https address"):
        Replicate().look("p1")


def test_making_a_host_needs_no_key_and_asking_it_names_the_key(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("REPLICATE_API_TOKEN", "")
    host = Replicate()
    with pytest.raises(KeyMissing, match="REPLICATE_API_TOKEN"):
        host.look("p1")


@pytest.mark.parametrize(
    "body",
    [
        {"detail": "Request was throttled.", "status": 429, "retry_after": 5},
        {"detail": "Request was throttled. Your rate limit resets in ~30s.", "status": 429},
        {"detail": "Request was throttled. Expected available in 1 second.", "status": 429},
        {"detail": LOW_CREDIT, "status": 429, "retry_after": 5},
        ["not", "an", "object"],
    ],
)
def test_too_many_calls_are_waited_out_and_each_is_created_once(monkeypatch: pytest.MonkeyPatch, body: Any) -> None:
    refused = Reply(429, body)
    with replicate(monkeypatch, replies(refused, refused, CREATED)) as (host, wire):
        assert host.create(order(), {}).prediction == "p1"
    assert len(wire.calls) == 3


def test_many_refusals_for_low_credit_do_not_fail_a_call(monkeypatch: pytest.MonkeyPatch) -> None:
    refused = problem(429, LOW_CREDIT, retry_after=5)
    with replicate(monkeypatch, replies(*[refused] * 20, CREATED)) as (host, wire):
        assert host.create(order(deadline_s=1e5), {}).prediction == "p1"
    assert len(wire.calls) == 21


def test_a_call_that_never_gets_its_turn_ends_with_the_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    with (
        replicate(monkeypatch, problem(429, LOW_CREDIT, retry_after=100)) as (host, _),
        pytest.raises(HostUnavailable, match="took no new call of .* within 300 s .* 6 a minute") as caught,
    ):
        host.create(order(deadline_s=300), {})
    assert "vgkit resume" in str(caught.value)


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_an_error_of_the_host_on_create_is_a_lost_reply_and_sent_once(
    monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    with replicate(monkeypatch, Reply(status, b"<html>Bad gateway</html>")) as (host, wire):
        with pytest.raises(ReplyLost, match=f"HTTP {status}"):
            host.create(order(), {})
        assert len(wire.calls) == 1


@pytest.mark.parametrize(
    "reply",
    [
        Reply(drop=True),
        Reply(201, told(), short=True),
        Reply(201, b"<html>ok</html>"),
        Reply(201, ["a", "list"]),
        Reply(201, {"detail": "no id"}),
    ],
    ids=["reset", "short", "html", "list", "no id"],
)
def test_a_reply_that_can_not_be_read_is_a_lost_one_and_sent_once(
    monkeypatch: pytest.MonkeyPatch, reply: Reply
) -> None:
    with replicate(monkeypatch, reply) as (host, wire):
        with pytest.raises(ReplyLost):
            host.create(order(), {})
        assert len(wire.calls) == 1


def test_a_reply_that_does_not_come_is_a_lost_one(monkeypatch: pytest.MonkeyPatch) -> None:
    done = threading.Event()

    def never(call: Call) -> Reply:
        done.wait(10)
        return CREATED

    with replicate(monkeypatch, never, timeout_s=0.2) as (host, wire):
        with pytest.raises(ReplyLost, match="no reply in time"):
            host.create(order(), {})
        done.set()
    assert len(wire.calls) == 1


def test_a_host_that_can_not_be_reached_ends_with_how_often_it_was_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        monkeypatch.setenv("REPLICATE_API_TOKEN", TOKEN)
        monkeypatch.setenv("REPLICATE_BASE_URL", f"http://127.0.0.1:{taken.getsockname()[1]}")
        monkeypatch.setenv("VGKIT_SPEED", "100000")
        with pytest.raises(HostUnavailable, match=r"replicate did not answer \(no connection 8 times in \d+ s\)"):
            Replicate().create(order(), {})


@pytest.mark.parametrize(
    ("reply", "error", "words"),
    [
        (problem(401, "You did not pass a valid authentication token"), KeyRejected, "REPLICATE_API_TOKEN"),
        (problem(403, "Forbidden"), KeyRejected, "REPLICATE_API_TOKEN"),
        (problem(402, "Insufficient credit"), CreditExhausted, "replicate.com/account/billing"),
        (problem(404, "The requested resource does not exist"), OrderRejected, f"{MODEL} .version {VERSION[:12]}"),
        (problem(422, "- input.fps: Must be at most 60"), OrderRejected, "input.fps: Must be at most 60"),
        (problem(413, "too large"), OrderRejected, "too large"),
        (Reply(400, [1]), OrderRejected, "HTTP 400"),
        (Reply(301, b"", {"Location": "https://elsewhere.test/"}), HostUnavailable, "redirect .HTTP 301."),
    ],
)
def test_a_refusal_is_told_in_our_words_and_sent_once(
    monkeypatch: pytest.MonkeyPatch, reply: Reply, error: type[EngineError], words: str
) -> None:
    with replicate(monkeypatch, reply) as (host, wire):
        with pytest.raises(error, match=words):
            host.create(order(), {})
        assert len(wire.calls) == 1


@pytest.mark.parametrize("status", [401, 402, 422, 404])
def test_no_message_holds_the_key_even_where_the_host_quotes_it(monkeypatch: pytest.MonkeyPatch, status: int) -> None:
    with (
        replicate(monkeypatch, problem(status, f"Bearer {TOKEN} is no good, {TOKEN}")) as (host, _),
        pytest.raises(EngineError) as caught,
    ):
        host.create(order(), {})
    assert TOKEN not in str(caught.value)
    assert TOKEN not in repr(host._wire)


def test_an_aborted_call_is_read_and_free(monkeypatch: pytest.MonkeyPatch) -> None:
    with replicate(monkeypatch, Reply(200, told(status="aborted", metrics={"predict_time": 3.0}))) as (host, _):
        standing = host.look("p1")
    assert (standing.state, standing.seconds, standing.over) == ("aborted", 0.0, True)


@pytest.mark.parametrize("state", ["succeeded", "failed", "canceled"])
def test_every_other_end_is_billed_for_its_predict_time(monkeypatch: pytest.MonkeyPatch, state: str) -> None:
    ended = told(status=state, metrics={"predict_time": 88.4, "total_time": 120.0}, output=["https://x.test/a.mp4"])
    with replicate(monkeypatch, Reply(200, ended)) as (host, _):
        standing = host.look("p1")
    assert (standing.state, standing.seconds) == (state, 88.4)
    assert (standing.facts["total_s"], standing.facts["boot_s"]) == (120.0, 31.6)


def test_a_reply_with_null_addresses_and_missing_fields_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    bare = {"id": "p1", "status": "processing", "urls": {"get": None, "stream": None}, "metrics": None, "logs": None}
    with replicate(monkeypatch, Reply(200, bare)) as (host, _):
        assert host.look("p1").state == "running"


def test_a_state_that_no_document_knows_is_not_waited_for_once_it_has_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    odd = told(status="evicted", completed_at="2026-11-22T10:00:00.123456789Z")
    with replicate(monkeypatch, replies(Reply(200, told(status="warming")), Reply(200, odd))) as (host, _):
        assert host.look("p1").state == "running"
        ended = host.look("p1")
    assert (ended.state, ended.error) == ("failed", "it ended as evicted")


def test_a_call_canceled_before_it_ran_has_cost_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    with replicate(monkeypatch, Reply(200, told(status="canceled"))) as (host, _):
        assert host.look("p1").seconds == 0.0


def test_without_metrics_the_time_between_start_and_end_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = told(status="failed", started_at="2026-11-22T10:00:00Z", completed_at="2026-11-22T10:00:12.5Z")
    with replicate(monkeypatch, Reply(200, ended)) as (host, _):
        assert host.look("p1").seconds == 12.5


def test_a_refusal_by_the_model_is_told_apart_from_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    nsfw = "NSFW content detected. Try running it again, or try a different prompt."
    ends = replies(Reply(200, told(status="failed", error=nsfw)), Reply(200, told(status="failed", error="CUDA OOM")))
    with replicate(monkeypatch, ends) as (host, _):
        refused, failed = host.look("p1"), host.look("p1")
    assert (refused.error, refused.facts["refused"]) == (nsfw, True)
    assert "refused" not in failed.facts
    assert is_refusal("The input or output was flagged as sensitive. Please try again with different inputs. (E005)")
    assert not is_refusal("Prediction interrupted; please retry (code: PA)")


def test_another_version_in_the_reply_is_on_record_and_no_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    echoed = told(version="hidden", model="replicate/lifeboat-70b", logs="x" * 1000)
    with replicate(monkeypatch, Reply(200, echoed)) as (host, _):
        facts = host.look("p1").facts
    assert (facts["version"], facts["model"], len(facts["logs"])) == ("hidden", "replicate/lifeboat-70b", 300)


@pytest.mark.parametrize(
    "bad",
    [
        Reply(429, {"retry_after": 5}, {"Retry-After": "900"}),
        Reply(500, {}),
        Reply(502, b"<html>Bad gateway</html>"),
        Reply(503, [], {"Retry-After": "3600"}),
        Reply(504, b""),
        Reply(200, ["a list"]),
        Reply(200, b"<html>hello</html>"),
        Reply(drop=True),
        Reply(200, told(), short=True),
    ],
)
def test_a_look_is_repeated_until_it_is_answered(monkeypatch: pytest.MonkeyPatch, bad: Reply) -> None:
    with replicate(monkeypatch, replies(bad, bad, Reply(200, told(status="processing")))) as (host, wire):
        assert host.look("p1").state == "running"
    assert len(wire.calls) == 3


def test_a_look_that_is_never_answered_gives_up_with_the_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    with replicate(monkeypatch, replies(Reply(drop=True), Reply(503, {}))) as (host, wire):
        with pytest.raises(
            HostUnavailable,
            match=r"did not answer \(connection reset once, HTTP 503 7 times in \d+ s\). Try again later",
        ):
            host.look("p1")
        assert len(wire.calls) == 8


def test_a_key_that_is_refused_on_the_way_is_not_asked_with_again(monkeypatch: pytest.MonkeyPatch) -> None:
    with replicate(monkeypatch, problem(401, "Unauthenticated")) as (host, wire):
        with pytest.raises(KeyRejected):
            host.look("p1")
        assert len(wire.calls) == 1


def test_a_prediction_the_host_does_not_know_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with replicate(monkeypatch, problem(404, "Not found")) as (host, _):
        with pytest.raises(UnknownCall, match="p1"):
            host.look("p1")
        with pytest.raises(UnknownCall, match="p1"):
            host.cancel("p1")


def test_cancel_tells_how_it_stands_then(monkeypatch: pytest.MonkeyPatch) -> None:
    canceled = Reply(200, told(status="canceled", metrics={"predict_time": 0.128}))
    with replicate(monkeypatch, replies(Reply(503, {}), canceled)) as (host, wire):
        standing = host.cancel("p1")
    assert (standing.state, standing.seconds) == ("canceled", 0.128)
    assert [(call.method, call.path) for call in wire.calls] == [("POST", "/v1/predictions/p1/cancel")] * 2


@pytest.mark.parametrize("first", [problem(422, "already over"), Reply(200, b""), Reply(200, {})])
def test_cancel_of_what_is_over_leaves_it_as_it_is(monkeypatch: pytest.MonkeyPatch, first: Reply) -> None:
    over = Reply(200, told(status="succeeded", metrics={"predict_time": 5.0}))
    with replicate(monkeypatch, replies(first, over)) as (host, _):
        assert host.cancel("p1").state == "succeeded"


def test_a_strange_name_of_a_prediction_stays_within_its_path(monkeypatch: pytest.MonkeyPatch) -> None:
    with replicate(monkeypatch, Reply(200, told())) as (host, wire):
        host.look("../files?x=1")
    assert wire.calls[0].path == "/v1/predictions/..%2Ffiles%3Fx%3D1"


def test_many_threads_get_each_its_own_reply(monkeypatch: pytest.MonkeyPatch) -> None:
    def echo(call: Call) -> Reply:
        return Reply(201, told(id=f"p{call.json['input']['seed']}"))

    got: dict[int, str] = {}

    def make(first: int) -> None:
        for seed in range(first, first + 4):
            got[seed] = host.create(order(params={"seed": seed}), {}).prediction

    with replicate(monkeypatch, echo) as (host, _):
        threads = [threading.Thread(target=make, args=(first,)) for first in (0, 4, 8, 12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert got == {seed: f"p{seed}" for seed in range(16)}


def test_a_proxy_of_the_environment_is_used_but_not_for_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(replies(CREATED)) as proxy, replicate(monkeypatch, CREATED) as (host, wire):
        monkeypatch.setenv("http_proxy", proxy.address)
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)
        host.create(order(), {})
        monkeypatch.setenv("REPLICATE_BASE_URL", "http://replicate.test")
        Replicate().create(order(), {})
        assert len(wire.calls) == 1
        assert proxy.calls[0].path == "http://replicate.test/v1/predictions"
