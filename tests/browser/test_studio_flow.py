"""The studio's page as a person uses it, in JupyterLab and as `vgkit studio` serves it: from words to a saved film."""

import shutil
from pathlib import Path

import pytest
from browsing import Camera, Lab
from builders import run as begun
from playwright.sync_api import Page, expect
from studio_steps import (
    FILM_MS,
    GOOD,
    PAGE,
    Place,
    expect_state,
    family,
    fill_in,
    generate,
    held_still,
    in_lab,
    in_studio,
    lamp,
    left_of,
    opened_name,
    stop,
)

from vgkit.media.conform import conform_file
from vgkit.media.probe import probe
from vgkit.pipeline import run_phases
from vgkit.run import Run, all_runs

pytestmark = [pytest.mark.browser, pytest.mark.slow]

VIDEO = ".vg-film video"
BOTH_MOVE = "[...document.querySelectorAll('.vg-beside video')].filter(each => each.currentTime > 0.3).length === 2"
SHOWS_A_FILM = "selector => document.querySelector(selector)?.readyState >= 2"
MOVES = "([selector, then]) => document.querySelector(selector).currentTime > then"


@pytest.fixture(params=["studio", "lab"])
def place(request: pytest.FixtureRequest) -> Place:
    served = request.getfixturevalue(request.param)
    return in_lab(served) if request.param == "lab" else in_studio(served)


@pytest.fixture(scope="module")
def films(desk: Path) -> list[str]:
    """The names of two films that nobody's page has made."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VGKIT_RUNS", str(desk / "runs"))
        first = begun(name="kite", product="Kite", prompt="A red kite over dunes.")
        run_phases(first)
        shutil.copytree(first.folder, first.folder.with_name("twin"))
    return ["kite", "twin"]


def ask_for_a_film(place: Place, page: Page, camera: Camera) -> Run:
    """Fill in the form, and have a film begun that waits after its stills."""
    place.show(page)
    expect(page.locator(".vg-reason")).to_contain_text("Say what the film is about")
    expect(page.locator("button.vg-generate")).to_be_disabled()
    camera(page, "1-empty", PAGE)
    fill_in(page, **GOOD)
    page.locator(".vg-picture input[type=file]").set_input_files(lamp())
    expect(page.locator(".vg-picture .vg-upload-picture")).to_be_visible()
    page.get_by_label("Show me the stills first").check()
    expect(page.locator(".vg-beats")).to_contain_text("Meet Lumen")
    expect(page.locator("button.vg-generate")).to_be_enabled()
    camera(page, "2-filled", PAGE)
    return generate(page)


def approve_the_stills(page: Page, camera: Camera) -> None:
    """Look at the stills and say yes."""
    expect_state(page, "stills to approve")
    page.wait_for_function("document.querySelector('.vg-stills img').naturalWidth > 0")
    page.wait_for_function("document.querySelector('.vg-stills video').readyState >= 2")
    camera(page, "3-stills", PAGE)
    page.get_by_role("button", name="Make the film").click()
    expect_state(page, "in the making")
    expect(page.locator(".vg-stills img")).to_have_count(0)


def come_back_twice(place: Place, page: Page, run: Run, camera: Camera) -> Page:
    """Reload in the middle, then close the page and open another; the film is there each time."""
    expect(page.locator(".vg-phase-running")).to_have_count(1, timeout=FILM_MS)
    with held_still(run):
        place.reload(page)
        expect_state(page, "in the making")
        context = page.context
        page.close()
        page = context.new_page()
        place.show(page)
        expect_state(page, "in the making")
        expect(page.locator(".vg-picture .vg-upload-picture")).to_be_visible()
        expect(page.locator(".vg-product input")).to_have_value("Lumen")
        assert opened_name(page) == run.name
        camera(page, "4-progress", PAGE)
    return page


def stop_and_go_on(page: Page, run: Run, camera: Camera) -> None:
    """Stop it, see that nothing of it is left, and have it made to its end."""
    expect(page.locator(".vg-shots img")).to_have_count(3)
    processes = family(run)
    stop(page)
    assert left_of(run, processes) == []
    camera(page, "5-stopped", PAGE)
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("progressbar", name="how much of the film is made")).to_be_visible()
    expect(page.locator(".vg-shots video")).to_have_count(3, timeout=FILM_MS)
    expect_state(page, "ready")
    expect(page.locator(".vg-phase-done, .vg-phase-kept")).to_have_count(6)


def watch_it(page: Page, camera: Camera) -> None:
    """Play the film with the page's own button."""
    page.wait_for_function(SHOWS_A_FILM, arg=VIDEO)
    size = (
        "selector => { const video = document.querySelector(selector); return [video.videoWidth, video.videoHeight] }"
    )
    assert page.evaluate(size, VIDEO) == [1920, 1080]
    page.locator(".vg-film").get_by_role("button", name="Play").click()
    page.wait_for_function(MOVES, arg=[VIDEO, 0.5])
    page.locator(".vg-film").get_by_role("button", name="Pause").click()
    expect(page.locator(".vg-checks")).to_contain_text("15 of 15 passed")
    camera(page, "6-film", PAGE)


def save_it(page: Page, folder: Path, camera: Camera) -> list[Path]:
    """Download the film, and have it exported to a folder."""
    with page.expect_download() as saved:
        page.locator("a.vg-download").click()
    assert saved.value.suggested_filename == "lumen_16x9_6s.mp4"
    downloaded = folder / "downloaded.mp4"
    saved.value.save_as(downloaded)
    page.get_by_label("Export to").fill(str(folder / "mine"))
    page.get_by_role("button", name="Export", exact=True).click()
    exported = folder / "mine/lumen_16x9_6s.mp4"
    expect(page.locator(".vg-copyable code")).to_have_text(str(exported), timeout=FILM_MS)
    expect_state(page, "ready")
    camera(page, "7-exported", PAGE)
    return [downloaded, exported]


def test_a_film_is_made_from_words_and_a_picture_to_a_saved_file(
    place: Place, page: Page, runs: Path, camera: Camera, tmp_path: Path
) -> None:
    run = ask_for_a_film(place, page, camera)
    approve_the_stills(page, camera)
    page = come_back_twice(place, page, run, camera)
    stop_and_go_on(page, run, camera)
    watch_it(page, camera)
    downloaded, exported = save_it(page, tmp_path, camera)

    assert downloaded.read_bytes() == exported.read_bytes() == run.path("film.mp4").read_bytes()
    found = probe(downloaded)
    assert (found.width, found.height, found.frames, found.audio_codec) == (1920, 1080, 180, "aac")
    conform_file(downloaded, aspect="16:9", seconds=6).require()
    assert run.path("references/product.png").is_file()
    assert [path.name for path in all_runs()].count(run.name) == 1


def test_past_films_are_opened_and_watched_in_step(place: Place, page: Page, films: list[str], camera: Camera) -> None:
    place.show(page)
    for name in films:
        tile = page.locator(f".vg-history-tiles li[data-key={name}]")
        expect(tile.locator(".vg-chip")).to_have_text("ready")
        expect(tile.locator("img")).to_be_visible()
        tile.get_by_role("checkbox").check()
    page.get_by_role("button", name="Compare the two").click()
    beside = page.locator(".vg-beside")
    expect(beside.locator(".vgp")).to_have_attribute("aria-busy", "false")
    beside.get_by_role("button", name="Play").click()
    page.wait_for_function(BOTH_MOVE)
    beside.get_by_role("button", name="Pause").click()
    expect(beside.locator(".vgp-title").first).to_contain_text("Kite, kite")
    camera(page, "compared", PAGE)

    page.locator(".vg-history-tiles li[data-key=kite] button").click()
    expect_state(page, "ready")
    expect(page.locator(".vg-run-head")).to_be_in_viewport()
    assert opened_name(page) == "kite"
    page.wait_for_function(SHOWS_A_FILM, arg=VIDEO)
    camera(page, "opened", PAGE)
    page.get_by_role("button", name="Close", exact=True).click()
    expect(page.locator(".vg-run")).to_be_hidden()


COMPLAINTS = {
    "prompt": (" ", "Say in a sentence or two what the film is about."),
    "product": ("x" * 61, "Has 61 characters; keep it to 60 characters."),
    "duration_s": ("5", "The least is 6."),
    "tagline": ("Read 𓀀", "(U+13000), which no shipped font can draw. Write it otherwise."),
}


def test_each_complaint_stands_beside_its_field_and_generate_says_what_is_wrong(
    place: Place, page: Page, runs: Path, camera: Camera
) -> None:
    place.show(page)
    before = len(all_runs())
    fill_in(page, **GOOD)
    expect(page.locator("button.vg-generate")).to_be_enabled()
    for name, (typed, _) in COMPLAINTS.items():
        fill_in(page, **{name: typed})
    for name, (_, told) in COMPLAINTS.items():
        field = page.locator(".vg-field", has=page.locator(f".vg-{name.replace('_', '-')}"))
        expect(field.locator(".vg-complaint")).to_contain_text(told)
    expect(page.locator(".vg-reason")).to_contain_text("What is the film about: Say in a sentence")
    expect(page.locator(".vg-reason")).to_contain_text("more.")
    expect(page.locator("button.vg-generate")).to_be_disabled()
    camera(page, "complaints", PAGE)
    fill_in(page, **GOOD)
    expect(page.locator("button.vg-generate")).to_be_enabled()
    expect(page.locator(".vg-complaint:visible")).to_have_count(0)
    assert len(all_runs()) == before


def test_the_page_can_be_read_in_a_dark_jupyterlab(lab: Lab, page: Page, films: list[str], camera: Camera) -> None:
    in_lab(lab).show(page)
    fill_in(page, **{**GOOD, "duration_s": "5"})
    page.locator(".vg-history-tiles li[data-key=kite] button").click()
    expect_state(page, "ready")
    expect(page.locator(".vg-complaint-duration-s .vg-complaint")).to_be_visible()
    page.evaluate("jupyterapp.commands.execute('apputils:change-theme', { theme: 'JupyterLab Dark' })")
    expect(page.locator("body")).to_have_attribute("data-jp-theme-light", "false")
    page.wait_for_function(SHOWS_A_FILM, arg=VIDEO)
    camera(page, "dark", PAGE)
