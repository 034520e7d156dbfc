"""The notebooks as people read them: thin, clean, and each able to stand alone."""

import ast
import json
from pathlib import Path
from typing import Any

import pytest

from vgkit.ledger import read_events
from vgkit.phases import PHASES
from vgkit.pipeline import notebook_of
from vgkit.places import notebooks_dir
from vgkit.run import latest_run
from vgkit.runner import NotebookRunner

NOTEBOOKS = [notebook_of(phase) for phase in PHASES]
PAGES = sorted(notebooks_dir().glob("*.ipynb"))
_CELL_METADATA = {"tags"}


def cells(path: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return found


def code(path: Path) -> list[str]:
    return ["".join(cell["source"]) for cell in cells(path) if cell["cell_type"] == "code"]


def test_there_is_a_notebook_for_every_phase() -> None:
    assert [path for path in PAGES if path.name[0].isdigit()] == sorted(NOTEBOOKS)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_a_notebook_is_committed_clean(path: Path) -> None:
    notebook = json.loads(path.read_text(encoding="utf-8"))
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    assert set(notebook["metadata"]) <= {"kernelspec", "language_info"}
    ids = [cell["id"] for cell in notebook["cells"]]
    assert len(set(ids)) == len(ids)
    for cell in notebook["cells"]:
        assert set(cell["metadata"]) <= _CELL_METADATA
        assert not cell.get("outputs"), f"{path.name} has outputs; run `make strip`"
        assert cell.get("execution_count") is None


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_a_notebook_reads_like_a_lab_page(path: Path) -> None:
    kinds = [cell["cell_type"] for cell in cells(path)]
    assert 7 <= len(kinds) <= 12
    assert (kinds[0], kinds[-1]) == ("markdown", "markdown")
    lines = [source.count("\n") + 1 for source in code(path)]
    assert max(lines) <= 10
    assert sum(lines) <= 60


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_a_notebook_is_thin(path: Path) -> None:
    for source in code(path):
        assert not any(line.startswith(("%", "!")) for line in source.splitlines())
        kinds = {type(node) for node in ast.walk(ast.parse(source))}
        assert not kinds & {ast.FunctionDef, ast.ClassDef, ast.For, ast.While, ast.Lambda, ast.Try}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_parameters_are_typed_literals_with_help_and_the_first_of_a_phase_is_the_run(path: Path) -> None:
    (tagged,) = [cell for cell in cells(path) if "parameters" in cell["metadata"].get("tags", [])]
    assert cells(path).index(tagged) == 1
    lines = "".join(tagged["source"]).splitlines()
    if path in NOTEBOOKS:
        assert lines[0] == 'run_dir: str = ""  # empty: the latest run, or a new offline one'
    for line in lines:
        (node,) = ast.parse(line).body
        assert isinstance(node, ast.AnnAssign)
        assert isinstance(node.value, ast.Constant)
        assert "  # " in line


@pytest.mark.slow
def test_a_notebook_in_the_middle_works_on_its_own_in_a_new_place(runs: Path, tmp_path: Path) -> None:
    """Opened with untouched parameters where no run exists, it starts one and makes what must come before."""
    with NotebookRunner() as runner:
        runner.run(notebook_of("references"), tmp_path / "out.ipynb", {}, cwd=notebooks_dir())
    made = latest_run()
    assert made is not None
    assert [e["phase"] for e in read_events(made / "events.jsonl").of("phase_finished")] == [
        *("validate", "animatic", "references"),
    ]
