"""In JupyterLab a person compares the takes of a shot, and puts another one into the cut."""

import json
import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from browsing import Camera, Lab, Watched
from builders import run as started
from playwright.sync_api import Locator, Page, expect

from vgkit.files import sha256_of
from vgkit.lock import RunLock
from vgkit.phases.animatic import draw_animatic
from vgkit.phases.chunks import make_chunks
from vgkit.phases.references import gather_references
from vgkit.phases.validate import plan_storyboard
from vgkit.run import Run

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PICKER = ".vg-take-page"
PLAYING = f"() => [...document.querySelectorAll('{PICKER} video')].filter(each => each.readyState >= 2).length === 2"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of a film of six seconds up to its cut, with two takes of each shot."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VGKIT_RUNS", str(tmp_path_factory.mktemp("made")))
        run = started(name="picked")
        for phase in (plan_storyboard, draw_animatic, gather_references, partial(make_chunks, takes=2)):
            phase(run)
        yield run.folder


@pytest.fixture
def film(made: Path, runs: Path) -> Iterator[Run]:
    """A film of one's own, where the server looks for it."""
    shutil.copytree(made, runs / "picked")
    yield Run.open("picked")
    shutil.rmtree(runs / "picked")


def told(run: Run, name: str) -> Any:
    return json.loads(run.path(name).read_text("utf-8"))


def clips(run: Run) -> dict[str, str]:
    return {path.relative_to(run.folder).as_posix(): sha256_of(path) for path in run.folder.glob("chunks/*/*.mp4")}


def opened(page: Page, lab: Lab) -> Locator:
    lab.prepare("04_chunks.ipynb", run_dir="picked", takes=2)
    lab.open(page, "04_chunks.ipynb")
    lab.run_all(page)
    picker = page.locator(PICKER)
    expect(picker).to_be_visible()
    return picker


def test_a_click_puts_another_take_into_the_cut_and_leaves_the_rest(
    page: Page, watched: Watched, lab: Lab, camera: Camera, film: Run
) -> None:
    picks, before, cut = told(film, "chunks/picks.json"), clips(film), sha256_of(film.path("cut.mkv"))
    other = {"t01": "t02", "t02": "t01"}[picks["s02"]]
    picker = opened(page, lab)
    expect(picker.locator("video")).to_have_count(0)
    camera(page, "folded", PICKER)

    picker.get_by_role("button", name="Compare the takes of s02").click()
    page.wait_for_function(PLAYING)
    assert len({url for url in watched.requests if "/vgkit/files/" in url}) == 2
    camera(page, "opened", PICKER)

    use = picker.get_by_role("button", name=f"Use {other}", exact=True)
    use.focus()
    page.keyboard.press("Enter")
    expect(picker.locator(".vg-take-said")).to_contain_text(f"s02 shows {other}. The cut was joined anew")
    expect(picker.locator(".vg-take-s02 .vg-take-line")).to_contain_text(f"{other} is in the cut your choice")
    expect(picker.get_by_role("button", name=f"Keep {other}")).to_be_disabled()
    camera(page, "chosen", PICKER)
    page.evaluate("jupyterapp.commands.execute('apputils:change-theme', { theme: 'JupyterLab Dark' })")
    expect(page.locator("body")).to_have_attribute("data-jp-theme-light", "false")
    camera(page, "dark", PICKER)

    assert {shot: choice["take"] for shot, choice in told(film, "choices.json").items()} == {"s02": other}
    assert told(film, "chunks/picks.json") == picks | {"s02": other}
    assert clips(film) == before
    assert sha256_of(film.path("cut.mkv")) != cut

    picker.get_by_role("button", name="Let the rule pick").click()
    expect(picker.locator(".vg-take-said")).to_contain_text(f"s02 shows {picks['s02']}")
    assert told(film, "choices.json") == {}
    picker.get_by_role("button", name="Close s02").click()
    expect(picker.locator("video")).to_have_count(0)


def test_a_run_at_which_another_works_is_said_and_the_choice_can_be_made_again(
    page: Page, lab: Lab, camera: Camera, film: Run
) -> None:
    picker = opened(page, lab)
    picker.get_by_role("button", name="Compare the takes of s01").click()
    use = picker.get_by_role("button", name="Keep t01")
    with RunLock(film.folder):
        use.click()
        expect(picker.get_by_role("alert")).to_contain_text("Run picked is in use")
    camera(page, "refused", PICKER)
    assert not film.path("choices.json").exists()
    use.click()
    expect(picker.locator(".vg-take-said")).to_contain_text("s01 shows t01")
