"""A real browser, and the servers in which people open our pages.

Widgets are shown by somebody else's program, so only that program can tell whether they work there; and whatever a page
asks for beyond this machine would be missing on a train, so every request is written down."""

import json
import os
import re
import secrets
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Page, Playwright
from servers import Server, free_port, jupyter_environment, serving

TOP = Path(__file__).resolve().parent.parent
SHOTS = TOP / "artifacts" / "browser"
WIDTHS_PX = (1280, 390)
HOW_TO_GET_CHROMIUM = "There is no Chromium here. Get it with `apt-get install chromium`."
_NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    # Whatever asks for another machine is refused here, so that a test says the same with and without a network.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
)
_HERE = {"127.0.0.1", "localhost", "::1"}
WAIT_MS = 60_000  # for whatever a page is waited for, beside all that a busy machine does meanwhile
_TIDY = (Path(__file__).parent / "tidy.js").read_text("utf-8")


def chromium_path() -> str | None:
    """Find the system's Chromium."""
    return next(filter(None, map(shutil.which, _NAMES)), None)


def must_have_chromium() -> bool:
    """Whether a missing Chromium is a failure, as it is where everything has to be tested."""
    return os.environ.get("CI") == "true" or os.environ.get("VGKIT_BROWSER") == "must"


def launched(playwright: Playwright, path: str) -> Browser:
    """Start Chromium without a window. It may play what has sound, as if a person had clicked."""
    flags = [*_FLAGS, "--autoplay-policy=no-user-gesture-required"]
    return playwright.chromium.launch(executable_path=path, headless=True, args=flags)


@dataclass
class Watched:
    """What the pages of one test asked for and complained about; ``harmless`` are patterns of complaints to expect."""

    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    harmless: list[str] = field(default_factory=list)

    def over(self, context: BrowserContext) -> None:
        """Write down what happens in a context from now on."""
        context.on("request", lambda request: self.requests.append(request.url))
        context.on("weberror", lambda error: self.complaints.append(f"uncaught: {error.error}"))
        context.on("console", self._heard)
        context.on("page", lambda page: page.on("websocket", lambda socket: self.requests.append(socket.url)))

    def _heard(self, message: Any) -> None:
        if message.type == "error":
            self.complaints.append(f"{message.text} ({message.location.get('url', '')})")

    def left_this_machine(self) -> list[str]:
        """List the requests that went elsewhere."""
        return [url for url in self.requests if _is_elsewhere(url)]

    def unexpected(self) -> list[str]:
        """List the complaints that nobody said were harmless."""
        return [each for each in self.complaints if not any(re.search(one, each) for one in self.harmless)]


def _is_elsewhere(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme in ("http", "https", "ws", "wss") and parts.hostname not in _HERE


def new_page(browser: Browser, watched: Watched, *, width_px: int = WIDTHS_PX[0], height_px: int = 900) -> Page:
    """Open an empty page as somebody else would: with cookies and storage of its own."""
    context = browser.new_context(viewport={"width": width_px, "height": height_px}, accept_downloads=True)
    context.set_default_timeout(WAIT_MS)
    watched.over(context)
    return context.new_page()


_RUN_ALL = """async deadline_s => {
    const page = jupyterapp.shell.currentWidget
    const late = new Promise((_, fail) => {
        setTimeout(() => fail(new Error(`not done in ${deadline_s} s`)), 1000 * deadline_s)
    })
    const loading = output => output.node.textContent.includes('Loading widget...')
    // What was saved and is not shown again yet would lose its widgets midway when the cells run anew, and complain.
    const halfThere = () => page.content.widgets.some(({ model, outputArea: area }) => {
        return area && (area.widgets.length < model.outputs.length || area.widgets.some(loading))
    })
    const ran = async () => {
        await page.context.ready
        await page.sessionContext.ready  // before it, a wish to run is dropped without a trace
        await page.sessionContext.session.kernel.info
        while (halfThere()) await new Promise(again => setTimeout(again, 50))
        await jupyterapp.commands.execute('notebook:run-all-cells')
    }
    await Promise.race([ran(), late])
    const cells = page.content.model.sharedModel.cells.filter(cell => cell.cell_type === 'code')
    const outputs = cells.flatMap(cell => cell.getOutputs())
    return outputs.filter(one => one.output_type === 'error').map(one => `${one.ename}: ${one.evalue}`)
}"""


@dataclass(frozen=True)
class Lab:
    """JupyterLab over a folder with copies of the repository's notebooks, beside an empty folder of runs."""

    server: Server
    token: str
    folder: Path
    runs: Path

    def prepare(self, notebook: str, **parameters: object) -> None:
        """Set parameters of a notebook as papermill would, by a cell of their own."""
        path = self.folder / "notebooks" / notebook
        page = json.loads((TOP / "notebooks" / notebook).read_text("utf-8"))
        tagged = [n for n, cell in enumerate(page["cells"]) if "parameters" in cell["metadata"].get("tags", [])]
        source = "\n".join(f"{name} = {value!r}" for name, value in parameters.items())
        cell = {"cell_type": "code", "id": "given", "metadata": {}, "outputs": [], "execution_count": None}
        page["cells"].insert(tagged[0] + 1, {**cell, "source": source})
        path.write_text(json.dumps(page), "utf-8")

    def open(self, page: Page, notebook: str) -> None:
        """Open a notebook alone in a window, its side bar folded."""
        base = f"http://127.0.0.1:{self.server.port}/lab/tree/notebooks/{notebook}"
        page.goto(f"{base}?token={self.token}&reset")
        page.wait_for_function("globalThis.jupyterapp?.shell.currentWidget?.sessionContext !== undefined")
        page.evaluate("jupyterapp.restored.then(() => jupyterapp.shell.collapseLeft())")

    def run_all(self, page: Page, *, deadline_s: float = 120) -> None:
        """Run all cells of the notebook in the window, and wait until they ran; a cell that fails fails the test."""
        failed = page.evaluate(_RUN_ALL, deadline_s)
        assert not failed, "\n".join(failed)


@contextmanager
def lab_server(folder: Path) -> Iterator[Lab]:
    """Serve JupyterLab over copies of the notebooks in ``folder``; its runs go to ``folder/runs``."""
    shutil.copytree(TOP / "notebooks", folder / "notebooks", ignore=shutil.ignore_patterns(".*"))
    runs, token = folder / "runs", secrets.token_hex(16)
    runs.mkdir(exist_ok=True)
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1"]
    command += [f"--port={free_port()}", f"--IdentityProvider.token={token}", f"--ServerApp.root_dir={folder}"]
    command += ["--LabApp.expose_app_in_browser=True", "--ServerApp.jpserver_extensions={'vgkit.serving': True}"]
    environment = {**jupyter_environment(folder / ".jupyter"), "VGKIT_RUNS": str(runs)}
    with serving(command, cwd=folder, environment=environment) as server:
        yield Lab(server, token, folder, runs)


@dataclass(frozen=True)
class Studio:
    """`vgkit studio`, with an empty folder of runs."""

    server: Server
    token: str
    runs: Path

    def open(self, page: Page, path: str = "") -> None:
        """Open one of its pages, with the token that a person finds in their terminal."""
        page.goto(f"http://127.0.0.1:{self.server.port}/{path}?token={self.token}")


@contextmanager
def studio_server(folder: Path, *options: str) -> Iterator[Studio]:
    """Serve the studio with further ``options``; its runs go to ``folder/runs``."""
    runs, token = folder / "runs", secrets.token_hex(16)
    runs.mkdir(exist_ok=True)
    command = [sys.executable, "-m", "vgkit", "studio", "--no-browser", f"--port={free_port()}", f"--token={token}"]
    environment = {**jupyter_environment(folder / ".studio"), "VGKIT_RUNS": str(runs)}
    with serving([*command, *options], cwd=folder, environment=environment) as server:
        yield Studio(server, token, runs)


def untidy(page: Page, within: str = "body", *, but: str = "") -> list[str]:
    """List what a person would find untidy in the part of the page ``within``; ``but`` selects what is left out."""
    found: list[str] = page.evaluate(_TIDY, {"within": within, "but": but})
    return found


def tidy(page: Page, within: str = "body", *, but: str = "") -> None:
    """Fail where controls overlap, text is cut off or faint, boxes are empty, controls have no name, or it scrolls."""
    found = untidy(page, within, but=but)
    assert not found, "\n".join(found)


@dataclass(frozen=True)
class Camera:
    """Takes a page's pictures for a person to look at: ``artifacts/browser/<test>-<name>-<width>.png``."""

    test: str

    def path(self, name: str) -> Path:
        """Where a picture goes."""
        SHOTS.mkdir(parents=True, exist_ok=True)
        test = re.sub(r"[^A-Za-z0-9_]+", "-", self.test.removeprefix("test_")).strip("-")
        return SHOTS / f"{test[:80]}-{name}.png"

    def __call__(self, page: Page, name: str, within: str = "body", *, but: str = "") -> None:
        """Take a part of the page in a wide and a narrow window, and fail where either is untidy."""
        size = page.viewport_size
        for width_px in WIDTHS_PX:
            page.set_viewport_size({"width": width_px, "height": 900})
            page.wait_for_function(
                "() => new Promise(r => requestAnimationFrame(() => requestAnimationFrame(() => r(true))))"
            )
            part = page.locator(within).first
            part.scroll_into_view_if_needed()
            # A part that is taller than the window would be cut off by whatever scrolls around it.
            height_px = 900 + int((part.bounding_box() or {"height": 0})["height"])
            page.set_viewport_size({"width": width_px, "height": min(height_px, 6000)})
            part.screenshot(path=self.path(f"{name}-{width_px}"))
            tidy(page, within, but=but)
        if size:
            page.set_viewport_size(size)
