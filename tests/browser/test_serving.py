"""The studio's server in a real browser: ways in, ways it ends, and that a page lives as long as its kernel."""

import os
import re
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from browsing import Camera, Watched
from page_server import Pages, served, told
from playwright.sync_api import Browser, Page, expect

pytestmark = [pytest.mark.slow, pytest.mark.browser]


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory, chromium: Browser) -> Iterator[Pages]:
    with served(tmp_path_factory.mktemp("served")) as pages:
        yield pages


def open_studio(pages: Pages, page: Page) -> int:
    """Open the page, use it, and give the process behind it."""
    page.goto(f"{pages.address}/?token={pages.token}")
    page.locator(".t-name input").fill("Ann")
    page.keyboard.press("Tab")
    expect(page.locator(".t-greeting")).to_have_text("Hello Ann")
    expect(page.get_by_text("Starting…")).to_have_count(0)
    return int(told(page.inner_text("main"))["pid"])


def test_two_people_at_once_each_talk_to_their_own_kernel(pages: Pages, visitor: Callable[[], Page]) -> None:
    ann, ben = visitor(), visitor()
    assert open_studio(pages, ann) != open_studio(pages, ben)
    ben.locator(".t-name input").fill("Ben")
    ben.keyboard.press("Tab")
    expect(ben.locator(".t-greeting")).to_have_text("Hello Ben")
    expect(ann.locator(".t-greeting")).to_have_text("Hello Ann")


def test_the_kernel_goes_with_its_page(pages: Pages, page: Page) -> None:
    kernel = psutil.Process(open_studio(pages, page))
    page.close(run_before_unload=True)
    psutil.wait_procs([kernel], timeout=30)
    assert not kernel.is_running()


def test_a_page_whose_kernel_is_gone_says_so(pages: Pages, page: Page, watched: Watched, camera: Camera) -> None:
    watched.harmless.append("404|WebSocket")
    os.kill(open_studio(pages, page), signal.SIGKILL)
    lost = page.get_by_text("The page lost its connection. Films that are being made go on.")
    expect(lost).to_be_visible()
    camera(page, "lost")
    page.get_by_role("button", name="Reload").click()
    expect(lost).to_be_hidden()
    expect(page.locator(".t-greeting")).to_have_text("nobody")


def test_who_has_no_token_is_asked_for_it(pages: Pages, page: Page, watched: Watched, camera: Camera) -> None:
    watched.harmless.append("401")
    page.goto(f"{pages.address}/prompt-lab")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.get_by_label("Token").fill("not the token")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("This is not the token of this server.")
    camera(page, "wrong-token")
    page.get_by_label("Token").fill(pages.token)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/prompt-lab$"))
    expect(page.get_by_role("link", name="Prompt lab")).to_have_attribute("aria-current", "page")


def test_a_cell_that_fails_is_a_sentence_on_the_page(pages: Pages, page: Page, camera: Camera) -> None:
    page.goto(f"{pages.address}/prompt-lab?token={pages.token}")
    expect(page.get_by_text("This part of the page could not be made.")).to_be_visible()
    expect(page.get_by_text("Starting…")).to_have_count(0)
    camera(page, "failed-cell")


def test_a_page_that_is_not_there_shows_the_way_to_those_that_are(
    pages: Pages, page: Page, watched: Watched, camera: Camera
) -> None:
    watched.harmless.append("404")
    page.goto(f"{pages.address}/?token={pages.token}")
    page.goto(f"{pages.address}/tree")
    expect(page.get_by_role("heading", name="There is no such page")).to_be_visible()
    camera(page, "no-page")
    page.get_by_role("link", name="Studio").click()
    expect(page.locator(".t-greeting")).to_have_text("nobody")


def test_a_page_of_a_server_that_has_ended_says_so(tmp_path: Path, page: Page, watched: Watched) -> None:
    watched.harmless.append("ERR_|WebSocket|Failed to fetch|NetworkError")
    with served(tmp_path) as pages:
        open_studio(pages, page)
    expect(page.get_by_text("The page lost its connection.")).to_be_visible()
