"""The prompt lab in a real browser, as `vgkit studio` serves it: from a word to a version with pictures between."""

from pathlib import Path

import pytest
from browsing import Camera, Studio
from lab_steps import LONG_MS, SCRIPT, change_try_compare_and_keep, press, retype, shown, turn_to
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def opened(studio: Studio, page: Page) -> None:
    studio.open(page, "prompt-lab")
    shown(page)


def test_a_word_is_changed_tried_compared_and_kept(page: Page, studio: Studio, runs: Path, camera: Camera) -> None:
    opened(studio, page)
    assert change_try_compare_and_keep(page, runs, camera) == ["dawn", SCRIPT]


def test_a_grid_is_cancelled_and_what_was_made_is_free_the_next_time(
    page: Page, studio: Studio, camera: Camera
) -> None:
    opened(studio, page)
    turn_to(page, "Render")
    page.locator(".vg-engine select").select_option("sdxl: rehearsed")
    turn_to(page, "Grid")
    retype(page.locator(".vg-across-values textarea"), "1, 2, 3", "1, 2, 3, 4, 5, 6")
    page.locator(".vg-down select").select_option("guidance")
    retype(page.locator(".vg-down-values textarea"), "4.2, 7, 10", "4, 5, 6, 7, 8, 9")
    expect(page.locator("button.vg-grid")).to_contain_text("36 tiles, about")  # more than the host bears at once
    press(page.locator("button.vg-grid"))
    expect(page.locator(".vg-grid-board [data-state=made]").first).to_be_visible(timeout=LONG_MS)
    page.locator("button.vg-grid-cancel").click()
    expect(page.locator(".vg-grid-said")).to_contain_text("Cancelled.", timeout=LONG_MS)
    expect(page.locator(".vg-grid-board [data-state=stopped]").first).to_be_visible()
    expect(page.locator("button.vg-grid")).to_contain_text("cached")
    camera(page, "cancelled", ".vg-lab")


def test_bad_words_are_told_beside_their_field(page: Page, studio: Studio, camera: Camera) -> None:
    opened(studio, page)
    page.locator(".vg-pattern textarea").fill("a {nonsense} of glass")
    field = page.locator(".vg-field", has=page.locator(".vg-pattern"))
    expect(field.locator(".vg-complaint")).to_contain_text("uses the slot {nonsense}; the slots are {prompt}")
    turn_to(page, "Render")
    expect(page.locator("button.vg-render")).to_be_disabled()
    camera(page, "bad", ".vg-lab")


def test_clips_play_side_by_side(page: Page, studio: Studio, camera: Camera) -> None:
    opened(studio, page)
    turn_to(page, "Render")
    page.locator(".vg-kind select").select_option("A short clip")
    press(page.locator("button.vg-render"))
    expect(page.locator(".vg-trial-board video")).to_have_count(1, timeout=LONG_MS)
    page.locator("button.vg-another-seed").click()
    press(page.locator("button.vg-render"))
    expect(page.locator(".vg-trial-board video")).to_have_count(2, timeout=LONG_MS)
    page.locator(".vg-trial-board button.vg-tile-frame").first.focus()
    page.wait_for_function("document.querySelector('.vg-trial-board video').currentTime > 0")
    for tile in page.locator(".vg-trial-board article:has(video) input[type=checkbox]").all():
        tile.check()
    expect(page.locator(".vg-trial-pair video")).to_have_count(2, timeout=LONG_MS)
    camera(page, "clips", ".vg-lab")
