"""What goes wrong at the studio's page: files that are no pictures, words that are code, clicks that come twice, films
that are deleted or killed, money and keys that are not there. Each is said where it is, and the page goes on."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from browsing import TOP, Camera, Studio, studio_server
from builders import run as begun
from playwright.sync_api import Page, expect
from studio_steps import FILM_MS, GOOD, PAGE, expect_state, family, fill_in, generate, lamp, left_of, stop
from turn_taking import turn_of

from vgkit.pipeline import run_phases
from vgkit.run import all_runs

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SCRIPT = "<script>window.__pwned = 1</script>"
PICTURE = "<img src=x onerror='window.__pwned=1'>"
EVIL = PICTURE + SCRIPT
SVG = f"<svg xmlns='http://www.w3.org/2000/svg' width='600' height='600'>{SCRIPT}</svg>"
KEYS = ("OPENAI_API_KEY", "REPLICATE_API_TOKEN")


@pytest.fixture(scope="module", autouse=True)
def one_at_a_time() -> Iterator[None]:
    """Servers without keys that make one film at a time, so that a test can let a film wait."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VGKIT_AT_ONCE", "1")
        for key in KEYS:
            patch.delenv(key, raising=False)
        yield


@pytest.fixture(scope="module")
def film(desk: Path) -> str:
    """The name of a film that nobody's page has made, and whose words are code."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VGKIT_RUNS", str(desk / "runs"))
        run = begun(name="evil", product=EVIL[:60], brand=SCRIPT, prompt=f"{SCRIPT} A lamp. {PICTURE}")
        run_phases(run)
    return run.name


@pytest.fixture
def rich(tmp_path: Path) -> Iterator[Studio]:
    """A studio with keys, all of whose films together may cost a cent."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VGKIT_PROJECT_CAP", "0.01")
        for key in KEYS:
            patch.setenv(key, "r8_" + "k" * 37)
        with studio_server(tmp_path) as served:
            yield served


@pytest.fixture
def alarms(page: Page) -> list[str]:
    """The dialogs that a page opened."""
    opened: list[str] = []
    page.on("dialog", lambda dialog: (opened.append(dialog.message), dialog.dismiss()))
    return opened


def open_filled(studio: Studio, page: Page, **texts: str) -> None:
    studio.open(page)
    fill_in(page, **{**GOOD, **texts})
    expect(page.locator("button.vg-generate")).to_be_enabled()


def tile_of(page: Page, name: str) -> str:
    return f".vg-history-tiles li[data-key='{name}']"


def choose(page: Page, path: Path) -> None:
    page.locator(".vg-picture input[type=file]").set_input_files(path)


def test_a_file_that_is_no_picture_is_refused_and_one_that_is_too_large_is_not_even_sent(
    studio: Studio, page: Page, tmp_path: Path, camera: Camera
) -> None:
    sent: list[int] = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda payload: sent.append(len(payload))))
    studio.open(page)
    page.locator(".vg-picture input[type=file]").set_input_files(lamp())
    expect(page.locator(".vg-picture .vg-upload-picture")).to_be_visible()
    before = sum(sent)
    complaint = page.locator(".vg-field", has=page.locator(".vg-picture")).locator(".vg-upload-complaint")

    large = tmp_path / "holiday.png"
    with large.open("wb") as file:
        file.truncate(100_000_000)
    choose(page, large)
    expect(complaint).to_have_text("holiday.png has 100 MB; the most is 25 MB. Save it smaller.")
    camera(page, "large", PAGE)
    for name, text in (("setup.exe", "MZ"), ("logo.svg", SVG)):
        (tmp_path / name).write_text(text)
        choose(page, tmp_path / name)
        expect(complaint).to_have_text(f"{name} is no picture that can be used here. Give a PNG, JPEG or WebP.")
    assert sum(sent) - before < 50_000

    for name, text in (("notes.png", "Only words."), (f"{SVG[:4]} vector.png", SVG), ("half.png", "\x89PNG\r\n")):
        (tmp_path / name).write_text(text)
        choose(page, tmp_path / name)
        expect(complaint).to_contain_text(name.replace("<", "_"))
        expect(complaint).not_to_contain_text("Traceback")
        expect(page.locator(".vg-picture .vg-upload-name")).to_have_text("lamp.png")
    camera(page, "no-picture", PAGE)
    page.locator(".vg-picture").get_by_role("button", name="Remove").click()
    expect(page.locator(".vg-picture .vg-upload-picture")).to_be_hidden()
    expect(complaint).to_be_hidden()


def test_code_in_every_field_is_shown_as_text_and_none_of_it_runs(
    studio: Studio, page: Page, runs: Path, film: str, alarms: list[str], tmp_path: Path, camera: Camera
) -> None:
    studio.open(page)
    page.get_by_role("button", name="More choices").click()
    texts = ("prompt", "product", "brand", "tagline", "call_to_action", "duration_s", "seed", "name")
    fill_in(page, **dict.fromkeys(texts, SCRIPT))
    expect(page.locator(".vg-complaint-name .vg-complaint")).to_contain_text("<script>")
    expect(page.locator(".vg-complaint-seed .vg-complaint")).to_be_visible()
    camera(page, "form", PAGE)

    fill_in(page, prompt=f"{EVIL} A lamp.", product=PICTURE, brand=SCRIPT, tagline=SCRIPT, call_to_action=SCRIPT)
    fill_in(page, duration_s="6", seed="1", name="")
    picture = lamp(f"{PICTURE}.png".replace("/", ""))
    page.locator(".vg-picture input[type=file]").set_input_files(picture)
    expect(page.locator(".vg-picture .vg-upload-name")).to_contain_text("_img src_x onerror")
    expect(page.locator(".vg-beats")).to_contain_text(PICTURE)
    with turn_of("another"):
        run = generate(page)
        expect(page.locator(".vg-run-head h2")).to_contain_text("<img src=x")
        expect_state(page, "waiting for its turn")
        expect(page.locator(tile_of(page, run.name))).to_contain_text("<img src=x")
        camera(page, "waiting", PAGE)
        stop(page)

    page.locator(f"{tile_of(page, film)} button").click()
    expect_state(page, "ready")
    expect(page.locator(".vgp-title")).to_contain_text("<img src=x")
    page.get_by_label("Export to").fill(f"{tmp_path}/{PICTURE}")
    page.get_by_role("button", name="Export", exact=True).click()
    expect(page.locator(".vg-copyable code")).to_contain_text(PICTURE, timeout=FILM_MS)
    camera(page, "film", PAGE)
    assert page.evaluate("window.__pwned") is None
    assert alarms == []
    assert page.locator(f"{PAGE} :is(script, img[src=x])").count() == 0


def test_two_quick_clicks_begin_one_film_and_one_that_is_deleted_is_said_to_be(
    studio: Studio, page: Page, runs: Path, camera: Camera
) -> None:
    before = set(all_runs())
    open_filled(studio, page)
    with turn_of("another"):
        page.locator("button.vg-generate").dblclick(delay=20)
        expect_state(page, "waiting for its turn")
        expect(page.locator(".vg-reason")).to_contain_text("This film is in the making")
        (folder,) = set(all_runs()) - before
        stop(page)
    shutil.rmtree(folder)
    expect_state(page, "deleted")
    expect(page.locator(".vg-trouble")).to_contain_text("The folder of this run was deleted.")
    expect(page.locator(tile_of(page, folder.name))).to_have_count(0)
    camera(page, "deleted", PAGE)
    page.get_by_role("button", name="Close", exact=True).click()
    expect(page.locator(".vg-run")).to_be_hidden()
    with turn_of("another"):
        assert generate(page).folder.is_dir()
        stop(page)


def test_a_film_whose_process_is_killed_is_said_to_have_broken_off_and_goes_on(
    studio: Studio, page: Page, runs: Path, camera: Camera
) -> None:
    open_filled(studio, page)
    run = generate(page)
    expect(page.locator(".vg-phase-done").first).to_be_visible(timeout=FILM_MS)
    processes = family(run)
    processes[0].kill()
    expect_state(page, "broken off")
    assert left_of(run, processes) == []
    expect(page.locator(".vg-run-head")).to_contain_text("What is finished is kept; go on.")
    expect(page.locator(".vg-phase-running")).to_have_count(0)
    camera(page, "broken-off", PAGE)
    page.get_by_role("button", name="Go on").click()
    expect_state(page, "in the making")
    expect(page.locator(".vg-phase-kept").first).to_be_visible(timeout=FILM_MS)
    expect(page.locator(".vg-shots img").first).to_be_visible(timeout=FILM_MS)
    stop(page)


def test_a_folder_that_can_not_be_written_is_said_beside_the_export_and_the_film_stays(
    studio: Studio, page: Page, film: str, runs: Path, tmp_path: Path, camera: Camera
) -> None:
    studio.open(page)
    page.locator(f"{tile_of(page, film)} button").click()
    expect_state(page, "ready")
    (tmp_path / "file").write_text("in the way")
    page.get_by_label("Export to").fill(str(tmp_path / "file/films"))
    page.get_by_role("button", name="Export", exact=True).click()
    expect(page.locator(".vg-export-trouble [role=alert]")).to_contain_text(str(tmp_path / "file"), timeout=FILM_MS)
    expect(page.locator(".vg-film .vgp")).to_be_visible()
    expect_state(page, "ready, not exported")
    camera(page, "not-written", PAGE)
    page.get_by_label("Export to").fill(str(tmp_path / "films"))
    page.get_by_role("button", name="Export", exact=True).click()
    expect(page.locator(".vg-copyable code")).to_contain_text(str(tmp_path / "films"), timeout=FILM_MS)
    expect(page.locator(".vg-export-trouble [role=alert]")).to_have_count(0)


def test_without_keys_a_hosted_film_is_not_begun_and_can_be_rehearsed(
    studio: Studio, page: Page, camera: Camera
) -> None:
    open_filled(studio, page)
    page.get_by_label(re.compile("^Development")).check()
    expect(page.locator(".vg-complaint-profile")).to_contain_text("REPLICATE_API_TOKEN")
    expect(page.locator("button.vg-generate")).to_be_disabled()
    camera(page, "no-keys", PAGE)
    page.get_by_label(re.compile("^Rehearse it")).check()
    expect(page.locator(".vg-estimate")).to_contain_text("Nothing is sent or paid.")
    expect(page.locator("button.vg-generate")).to_be_enabled()


def test_a_full_budget_and_a_cap_below_the_estimate_are_said_with_their_cures(
    rich: Studio, page: Page, camera: Camera
) -> None:
    open_filled(rich, page)
    page.get_by_label(re.compile("^Development")).check()
    expect(page.locator(".vg-reason [role=alert]")).to_contain_text("All films together may cost $0.01: $0.00 is spent")
    expect(page.locator(".vg-reason [role=alert]")).to_contain_text("Set VGKIT_PROJECT_CAP to at least")
    expect(page.locator("button.vg-generate")).to_be_disabled()
    camera(page, "full", PAGE)
    page.get_by_role("button", name="More choices").click()
    page.get_by_label(re.compile("^Rehearse it")).check()
    expect(page.locator("button.vg-generate")).to_be_enabled()
    fill_in(page, cap_usd="0.01")
    field = page.locator(".vg-field", has=page.locator(".vg-cap-usd"))
    expect(field.locator(".vg-complaint")).to_contain_text("its cap is $0.01. Raise the cap to at least $")
    expect(page.locator("button.vg-generate")).to_be_disabled()
    camera(page, "cap", PAGE)
    fill_in(page, cap_usd="a lot")
    expect(field.locator(".vg-complaint")).to_be_visible()
    expect(field.locator(".vg-complaint")).not_to_contain_text("cap is $0.01")


ASKS_ELSEWHERE = """
def test_it(page):
    page.set_content("<img src='http://example.com/pixel.png'>")
    page.wait_for_function("document.querySelector('img').complete")
"""


@pytest.mark.usefixtures("chromium")
def test_a_page_that_asks_another_machine_fails_its_test(tmp_path: Path) -> None:
    shutil.copy(TOP / "tests/browser/conftest.py", tmp_path)
    (tmp_path / "test_elsewhere.py").write_text(ASKS_ELSEWHERE)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--rootdir={tmp_path}", str(tmp_path)]
    told = subprocess.run(
        command, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(TOP / "tests")}, capture_output=True, text=True
    )
    assert told.returncode == 1
    assert "1 passed, 1 error" in told.stdout
    assert "http://example.com/pixel.png" in told.stdout
