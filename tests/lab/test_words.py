"""Words as a person edits them: prompts of all keyframes at once, and complaints beside the field they concern."""

from pathlib import Path

import numpy as np
import pytest
from labs import BRIEF, words

from vgkit.errors import ParameterError
from vgkit.lab.words import BeatEdit, Edits, side_by_side, words_of
from vgkit.media.frames import write_picture


def test_thirty_seconds_are_fifteen_keyframes_whose_weights_sum_to_one() -> None:
    lines = words(duration_s=30).lines
    assert [line.keyframe for line in lines] == [f"k{number:02d}" for number in range(15)]
    assert all(sum(line.weights.values()) == pytest.approx(1) for line in lines)
    assert any(len(line.weights) == 2 for line in lines)


def test_another_pattern_changes_its_beat_and_what_is_blended_with_it_alone() -> None:
    before = words(duration_s=30).lines
    after = words(Edits({"reveal": BeatEdit(prompt="{product} in {light} rain")}), duration_s=30).lines
    changed = {line.keyframe for line, was in zip(after, before, strict=True) if line.prompt != was.prompt}
    assert changed
    assert all("reveal" in line.weights for line in after if line.keyframe in changed)
    assert "Aurora in day rain" in next(line.prompt for line in after if line.beat == "reveal")


def test_style_negative_look_and_captions_reach_the_storyboard() -> None:
    edits = Edits(
        {"hook": BeatEdit(captions=("Hello {product}",))}, negative="rain", look="warm_story", style="35 mm {film}"
    )
    drafted = words(edits)
    assert all(line.prompt.split(", with a hint of")[0].endswith("35 mm {film}") for line in drafted.lines)
    assert {line.negative for line in drafted.lines} == {"rain"}
    assert drafted.storyboard
    assert drafted.storyboard.look == "warm_story"
    assert drafted.storyboard.captions[0].text == "Hello Aurora"
    assert drafted.pattern("hook") == words().pattern("hook")


def test_each_complaint_stands_beside_its_field() -> None:
    beats = {
        "hook": BeatEdit(prompt="a {produkt}", captions=("{nobody}",)),
        "reveal": BeatEdit(prompt="x" * 500),
        "coda": BeatEdit(prompt="the end"),
        "moment": BeatEdit(prompt="  "),
    }
    said = words(Edits(beats, negative="n" * 500, style="s" * 300)).complaints
    assert set(said) == {
        *("beats.hook.prompt", "beats.hook.captions", "beats.reveal.prompt", "beats.coda.prompt"),
        *("beats.moment.prompt", "negative", "style"),
    }
    assert "{produkt}; the slots are {prompt}" in said["beats.hook.prompt"]
    assert "500 characters); keep it to 400" in said["beats.reveal.prompt"]
    assert "no beat 'coda'; it has hook, reveal" in said["beats.coda.prompt"]
    assert said["beats.moment.prompt"] == "is empty; write what is seen"
    assert words(Edits(look="sepia")).complaints == {
        "look": "is 'sepia'; choose one of clean_commercial, night_neon, warm_story"
    }


def test_fields_of_a_brief_and_names_of_templates_are_complained_about_too() -> None:
    said = words_of({"prompt": "", "duration_s": 3, "aspect": "4:3"}, "no_such").complaints
    assert set(said) == {"brief.prompt", "brief.duration_s", "brief.aspect", "template"}
    assert set(words(profile="gold").complaints) == {"brief.profile"}


def test_a_pattern_that_this_brief_leaves_empty_is_a_complaint_not_a_crash() -> None:
    said = words(Edits({"hook": BeatEdit(prompt="{tagline}")}))
    assert said.complaints == {"beats.hook.prompt": "comes out empty for this brief; add words"}
    assert said.lines == ()
    with pytest.raises(ParameterError, match="beats.hook.prompt: comes out empty"):
        said.drafted  # noqa: B018


def test_one_brief_reads_differently_in_each_template_side_by_side() -> None:
    names = ("product_showcase", "lifestyle_ad", "announcement")
    found = side_by_side(BRIEF, names, Edits({"hook": BeatEdit(prompt="x")}, style="in ink"))
    assert [each.template.name for each in found if each.template] == list(names)
    assert len({each.lines[0].prompt for each in found}) == 3
    assert all("in ink" in each.lines[0].prompt for each in found)
    assert found[0].lines[0].prompt != "x, in ink"
    assert all(each.complaints == {} for each in found)


def test_the_products_picture_gives_the_accent_and_one_that_is_none_is_a_complaint(tmp_path: Path) -> None:
    picture = tmp_path / "product.png"
    pixels = np.full((96, 96, 3), 250, np.uint8)
    pixels[24:72, 24:72] = (200, 30, 40)
    write_picture(pixels, picture)
    with_picture, without = words(assets={"product": str(picture)}), words()
    assert with_picture.storyboard
    assert without.storyboard
    assert with_picture.storyboard.palette.accent != without.storyboard.palette.accent
    assert set(words(assets={"product": "/no/such/picture.png"}).complaints) == {"brief.assets.product"}
