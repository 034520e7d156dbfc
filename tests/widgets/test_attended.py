"""Who sits at a notebook is asked in real kernels, run by the programs that run them."""

import json
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from jupyter_client.manager import start_new_kernel
from servers import free_port, jupyter_environment, page_of, serving

from vgkit.runner import NotebookRunner
from vgkit.widgets.attended import attended

ASK = "from vgkit.widgets.attended import attended\nprint('someone' if attended() else 'nobody')"


@pytest.fixture
def page(tmp_path: Path) -> Path:
    (tmp_path / "page.ipynb").write_text(page_of(ASK), "utf-8")
    return tmp_path / "page.ipynb"


def answered(record: Path) -> list[str]:
    cells = json.loads(record.read_text("utf-8"))["cells"]
    return [output["text"][0].strip() for cell in cells for output in cell["outputs"]]


def test_outside_a_notebook_nobody_sits_at_one() -> None:
    assert attended() is False
    quick = "import sys; from vgkit.widgets.attended import attended; print(attended(), 'IPython' in sys.modules)"
    answer = subprocess.run([sys.executable, "-c", quick], capture_output=True, text=True, check=True)
    assert answer.stdout == "False False\n"


@pytest.mark.parametrize(("can_ask", "who"), [(True, "someone"), (False, "nobody")])
@pytest.mark.slow
def test_a_front_end_that_can_ask_somebody_has_somebody(can_ask: bool, who: str) -> None:
    heard: list[str] = []
    manager, client = start_new_kernel(kernel_name="python3")
    try:
        client.execute_interactive(
            ASK,
            allow_stdin=can_ask,
            timeout=60,
            output_hook=lambda message: heard.append(message["content"].get("text", "")),
        )
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    assert "".join(heard).strip() == who


@pytest.mark.slow
def test_nobody_sits_at_a_run_even_where_a_page_has_started_it(
    page: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("VOILA_KERNEL_ID", "1f0c")
    monkeypatch.setenv("VGKIT_FILES_KEY", "ab" * 32)
    with NotebookRunner() as runner:
        runner.run(page, tmp_path / "ours.ipynb", {}, cwd=tmp_path)
    assert answered(tmp_path / "ours.ipynb") == ["nobody"]


@pytest.mark.slow
def test_nobody_sits_at_a_notebook_that_papermill_runs(page: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "papermill", str(page), str(tmp_path / "out.ipynb"), "--no-progress-bar"]
    subprocess.run(command, check=True, capture_output=True, cwd=tmp_path)
    assert answered(tmp_path / "out.ipynb") == ["nobody"]


@pytest.mark.parametrize("preheated", [True, False])
@pytest.mark.slow
def test_somebody_sits_at_a_page_that_voila_serves(page: Path, tmp_path: Path, preheated: bool) -> None:
    command = [sys.executable, "-m", "voila", page.name, f"--port={free_port()}", "--no-browser"]
    command += [f"--preheat_kernel={preheated}"]
    with serving(command, cwd=tmp_path, environment=jupyter_environment(tmp_path / ".jupyter")) as server:
        shown = httpx.get(f"http://127.0.0.1:{server.port}/", timeout=60).text
    assert "someone" in shown
