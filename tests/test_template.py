import json
from pathlib import Path
from typing import Any, get_args

import pytest
from builders import template

from vgkit.errors import TemplateError
from vgkit.places import templates_dir
from vgkit.template import Transition
from vgkit.template_files import check_template, lines_of, load_template, schema_text, template_names


def written(folder: Path, **changes: Any) -> Path:
    fields = json.loads((templates_dir() / "product_showcase.json").read_text()) | changes
    path = folder / "mine.json"
    path.write_text(json.dumps(fields, indent=2))
    return path


def test_three_templates_ship() -> None:
    assert template_names() == ("announcement", "lifestyle_ad", "product_showcase")


@pytest.mark.parametrize("name", template_names())
def test_a_shipped_template_keeps_to_the_craft(name: str) -> None:
    """Hook within three seconds of thirty, product seen from the first beat, the end held two seconds or more."""
    beats = template(name).beats
    assert beats[0].share * 30 <= 3
    assert beats[0].presence != "hidden"
    assert beats[-1].share * 30 >= 2
    assert 5 <= len(beats) <= 8


@pytest.mark.parametrize("name", template_names())
def test_a_shipped_template_names_scenes_and_looks_that_are_there(name: str) -> None:
    shipped = template(name)
    scenes = {path.stem for path in (templates_dir() / "scenes").glob("*.svg")} | {"place"}
    assert {view.setting for beat in shipped.beats for view in beat.views} <= scenes
    assert (templates_dir() / "looks" / f"{shipped.look}.cube").is_file()


def test_the_shipped_templates_show_every_transition() -> None:
    used = {beat.transition for name in template_names() for beat in template(name).beats}
    assert used == set(get_args(Transition))


def test_the_schema_on_disk_is_the_models_own() -> None:
    on_disk = (templates_dir() / "schema.json").read_text(encoding="utf-8")
    assert on_disk == schema_text(), "write vgkit.template_files.schema_text() to templates/schema.json"


def test_shares_that_do_not_sum_to_one_are_added_up_for_the_person(tmp_path: Path) -> None:
    beats = json.loads((templates_dir() / "product_showcase.json").read_text())["beats"]
    beats[1]["share"] = 0.5
    found = check_template(written(tmp_path, beats=beats))[1]
    assert found == [
        "line 1: beats: the shares 0.1 + 0.5 + 0.2 + 0.2 + 0.2 + 0.1 sum to 1.3; they must sum to 1",
    ]


def test_a_complaint_carries_the_line_of_its_field(tmp_path: Path) -> None:
    path = written(tmp_path, look_strength=3)
    line = next(n for n, text in enumerate(path.read_text().splitlines(), 1) if '"look_strength"' in text)
    assert check_template(path)[1] == [f"line {line}: look_strength is 3; the most is 1"]


def test_a_caption_of_300_characters_is_refused_with_its_place_and_the_limit(tmp_path: Path) -> None:
    beats = json.loads((templates_dir() / "product_showcase.json").read_text())["beats"]
    beats[1]["captions"] = ["A caption that nobody could read. " * 9]
    (found,) = check_template(written(tmp_path, beats=beats))[1]
    assert "beats[1].captions[0] is 'A caption that nobody" in found
    assert found.endswith("(306 characters); keep it to 120 characters")


def test_an_unknown_slot_is_answered_with_those_there_are(tmp_path: Path) -> None:
    path = written(tmp_path)
    path.write_text(path.read_text().replace("{product} revealed", "{produkt} revealed"))
    (found,) = check_template(path)[1]
    assert "uses the slot {produkt}; the slots are {prompt}, {product}" in found


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "line 1: is not JSON here"),
        ('{\n "name": "x",,\n}', "line 2: is not JSON here"),
        ("[1, 2]", "line 1: "),
        ("[" * 100_000, "line 1: is not JSON here (nested too deeply)"),
    ],
)
def test_a_file_that_is_no_template_says_where(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "broken.json"
    path.write_text(text)
    template, found = check_template(path)
    assert template is None
    assert said in found[0]


def test_an_unknown_template_is_answered_with_the_names() -> None:
    with pytest.raises(TemplateError, match="there is no template 'lifestile'. Use one of announcement, lifestyle_ad"):
        load_template("lifestile")


def test_a_persons_own_file_works_where_a_name_does(tmp_path: Path) -> None:
    assert load_template(str(written(tmp_path, title="Mine"))).title == "Mine"


def test_the_schema_is_no_template() -> None:
    with pytest.raises(TemplateError):
        load_template("schema")


def test_lines_follow_nesting_escapes_and_braces_in_text() -> None:
    text = '{\n "a": [\n  {"b": "}\\"{"},\n  [1,\n   2]\n ],\n "c": null\n}'
    assert lines_of(text) == {
        (): 1,
        ("a",): 2,
        ("a", 0): 3,
        ("a", 0, "b"): 3,
        ("a", 1): 4,
        ("a", 1, 0): 4,
        ("a", 1, 1): 5,
        ("c",): 7,
    }
