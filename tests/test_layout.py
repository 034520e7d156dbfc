"""The rules that hold the rooms apart."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

TOP = Path(__file__).parent.parent
PACKAGE = TOP / "vgkit"

# What a room may import from, besides itself; `top` are the nouns and errors, which import only each other.
_NOUNS = {
    *("errors", "complaints", "brief", "template", "storyboard", "timing", "draft", "places", "files"),
    *("template_files", "profiles", "keys"),
}
_LEAVES = {"ledger", "media", "quality", "store"}
_MAY_IMPORT = {
    "media": _NOUNS,
    "quality": _NOUNS | {"media"},
    "scoring": _NOUNS | {"media", "quality"},
    "ledger": _NOUNS,
    "store": _NOUNS,
    "engines": _NOUNS | {"media", "ledger"},
    "run": _NOUNS | {"ledger", "start", "cut"},
    "cut": _NOUNS | {"run", "media"},
    "start": _NOUNS | {"run", "engines", "media"},
    "lock": _NOUNS,
    "runlog": _NOUNS | {"ledger"},
    "phases": _NOUNS | _LEAVES | {"engines", "run", "cut", "lock", "runlog"},
    "rehearsal": _NOUNS | {"engines", "media"},
}
# What stands on all of these, in order: each may import what is named before it.
_ABOVE = (
    *("kernel_main", "kernels", "notebook_failures", "parameters", "runner", "halt"),
    *("progress", "progress_table", "live"),
    *(
        "pipeline",
        "cleaning",
        "film_calls",
        "estimate",
        "estimate_report",
        "prediction",
        "why",
        "rehearse",
        "paired",
        "batch",
        "experiment",
        "stopping",
        "assembly",
        "plots",
        "player",
        "compare",
        "report",
        "studio",
        "lab",
        "serving",
        "widgets",
    ),
    *(
        "doctor",
        "bench",
        "cli_options",
        "cli_media",
        "cli_run",
        "cli_money",
        "cli_rehearse",
        "cli_report",
        "cli_batch",
        "cli_experiment",
        "cli_enlarge",
        "cli_film",
        "cli_compare",
        "cli_score",
        "cli_studio",
        "cli_worker",
        "cli",
    ),
    *("__init__", "__main__"),
)
_HEAVY = (
    *("numpy", "cv2", "av", "pandas", "duckdb", "papermill", "moviepy", "scipy", "PIL"),
    *("boto3", "botocore", "openai", "replicate", "httpx"),
)


def imports(path: Path) -> set[str]:
    """The rooms of vgkit that a module imports from anywhere in it."""
    rooms = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("vgkit."):
            rooms.add(node.module.split(".")[1])
        elif isinstance(node, ast.ImportFrom) and node.module == "vgkit":
            rooms |= {name.name for name in node.names if not name.name.startswith("__")}
        elif isinstance(node, ast.Import):
            rooms |= {name.name.split(".")[1] for name in node.names if name.name.startswith("vgkit.")}
    return rooms


def room_of(path: Path) -> str:
    inside = path.relative_to(PACKAGE)
    return inside.parts[0].removesuffix(".py")


MODULES = sorted(PACKAGE.rglob("*.py"))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_run_one_way(path: Path) -> None:
    room = room_of(path)
    if room in _NOUNS:
        allowed = _NOUNS
    elif room in _MAY_IMPORT:
        allowed = _MAY_IMPORT[room] | {room}
    else:
        assert room in _ABOVE, f"{room} has no place among the rooms; name it above"
        allowed = {*_NOUNS, *_MAY_IMPORT, *_ABOVE[: _ABOVE.index(room) + 1]}
    assert imports(path) <= allowed


def test_no_hosted_engine_is_asked_but_through_the_door() -> None:
    """Phases are the only place where an engine, the ledger and media meet, and they ask by the door."""
    askers = {room_of(path) for path in MODULES if {"engines", "ledger", "media"} <= imports(path)}
    assert askers <= {"engines", "phases"}


def test_no_film_that_costs_depends_on_a_rehearsal() -> None:
    """The hosts on loopback are known to those who rehearse or foretell, and to nobody who makes films."""
    askers = {room_of(path) for path in MODULES if "rehearsal" in imports(path)}
    assert askers <= {"rehearsal", "rehearse", "prediction", "bench", "cli_rehearse"}


def test_only_an_export_stores_and_a_batch_whose_machines_share_no_disk() -> None:
    assert {room_of(path) for path in MODULES if "store" in imports(path)} <= {"store", "phases", "batch"}


@pytest.mark.parametrize("module", ["vgkit.cli", "vgkit.store", "vgkit.engines.registry", "vgkit.doctor"])
def test_nothing_heavy_is_loaded_before_it_is_asked_for(module: str) -> None:
    """The hosts' clients and the libraries of pictures take seconds that help, lists and estimates do without."""
    assert loaded(module, _HEAVY) == "[]"


def test_importing_vgkit_loads_not_even_what_reads_briefs() -> None:
    assert loaded("vgkit", (*_HEAVY, "pydantic")) == "[]"


def loaded(module: str, heavy: tuple[str, ...]) -> str:
    """Which of some packages come in with a module."""
    code = f"import sys, {module}; print([name for name in {heavy!r} if name in sys.modules])"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


def test_modules_and_functions_stay_short() -> None:
    long = []
    for path in MODULES:
        text = path.read_text(encoding="utf-8")
        if text.count("\n") > 300:
            long.append(f"{path.relative_to(TOP)}: {text.count(chr(10))} lines")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno is not None:
                lines = node.end_lineno - node.lineno + 1
                if lines > 60:
                    long.append(f"{path.relative_to(TOP)}:{node.lineno} {node.name}: {lines} lines")
    assert long == []


def test_print_is_for_the_command_line() -> None:
    talkers = {
        str(path.relative_to(PACKAGE))
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    }
    assert talkers <= {"cli.py", "bench/__main__.py", "progress_view.py", "progress.py"}


def bounds(text: str) -> tuple[str, str]:
    name, bound = re.fullmatch(r"([A-Za-z0-9_.-]+)(.*)", text.strip()).groups()  # type: ignore[union-attr]
    return name.lower().replace("_", "-"), bound


def test_conda_and_pip_ask_for_the_same() -> None:
    project = tomllib.loads((TOP / "pyproject.toml").read_text())["project"]
    pip = dict(bounds(line) for line in project["dependencies"]) | {"python": project["requires-python"]}
    conda = yaml.safe_load((TOP / "environment.yml").read_text())
    listed = [entry for entry in conda["dependencies"] if isinstance(entry, str)]
    assert [e for e in conda["dependencies"] if isinstance(e, dict)] == [{"pip": ["-e .[dev]"]}]
    for name, bound in map(bounds, listed):
        if name == "pip":
            continue
        assert bound.startswith(pip[name]), f"{name}: conda asks {bound}, pyproject {pip[name]}"


def test_the_lock_holds_every_dependency_with_hashes_and_no_address() -> None:
    lock = (TOP / "requirements.txt").read_text()
    assert "://" not in lock
    pinned = {name.lower() for name in re.findall(r"^([A-Za-z0-9_.-]+)==", lock, re.MULTILINE)}
    project = tomllib.loads((TOP / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    assert {bounds(line)[0] for line in wanted} <= pinned
    assert all("--hash=sha256:" in block for block in re.split(r"\n(?=\S)", lock.strip()) if not block.startswith("#"))
