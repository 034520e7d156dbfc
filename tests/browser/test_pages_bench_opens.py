"""The bench of pages finds on each what it waits for."""

import pytest
from browsing import Studio
from playwright.sync_api import Browser

from vgkit.bench.pages import PAGES, Page, open_page

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_takes_a_word_and_answers(studio: Studio, chromium: Browser, page: Page) -> None:
    address = f"http://127.0.0.1:{studio.server.port}/{page.path}?token={studio.token}"
    opened = open_page(chromium, address, page)
    assert 0 < opened.typed_s < opened.answered_s
