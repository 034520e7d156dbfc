"""The prompt lab's page without a browser: words, prices, versions, and what a press does."""

from pathlib import Path
from typing import Any

import pytest

from vgkit.lab.versions import starred_trials, versions
from vgkit.start import SAMPLE_BRIEF, read_brief
from vgkit.template_files import load_template
from vgkit.widgets.prompt_lab import PromptLab, prompt_lab
from vgkit.widgets.prompt_lab.desk import Desk
from vgkit.widgets.prompt_lab.versions import VersionsPanel

SCRIPT = "<script>alert(1)</script>"


@pytest.fixture
def page(runs: Path, monkeypatch: pytest.MonkeyPatch) -> PromptLab:
    monkeypatch.delenv("REPLICATE_API_TOKEN", raising=False)
    fields = read_brief(SAMPLE_BRIEF) | {"duration_s": 6}
    return PromptLab(fields, "product_showcase", Desk("", rehearse=True, cap_usd=None))


def type_into(page: PromptLab, name: str, value: object) -> None:
    page.words.fields[name].control.value = value


def turn_to(page: PromptLab, part: str) -> None:
    page.part.control.value = part
    page.trial.prices.wait()
    page.grid.prices.wait()


def complaint(page: PromptLab, name: str) -> str:
    return str(page.words.fields[name].complaint.value)


def test_a_pattern_becomes_prompts_as_it_is_typed(page: PromptLab) -> None:
    type_into(page, "pattern", "a lighthouse of {product} in fog")
    assert "a lighthouse of Aurora Cordial in fog" in page.words.words.lines[0].prompt
    assert "<ins><b aria-hidden='true'>+</b><mark>a lighthouse" in page.prompts.value


def test_what_is_edited_of_a_beat_stays_with_it(page: PromptLab) -> None:
    type_into(page, "pattern", "a lighthouse")
    first, other = (value for _, value in page.words.fields["beat"].control.options[:2])
    type_into(page, "beat", other)
    assert page.words.fields["pattern"].value == load_template("product_showcase").beats[1].prompt
    type_into(page, "beat", first)
    assert page.words.fields["pattern"].value == "a lighthouse"
    page.words.restore.click()
    assert page.words.fields["pattern"].value == load_template("product_showcase").beats[0].prompt


def test_another_template_keeps_the_edits_of_the_first(page: PromptLab) -> None:
    type_into(page, "style", "35 mm film")
    type_into(page, "template", "announcement")
    assert page.words.fields["style"].value == ""
    type_into(page, "template", "product_showcase")
    assert page.words.fields["style"].value == "35 mm film"


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("pattern", "a {thing} of glass", "uses the slot {thing}"),
        ("pattern", "  ", "is empty"),
        ("prompt", "", "write at least 1 character"),
        ("duration_s", "90", "the most is 60"),
        ("duration_s", "soon", "is &#x27;soon&#x27;"),
        ("product", "x" * 61, "keep it to 60 characters"),
        ("negative", "x" * 401, "keep it to 400 characters"),
        ("style", "x" * 201, "keep it to 200"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(page: PromptLab, name: str, value: str, said: str) -> None:
    before = page.words.fields[name].value
    type_into(page, name, value)
    assert said in complaint(page, name)
    assert "There are no prompts yet." in page.prompts.value
    type_into(page, name, before)
    assert complaint(page, name) == ""
    assert "Keyframe prompts" in page.prompts.value


@pytest.mark.parametrize("name", ["pattern", "prompt", "product", "brand", "call_to_action", "style", "captions"])
def test_a_script_in_any_field_is_shown_as_text(page: PromptLab, name: str) -> None:
    type_into(page, name, SCRIPT)
    for part in ("Prompts", "Versions", "Templates"):
        turn_to(page, part)
    page.versions.note.control.value = SCRIPT
    page.versions.save.click()
    shown = [
        page.prompts.value,
        page.side.columns.value,
        *(row.children[0].value for row in page.versions.list.children),
    ]
    assert not [html for html in shown if "<script" in html]


def test_the_button_tells_the_price_and_that_it_is_rehearsed(page: PromptLab) -> None:
    turn_to(page, "Render")
    assert page.trial.doer.start.description == "Render still · free, made here"
    page.trial.engine.control.value = "sdxl@replicate"
    page.trial.prices.wait()
    assert "about $0.005 of rehearsed money" in page.trial.doer.start.description
    assert not page.trial.doer.start.disabled
    page.refresh_budget()
    page.budgets.wait()
    assert "nothing is sent or paid" in page.budget.value


@pytest.mark.parametrize(
    ("seed", "said"), [("-1", "is &#x27;-1&#x27;"), ("x", "write a whole number"), ("9" * 12, "seed")]
)
def test_a_seed_that_is_none_is_refused_beside_it(page: PromptLab, seed: str, said: str) -> None:
    turn_to(page, "Render")
    page.trial.seed.control.value = seed
    page.trial.prices.wait()
    assert said in page.trial.seed.complaint.value
    assert page.trial.doer.start.disabled


def test_a_setting_that_is_no_number_is_refused_beside_it(page: PromptLab) -> None:
    turn_to(page, "Render")
    page.trial.kind.control.value = "clip"
    page.trial.engine.control.value = "zeroscope@replicate"
    page.trial.settings.fields["draft.init_weight"].control.value = "half"
    page.trial.prices.wait()
    assert "is no number" in page.trial.settings.fields["draft.init_weight"].complaint.value
    assert page.trial.doer.start.disabled
    page.trial.settings.fields["draft.init_weight"].control.value = "0.4"
    page.trial.prices.wait()
    assert page.trial.trial is not None
    assert page.trial.trial.params == {"draft.init_weight": 0.4}


def test_a_grid_that_is_too_large_or_varies_one_thing_twice_is_refused(page: PromptLab) -> None:
    turn_to(page, "Grid")
    page.grid.across.values.control.value = ", ".join(map(str, range(40)))
    page.grid.prices.wait()
    assert "36" in page.grid.doer.why.value
    assert page.grid.doer.start.disabled
    page.grid.down.name.control.value = "seed"
    assert "varies across already" in page.grid.down.values.complaint.value


def test_prompt_variants_are_patterns_and_complained_of_as_such(page: PromptLab) -> None:
    turn_to(page, "Grid")
    page.grid.down.values.control.value = "a boat with {product}\na {nonsense}"
    assert "uses the slot {nonsense}" in page.grid.down.values.complaint.value
    page.grid.down.values.control.value = "a boat with {product}\na car with {product}"
    chosen = page.grid.down.chosen
    assert chosen.headings == ("A: a boat with {product}", "B: a car with {product}")
    assert chosen.axis is not None
    assert [str(value).split(",")[0] for value in chosen.axis.values] == [
        *("a boat with Aurora Cordial", "a car with Aurora Cordial"),
    ]
    page.grid.prices.wait()
    assert page.grid.doer.start.description == "Render grid · 6 tiles, free"


def test_versions_are_kept_below_what_they_came_from_and_gone_back_to(page: PromptLab) -> None:
    type_into(page, "pattern", "a lamp in rain")
    page.versions.note.control.value = "rain"
    page.versions.save.click()
    type_into(page, "pattern", "a lamp at dawn")
    assert page.versions.version == ""
    page.versions.save.click()
    first, second = versions()
    assert (second.parent, page.versions.version) == (first.id, second.id)
    assert "<del><b aria-hidden='true'>−</b>in rain</del>" in page.versions.difference.value
    assert "<ins><b aria-hidden='true'>+</b>at dawn</ins>" in page.versions.difference.value
    told, star, _ = page.versions.list.children[0].children
    assert "rain" in told.value
    star.click()
    assert versions()[0].starred
    page.versions.list.children[0].children[2].click()
    assert page.words.fields["pattern"].value == "a lamp in rain"
    assert page.versions.version == first.id


def test_words_that_can_not_be_used_are_not_kept(page: PromptLab) -> None:
    type_into(page, "pattern", "a {nonsense}")
    page.versions.save.click()
    assert "can&#x27;t be used yet" in page.versions.said.value
    assert versions() == ()


def test_a_template_is_written_once_under_its_name(page: PromptLab, tmp_path: Path) -> None:
    type_into(page, "pattern", "a lamp at dawn, {prompt}")
    panel = VersionsPanel(page.desk, page.words, on_base=lambda: None, folder=tmp_path)
    panel.name.control.value = "my_lamp"
    panel.use.click()
    assert load_template(str(tmp_path / "my_lamp.json")).beats[0].prompt == "a lamp at dawn, {prompt}"
    assert str(tmp_path / "my_lamp.json") in panel.wrote.value
    panel.use.click()
    assert "Nothing is written over" in panel.name.complaint.value
    panel.name.control.value = "../up"
    panel.use.click()
    assert panel.name.complaint.value
    assert [path.name for path in tmp_path.glob("*.json")] == ["my_lamp.json"]


def test_one_brief_stands_in_several_templates(page: PromptLab) -> None:
    turn_to(page, "Templates")
    assert page.side.columns.value.count("<section") == len(page.side.ticks)
    page.side.ticks["announcement"].value = False
    assert page.side.columns.value.count("<section") == len(page.side.ticks) - 1
    type_into(page, "product", "Night Lamp")
    assert "Meet Night Lamp" in page.side.columns.value


def test_without_a_person_it_says_how_to_come_back(runs: Path) -> None:
    assert prompt_lab() == "The prompt lab waits for a person: open this notebook in JupyterLab, or run `vgkit studio`."
    assert not runs.exists()


def test_a_page_that_nobody_has_seen_yet_has_opened_no_lab(page: PromptLab, runs: Path) -> None:
    assert not runs.exists()
    page.arrive()
    page.budgets.wait()
    assert [path.name.endswith("-rehearsed") for path in runs.glob("lab-*")] == [True]


@pytest.mark.slow
def test_a_still_and_a_grid_are_drawn_scored_starred_and_found_again(page: PromptLab) -> None:
    turn_to(page, "Render")
    press(page, page.trial.doer)
    (tile,) = page.trial.results.board.tiles.values()
    assert (tile.state, tile.note.startswith("sketch · free")) == ("made", True)
    assert page.trial.doer.start.description == "Render still · free, from the cache"
    turn_to(page, "Grid")
    page.grid.down.name.control.value = ""
    page.grid.across.values.control.value = "1, 2"
    page.grid.prices.wait()
    press(page, page.grid.doer)
    board = page.grid.results.board
    assert [each["state"] for each in board.board["tiles"]] == ["made", "made"]
    assert [bool(each["best"]) for each in board.board["tiles"]].count(True) == 1
    board.hear({"star": "grid-0-1", "on": True})
    rendered = page.grid.results.rendered("grid-0-1")
    assert rendered is not None
    assert starred_trials(page.desk.lab) == {rendered.id}
    assert board.board["tiles"][1]["starred"]
    board.hear({"pick": "grid-0-0", "on": True})
    board.hear({"pick": "grid-0-1", "on": True})
    assert len(page.grid.results.side.children) == 1


def press(page: PromptLab, doer: Any) -> None:
    doer.start.click()
    doer.start.click()  # a second press is none
    doer.thread.join()
    page.trial.prices.wait()
    page.grid.prices.wait()
    assert not doer.busy
