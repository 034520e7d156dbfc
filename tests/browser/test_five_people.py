"""Five people use one studio at once: each has the page, the words and the film that are theirs, and no one else's."""

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from browsing import Camera, Studio
from playwright.sync_api import Page, expect

from vgkit.run import Run, all_runs
from vgkit.studio.stopping import stop
from vgkit.studio.turns import at_once

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PRODUCTS = ("Amberlite", "Bramblebox", "Coralcup", "Dunelamp", "Elmstool")
FILM_MS = 300_000
_SAFE = "product => (localStorage.getItem('vgkit.draft') ?? '').includes(product)"
_IN_FILES = re.compile(r"/vgkit/files/[0-9a-f]+/([^/]+)/")


def come_in(studio: Studio, pages: Mapping[str, Page]) -> None:
    """Open all pages at the same moment: none waits until another is there."""
    for page in pages.values():
        page.goto(f"http://127.0.0.1:{studio.server.port}/?token={studio.token}", wait_until="commit")


def ask_for_a_film(page: Page, product: str) -> None:
    page.locator(".vg-prompt textarea").wait_for(timeout=FILM_MS)  # five kernels start at once
    page.locator(".vg-prompt textarea").fill("A lamp on a desk in the evening. It dims with one finger.")
    page.locator(".vg-product input").fill(product)
    page.locator(".vg-duration-s input").fill("6")
    page.locator(".vg-aspect select").select_option("1:1 square")  # has the fewest pixels
    expect(page.locator(".vg-beats")).to_contain_text(product)
    page.wait_for_function(_SAFE, arg=product)


def shows_only(page: Page, product: str) -> None:
    """Fail where a page names what another person makes."""
    expect(page.locator(".vg-product input")).to_have_value(product)
    words = page.content()
    assert [other for other in PRODUCTS if other in words and other != product] == []


def asked_for(page: Page) -> set[str]:
    """The runs whose files a page asks for, from now on."""
    names: set[str] = set()
    page.on("request", lambda request: names.update(_IN_FILES.findall(request.url)))
    return names


@pytest.fixture
def films(runs: Path) -> Iterator[None]:
    """What a page starts outlives it and its studio, and so would outlive a test that failed."""
    yield
    for folder in all_runs():
        stop(Run.open(folder))


@pytest.mark.usefixtures("films")
def test_each_of_five_makes_a_film_and_sees_no_one_else_s(
    studio: Studio, visitor: Callable[[], Page], camera: Camera
) -> None:
    pages = {product: visitor() for product in PRODUCTS}
    files = {product: asked_for(page) for product, page in pages.items()}
    come_in(studio, pages)
    for product, page in pages.items():
        ask_for_a_film(page, product)
    people = list(pages.values())
    first, later = people[: at_once()], people[at_once() :]
    for group, state in ((first, "in the making"), (later, "waiting for its turn")):
        for page in group:
            page.locator("button.vg-generate").click()
        for page in group:
            expect(page.locator(".vg-run .vg-chip").first).to_have_text(state)
    for page in later[-1:]:
        camera(page, "waiting", ".vg-run")

    for page in pages.values():
        page.reload(wait_until="commit")
    for product, page in pages.items():
        expect(page.locator(".vg-run h2")).to_have_count(1)
        shows_only(page, product)

    for product, page in pages.items():
        expect(page.locator(".vg-run .vg-chip").first).to_have_text("ready", timeout=FILM_MS)
        expect(page.locator(".vg-film video").first).to_be_visible()
        tiles = page.locator(".vg-history-tiles .vg-tile")
        expect(tiles).to_have_count(1)
        expect(tiles.locator(".vg-tile-title")).to_have_text(product)
        shows_only(page, product)
    camera(people[-1], "ready", ".vg-studio")

    made = {run.brief.product: run for run in map(Run.open, all_runs())}
    assert set(made) == set(PRODUCTS)
    assert len({run.owner for run in made.values()}) == len(PRODUCTS)
    assert files == {product: {run.name} for product, run in made.items()}
