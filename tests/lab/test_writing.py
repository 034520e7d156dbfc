"""Templates out of the lab: files like any other, and never over one that is there."""

import json
import threading
from pathlib import Path

import pytest
from labs import words
from typer.testing import CliRunner

from vgkit.brief import brief_from
from vgkit.cli import app
from vgkit.errors import ParameterError
from vgkit.lab.words import BeatEdit, Edits
from vgkit.lab.writing import write_template
from vgkit.phases import validate
from vgkit.start import start_run
from vgkit.template_files import load_template

EDITS = Edits({"hook": BeatEdit(prompt="{product} in rain", captions=("Hello",))}, negative="sun", style="in {ink}")


def test_what_was_seen_in_the_lab_is_what_a_film_of_the_written_template_gets(runs: Path, tmp_path: Path) -> None:
    drafted = words(EDITS)
    path = write_template(drafted, "rainy", title="Rainy", folder=tmp_path / "own")
    checked = CliRunner().invoke(app, ["templates", "check", str(path)])
    assert checked.exit_code == 0, checked.output
    run = start_run(
        brief_from(
            {"prompt": "A steel bottle on a kitchen table. Cold for a day.", "product": "Aurora"}
            | {"duration_s": 6, "template": str(path)}
        ),
        name="film",
    )
    validate.plan_storyboard(run)
    assert drafted.storyboard
    assert run.storyboard.keyframes == drafted.storyboard.keyframes
    assert run.storyboard.shots == drafted.storyboard.shots
    assert run.template.title == "Rainy"


def test_nothing_is_ever_written_over(tmp_path: Path) -> None:
    path = write_template(words(EDITS), "rainy", folder=tmp_path)
    before = path.read_bytes()
    with pytest.raises(ParameterError, match="there is a template 'rainy' already .* choose another name"):
        write_template(words(), "rainy", folder=tmp_path)
    for taken in ("product_showcase", "schema"):
        with pytest.raises(ParameterError, match="already"):
            write_template(words(), taken)
    assert path.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == ["rainy.json"]


def test_of_two_at_once_one_is_written_and_the_other_refused(tmp_path: Path) -> None:
    ends: list[str] = []

    def write() -> None:
        try:
            ends.append(write_template(words(), "twin", folder=tmp_path).name)
        except ParameterError:
            ends.append("refused")

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(ends) == ["refused", "refused", "refused", "twin.json"]


@pytest.mark.parametrize("name", ["", "../up", "Rainy", "a b", "<b>", "x" * 50])
def test_a_name_that_is_none_is_refused_beside_its_field(tmp_path: Path, name: str) -> None:
    with pytest.raises(ParameterError, match="name: is "):
        write_template(words(), name, folder=tmp_path)
    assert [*tmp_path.iterdir()] == []


def test_words_with_complaints_and_titles_too_long_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="look: is 'sepia'"):
        write_template(words(Edits(look="sepia")), "rainy", folder=tmp_path)
    with pytest.raises(ParameterError, match="title: is .* keep it to 60"):
        write_template(words(), "rainy", title="t" * 61, folder=tmp_path)


def test_an_unedited_template_comes_out_as_it_is_but_for_its_name(tmp_path: Path) -> None:
    path = write_template(words(), "again", folder=tmp_path)
    assert load_template(str(path)) == load_template("product_showcase").model_copy(update={"name": "again"})
    assert json.loads(path.read_text("utf-8"))["beats"][0]["name"] == "hook"
