"""The studio's server, asked over HTTP as a browser would, and as a browser would not."""

import json
import os
import signal
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import psutil
import pytest
from page_server import Pages, message, served, told

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pages]:
    with served(tmp_path_factory.mktemp("served")) as pages:
        yield pages


@pytest.fixture(scope="module")
def visitor(pages: Pages) -> Iterator[httpx.Client]:
    with pages.visitor() as client:
        yield client


@pytest.fixture(scope="module")
def page(visitor: httpx.Client) -> str:
    """The studio's page, of a kernel of its own."""
    answer = visitor.get("/")
    assert answer.status_code == 200
    return answer.text


@pytest.fixture(scope="module")
def film(page: str) -> str:
    """The address of a film that the page may show."""
    return str(told(page)["addresses"]["kite/film.mp4"])


def test_a_stranger_sees_nothing_but_the_way_in(pages: Pages, film: str) -> None:
    with pages.stranger() as stranger:
        for path in ("/", "/prompt-lab"):
            assert stranger.get(path).headers["location"].startswith("/login")
        assert stranger.get(film).status_code == 403
        assert stranger.get("/", params={"token": "0" * 32}).headers["location"].startswith("/login")
        assert "Sign in" in stranger.get("/login").text


def test_the_token_opens_the_page_and_leaves_the_address(pages: Pages) -> None:
    with pages.stranger() as person:
        first = person.get("/", params={"token": pages.token})
        assert (first.status_code, first.headers["location"]) == (302, "/")
        assert "<title>Studio · vgkit</title>" in person.get("/").text


def test_a_page_names_no_address_but_of_its_own_server(page: str) -> None:
    foreign = [part.partition('"')[0] for part in page.split("://")[1:]]
    assert {address.partition("/")[0] for address in foreign} == {"www.w3.org"}  # the name of SVG, which nobody asks


def test_the_kernel_is_of_this_very_interpreter(page: str) -> None:
    assert told(page)["python"] == sys.executable


def test_a_film_is_served_whole_and_in_parts(visitor: httpx.Client, film: str) -> None:
    whole = visitor.get(film)
    content = bytes(range(256)) * 4000
    assert (whole.status_code, whole.content) == (200, content)
    assert whole.headers["content-type"] == "video/mp4"
    assert whole.headers["x-content-type-options"] == "nosniff"
    assert "content-disposition" not in whole.headers
    part = visitor.get(film, headers={"Range": "bytes=1000-1999"})
    assert (part.status_code, part.content) == (206, content[1000:2000])
    assert part.headers["content-range"] == f"bytes 1000-1999/{len(content)}"
    assert visitor.get(film, headers={"Range": "bytes=-10"}).content == content[-10:]
    past = visitor.get(film, headers={"Range": f"bytes={len(content)}-"})
    assert (past.status_code, past.headers["content-range"]) == (416, f"bytes */{len(content)}")
    head = visitor.head(film)
    assert (head.status_code, head.headers["content-length"], head.content) == (200, str(len(content)), b"")


def test_a_browser_keeps_a_film_but_asks_whether_it_still_stands(visitor: httpx.Client, film: str) -> None:
    etag = visitor.head(film).headers["etag"]
    assert visitor.get(film, headers={"If-None-Match": etag}).status_code == 304
    stale = visitor.get(film, headers={"Range": "bytes=0-9", "If-Range": '"another"'})
    assert (stale.status_code, len(stale.content)) == (200, 256 * 4000)


def test_a_download_has_the_name_it_was_given(visitor: httpx.Client, page: str) -> None:
    disposition = visitor.head(str(told(page)["download"])).headers["content-disposition"]
    assert disposition == "attachment; filename*=UTF-8''Kite%20%E5%87%A7.mp4"


def test_what_no_page_may_show_is_not_to_be_had(visitor: httpx.Client, page: str, film: str) -> None:
    addresses = told(page)["addresses"]
    shown = {place for place, address in addresses.items() if address}
    assert shown == {"kite/film.mp4", "kite/poster.jpg"}
    _, mark, place = film.removeprefix("vgkit/").split("/", 2)
    tried = [place for place in addresses if place not in shown]
    tried += ["kite/poster.jpg", "kite/%2e%2e/kite/film.mp4", "%2e%2e/runs/kite/film.mp4", "%2fetc%2fhostname", "%00"]
    answers = {place: visitor.get(f"vgkit/files/{mark}/{place}").status_code for place in tried}
    assert set(answers.values()) == {404}, answers
    assert visitor.get(f"vgkit/files/{'0' * 64}/{place}").status_code == 404


def test_a_film_that_was_deleted_is_gone(pages: Pages) -> None:
    clip = pages.folder / "runs" / "cone" / "film.mp4"
    clip.parent.mkdir()
    clip.write_bytes(b"a clip")
    with pages.visitor() as client:
        address = told(cold_page(client))["addresses"]["cone/film.mp4"]
        assert client.get(address).content == b"a clip"
        clip.unlink()
        assert client.get(address).status_code == 404


def cold_page(client: httpx.Client) -> str:
    """A page that was made after this was called: there is no more than this number of warm ones."""
    return [client.get("/").text for _ in range(4)][-1]


@pytest.mark.parametrize(
    "path",
    [
        *("/studio.ipynb", "/other.ipynb", "/voila/render/other.ipynb", "/voila/tree", "/voila/tree/pages"),
        *("/voila/files/other.ipynb", "/voila/files/../vgkit/keys.py", "/voila/api/contents", "/files/other.ipynb"),
        *(
            "/api/contents",
            "/api/kernels",
            "/api/sessions",
            "/api/terminals",
            "/lab",
            "/tree",
            "/.env",
            "/prompt-lab/x",
        ),
        "/voila/query/00000000-0000-0000-0000-000000000000",
    ],
)
def test_nothing_is_served_but_the_two_pages(visitor: httpx.Client, path: str) -> None:
    answer = visitor.get(path)
    assert answer.status_code == 404
    assert "There is no such page" in answer.text


def test_a_cell_that_fails_shows_a_sentence(visitor: httpx.Client) -> None:
    page = visitor.get("/prompt-lab").text
    assert "This part of the page could not be made." in page
    assert "ZeroDivisionError" not in page
    assert "never" not in page


def test_many_people_at_once_have_a_kernel_each(pages: Pages) -> None:
    def visit(_: int) -> int:
        with pages.visitor() as client:
            return int(told(client.get("/").text)["pid"])

    with ThreadPoolExecutor(5) as people:
        pids = list(people.map(visit, range(5)))
    assert len(set(pids)) == 5


def test_a_page_can_not_have_code_run(pages: Pages, visitor: httpx.Client, page: str, tmp_path: Path) -> None:
    done = tmp_path / "done"
    with pages.socket(visitor, told(page)["kernel"]) as socket:
        socket.send(message("execute_request", {"code": f"open({str(done)!r}, 'w')", "silent": False}))
        socket.send(message("kernel_info_request", {}))
        while json.loads(socket.recv(timeout=30))["header"]["msg_type"] != "kernel_info_reply":
            pass
    assert not done.exists()


def test_a_page_of_another_site_can_not_ask_for_a_kernel(pages: Pages, visitor: httpx.Client, page: str) -> None:
    kernel = f"/voila/api/shutdown/{told(page)['kernel']}"
    assert visitor.post(kernel).status_code == 403
    assert visitor.get("/", headers={"Host": "studio.example"}).status_code == 403


def test_the_terminal_shows_no_token_and_no_traceback(pages: Pages, visitor: httpx.Client) -> None:
    visitor.get("/", params={"token": pages.token})
    visitor.get("/prompt-lab")
    visitor.get("/nowhere", params={"token": pages.token})
    assert pages.token not in pages.server.said
    assert "Traceback" not in pages.server.said
    assert "A cell of a page failed: ZeroDivisionError: division by zero" in pages.server.said


@pytest.mark.parametrize("asked", [signal.SIGTERM, signal.SIGINT])
def test_the_server_ends_with_its_kernels_and_what_they_started_goes_on(tmp_path: Path, asked: signal.Signals) -> None:
    start = "import subprocess; subprocess.Popen(['sleep', '300'], start_new_session=True)"
    with served(tmp_path, start) as pages:
        with pages.visitor() as client:
            for _ in range(2):
                client.get("/")
        everything = psutil.Process(pages.server.pid).children(recursive=True)
        runs = [process for process in everything if process.name() == "sleep"]
        os.kill(pages.server.pid, asked)
        _, alive = psutil.wait_procs([process for process in everything if process not in runs], timeout=30)
        going_on = [run for run in runs if run.is_running()]
        for run in going_on:
            run.kill()
    assert alive == []
    assert len(going_on) == len(runs) >= 2
    assert "Traceback" not in pages.server.said


def test_a_server_that_is_asked_to_end_again_and_again_prints_no_traceback(tmp_path: Path) -> None:
    with served(tmp_path) as pages:
        process = psutil.Process(pages.server.pid)
        while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
            process.terminate()
            time.sleep(0.001)
    assert "Traceback" not in pages.server.said
