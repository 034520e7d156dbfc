"""What the player is told of a film, a take or a clip, and what it says of one that can't be shown."""

import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import builders
import numpy as np
import pytest
from numbered import numbered_clip, two_scenes

from vgkit.draft import draft_storyboard
from vgkit.files import write_text
from vgkit.media.frames import write_lossless
from vgkit.player.shown import Mark, Shown, notices, shown_clip, shown_film, shown_take, with_strips
from vgkit.run import Run


@pytest.fixture
def run(runs: Path) -> Run:
    """A run of six seconds with a storyboard and a film of as many frames."""
    made = builders.run(name="lamp")
    board = draft_storyboard(made.brief, made.template, builders.plan(made.brief), builders.ANIMATEDIFF)
    write_text(made.path("storyboard.json"), board.model_dump_json())
    numbered_clip(made.path("film.mp4"), frames=180)
    return made


def test_a_clip_is_shown_with_its_facts(tmp_path: Path) -> None:
    clip = numbered_clip(tmp_path / "clip.mp4", frames=16, fps=8)
    shown = shown_clip(clip)
    assert (shown.title, shown.fps, shown.frames, shown.size) == ("clip.mp4", Fraction(8), 16, (320, 180))
    assert (shown.duration_s, shown.sound, shown.state) == (2.0, False, "")
    assert (shown.shots, shown.strips) == ((), ())


def test_a_measured_clip_shows_where_it_cuts(tmp_path: Path) -> None:
    two_scenes(tmp_path / "cut.mp4", frames=12, cut_at=8)
    shown = with_strips(shown_clip(tmp_path / "cut.mp4"))
    assert shown.shots == (Mark(0.0, "view 1"), Mark(1.0, "view 2"))
    assert shown_clip(tmp_path / "cut.mp4").strips == shown.strips


def test_a_film_shows_its_shots_and_beats_where_they_were_joined(run: Run) -> None:
    board = run.storyboard
    lengths = [shot.frames for shot in board.shots]
    lengths[0], lengths[1] = lengths[0] + 3, lengths[1] - 3  # moved onto the music's beat
    write_text(run.path("joins.json"), json.dumps(lengths))
    shown = shown_film(run)
    assert shown.title == "lamp"
    assert [mark.label for mark in shown.shots] == [shot.id for shot in board.shots]
    assert [mark.at_s for mark in shown.shots][:2] == [0.0, lengths[0] / 30]
    assert [mark.label for mark in shown.beats] == list(dict.fromkeys(s.beat.replace("_", " ") for s in board.shots))
    assert shown.beats[0].at_s == 0.0
    assert {mark.at_s for mark in shown.beats} <= {mark.at_s for mark in shown.shots}


def test_a_film_without_record_of_its_joins_has_no_marks(run: Run) -> None:
    assert (shown_film(run).shots, shown_film(run).beats) == ((), ())
    write_text(run.path("joins.json"), "not JSON")
    assert shown_film(run, title="Lamp").title == "Lamp"
    assert shown_film(run).state == ""


def test_a_run_without_a_film_says_how_to_make_it(run: Run) -> None:
    run.path("film.mp4").unlink()
    assert shown_film(run).state == (
        "lamp has no film.mp4: it is not made yet, or was deleted. Make it with `vgkit resume lamp`."
    )


def test_a_take_is_named_after_its_shot_and_one_that_was_let_go_says_how_to_bring_it_back(run: Run) -> None:
    run.path("chunks/s01").mkdir(parents=True)
    numbered_clip(run.path("chunks/s01/t02.mp4"), frames=16, fps=8)
    assert shown_take(run, shot="s01", take="t02").title == "s01/t02 of lamp"
    gone = shown_take(run, shot="s01", take="t03").state
    assert gone.startswith("lamp has no take t03 of s01. `vgkit resume lamp --from chunks --force` brings")


def test_a_file_that_is_gone_broken_or_not_for_browsers_says_so_and_what_to_do(tmp_path: Path) -> None:
    assert shown_clip(tmp_path / "gone.mp4").state.startswith("gone.mp4 is no longer in")
    (tmp_path / "words.mp4").write_text("no clip", "utf-8")
    assert "words.mp4 does not decode" in shown_clip(tmp_path / "words.mp4").state
    write_lossless([np.zeros((64, 64, 3), np.uint8)] * 2, tmp_path / "cut.mkv", fps=8)
    assert shown_clip(tmp_path / "cut.mkv").state == (
        "cut.mkv is ffv1 in bgr0, which browsers don't play. "
        "Make one that they play: ffmpeg -i cut.mkv -pix_fmt yuv420p playable.mp4"
    )


def test_a_clip_that_is_deleted_after_it_was_looked_at_says_so(tmp_path: Path) -> None:
    clip = numbered_clip(tmp_path / "clip.mp4", frames=4)
    shown = shown_clip(clip)
    clip.unlink()
    assert shown.state.startswith("clip.mp4 is no longer in")
    assert with_strips(shown) is shown


def test_a_clip_that_breaks_off_has_no_strips_but_a_note(tmp_path: Path) -> None:
    clip = numbered_clip(tmp_path / "clip.mp4", frames=30)
    shown = shown_clip(clip)
    clip.write_bytes(clip.read_bytes()[:-200])
    noted = with_strips(shown)
    assert noted.strips == ()
    assert noted.note.startswith("clip.mp4 can't be measured: ")
    assert list(notices([noted])) == [noted.note]


def test_what_differs_between_two_is_said(tmp_path: Path) -> None:
    one = Shown(numbered_clip(tmp_path / "one.mp4", frames=60), "one", Fraction(30), 180, (1920, 1080))
    assert list(notices([one, replace(one, title="other")])) == []
    other = replace(one, title="other", fps=Fraction(8), frames=16, size=(512, 512))
    assert list(notices([one, other])) == [
        "one lasts 6.00 s, other 2.00 s: they stop together at 2.00 s.",
        "30 and 8 frames a second: a step is one frame of the faster.",
        "Their shapes differ, 1920x1080 and 512x512: one over the other, both are fitted into that of the first.",
    ]
    assert list(notices([one, replace(other, trouble="gone")])) == []
