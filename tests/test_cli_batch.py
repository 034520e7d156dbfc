"""``vgkit batch``: what it prints, how it ends, and that a check leaves nothing."""

import csv
import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import typer
from click.testing import Result
from test_docs import TOP, blocks, page, table
from test_runner import printed, write_notebook
from typer.testing import CliRunner

from vgkit.batch.check import plan
from vgkit.batch.costs import costs_of
from vgkit.batch.fields import FIELDS
from vgkit.batch.head import BatchFile, Exclude
from vgkit.batch.record import BatchRecord
from vgkit.batch.spec import read_spec
from vgkit.cli import app
from vgkit.errors import BatchError, BudgetExceeded, ParameterError, RunNotFound, StoreError, VgkitError
from vgkit.runner import NotebookRunner

SAMPLES = sorted((TOP / "templates" / "batches").iterdir())


@pytest.fixture(autouse=True)
def _no_keys(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("REPLICATE_API_TOKEN", "OPENAI_API_KEY"):
        monkeypatch.setenv(name, "")


def batch(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["batch", *arguments], env={"NO_COLOR": "1", "COLUMNS": "300"})


def check(*arguments: str) -> Result:
    return batch("check", *arguments)


def written(folder: Path, text: str, name: str = "films.csv") -> str:
    (folder / name).write_text(text)
    return str(folder / name)


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_the_samples_that_ship_are_good_and_checking_them_writes_nothing(path: Path, runs: Path) -> None:
    said = check(str(path), "--rehearse")
    assert said.exit_code == 0, said.output
    assert said.stdout.startswith(f"{path.stem}-rehearsed: ")
    assert "In all about $" in said.stdout
    assert not runs.exists()


def test_a_script_gets_one_object_with_every_film_and_the_sums(tmp_path: Path) -> None:
    said = check(written(tmp_path, "name,prompt,profile\na,A kite,dev\nb,A lamp,\n"), "--rehearse", "--json")
    told = json.loads(said.stdout)
    assert [(film["run"], film["at"], film["engine"], film["made"]) for film in told["films"]] == [
        ("films-rehearsed.a", 2, "zeroscope@replicate", False),
        ("films-rehearsed.b", 3, "sketch@local", False),
    ]
    assert told["over"] == []
    assert float(told["to_pay_usd"]) == pytest.approx(sum(float(film["usd"]) for film in told["films"]))


def test_mistakes_end_with_their_code_and_a_script_gets_all_of_them(tmp_path: Path) -> None:
    path = written(tmp_path, "prompt,duration_s\n" + "".join(f"A kite,{length}\n" for length in range(61, 161)))
    said = check(path, "--json")
    assert isinstance(said.exception, BatchError)
    assert said.exception.exit_code == 2
    assert len(str(said.exception).splitlines()) == 52
    told = json.loads(said.stdout)["complaints"]
    assert len(told) == 100
    assert told[0] == {
        "file": "",
        "lines": [2],
        "names": [],
        "field": "duration_s",
        "column": 2,
        "message": "is '61'; the most is 60",
    }
    (unread,) = json.loads(check(str(tmp_path / "none.csv"), "--json").stdout)["complaints"]
    assert "none.csv can't be read: No such file or directory" in unread["message"]


def test_a_cap_that_would_stop_a_film_ends_with_its_own_code_after_the_table(tmp_path: Path) -> None:
    said = check(written(tmp_path, "prompt,profile,caps.run_usd\nA kite,dev,0.10\n"), "--rehearse")
    assert isinstance(said.exception, BudgetExceeded)
    assert "zeroscope@replicate" in said.stdout


def test_films_that_would_not_fit_on_the_disk_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VGKIT_RUNS", "/proc/vgkit")  # where nothing is free
    said = check(written(tmp_path, "prompt,seed\nA kite,1\nA kite,2\n"))
    assert isinstance(said.exception, StoreError)
    assert "60 s of film need about 360 MB in /proc/vgkit; 0 MB are free" in str(said.exception)
    assert "2 films" in said.stdout


def test_faults_there_are_not_are_refused(tmp_path: Path) -> None:
    said = check(written(tmp_path, "prompt\nA kite\n"), "--rehearse", "--faults", "cruel")
    assert isinstance(said.exception, VgkitError)
    assert "Use one of none, mild, harsh" in str(said.exception)


def test_the_page_names_every_field_and_key(tmp_path: Path) -> None:
    text = page("batch.md")
    columns = re.findall(r"[\w.]+", " ".join(table(text, "column")))
    assert [name for name in FIELDS if name not in columns] == []
    assert [*table(text, "key")] == sorted(BatchFile.model_fields, key=lambda name: text.index(f"| `{name}` |"))
    assert [axis for axis in Exclude.model_fields if f"`{axis}`" not in table(text, "key")["exclude"]] == []


def test_the_examples_in_the_page_are_good_batches_of_as_many_films_as_it_says(tmp_path: Path) -> None:
    text = page("batch.md")
    written(tmp_path, 'prompt = "A cone"\nduration_s = 15\n', "cone.toml")
    how: dict[str, Any] = {"speed": 60.0, "faults": "none", "seed": 1}
    counts = {}
    for kind in ("csv", "jsonl", "toml"):
        (example,) = blocks(text, kind)
        counts[kind] = len(plan(read_spec(Path(written(tmp_path, example, f"example.{kind}"))), rehearsal=how))
    assert counts == {"csv": 3, "jsonl": 3, "toml": 12 - 2 + 1}
    assert "1 x 3 x 2 x 2 = 12 films; two are excluded and one is added" in text
    with (TOP / "templates" / "batches" / "spring.csv").open(newline="") as opened:
        assert [*csv.reader(opened)] == [*csv.reader(blocks(text, "csv")[0].splitlines(keepends=True))]
    assert tomllib.loads(blocks(text, "toml")[0])["exclude"] == [{"template": "announcement", "engine": "zeroscope"}]


def test_the_python_in_the_page_runs(capsys: pytest.CaptureFixture[str]) -> None:
    space: dict[str, Any] = {}
    example, _ = blocks(page("batch.md"), "python")
    exec(compile(example, "docs/batch.md", "exec"), space)
    assert capsys.readouterr().out.startswith("kites: 50 films")
    assert str(costs_of(space["films"])).startswith("kites: 50 films")


@pytest.mark.slow
def test_the_python_that_makes_films_runs_in_a_notebook(tmp_path: Path, runs: Path) -> None:
    """One offline film, the smallest, instead of fifty of thirty."""
    _, example = blocks(page("batch.md"), "python")
    rows = [{"prompt": "A red kite over dunes", "duration_s": 6, "aspect": "1:1"}]
    first = (
        "from vgkit.batch.check import plan\nfrom vgkit.batch.spec import spec_of\n"
        f"films = plan(spec_of({rows!r}, name='kites', settings={{'quality': 'draft'}}))"
    )
    notebook = write_notebook(tmp_path / "batch.ipynb", first, example)
    with NotebookRunner() as runner:
        made = runner.run(notebook, tmp_path / "made.ipynb", {}, cwd=tmp_path)
    said = printed(made.out)
    assert said.startswith("kites: 1 success; ")
    assert said.endswith("[]\n")
    assert len(list(runs.glob("kites.*/film.mp4"))) == 1


def test_films_that_failed_can_not_be_tried_alone_and_left_out_at_once(tmp_path: Path, runs: Path) -> None:
    said = batch("run", written(tmp_path, "prompt\nA kite\n"), "--retry-failed", "--only-missing")
    assert isinstance(said.exception, ParameterError)
    assert "Choose one." in str(said.exception)
    assert not runs.exists()


def test_a_batch_that_was_not_begun_can_not_be_resumed(runs: Path) -> None:
    for name in ("spring", "../spring"):
        said = batch("resume", name)
        assert isinstance(said.exception, RunNotFound)
        assert said.exception.exit_code == 3


def test_a_batch_whose_file_is_gone_is_told_when_it_is_resumed(tmp_path: Path, runs: Path) -> None:
    record = BatchRecord("films")
    with record.alone():
        record.begin(tmp_path / "films.csv", None)
    said = batch("resume", "films")
    assert isinstance(said.exception, BatchError)
    assert "films.csv can't be read: No such file or directory" in str(said.exception)


def test_a_dry_run_is_a_check(tmp_path: Path, runs: Path) -> None:
    path = written(tmp_path, "prompt\nA kite\n")
    assert batch("run", path, "--dry-run").stdout == check(path).stdout
    assert not runs.exists()


def test_the_page_names_every_option_of_making() -> None:
    text = page("batch.md")
    command = typer.main.get_command(app).commands["batch"].commands["run"]  # type: ignore[attr-defined]
    options = {name for each in command.params for name in (*each.opts, *each.secondary_opts) if name[:2] == "--"}
    assert [name for name in sorted(options) if f"`{name}`" not in text] == []
