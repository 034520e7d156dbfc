"""Fixtures for tests in a real browser. Servers and browser are one file's, and end with it: the browser's library
keeps an event loop in this thread, which other tests must not find."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from browsing import (
    HOW_TO_GET_CHROMIUM,
    WAIT_MS,
    Camera,
    Lab,
    Studio,
    Watched,
    chromium_path,
    lab_server,
    launched,
    must_have_chromium,
    new_page,
    studio_server,
)
from playwright.sync_api import Browser, Page, expect, sync_playwright

_FAILED = pytest.StashKey[bool]()
_HARMLESS = (
    r"favicon\.ico",  # which a page that a test writes has not
    # JupyterLab asks for all kernels every few seconds, and its server has no answer while one of them starts.
    r"500 \(Internal Server Error\) \(http://127\.0\.0\.1:\d+/api/kernels\?\d+\)",
)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    report = yield
    item.stash[_FAILED] = item.stash.get(_FAILED, False) or report.failed
    return report


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """The system's Chromium, without a window."""
    path = chromium_path()
    if path is None:
        (pytest.fail if must_have_chromium() else pytest.skip)(HOW_TO_GET_CHROMIUM)
    expect.set_options(timeout=WAIT_MS)
    with sync_playwright() as playwright:
        browser = launched(playwright, path)
        yield browser
        browser.close()


@pytest.fixture
def watched() -> Watched:
    """What the test's pages asked for and complained about."""
    return Watched(harmless=list(_HARMLESS))


@pytest.fixture
def visitor(
    chromium: Browser, watched: Watched, camera: Camera, request: pytest.FixtureRequest
) -> Iterator[Callable[[], Page]]:
    """Open a page as one more person. Fails the test where a page asked another machine, or complained."""
    pages: list[Page] = []

    def opened() -> Page:
        pages.append(new_page(chromium, watched))
        return pages[-1]

    yield opened
    for number, page in enumerate(pages):
        if request.node.stash.get(_FAILED, False) and not page.is_closed():
            page.screenshot(path=camera.path(f"failed-{number}"))
        page.context.close()
    assert watched.left_this_machine() == []
    assert watched.unexpected() == []


@pytest.fixture
def page(visitor: Callable[[], Page]) -> Page:
    """An empty page."""
    return visitor()


@pytest.fixture
def camera(request: pytest.FixtureRequest) -> Camera:
    """Takes pictures of the test's pages."""
    return Camera(request.node.name)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which this file's servers keep their runs and settings."""
    return tmp_path_factory.mktemp("desk")


@pytest.fixture(scope="module")
def lab(desk: Path, chromium: Browser) -> Iterator[Lab]:
    """JupyterLab with our notebooks."""
    with lab_server(desk) as served:
        yield served


@pytest.fixture(scope="module")
def studio(desk: Path, chromium: Browser) -> Iterator[Studio]:
    """`vgkit studio`."""
    with studio_server(desk) as served:
        yield served


@pytest.fixture
def runs(desk: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The runs folder of this file's servers, for the test's own process too."""
    monkeypatch.setenv("VGKIT_RUNS", str(desk / "runs"))
    return desk / "runs"
