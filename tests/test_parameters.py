"""What a notebook may be told is read from its own cell, and all else is refused before anything starts."""

import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from vgkit.errors import ParameterError
from vgkit.parameters import Parameter, check_parameters, notebook_parameters

CELL = """\
run_dir: str = ""  # empty: the latest run
takes: int = 1  # clips for each chunk
share: float = 0.5
prompt: str = "shoe #1"  # with its sign
approve: bool = False
look: str | None = None
transition: Literal["cut", "fade"] = "cut"
overrides: dict[str, int] = {}
shots: list[str] = []
loose = 3
"""


@pytest.fixture
def notebook(tmp_path: Path) -> Path:
    return _write(tmp_path / "04_chunks.ipynb", CELL)


def _write(path: Path, source: str) -> Path:
    cell = {"cell_type": "code", "metadata": {"tags": ["parameters"]}, "source": source.splitlines(keepends=True)}
    path.write_text(json.dumps({"cells": [{"cell_type": "markdown", "metadata": {}, "source": "# 4"}, cell]}))
    return path


def test_a_notebook_lists_what_it_accepts_with_type_default_and_help(notebook: Path) -> None:
    accepted = notebook_parameters(notebook)
    assert list(accepted)[:3] == ["run_dir", "takes", "share"]
    assert accepted["takes"] == Parameter("int", 1, "clips for each chunk")
    assert accepted["prompt"] == Parameter("str", "shoe #1", "with its sign")
    assert accepted["look"].type == "str | None"
    assert accepted["loose"] == Parameter("int", 3, "")


def test_a_misspelt_parameter_is_named_with_the_nearest_and_all_that_is_accepted(notebook: Path) -> None:
    with pytest.raises(ParameterError) as refusal:
        check_parameters(notebook, {"take": 2})
    assert str(refusal.value).startswith("04_chunks has no parameter take. Did you mean takes? It takes run_dir, ")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("takes", "3"),
        ("takes", True),
        ("takes", 1.0),
        ("run_dir", None),
        ("approve", 1),
        ("look", 3),
        ("transition", "wipe"),
        ("overrides", {"s01": "two"}),
        ("shots", "s01"),
        ("loose", "three"),
    ],
)
def test_a_value_of_another_type_is_refused_with_the_type_that_is_wanted(
    notebook: Path, name: str, value: object
) -> None:
    with pytest.raises(ParameterError, match=f"{name} of 04_chunks must be "):
        check_parameters(notebook, {name: value})


@pytest.mark.parametrize(
    "value",
    [Decimal("1.5"), {"s01"}, date(2026, 1, 1), float("nan"), {1: 2}, [object()]],
    ids=["decimal", "set", "date", "nan", "number as key", "object in a list"],
)
def test_what_json_has_no_word_for_is_refused(notebook: Path, value: object) -> None:
    with pytest.raises(ParameterError, match="a notebook can be given only text, numbers"):
        check_parameters(notebook, {"shots": value})


def test_what_fits_is_passed_on_and_paths_and_tuples_become_text_and_lists(notebook: Path) -> None:
    given = {"run_dir": Path("runs/a"), "share": 1, "look": None, "transition": "fade", "shots": ("s01", "s02")}
    assert check_parameters(notebook, given) == {
        "run_dir": "runs/a",
        "share": 1,
        "look": None,
        "transition": "fade",
        "shots": ["s01", "s02"],
    }


def test_a_computed_default_is_refused_since_it_would_not_follow_the_parameters(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match=r"default of total in odd is computed: takes \* 2\."):
        notebook_parameters(_write(tmp_path / "odd.ipynb", "takes = 1\ntotal = takes * 2\n"))


def test_a_missing_notebook_is_named(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="There is no notebook"):
        check_parameters(tmp_path / "07_none.ipynb", {})


def test_a_file_that_is_no_notebook_is_told_so(tmp_path: Path) -> None:
    broken = tmp_path / "x.ipynb"
    broken.write_text('{"cells": [')
    with pytest.raises(ParameterError, match="can't be read as a notebook"):
        check_parameters(broken, {})
