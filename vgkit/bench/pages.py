"""How long the pages keep a person waiting: from asking for one until it has taken a word and answered to it.

A page that is drawn is not yet one that can be used: its controls come when its kernel does. So a real browser types
into a field and waits for what only the kernel can say to that."""

import os
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from vgkit.bench.spent import family
from vgkit.bench.verdict import kept
from vgkit.errors import ExtraMissing, NotMeasured
from vgkit.phases.report import Table

if TYPE_CHECKING:
    from playwright.sync_api import Browser

MOST_S = 5.0
_REPETITIONS = 3
_LONGEST_S = 180
_REST_S, _REST_CPU_S = 3.0, 0.1
_BROWSERS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")


@dataclass(frozen=True)
class Page:
    """One page: its ``field`` takes a ``word`` that it can't use, and ``answer`` is what it says to that."""

    name: str
    path: str
    field: str
    word: str
    answer: str


PAGES = (
    Page("studio", "", ".vg-duration-s input", "100", ".vg-complaint-duration-s .vg-complaint"),
    Page("prompt lab", "prompt-lab", ".vg-pattern textarea", "a {nonsense} of glass", ".vg-words .vg-complaint"),
)


@dataclass(frozen=True)
class Opened:
    """Seconds since a page was asked for: until its field had taken a word, and until it had answered."""

    typed_s: float
    answered_s: float


@dataclass(frozen=True)
class Served:
    """The studio as a process; it took ``began_s`` until it named its address."""

    process: "subprocess.Popen[str]"
    root: str
    token: str
    began_s: float

    def address(self, page: Page) -> str:
        """Where a page is, with the token that lets one in."""
        return f"{self.root}{page.path}?token={self.token}"


def pages_table() -> Table:
    """Open each page with a server that has just started, and with one that rests, and lay the seconds out.

    Where there is no browser, it says what to install.
    """
    try:
        return measured()
    except ExtraMissing as missing:
        return Table("Pages were not opened", ("why",), ((str(missing),),))


def measured() -> Table:
    """Measure all. Raises ExtraMissing where there is no browser, NotMeasured where a page or the studio stays away."""
    with browser() as chromium:
        began_s: list[float] = []
        cold: dict[str, list[Opened]] = {page.name: [] for page in PAGES}
        warm: dict[str, list[Opened]] = {page.name: [] for page in PAGES}
        for page in PAGES * _REPETITIONS:
            with studio() as served:
                began_s.append(served.began_s)
                cold[page.name].append(open_page(chromium, served.address(page), page))
        with studio() as served:
            for page in PAGES * _REPETITIONS:
                wait_for_rest(served)
                warm[page.name].append(open_page(chromium, served.address(page), page))
    return table({"warm": warm, "cold": cold}, began_s=began_s)


def table(opened: dict[str, dict[str, list[Opened]]], *, began_s: Sequence[float]) -> Table:
    """Lay out medians by server and page, and whether the studio keeps its word."""
    rows = [("vgkit studio names its address", "", "", f"{median(began_s):.1f}", "", "")]
    for server, pages in opened.items():
        for name, each in pages.items():
            typed_s, answered_s = median(one.typed_s for one in each), median(one.answered_s for one in each)
            promised = (name, server) == (PAGES[0].name, "warm")
            asked = (f"<= {MOST_S:g}", kept(answered_s <= MOST_S)) if promised else ("", "")
            rows.append((name, server, f"{typed_s:.1f}", f"{answered_s:.1f}", *asked))
    heading = (
        f"Pages, seconds from opening, medians of {_REPETITIONS}, "
        f"on {os.cpu_count()} cores with a load of {os.getloadavg()[0]:.1f}"
    )
    return Table(heading, ("page", "server", "takes a word", "answers", "asked for", "kept"), tuple(rows))


def open_page(chromium: "Browser", address: str, page: Page) -> Opened:
    """Open a page as somebody does who has never been there, and time it. Raises NotMeasured where it does not come."""
    from playwright.sync_api import Error

    context = chromium.new_context()
    context.set_default_timeout(1000 * _LONGEST_S)
    try:
        tab = context.new_page()
        begun = time.perf_counter()
        tab.goto(address, wait_until="commit")
        tab.locator(page.field).fill(page.word)
        typed_s = time.perf_counter() - begun
        tab.locator(page.answer).first.wait_for()
        answered_s = time.perf_counter() - begun
        tab.close(run_before_unload=True)  # by which its kernel goes, too
    except Error as error:
        raise NotMeasured(
            f"The page {page.name!r} did not come within {_LONGEST_S} s: {error.message.splitlines()[0]}"
        ) from error
    finally:
        context.close()
    return Opened(typed_s, answered_s)


@contextmanager
def studio() -> Iterator[Served]:
    """Start the studio at a free port, for a block. Raises NotMeasured where it does not start."""
    token = secrets.token_hex(24)
    command = [sys.executable, "-m", "vgkit", "studio", "--no-browser", "--port", "0", "--token", token]
    begun = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            assert process.stdout is not None
            root = process.stdout.readline().strip()
            if not root:
                raise NotMeasured("`vgkit studio` did not start. Start it by hand to see why.")
            yield Served(process, root, token, time.perf_counter() - begun)
        finally:
            process.terminate()


def wait_for_rest(served: Served) -> None:
    """Wait until all pages that are started ahead have been: until the server and its kernels do next to nothing."""
    for _ in range(int(_LONGEST_S / _REST_S)):
        before_s = cpu_s(served.process.pid)
        time.sleep(_REST_S)
        if cpu_s(served.process.pid) - before_s < _REST_CPU_S:
            return
    raise NotMeasured(f"The studio did not come to rest within {_LONGEST_S} s. Measure when less else is going on.")


def cpu_s(pid: int) -> float:
    """Seconds that a process and all that descend from it have had of the processor, as Linux tells."""
    ticks = 0
    for each in family(pid):
        try:
            words = Path(f"/proc/{each}/stat").read_text("utf-8").rpartition(")")[2].split()
        except OSError:  # gone while we looked
            continue
        ticks += int(words[11]) + int(words[12])
    return ticks / os.sysconf("SC_CLK_TCK")


@contextmanager
def browser() -> Iterator["Browser"]:
    """Start the system's Chromium without a window. Raises ExtraMissing where there is none, or nothing to drive it."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError as error:
        raise ExtraMissing("The bench `pages` drives a browser: install vgkit's extra `dev` for it.") from error
    path = next(filter(None, map(shutil.which, _BROWSERS)), None)
    if path is None:
        raise ExtraMissing("The bench `pages` needs a Chromium: get it with `apt-get install chromium`.")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        yield chromium
        chromium.close()
