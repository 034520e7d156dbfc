"""The studio's page as a person uses it: fill in the form, have the film made, watch it, save it."""

import io
from pathlib import Path

import pytest
from browsing import Camera, Studio
from PIL import Image
from playwright.sync_api import Page, expect

from vgkit.media.probe import probe
from vgkit.run import all_runs

pytestmark = [pytest.mark.browser, pytest.mark.slow]

FILM_MS = 300_000
_MOVES = "([selector, then]) => document.querySelector(selector).currentTime > then"


def bottle() -> bytes:
    with io.BytesIO() as file:
        Image.new("RGB", (600, 900), "#b5432a").save(file, format="PNG")
        return file.getvalue()


def fill_in(page: Page, **texts: str) -> None:
    for name, text in texts.items():
        page.locator(f".vg-{name.replace('_', '-')} :is(input, textarea)").fill(text)


def test_a_person_makes_watches_and_saves_a_film(
    studio: Studio, page: Page, camera: Camera, runs: Path, tmp_path: Path
) -> None:
    studio.open(page)
    generate = page.locator("button.vg-generate")
    expect(page.locator(".vg-reason")).to_contain_text("Say what the film is about")
    expect(generate).to_be_disabled()
    camera(page, "empty", ".vg-studio")

    fill_in(page, prompt="A brass desk lamp in an evening study. Dims with one finger.", duration_s="100")
    fill_in(page, product="<b>Lumen</b>", brand="Halm", tagline="Read on", call_to_action="halm.example")
    page.locator(".vg-picture input[type=file]").set_input_files(
        {"name": "lamp.png", "mimeType": "image/png", "buffer": bottle()}
    )
    expect(page.locator(".vg-upload-picture").first).to_be_visible()
    expect(page.locator(".vg-complaint-duration-s")).to_contain_text("The most is 60.")
    expect(generate).to_be_disabled()
    camera(page, "complaint", ".vg-studio")

    fill_in(page, duration_s="6")
    expect(page.locator(".vg-beats")).to_contain_text("Meet <b>Lumen</b>")
    expect(generate).to_be_enabled()
    generate.dblclick()
    expect(page.locator(".vg-phase-done")).not_to_have_count(0, timeout=FILM_MS)
    expect(page.locator(".vg-shots img")).not_to_have_count(0, timeout=FILM_MS)
    camera(page, "progress", ".vg-studio")
    expect(page.locator(".vg-run .vg-chip").first).to_have_text("ready", timeout=FILM_MS)
    assert len(all_runs()) == 1

    film = page.locator(".vg-film video").first
    film.scroll_into_view_if_needed()
    page.wait_for_function("selector => document.querySelector(selector).readyState >= 3", arg=".vg-film video")
    film.evaluate("video => { video.muted = true; return video.play() }")
    page.wait_for_function(_MOVES, arg=[".vg-film video", 0.5])
    assert film.evaluate("video => [video.videoWidth, video.videoHeight]") == [1920, 1080]
    expect(page.locator(".vg-checks")).to_contain_text("15 of 15 passed")
    camera(page, "film", ".vg-studio")

    with page.expect_download() as saved:
        page.locator("a.vg-download").click()
    assert saved.value.suggested_filename == "b_lumen_b_16x9_6s.mp4"
    copy = tmp_path / "film.mp4"
    saved.value.save_as(copy)
    assert copy.read_bytes() == (all_runs()[0] / "film.mp4").read_bytes()
    assert (probe(copy).width, probe(copy).height, probe(copy).frames) == (1920, 1080, 180)
