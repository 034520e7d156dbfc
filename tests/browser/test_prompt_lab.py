"""The prompt lab in a real browser, as `vgkit studio` serves it: from a word to a version with pictures between."""

from pathlib import Path

import pytest
from browsing import Camera, Studio
from playwright.sync_api import Locator, Page, expect

from vgkit.lab.versions import versions
from vgkit.ledger import read_events

pytestmark = [pytest.mark.browser, pytest.mark.slow]

LONG_MS = 60_000
SCRIPT = "<script>alert(1)</script>"


def opened(studio: Studio, page: Page) -> None:
    studio.open(page, "prompt-lab")
    expect(page.locator(".vg-line").first).to_be_visible(timeout=LONG_MS)
    expect(page.locator(".vg-budget")).to_contain_text("is spent in this lab", timeout=LONG_MS)


def turn_to(page: Page, part: str) -> None:
    page.locator(".vg-parts label", has_text=part).click()


def press(button: Locator) -> None:
    expect(button).to_be_enabled(timeout=LONG_MS)
    button.click()


def retype(field: Locator, suggested: str, value: str) -> None:
    """Type over what the page suggests, once it has."""
    expect(field).to_have_value(suggested, timeout=LONG_MS)
    field.fill(value)


def made(page: Page, board: str, count: int) -> None:
    expect(page.locator(f".vg-{board}-board [data-state=made]")).to_have_count(count, timeout=LONG_MS)


def votes(runs: Path) -> list[tuple[str, int]]:
    logs = [read_events(path) for path in runs.glob("lab-*/events.jsonl")]
    return [(event["subject"], event["value"]) for log in logs for event in log.of("vote")]


def test_a_word_is_changed_tried_compared_and_kept(page: Page, studio: Studio, runs: Path, camera: Camera) -> None:
    opened(studio, page)
    page.locator(".vg-pattern textarea").fill("a close-up of {product} at dawn, rim light, {prompt}")
    expect(page.locator(".vg-line-changed").first).to_contain_text("close-up of Aurora")
    expect(page.locator(".vg-line-changed ins", has_text="dawn,").first).to_be_visible()
    camera(page, "prompts", ".vg-lab")

    turn_to(page, "Render")
    expect(page.locator("button.vg-render")).to_contain_text("Render still · free")
    press(page.locator("button.vg-render"))
    made(page, "trial", 1)
    camera(page, "render", ".vg-lab")

    turn_to(page, "Grid")
    retype(page.locator(".vg-across-values textarea"), "1, 2, 3", "1, 2")
    pattern = page.locator(".vg-pattern textarea").input_value()
    retype(page.locator(".vg-down-values textarea"), pattern, "{product} in fog\n{product} in snow")
    expect(page.locator("button.vg-grid")).to_contain_text("4 tiles")
    press(page.locator("button.vg-grid"))
    made(page, "grid", 4)
    expect(page.locator(".vg-grid-board .vg-tile-best")).to_have_count(1)
    page.locator(".vg-grid-board .vg-tile-star").first.click()
    expect(page.locator(".vg-grid-board .vg-tile-star").first).to_have_attribute("aria-pressed", "true")
    assert votes(runs) == [("trial", 1)]
    for place in (0, 3):
        page.locator(".vg-grid-board input[type=checkbox]").nth(place).check()
    expect(page.locator(".vg-grid-pair img")).to_have_count(2)
    camera(page, "grid", ".vg-lab")
    page.locator(".vg-grid-board button.vg-tile-frame").first.press("Enter")
    expect(page.locator("dialog.vg-tiles-look")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("dialog.vg-tiles-look")).to_have_count(0)

    turn_to(page, "Versions")
    page.locator(".vg-version-note input").fill("dawn")
    page.locator("button.vg-save").click()
    expect(page.locator(".vg-version")).to_have_count(1)
    page.locator(".vg-pattern textarea").fill("a close-up of {product} at dusk, rim light, {prompt}")
    page.locator(".vg-version-note input").fill(SCRIPT)
    page.locator("button.vg-save").click()
    expect(page.locator(".vg-depth-1")).to_contain_text(SCRIPT)
    expect(page.locator(".vg-diff ins")).to_have_text("+dusk,")
    expect(page.locator(".vg-diff del")).to_have_text("−dawn,")
    assert [version.note for version in versions()] == ["dawn", SCRIPT]
    page.locator(".vg-template-name input").fill("product_showcase")
    page.locator("button.vg-use").click()
    expect(page.locator(".vg-complaint", has_text="Nothing is written over")).to_be_visible()
    camera(page, "versions", ".vg-lab")
    page.locator(".vg-version", has_text="dawn").first.get_by_role("button", name="Go back to it").click()
    expect(page.locator(".vg-pattern textarea")).to_have_value("a close-up of {product} at dawn, rim light, {prompt}")

    turn_to(page, "Templates")
    expect(page.locator(".vg-columns section")).to_have_count(3)
    camera(page, "templates", ".vg-lab")


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
