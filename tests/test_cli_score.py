"""Any clips are scored side by side from the command line, and one that can't be is told without harm to the others."""

import csv
import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import Result
from typer.testing import CliRunner

from vgkit.cli import app
from vgkit.errors import AssetError, InputError, NotAClip, ParameterError
from vgkit.media.frames import write_lossless, write_picture
from vgkit.quality.registry import clip_measures

NAMES = [measure.name for measure in clip_measures()]


def vgkit(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(each) for each in arguments])


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a sharp clip, a soft one, a still, pictures that name no rate, and a text."""
    monkeypatch.chdir(tmp_path)
    texture = np.random.default_rng(3).integers(30, 225, (48, 64, 3)).astype(np.uint8)
    sharp = [np.roll(texture, number, 1) for number in range(4)]
    write_lossless(sharp, tmp_path / "sharp.mkv", fps=8)
    write_lossless([cv2.GaussianBlur(frame, (0, 0), 3) for frame in sharp], tmp_path / "soft.mkv", fps=8)
    for number, frame in enumerate(sharp):
        write_picture(frame, tmp_path / "pictures" / f"{number}.png")
    write_picture(texture, tmp_path / "still.png")
    (tmp_path / "text.mp4").write_text("no clip")
    return tmp_path


def rows(said: Result) -> dict[str, list[str]]:
    """The lines of a table by their measure."""
    return {words[0]: words[1:] for line in said.stdout.splitlines() if (words := line.split()) and words[0] in NAMES}


def test_each_measure_stands_with_its_value_unit_and_which_way_is_better(here: Path) -> None:
    said = vgkit("score", "sharp.mkv")
    assert said.exit_code == 0
    assert said.stdout.startswith("sharp.mkv: 64x48, 4 frames of 8 fps\n")
    found = rows(said)
    assert list(found) == NAMES
    assert found["sharpness"][1:] == ["Tenengrad", "higher"]


def test_clips_stand_side_by_side(here: Path) -> None:
    sharp, soft = map(float, rows(vgkit("score", "sharp.mkv", "soft.mkv"))["sharpness"][:2])
    assert sharp > 2 * soft > 0


def test_files_of_one_name_are_told_apart_by_their_paths(here: Path) -> None:
    (here / "other").mkdir()
    (here / "soft.mkv").rename(here / "other" / "sharp.mkv")
    said = vgkit("score", "sharp.mkv", "other/sharp.mkv")
    assert "other/sharp.mkv: 64x48" in said.stdout


def test_json_is_one_object_with_the_provenance_of_each_number(here: Path) -> None:
    (clip,) = json.loads(vgkit("score", "sharp.mkv", "--json").stdout)["clips"]
    assert (clip["file"], clip["width"], clip["height"], clip["frames"], clip["fps"]) == ("sharp.mkv", 64, 48, 4, 8)
    assert [found["measure"] for found in clip["measures"]] == NAMES
    for found, measure in zip(clip["measures"], clip_measures(), strict=True):
        assert (found["implementation"], found["version"]) == (measure.implementation, measure.version)
        assert (found["unit"], found["direction"], found["reads"]) == (measure.unit, measure.direction, measure.reads)
        assert (found["value"] is None) == bool(found["reason"])
    (sharpness,) = (found for found in clip["measures"] if found["measure"] == "sharpness")
    assert sharpness["span"] == [0, None]


def test_csv_has_a_line_for_each_clip_and_measure(here: Path) -> None:
    lines = list(csv.DictReader(vgkit("score", "sharp.mkv", "soft.mkv", "--csv").stdout.splitlines()))
    assert [(line["file"], line["measure"]) for line in lines] == [
        (file, name) for file in ("sharp.mkv", "soft.mkv") for name in NAMES
    ]
    assert all(bool(line["value"]) != bool(line["reason"]) for line in lines)


def test_a_bad_file_is_told_and_the_others_are_scored(here: Path) -> None:
    said = vgkit("score", "text.mp4", "sharp.mkv", "gone.mp4", "pictures")
    assert list(rows(said)) == NAMES
    assert isinstance(said.exception, NotAClip)
    assert said.exception.exit_code == 7
    assert "text.mp4 does not decode" in str(said.exception)
    gone, pictures = said.exception.__notes__
    assert gone.startswith("NotAClip: gone.mp4 is not there")
    assert pictures.startswith("InputError: pictures is 4 pictures and names no rate")


def test_json_names_what_was_not_scored_and_why(here: Path) -> None:
    told = json.loads(vgkit("score", "text.mp4", "sharp.mkv", "--json").stdout)
    assert [clip["file"] for clip in told["clips"]] == ["sharp.mkv"]
    (failed,) = told["failed"]
    assert (failed["file"], failed["error"]) == ("text.mp4", "NotAClip")
    assert "Make or download it again" in failed["message"]


def test_pictures_are_scored_at_the_rate_that_was_said_and_ask_for_one(here: Path) -> None:
    assert isinstance(vgkit("score", "pictures").exception, InputError)
    assert rows(vgkit("score", "pictures", "--fps", "8")) == rows(vgkit("score", "sharp.mkv"))
    assert rows(vgkit("score", "pictures/*.png", "--fps", "8")) == rows(vgkit("score", "sharp.mkv"))


def test_the_keyframe_is_held_against_the_first_frame_and_its_lack_is_told(here: Path) -> None:
    assert float(rows(vgkit("score", "sharp.mkv", "--keyframe", "still.png"))["keyframe_adherence"][0]) == 1
    said = vgkit("score", "sharp.mkv", "soft.mkv").stdout
    assert "– keyframe_adherence: no keyframe was given" in said.splitlines()


def test_the_prompt_is_what_a_model_holds_each_clip_against(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from clip_folders import clip_folder

    monkeypatch.setenv("VGKIT_CLIP", str(clip_folder(here / "clip")))
    write_picture(np.full((48, 64, 3), (255, 0, 0), np.uint8), here / "red.png")
    assert float(rows(vgkit("score", "red.png", "--prompt", "red"))["clip_score"][0]) == 100
    assert "– clip_score: no prompt was given" in vgkit("score", "red.png").stdout.splitlines()


def test_a_reason_that_holds_for_some_clips_names_them(here: Path) -> None:
    said = vgkit("score", "sharp.mkv", "still.png").stdout
    assert "– flicker: no three frames in a row without a cut (still.png)" in said.splitlines()


def test_a_keyframe_that_is_none_is_refused_before_anything_is_scored(here: Path) -> None:
    said = vgkit("score", "sharp.mkv", "--keyframe", "text.mp4")
    assert isinstance(said.exception, AssetError)
    assert (said.exception.exit_code, said.stdout) == (2, "")


@pytest.mark.parametrize(
    ("options", "message"),
    [(("--json", "--csv"), "--json and --csv"), (("--fps", "soon"), "--fps: 'soon' is no rate from 1 to 240")],
)
def test_a_wish_that_cant_be_met_ends_in_one_message(here: Path, options: tuple[str, ...], message: str) -> None:
    said = vgkit("score", "sharp.mkv", *options)
    assert isinstance(said.exception, ParameterError)
    assert message in str(said.exception)
