"""What a person does in the prompt lab, wherever its page is shown."""

from pathlib import Path

from browsing import Camera
from playwright.sync_api import Locator, Page, expect

from vgkit.lab.versions import versions
from vgkit.ledger import read_events

LONG_MS = 60_000
SCRIPT = "<script>alert(1)</script>"


def shown(page: Page) -> None:
    """Wait until a lab is there, its prompts and its budget."""
    expect(page.locator(".vg-line").first).to_be_visible(timeout=LONG_MS)
    expect(page.locator(".vg-budget")).to_contain_text("is spent in this lab", timeout=LONG_MS)


def turn_to(page: Page, part: str) -> None:
    """Show one of the parts at the right."""
    page.locator(".vg-parts label", has_text=part).click()


def press(button: Locator) -> None:
    """Click a button once it has its price."""
    expect(button).to_be_enabled(timeout=LONG_MS)
    button.click()


def retype(field: Locator, suggested: str, value: str) -> None:
    """Type over what the page suggests, once it has."""
    expect(field).to_have_value(suggested, timeout=LONG_MS)
    field.fill(value)


def made(page: Page, board: str, count: int) -> None:
    """Wait until a board shows so many results."""
    expect(page.locator(f".vg-{board}-board [data-state=made]")).to_have_count(count, timeout=LONG_MS)


def votes(runs: Path) -> list[tuple[str, int]]:
    """What was starred, as all labs have it on record."""
    logs = [read_events(path) for path in runs.glob("lab-*/events.jsonl")]
    return [(event["subject"], event["value"]) for log in logs for event in log.of("vote")]


def change_try_compare_and_keep(page: Page, runs: Path, camera: Camera) -> list[str]:
    """Go through all parts of a lab that is open: words, a trial, a grid, versions and what differs, templates.

    Returns the notes of the versions that are on record in the end.
    """
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
    page.locator(".vg-template-name input").fill("product_showcase")
    page.locator("button.vg-use").click()
    expect(page.locator(".vg-complaint", has_text="Nothing is written over")).to_be_visible()
    camera(page, "versions", ".vg-lab")
    page.locator(".vg-version", has_text="dawn").first.get_by_role("button", name="Go back to it").click()
    expect(page.locator(".vg-pattern textarea")).to_have_value("a close-up of {product} at dawn, rim light, {prompt}")

    turn_to(page, "Templates")
    expect(page.locator(".vg-columns section")).to_have_count(3)
    camera(page, "templates", ".vg-lab")
    return [version.note for version in versions()]
