"""The harness is believed about every page, so it is shown to see what it claims to see."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from browsing import WIDTHS_PX, Camera, Lab, Watched, chromium_path, must_have_chromium, untidy
from builders import run as started
from playwright.sync_api import Page, expect
from servers import free_port, page_of, serving

pytestmark = [pytest.mark.browser, pytest.mark.slow]

HEAD = "<!doctype html><html lang=en><meta charset=utf-8><link rel=icon href='data:,'><body style='margin:8px'>"


def shown(page: Page, html: str) -> list[str]:
    page.set_content(HEAD + html)
    return untidy(page)


def test_chromium_is_looked_for_and_missed_where_everything_must_be_tested(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.delenv("VGKIT_BROWSER", raising=False)
    assert (chromium_path(), must_have_chromium()) == (None, False)
    monkeypatch.setenv("CI", "true")
    (tmp_path / "chromium").touch(mode=0o755)
    assert (chromium_path(), must_have_chromium()) == (str(tmp_path / "chromium"), True)


def test_a_server_is_gone_after_its_block_and_one_that_fails_says_why(tmp_path: Path) -> None:
    command = [sys.executable, "-u", "-m", "http.server", "--bind=127.0.0.1", str(free_port())]
    with serving(command, cwd=tmp_path, environment={}) as server:
        assert httpx.get(f"http://127.0.0.1:{server.port}/").status_code == 200
    with pytest.raises(ProcessLookupError):
        os.kill(server.pid, 0)
    fails = [sys.executable, "-c", "print('no port today')"]
    with pytest.raises(AssertionError, match="no port today"), serving(fails, cwd=tmp_path, environment={}):
        pass


FAULTS = {
    "overlap": "<button>One</button><button style='margin-left:-20px'>Two</button>",
    "cut off": "<div style='width:60px;overflow:hidden;white-space:nowrap'>A sentence that is too long</div>",
    "sideways": "<div style='width:3000px'>wide</div>",
    "no name": "<button style='width:40px;height:40px'></button>",
    "no label": "<input type=text>",
    "faint": "<p style='color:#999;background:#fff'>grey on white</p>",
    "empty": "<div style='width:200px;height:90px;border:1px solid #333'></div>",
}
TIDY = """
<label>Name <input type=text></label> <button aria-label=Play style='width:40px;height:40px'></button>
<p style='color:#595959;background:#fff'>grey enough</p>
<div style='width:200px;border:1px solid #333'>words</div>
<div style='width:200px;height:90px;border:1px solid #333' role=img aria-label='a chart'></div>
<button disabled style='color:#ccc'>not now</button>
<div style='display:none'><button></button></div>
<p style='color:#fff;background:oklch(30% 0.1 250)'>white on blue</p>
"""


@pytest.mark.parametrize("fault", FAULTS)
def test_what_is_untidy_is_found_and_named(page: Page, fault: str) -> None:
    assert [each.split(":")[0] for each in shown(page, FAULTS[fault])] == [fault]


def test_what_is_tidy_is_left_alone(page: Page) -> None:
    assert shown(page, TIDY) == []


def test_what_is_seen_through_is_measured_with_what_lies_behind(page: Page) -> None:
    faint = "<div style='background:#fff'><p style='color:#000;opacity:.4'>half there</p></div>"
    assert shown(page, faint)[0].startswith('faint: <p> "half there" has a contrast of 2.')
    assert shown(page, "<div style='background:#000'><p style='color:#fff;background:#ffffff20'>clear</p></div>") == []


def test_a_request_that_leaves_this_machine_and_an_error_are_written_down(page: Page, watched: Watched) -> None:
    with page.context.expect_event("weberror"):
        page.set_content(
            HEAD + "<script>fetch('http://example.com/x').catch(() => { throw new Error('lost') })</script>"
        )
    assert watched.left_this_machine() == ["http://example.com/x"]
    refused, uncaught = sorted(watched.unexpected())
    assert "ERR_NAME_NOT_RESOLVED" in refused
    assert uncaught == "uncaught: lost"
    watched.requests.clear()
    watched.complaints.clear()


def test_what_is_below_the_window_is_looked_at_too(page: Page) -> None:
    below = "<div style='height:100px;overflow:auto'><p style='height:900px'>down</p><input type=text></div>"
    assert shown(page, f"<div style='overflow:hidden'>{below}</div>") == ["no label: <input>"]


def test_two_visitors_share_nothing_but_the_server(visitor: Callable[[], Page], lab: Lab) -> None:
    one, other = visitor(), visitor()
    lab.open(one, "report.ipynb")
    one.evaluate("localStorage.setItem('mine', 'yes')")
    lab.open(other, "report.ipynb")
    assert other.evaluate("localStorage.getItem('mine')") is None


def test_a_notebook_of_ours_runs_in_jupyterlab_with_parameters(
    page: Page, watched: Watched, lab: Lab, runs: Path
) -> None:
    begun = started(name="harness")
    lab.prepare("01_validate.ipynb", run_dir="harness")
    lab.open(page, "01_validate.ipynb")
    lab.run_all(page)
    expect(page.locator(".jp-OutputArea .vg").first).to_be_visible()
    assert begun.path("storyboard.json").is_file()
    assert any(url.startswith("ws://127.0.0.1:") for url in watched.requests)


CELLS = (
    "import ipywidgets\n"
    "name, box = ipywidgets.Text(description='Name', layout={'width': 'auto'}), ipywidgets.Label('Who?')\n"
    "name.observe(lambda change: setattr(box, 'value', f'Hello {change.new}'), 'value')\n"
    "ipywidgets.VBox([name, box]).add_class('vg-try')",
    "1 / given",
)


def test_a_widget_is_used_pictured_and_a_cell_that_fails_is_told(page: Page, lab: Lab, camera: Camera) -> None:
    (lab.folder / "notebooks/try.ipynb").write_text(page_of(*CELLS), "utf-8")
    lab.open(page, "try.ipynb")
    with pytest.raises(AssertionError, match="NameError: name 'given' is not defined"):
        lab.run_all(page)
    page.locator(".vg-try input").fill("Ada")
    page.locator(".vg-try input").blur()
    expect(page.locator(".vg-try .widget-label").last).to_have_text("Hello Ada")
    camera(page, "widget", ".vg-try")
    assert all(camera.path(f"widget-{width_px}").stat().st_size > 500 for width_px in WIDTHS_PX)
