"""What a person does on the studio's page, step by step; and what is left of a film's processes."""

import io
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psutil
from browsing import Lab, Studio
from PIL import Image
from playwright.sync_api import FilePayload, Page, expect

from vgkit.run import Run
from vgkit.studio.launches import launch_of

FILM_MS = 300_000
STOP_MS = 20_000
PAGE = ".vg-studio"
GOOD = {
    "prompt": "A brass desk lamp in an evening study. Dims with one finger.",
    "product": "Lumen",
    "brand": "Halm",
    "tagline": "Read on",
    "call_to_action": "halm.example",
    "duration_s": "6",
}
_NOTEBOOK_IS_OPEN = "globalThis.jupyterapp?.shell.currentWidget?.sessionContext !== undefined"


@dataclass(frozen=True)
class Place:
    """One of the two places in which the studio's page is shown: how a person comes to it, and comes back to it."""

    show: Callable[[Page], None]
    reload: Callable[[Page], object]


def in_lab(lab: Lab) -> Place:
    """JupyterLab, where a person runs the cells of the notebook, and after a reload runs them again."""

    def run(page: Page) -> None:
        lab.run_all(page)
        expect(page.locator(PAGE)).to_have_count(1)

    def show(page: Page) -> None:
        lab.open(page, "studio.ipynb")
        run(page)

    def reload(page: Page) -> None:
        page.evaluate("jupyterapp.commands.execute('docmanager:save')")
        page.reload()
        page.wait_for_function(_NOTEBOOK_IS_OPEN)
        run(page)

    return Place(show, reload)


def in_studio(studio: Studio) -> Place:
    """`vgkit studio`, where the page is there when it is opened."""
    return Place(studio.open, lambda page: page.reload())


def lamp(name: str = "lamp.png") -> FilePayload:
    """A picture as a person would choose one from their disk."""
    with io.BytesIO() as file:
        Image.new("RGB", (600, 900), "#b5432a").save(file, format="PNG")
        return {"name": name, "mimeType": "image/png", "buffer": file.getvalue()}


def fill_in(page: Page, **texts: str) -> None:
    """Type into fields of the form, by their names in a draft."""
    for name, text in texts.items():
        page.locator(f".vg-form .vg-{name.replace('_', '-')} :is(input, textarea)").fill(text)


def generate(page: Page) -> Run:
    """Click the button, and give the run that the page opens."""
    before = opened_name(page)
    page.locator("button.vg-generate").click()
    page.wait_for_function("before => !['', before].includes(localStorage.getItem('vgkit.opened') ?? '')", arg=before)
    return Run.open(opened_name(page))


def opened_name(page: Page) -> str:
    """The name of the run that is open on the page, as its browser keeps it."""
    return str(page.evaluate("localStorage.getItem('vgkit.opened') ?? ''"))


def expect_state(page: Page, words: str, *, within_ms: float = FILM_MS) -> None:
    """Wait until the page says so of the run that is open."""
    expect(page.locator(".vg-run-head .vg-chip")).to_have_text(words, timeout=within_ms)


def stop(page: Page) -> None:
    """Have the run ended that is open, and see that it is."""
    page.get_by_role("button", name="Stop", exact=True).click()
    expect_state(page, "stopped", within_ms=STOP_MS)


def family(run: Run) -> list[psutil.Process]:
    """The process that makes a film, and all that it has started."""
    launch, _ = launch_of(run.folder)
    assert launch is not None
    maker = psutil.Process(launch.pid)
    return [maker, *maker.children(recursive=True)]


def left_of(run: Run, processes: list[psutil.Process]) -> list[str]:
    """Those processes that are still there, and any whose command line names the run's folder."""
    psutil.wait_procs(processes, timeout=STOP_MS / 1000)
    return [str(each) for each in psutil.process_iter() if _works_for(run, each, processes)]


def _works_for(run: Run, process: psutil.Process, known: list[psutil.Process]) -> bool:
    try:
        named = str(run.folder) in " ".join(process.cmdline())
        return (named or process in known) and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


@contextmanager
def held_still(run: Run) -> Iterator[None]:
    """Let a film's processes rest for a block, so that it is surely not ready before its end."""
    processes = family(run)
    for each in processes:
        each.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        for each in processes:
            each.send_signal(signal.SIGCONT)
