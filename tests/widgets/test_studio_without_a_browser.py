"""The studio's page without a browser: what a person types and clicks, and what the page then says."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from turn_taking import turn_of

from vgkit.brief import brief_from
from vgkit.run import Run, all_runs
from vgkit.start import check_brief, make_run
from vgkit.studio.stopping import stop
from vgkit.widgets.studio import Studio, studio
from vgkit.widgets.visitor import Arrival

ME, SOMEBODY = "a" * 32, "b" * 32
SCRIPT = "<script>alert(1)</script>"
GOOD = {"prompt": "A brass desk lamp in an evening study. Dims with one finger.", "product": "Lamp", "duration_s": "6"}


@pytest.fixture(autouse=True)
def no_keys(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for key in ("OPENAI_API_KEY", "REPLICATE_API_TOKEN"):
        monkeypatch.delenv(key, raising=False)


def opened(*, person: str = ME, everyone: bool = False, draft: str = "", kept: str = "", run_dir: str = "") -> Studio:
    """A page that its person has just opened."""
    page = Studio(run_dir, everyone=everyone, typing_s=0)
    page.arrive(Arrival(person, "/", draft, kept))
    page.tick()
    return page


def fill(page: Studio, **values: Any) -> None:
    for name, value in values.items():
        page.form.controls[name].value = value
    page.tick()


def a_run(owner: str = "", **fields: Any) -> Run:
    return make_run(check_brief(brief_from({**GOOD, "duration_s": 6, **fields})), owner=owner)


def shown_html(widget: Any) -> Iterator[str]:
    """All HTML that is anywhere in a widget."""
    if hasattr(widget, "children"):
        for child in widget.children:
            yield from shown_html(child)
    elif type(widget).__name__ == "HTML":
        yield widget.value


def listed(page: Studio) -> list[str]:
    return [tile["key"] for tile in page.history.tiles.tiles]


def test_nothing_is_shouted_before_a_field_was_touched() -> None:
    page = opened()
    assert [place.value for place in page.form.complaints.values() if place.value] == []
    assert page.plan.generate.disabled
    assert "Say what the film is about" in page.plan.reason.value


def test_each_complaint_stands_beside_its_field() -> None:
    page = opened()
    fill(page, prompt="", product="x" * 61, duration_s="100")
    fill(page, prompt=" ")
    wrong = {name for name, place in page.form.complaints.items() if place.value}
    assert wrong == {"prompt", "product", "duration_s"}
    assert "The most is 60" in page.form.complaints["duration_s"].value
    assert page.plan.generate.disabled
    fill(page, **GOOD)
    assert [place.value for place in page.form.complaints.values() if place.value] == []
    assert not page.plan.generate.disabled


def test_a_length_that_is_no_number_is_a_complaint_like_another() -> None:
    page = opened()
    fill(page, **{**GOOD, "duration_s": "half a minute"})
    assert "Write a whole number." in page.form.complaints["duration_s"].value


def test_a_key_that_is_missing_stops_what_would_cost_and_a_rehearsal_needs_none() -> None:
    page = opened()
    fill(page, **GOOD, profile="dev")
    assert page.plan.generate.disabled
    assert "REPLICATE_API_TOKEN" in page.plan.reason.value + page.form.complaints["profile"].value
    fill(page, rehearse=True)
    assert not page.plan.generate.disabled
    assert "$0, rehearsed" in page.plan.estimate.value


def test_a_full_budget_says_so_with_its_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    for key in ("OPENAI_API_KEY", "REPLICATE_API_TOKEN"):
        monkeypatch.setenv(key, "r8_" + "k" * 40)
    monkeypatch.setenv("VGKIT_PROJECT_CAP", "0.10")
    page = opened()
    fill(page, **GOOD, profile="dev")
    assert page.plan.generate.disabled
    assert "VGKIT_PROJECT_CAP" in page.plan.reason.value


def test_what_the_template_makes_of_the_words_is_shown() -> None:
    page = opened()
    fill(page, **GOOD, brand="Halm", template="announcement")
    beats = "".join(shown_html(page.plan.beats))
    assert "Announcement" in beats
    assert "Lamp" in beats


def test_scripts_in_all_fields_are_shown_as_text() -> None:
    page = opened()
    texts = {name: SCRIPT for name, control in page.form.controls.items() if isinstance(control.value, str)}
    chosen = {name for name, control in page.form.controls.items() if hasattr(control, "options")}
    fill(page, **{name: text for name, text in texts.items() if name not in chosen})
    html = "".join(shown_html(page.box))
    assert "<script" not in html
    assert "&lt;script&gt;" in html
    run = a_run(prompt=SCRIPT, product=SCRIPT)
    page.open(run.name)
    page.tick()
    assert page.opened.name == run.name
    assert "<script" not in "".join(shown_html(page.box))


def test_two_clicks_make_one_run_and_a_page_that_is_opened_again_is_back_at_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VGKIT_AT_ONCE", "1")
    page = opened()
    fill(page, **GOOD)
    with turn_of("another"):
        page.plan.generate.click()
        page.plan.generate.click()
        page.errands.wait()
        page.tick()
        page.plan.generate.click()
        page.tick()
        assert len(all_runs()) == 1
        run = Run.open(all_runs()[0])
        assert (run.owner, page.opened.name) == (ME, run.name)
        assert "This film is in the making" in page.plan.reason.value
        assert opened().opened.name == run.name
        assert opened(person=SOMEBODY).opened.name == ""
        fill(page, seed="2")
        assert not page.plan.generate.disabled
        stop(run)
    page.tick()
    assert "stopped" in page.opened.stage.head.value


def test_a_film_that_is_refused_leaves_the_page_ready_for_the_next_try() -> None:
    page = opened()
    fill(page, **GOOD)
    page.form.controls["prompt"].value = ""
    page.plan.generate.click()
    page.errands.wait()
    page.tick()
    assert page.plan.generate.disabled
    assert page.form.complaints["prompt"].value
    fill(page, **GOOD)
    assert not page.plan.generate.disabled
    assert all_runs() == []


def test_what_a_person_typed_is_there_when_they_come_back() -> None:
    page = opened()
    fill(page, **GOOD, profile="dev", approve_stills=True)
    again = opened(draft=page.visitor.draft)
    assert again.form.draft == page.form.draft


@pytest.mark.parametrize("draft", ["", "no json", "[]", '{"prompt": 7, "template": "none", "nothing": 1}'])
def test_a_draft_that_can_not_be_read_is_left_alone(draft: str) -> None:
    assert opened(draft=draft).form.draft == Studio("", everyone=True).form.draft


def test_one_sees_one_s_own_runs_and_those_of_nobody() -> None:
    mine, theirs, nobodys = a_run(ME), a_run(SOMEBODY), a_run()
    page = opened()
    assert set(listed(page)) == {mine.name, nobodys.name}
    for name in (theirs.name, f"../{mine.folder.parent.name}/{theirs.name}", str(theirs.folder), ".", ""):
        page.open(name)
        assert page.opened.name == ""
    assert set(listed(opened(everyone=True))) == {mine.name, theirs.name, nobodys.name}


def test_a_run_is_open_again_after_a_reload_and_a_named_one_at_once() -> None:
    first, second = a_run(ME), a_run(ME)
    assert opened(kept=first.name).opened.name == first.name
    assert opened(run_dir=second.name).opened.name == second.name
    assert opened(kept="long-gone").opened.name == ""


def test_a_run_that_is_deleted_while_it_is_open_is_said_to_be() -> None:
    run = a_run(ME)
    page = opened(kept=run.name)
    shutil.rmtree(run.folder)
    page.tick()
    assert "The folder of this run was deleted." in page.opened.stage.trouble.value
    page.open(run.name)
    assert "or it was deleted" in "".join(shown_html(page.history.beside))
    page.tick()
    assert listed(page) == []
    page.opened.stage.close.click()
    page.tick()
    assert page.opened.name == ""


def test_the_newest_twelve_are_shown_and_older_ones_on_demand() -> None:
    names = [a_run(ME).name for _ in range(14)]
    page = opened()
    assert listed(page) == names[:1:-1]
    page.history.more.click()
    page.tick()
    assert listed(page) == names[::-1]


def test_a_page_that_ends_says_how_to_have_it_again_and_is_not_brought_up_to_date() -> None:
    page = opened()
    page.end()
    assert "Run its cell again" in "".join(shown_html(page.box))
    assert "Your film" not in "".join(shown_html(page.box))
    page.welcome(Arrival(ME, "/"))
    assert page.pulse._thread is not None
    page.pulse._thread.join()


def test_nobody_is_shown_a_page_where_nobody_sits() -> None:
    assert studio() == "The studio is a page for a person. Open this notebook in JupyterLab, or start `vgkit studio`."


def test_what_a_browser_keeps_holds_no_path_of_this_machine() -> None:
    page = opened()
    fill(page, **GOOD)
    assert set(json.loads(page.visitor.draft)) == set(page.form.controls)
