"""Files on their way to Replicate and back: once, whole, and without the key where it is not due."""

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from replicate_calls import TOKEN, problem, replicate, replies
from wire import Call, Reply, serving

from vgkit.engines.hosted import OutputGone, Standing
from vgkit.errors import HostUnavailable, OrderRejected

CLIP = bytes(range(256)) * 300
VIDEO = {"Content-Type": "video/mp4"}


def ended(output: Any) -> Standing:
    return Standing("p1", "succeeded", output=output, seconds=88.4)


def bring(monkeypatch: pytest.MonkeyPatch, out: Path, output: Callable[[str], Any], answer: Any) -> list[Call]:
    """Fetch what a server apart from the API serves; tell what that server was asked."""
    with replicate(monkeypatch, Reply(404)) as (host, api), serving(answer) as files:
        host.fetch(ended(output(files.address)), out)
        assert api.calls == []
        return files.calls


@pytest.mark.parametrize(
    "shape",
    [
        lambda address: f"{address}/a.mp4",
        lambda address: [f"{address}/a.mp4", f"{address}/b.mp4"],
        lambda address: [None, "", f"{address}/a.mp4"],
        lambda address: {"seed": 7, "video": f"{address}/a.mp4"},
        lambda address: {"files": [{"url": f"{address}/a.mp4"}]},
    ],
)
def test_the_file_is_found_in_whatever_a_model_gives(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, shape: Callable[[str], Any]
) -> None:
    calls = bring(monkeypatch, tmp_path / "raw" / "out.mp4", shape, replies(Reply(200, CLIP, VIDEO)))
    assert (tmp_path / "raw" / "out.mp4").read_bytes() == CLIP
    assert [call.path for call in calls] == ["/a.mp4"]
    assert [path.name for path in (tmp_path / "raw").iterdir()] == ["out.mp4"]


@pytest.mark.parametrize(
    "address", ["data:image/png;base64," + base64.b64encode(CLIP).decode(), "data:text/plain,%00%01"]
)
def test_bytes_that_come_inline_are_taken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, address: str) -> None:
    with replicate(monkeypatch, Reply(404)) as (host, wire):
        host.fetch(ended([address]), tmp_path / "out.png")
    assert (tmp_path / "out.png").read_bytes() in (CLIP, b"\x00\x01")
    assert wire.calls == []


@pytest.mark.parametrize(
    ("output", "words"),
    [
        (None, "has removed it"),
        ([], "an empty list"),
        ({}, "an empty list"),
        ([None], "no file"),
        ("A cat.", "no file but 'A cat.'"),
        ("data:image/png;base64,@@@@", "does not decode"),
        ("data:image/png;base64,", "empty"),
        ("http://a.test:b/x.mp4", "an address that is none"),
        ("https:///x.mp4", "without a host"),
    ],
)
def test_an_output_without_a_file_is_gone_and_says_what_there_was(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, output: Any, words: str
) -> None:
    with replicate(monkeypatch, Reply(404)) as (host, _), pytest.raises(OutputGone, match=words):
        host.fetch(ended(output), tmp_path / "out.mp4")
    assert list(tmp_path.iterdir()) == []


def test_no_key_goes_to_a_host_that_is_not_the_api(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (call,) = bring(monkeypatch, tmp_path / "out.mp4", lambda at: f"{at}/a.mp4", replies(Reply(200, CLIP)))
    assert "authorization" not in call.headers
    assert TOKEN not in str(call.headers)


def test_a_file_on_the_api_itself_is_asked_for_with_the_key(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with replicate(monkeypatch, Reply(200, CLIP)) as (host, wire):
        host.fetch(ended(f"{wire.address}/v1/files/f1/download"), tmp_path / "out.mp4")
    assert wire.calls[0].headers["authorization"] == f"Bearer {TOKEN}"


def test_the_key_stays_behind_when_the_api_sends_us_elsewhere_and_back(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    addresses: dict[str, str] = {}

    def api(call: Call) -> Reply:
        if call.path == "/back.mp4":
            return Reply(200, CLIP)
        return Reply(302, b"", {"Location": addresses["files"] + "/a.mp4"})

    def elsewhere(call: Call) -> Reply:
        return Reply(307, b"", {"Location": addresses["api"] + "/back.mp4"})

    with replicate(monkeypatch, api) as (host, wire), serving(elsewhere) as files:
        addresses.update(api=wire.address, files=files.address)
        host.fetch(ended(f"{wire.address}/v1/files/f1/download"), tmp_path / "out.mp4")
    assert [call.headers.get("authorization") for call in (*wire.calls, *files.calls)] == [
        f"Bearer {TOKEN}",
        None,
        None,
    ]
    assert (tmp_path / "out.mp4").read_bytes() == CLIP


def test_a_redirect_without_end_is_given_up(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(OutputGone, match="redirected more than 5 times"):
        bring(monkeypatch, tmp_path / "out.mp4", lambda at: at, replies(Reply(302, b"", {"Location": "/again"})))


@pytest.mark.parametrize("location", ["file:///etc/passwd", "ftp://files.test/a.mp4"])
def test_a_redirect_to_anything_but_the_web_is_not_followed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, location: str
) -> None:
    with pytest.raises(OutputGone, match="not followed|without a host"):
        bring(monkeypatch, tmp_path / "out.mp4", lambda at: at, replies(Reply(302, b"", {"Location": location})))


@pytest.mark.parametrize(
    "bad",
    [Reply(200, CLIP, short=True), Reply(503, {}), Reply(429, {}), Reply(404, {}), Reply(drop=True), Reply(200, b"")],
)
def test_a_download_that_fails_is_repeated(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, bad: Reply) -> None:
    calls = bring(monkeypatch, tmp_path / "out.mp4", lambda at: at, replies(bad, bad, Reply(200, CLIP)))
    assert (tmp_path / "out.mp4").read_bytes() == CLIP
    assert len(calls) == 3


@pytest.mark.parametrize(
    ("bad", "words", "tries"),
    [
        (Reply(404, {}), "no longer at 127.0.0.1 .HTTP 404 3 times", 3),
        (Reply(410, {}), "HTTP 410", 3),
        (Reply(403, {}), "HTTP 403", 3),
        (Reply(200, CLIP, short=True), "ended after .* of 76,800 bytes, 3 times", 3),
        (Reply(200, b""), "ended after 0 of 0 bytes", 3),
        (Reply(418, {}), "HTTP 418", 1),
        (Reply(200, b"x", {"Content-Length": "600000000"}), "more than 500 MB", 1),
    ],
)
def test_a_result_that_can_not_be_had_any_more_is_gone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, bad: Reply, words: str, tries: int
) -> None:
    asked: list[Call] = []

    def answer(call: Call) -> Reply:
        asked.append(call)
        return bad

    with pytest.raises(OutputGone, match=words):
        bring(monkeypatch, tmp_path / "out.mp4", lambda at: at, answer)
    assert len(asked) == tries
    assert list(tmp_path.iterdir()) == []


def test_a_result_is_not_given_up_for_gone_because_its_server_was_down(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    down, cut = Reply(503, {}), Reply(200, CLIP, short=True)
    bring(monkeypatch, tmp_path / "out.mp4", lambda at: at, replies(down, down, cut, Reply(200, CLIP)))
    assert (tmp_path / "out.mp4").read_bytes() == CLIP


def test_a_server_of_files_that_is_down_leaves_the_result_for_later(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with pytest.raises(HostUnavailable, match=r"HTTP 503 from 127.0.0.1 8 times .* `vgkit resume`; nothing was lost"):
        bring(monkeypatch, tmp_path / "out.mp4", lambda at: f"{at}/a.mp4?signature=abc", replies(Reply(503, {})))
    assert list(tmp_path.iterdir()) == []


def test_what_a_file_is_called_by_its_server_does_not_matter(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    bring(monkeypatch, tmp_path / "out.mp4", lambda at: at, replies(Reply(200, CLIP, {"Content-Type": "text/html"})))
    assert (tmp_path / "out.mp4").read_bytes() == CLIP


def uploaded(id: str = "f1") -> Reply:
    return Reply(201, {"id": id, "urls": {"get": f"https://api.replicate.com/v1/files/{id}"}})


def file_of(tmp_path: Path, name: str, size: int) -> Path:
    path = tmp_path / name
    with path.open("wb") as file:
        file.truncate(size)
    return path


def test_a_small_file_travels_inside_the_order(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "still.PNG"
    path.write_bytes(CLIP)
    with replicate(monkeypatch, uploaded()) as (host, wire):
        assert host.attach(path) == "data:image/png;base64," + base64.b64encode(CLIP).decode()
    assert wire.calls == []


def test_a_larger_file_is_uploaded_once_whatever_it_is_called(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    first, second = file_of(tmp_path, "Große Marke.mp4", 256_001), file_of(tmp_path, "same.mp4", 256_001)
    with replicate(monkeypatch, uploaded()) as (host, wire):
        assert {host.attach(path) for path in (first, second, first)} == {"https://api.replicate.com/v1/files/f1"}
    (sent,) = wire.calls
    assert (sent.method, sent.path) == ("POST", "/v1/files")
    assert b'name="content"; filename="input.mp4"' in sent.body
    assert b"Content-Type: video/mp4" in sent.body
    assert len(sent.body) > 256_001


def test_an_upload_is_repeated_with_all_its_bytes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = file_of(tmp_path, "clip.mp4", 300_000)
    with replicate(monkeypatch, replies(Reply(500, {}), Reply(201, {"id": "f1"}), uploaded())) as (host, wire):
        assert host.attach(path).endswith("/f1")
    assert len(wire.calls) == 3
    assert min(len(call.body) for call in wire.calls) > 300_000


def test_a_file_that_is_too_large_is_refused_before_it_leaves(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = file_of(tmp_path, "long.mp4", 100_000_000)
    with replicate(monkeypatch, uploaded()) as (host, wire):
        with pytest.raises(OrderRejected, match="long.mp4 has 100.0 MB, and replicate takes less than 100 MB"):
            host.attach(path)
        assert wire.calls == []


def test_a_file_that_the_host_finds_too_large_is_told_with_its_size(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = file_of(tmp_path, "clip.mp4", 300_000)
    with (
        replicate(monkeypatch, problem(413, "Files must be less than 100MB in size")) as (host, _),
        pytest.raises(OrderRejected, match="clip.mp4 .0.3 MB. too large .HTTP 413: Files must be less than 100MB"),
    ):
        host.attach(path)
