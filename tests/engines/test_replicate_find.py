"""Finding a call whose reply was lost in the account's list: the right one, and no other."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from replicate_calls import VERSION, order, replicate, told
from wire import Call, Reply

from vgkit.engines.hosted import Attachment, Order, ReplyLost
from vgkit.engines.replicate.listing import behind
from vgkit.engines.replicate.matching import same_input, same_model
from vgkit.engines.replicate.replies import Reply as Page
from vgkit.errors import HostUnavailable

CLIP = Attachment(Path("clip.mp4"))
OTHER_VERSION = "7762fd07cf82c948538e41f63f77d685e02b063e37e496e96eefd46c929f9bdc"


def ago(minutes: float) -> datetime:
    return datetime.now(UTC) - timedelta(minutes=minutes)


def stamp(minutes: float) -> str:
    return ago(minutes).isoformat().replace("+00:00", "Z")


def listing(*pages: list[Any], host: str = "") -> Callable[[Call], Reply]:
    """Serve pages by cursor, and each listed prediction by its name."""

    def answer(call: Call) -> Reply:
        path, _, query = call.path.partition("?")
        if path == "/v1/predictions":
            number = int(query.removeprefix("cursor=") or 0)
            more = f"{host}/v1/predictions?cursor={number + 1}" if number + 1 < len(pages) else None
            return Reply(200, {"next": more, "previous": None, "results": pages[number]})
        return Reply(200, told(path.rsplit("/", 1)[1], status="succeeded"))

    return answer


def test_a_call_created_before_its_reply_was_lost_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    created: list[dict[str, Any]] = []

    def answer(call: Call) -> Reply:
        if call.method == "POST":
            created.insert(0, told(f"p{len(created)}", input=call.json["input"], version=call.json["version"]))
            return Reply(drop=True)
        return Reply(200, {"next": None, "results": created})

    with replicate(monkeypatch, answer) as (host, wire):
        since = datetime.now(UTC)
        for seed in (7, 8, 9):
            with pytest.raises(ReplyLost, match="connection"):
                host.create(order(params={"prompt": "a bottle", "seed": seed}), {})
        found = host.find(order(params={"prompt": "a bottle", "seed": 8}), {}, since=since, known=[])
    assert found is not None
    assert found.prediction == "p1"
    assert len(wire.asked("POST")) == 3


def test_what_is_known_already_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    with replicate(monkeypatch, listing([told("p1"), told("p2")])) as (host, _):
        found = host.find(order(), {}, since=ago(1), known={"p1"})
        nothing = host.find(order(), {}, since=ago(1), known={"p1", "p2"})
    assert found is not None
    assert found.prediction == "p2"
    assert nothing is None


def test_the_list_is_read_page_by_page_until_it_is_older(monkeypatch: pytest.MonkeyPatch) -> None:
    other = told("x", input={"prompt": "another"})
    pages = [[other], ["no object", {"id": 5}, other], [told("p1", created_at=stamp(20))], [told("p0")]]
    with replicate(monkeypatch, listing(*pages)) as (host, wire):
        assert host.find(order(), {}, since=ago(3), known=[]) is None
    assert [call.path for call in wire.calls] == ["/v1/predictions", *(f"/v1/predictions?cursor={n}" for n in (1, 2))]


def test_a_clock_that_was_ahead_of_the_hosts_does_not_hide_a_call(monkeypatch: pytest.MonkeyPatch) -> None:
    with replicate(monkeypatch, listing([told("p1", created_at=stamp(14))])) as (host, _):
        assert host.find(order(), {}, since=ago(0), known=[])


def test_a_host_whose_clock_is_far_behind_is_read_further_back() -> None:
    late = Page(200, {"date": f"{ago(60):%a, %d %b %Y %H:%M:%S} GMT"})
    assert behind(late) == pytest.approx(timedelta(minutes=60), abs=timedelta(minutes=1))
    for told_date in (f"{ago(-60):%a, %d %b %Y %H:%M:%S} GMT", "today", ""):
        assert behind(Page(200, {"date": told_date})) == timedelta(0)


def test_the_next_page_is_asked_of_the_api_itself_whatever_host_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    pages = listing([told("x", input={})], [told("p1")], host="https://elsewhere.test")
    with replicate(monkeypatch, pages) as (host, wire):
        assert host.find(order(), {}, since=ago(1), known=["x"])
    assert wire.calls[-1].path == "/v1/predictions?cursor=1"


def test_a_list_without_end_is_an_error_and_not_a_second_payment(monkeypatch: pytest.MonkeyPatch) -> None:
    endless = Reply(200, {"next": "/v1/predictions?cursor=1", "results": [told("x", input={"prompt": "another"})]})
    with replicate(monkeypatch, endless) as (host, _), pytest.raises(HostUnavailable, match="can't be found among"):
        host.find(order(), {}, since=ago(1), known=[])


def test_an_entry_without_input_is_looked_at_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    bare = {"id": "p1", "status": "succeeded", "created_at": stamp(0), "version": VERSION}
    with replicate(monkeypatch, listing([bare, told("p2", input=None, model="a/b", version="f" * 64)])) as (host, wire):
        found = host.find(order(), {}, since=ago(1), known=[])
    assert found is not None
    assert (found.prediction, found.state) == ("p1", "succeeded")
    assert [call.path for call in wire.calls] == ["/v1/predictions", "/v1/predictions/p1"]


def test_of_two_alike_the_one_that_may_deliver_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    with replicate(monkeypatch, listing([told("p2", status="failed"), told("p1", status="processing")])) as (host, _):
        found = host.find(order(), {}, since=ago(1), known=[])
    assert found is not None
    assert found.prediction == "p1"


def emptied(id: str, minutes: float) -> dict[str, Any]:
    """A prediction as it is told an hour after its end."""
    return told(id, input={}, data_removed=True, status="succeeded", created_at=stamp(minutes))


def test_a_call_that_its_host_has_emptied_is_the_first_that_nobody_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who comes back after an hour can't tell it by what was sent, and must not book as free what was charged."""
    listed = [emptied("later", 68), emptied("ours", 69), emptied("known", 69.5), emptied("before", 71)]

    def answer(call: Call) -> Reply:
        path = call.path.partition("?")[0]
        if path == "/v1/predictions":
            return Reply(200, {"next": None, "previous": None, "results": listed})
        return Reply(200, next(each for each in listed if each["id"] == path.rsplit("/", 1)[1]))

    with replicate(monkeypatch, answer) as (host, _):
        found = host.find(order(), {}, since=ago(70), known={"known"})
        nothing = host.find(order(), {}, since=ago(70), known={"known", "ours", "later"})
    assert found is not None
    assert (found.prediction, found.state) == ("ours", "succeeded")
    assert nothing is None


def test_a_call_that_can_be_told_is_taken_before_one_that_was_emptied(monkeypatch: pytest.MonkeyPatch) -> None:
    listed = [told("ours"), emptied("other", 69)]

    def answer(call: Call) -> Reply:
        path = call.path.partition("?")[0]
        if path == "/v1/predictions":
            return Reply(200, {"next": None, "previous": None, "results": listed})
        return Reply(200, listed[1])

    with replicate(monkeypatch, answer) as (host, _):
        found = host.find(order(), {}, since=ago(70), known=())
    assert found is not None
    assert found.prediction == "ours"


def test_an_entry_told_twice_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    with replicate(monkeypatch, listing([told("p1"), told("p1")], [told("p1")])) as (host, _):
        found = host.find(order(), {}, since=ago(1), known=[])
    assert found is not None
    assert found.prediction == "p1"


@pytest.mark.parametrize(
    ("echo", "same"),
    [
        ({}, True),
        ({"version": OTHER_VERSION}, True),
        ({"version": "hidden", "model": "replicate/lifeboat-70b"}, True),
        ({"version": "dp-0123", "model": "replicate/internal"}, True),
        ({"model": "new-owner/zeroscope-v2-xl"}, True),
        ({"version": OTHER_VERSION, "model": ""}, True),
        ({"version": OTHER_VERSION, "model": "stability-ai/sdxl"}, False),
    ],
)
def test_a_version_echoed_differently_is_no_reason_to_pay_twice(echo: dict[str, Any], same: bool) -> None:
    assert same_model(order(), told(**echo)) is same


def test_a_version_may_be_asked_for_with_its_model() -> None:
    assert same_model(order(version=f"anotherjesse/zeroscope-v2-xl:{VERSION}"), told(model="x/y"))


@pytest.mark.parametrize(
    ("sent", "echoed", "same"),
    [
        ({"fps": 8}, {"fps": 8.0}, True),
        ({"weight": 0.2}, {"weight": 0.2}, True),
        ({"size": (1024, 576)}, {"size": [1024, 576]}, True),
        ({"seed": 7, "negative": None}, {"seed": 7}, True),
        ({"seed": 7}, {"seed": 7, "negative": None}, True),
        ({"seed": 7}, {"seed": 8}, False),
        ({"seed": 7}, {"seed": "7"}, False),
        ({"refine": True}, {"refine": 1}, False),
        ({"refine": True}, {"refine": True}, True),
        ({"seed": 7}, {"seed": 7, "image": "https://a.test/x.png"}, False),
        ({"seed": 7, "image": "x"}, {"seed": 7}, False),
        ({"map": {"0": [1, {"a": 2}]}}, {"map": {"0": [1.0, {"a": 2}]}}, True),
        ({"map": {"0": [1, {"a": 2}]}}, {"map": {"0": [1, {"a": 3}]}}, False),
    ],
)
def test_inputs_are_compared_as_json(sent: dict[str, Any], echoed: dict[str, Any], same: bool) -> None:
    assert same_input(order(params=sent), {}, echoed) is same


@pytest.mark.parametrize(
    ("address", "echoed", "same"),
    [
        ("https://a.test/1.mp4", "https://a.test/1.mp4", True),
        ("https://a.test/1.mp4", "https://a.test/2.mp4", False),
        ("data:video/mp4;base64,AAAA", "data:video/mp4;base64,AAAA", True),
        ("data:video/mp4;base64,AAAA", "data:video/mp4;base64,BBBB", False),
        ("data:video/mp4;base64,AAAA", "https://replicate.delivery/kept.mp4", True),
        ("https://a.test/1.mp4", "data:video/mp4;base64,AAAA", True),
        ("", "https://a.test/1.mp4", True),
    ],
)
def test_files_are_compared_where_both_are_told_in_one_way(address: str, echoed: str, same: bool) -> None:
    wish: Order = order(params={"seed": 7, "init_video": CLIP})
    assert same_input(wish, {"init_video": address}, {"seed": 7, "init_video": echoed}) is same
