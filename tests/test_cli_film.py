"""What a person does with clips of their own at the command line: it is done and told, or one message says why not."""

import re
from pathlib import Path

import cv2
import numpy as np
import pytest
from builders import shared
from click.testing import Result
from typer.testing import CliRunner

from vgkit.cli import app
from vgkit.errors import VgkitError
from vgkit.media.ffmpeg import run_ffmpeg
from vgkit.media.frames import write_clip, write_picture
from vgkit.media.probe import probe


def vgkit(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(each) for each in arguments])


def refusal(*arguments: object) -> tuple[int, str]:
    """The exit code and the message of what is refused; anything but an error of ours is raised."""
    said = vgkit(*arguments)
    if isinstance(said.exception, VgkitError):
        return said.exception.exit_code, str(said.exception)
    if said.exception and not isinstance(said.exception, SystemExit):
        raise said.exception
    return said.exit_code, said.output


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a clip, a still, a sound, a text and a LUT that is none; what is named without a path lies here."""
    monkeypatch.chdir(tmp_path)
    random = np.random.default_rng(3)
    texture = cv2.resize(random.integers(30, 225, (10, 20, 3)).astype(np.uint8), (128, 72))
    frames = [np.roll(texture, 2 * number, 1) for number in range(16)]
    write_clip(frames, tmp_path / "clip.mp4", fps=8)
    write_clip(frames[:2], tmp_path / "two.mp4", fps=8)
    write_picture(texture, tmp_path / "still.png")
    run_ffmpeg(["-v", "error", "-f", "lavfi", "-i", "sine=440:d=2", tmp_path / "tone.wav"], deadline_s=60)
    (tmp_path / "text.mp4").write_text("no clip")
    (tmp_path / "nan.cube").write_text("LUT_3D_SIZE 2\n" + "0 0 0\n" * 7 + "nan 0 0\n")
    return tmp_path


_BAD_CLIPS = [
    ("none.mp4", 7, r"none\.mp4 is not there\. Make or download the clip first"),
    ("text.mp4", 7, r"text\.mp4 does not decode: .* \(7 bytes\)\. Make or download it again"),
    ("tone.wav", 7, r"tone\.wav has no picture, only 1 other stream\(s\)\. Choose a video file"),
]
_BAD_WISHES = [
    ("smooth clip.mp4 out.gif", 2, r"out\.gif: the name must end in one of \.mp4, \.mov, \.mkv"),
    ("smooth clip.mp4 out.mp4 --how much", 2, "'much' is not one of 'off', 'auto'"),
    ("smooth clip.mp4 out.mp4 --fps x", 2, r"--fps: 'x' is no rate from 1 to 240\. Say, for example, 8"),
    ("smooth clip.mp4 out.mp4 --fps 1/0", 2, "--fps: '1/0' is no rate"),
    ("smooth clip.mp4 out.mp4 --fps 1e-9", 2, "--fps: '1e-9' is no rate"),
    ("smooth clip.mp4 out.mp4 --fps nan", 2, "--fps: 'nan' is no rate"),
    ("interpolate clip.mp4 out.mp4 --fps -8", 2, "--fps: '-8' is no rate"),
    ("interpolate clip.mp4 out.mp4 --to 0", 2, "--to: '0' is no rate"),
    ("interpolate clip.mp4 out.mp4 --to 241", 2, "--to: '241' is no rate"),
    ("interpolate clip.mp4 out.txt", 2, r"out\.txt: the name must end in"),
    ("grade clip.mp4 out.mp4 --look teal", 2, "There is no look 'teal'. Use one of clean_commercial"),
    ("grade clip.mp4 out.mp4 --look nan.cube", 2, r"nan\.cube line 9: expected three numbers, found 'nan 0 0'"),
    ("grade clip.mp4 out.mp4 --look none.cube", 2, r"none\.cube can't be read"),
    ("grade clip.mp4 out.mp4 --strength 2", 2, "strength: 2 is out of range"),
    ("grade clip.mp4 out", 2, "out: the name must end in"),
    ("film clip.mp4 -o out.mkv", 2, r"out\.mkv: the film's name must end in \.mp4"),
    ("film clip.mp4 -o out.mp4 --aspect 4:3", 2, "--aspect: '4:3' is none of 16:9, 9:16, 1:1"),
    ("film clip.mp4 -o out.mp4 --transition fade", 2, "--transition: 'fade' is none of cut, dissolve"),
    ("film clip.mp4 -o out.mp4 --quality best", 2, "--quality: 'best' is none of draft, review, delivery"),
    ("film clip.mp4 -o out.mp4 --look teal", 2, "There is no look 'teal'"),
    ("film clip.mp4 -o out.mp4 --look nan.cube", 2, r"nan\.cube line 9"),
    ("film clip.mp4 -o out.mp4 --strength -1", 2, "--strength: -1 is out of range"),
    ("film clip.mp4 -o out.mp4 --fps soon", 2, "--fps: 'soon' is no rate"),
    ("film clip.mp4 -o out.mp4 --music text.mp4", 2, r"text\.mp4 can't be read as sound"),
    ("film clip.mp4 -o out.mp4 --music none.mp3", 2, r"There is no sound file at none\.mp3"),
    ("film clip.mp4 -o out.mp4 --seconds 0", 2, "greater than or equal to 1"),
    ("film clip.mp4 two.mp4 -o out.mp4", 2, r"two\.mp4 would be seen for 4 of the film's frames; at least 12"),
    ("film clip.mp4 -o out.mp4 --fps 60", 2, r"clip\.mp4 would be seen for 8 .* say --fps 8 if that is its rate"),
    ("film -o out.mp4", 2, "Missing argument 'clips'"),
    ("conform clip.mp4 --aspect 4:3", 2, "--aspect: '4:3' is none of"),
]


@pytest.mark.parametrize(("typed", "code", "said"), _BAD_WISHES)
def test_a_wish_that_cant_be_met_ends_in_one_message(here: Path, typed: str, code: int, said: str) -> None:
    before = sorted(here.iterdir())
    found = refusal(*typed.split())
    assert found[0] == code
    assert re.search(said, found[1]), found[1]
    assert sorted(here.iterdir()) == before


@pytest.mark.parametrize("command", ["smooth", "interpolate", "grade", "film", "conform"])
@pytest.mark.parametrize(("clip", "code", "said"), _BAD_CLIPS)
def test_what_is_no_clip_is_named(here: Path, command: str, clip: str, code: int, said: str) -> None:
    (here / "out.mp4").write_bytes(b"before")
    before = sorted(here.iterdir())
    target = {"film": ("-o", "out.mp4"), "conform": ()}.get(command, ("out.mp4",))
    found = refusal(command, clip, *target)
    assert found[0] == code
    assert re.search(said, found[1]), found[1]
    assert sorted(here.iterdir()) == before
    assert (here / "out.mp4").read_bytes() == b"before"


def test_smooth_tells_what_was_found_and_done(here: Path) -> None:
    told = vgkit("smooth", "clip.mp4", "out.mp4").stdout.splitlines()
    assert re.fullmatch(r"left as it is; flicker [\d.]+ to [\d.]+, warp error [\d.]+ to .*, sharpness 100.0%", told[0])
    assert told[1] == "out.mp4"
    assert (probe(here / "out.mp4").frames, probe(here / "out.mp4").fps) == (16, 8)


def test_interpolate_tells_how_many_frames_it_drew(here: Path) -> None:
    told = vgkit("interpolate", "clip.mp4", "out.mov", "--fps", "4", "--to", "24").stdout.splitlines()
    assert told == ["taken at 4 fps; its header says 8", "91 frames at 24 a second", "out.mov"]
    assert (probe(here / "out.mov").frames, probe(here / "out.mov").fps) == (91, 24)


def test_grade_lays_a_look_over_a_clip(here: Path) -> None:
    assert vgkit("grade", "clip.mp4", "new/out.mkv", "--look", "warm_story", "--strength", "0.5").exit_code == 0
    found = probe(here / "new" / "out.mkv")
    assert (found.frames, found.width, found.height) == (16, 128, 72)


def test_one_frame_is_a_still_and_says_so(here: Path) -> None:
    told = vgkit("smooth", "still.png", "out.mp4").stdout.splitlines()
    assert told[0] == "one frame: a still"
    assert "nan" not in told[1]
    assert vgkit("interpolate", "still.png", "moved.mp4").stdout.splitlines()[1] == "1 frames at 30 a second"


def test_a_held_gif_is_told_and_taken_at_the_rate_that_was_said(here: Path) -> None:
    gif = shared("clips/animatediff/model_04_01.gif")
    told = vgkit("smooth", gif, "out.mp4", "--fps", "8").stdout.splitlines()
    assert told[0] == "each frame comes 3 times and is taken once (48 made 16)"
    assert told[1] == "taken at 8 fps; its header says 25"
    assert (probe(here / "out.mp4").frames, probe(here / "out.mp4").fps) == (16, 8)


@pytest.mark.slow
def test_a_film_of_a_clip_and_a_still_with_a_persons_music(here: Path) -> None:
    done = vgkit(*("film", "clip.mp4", "still.png", "-o", "out.mp4"), *("--quality", "draft", "--aspect", "1:1"),
                 *("--music", "tone.wav"))  # fmt: skip
    told = done.stdout.splitlines()
    assert told[:2] == ["still.png: one frame: a still", "still.png: closed in on for two seconds"]
    assert told[2].startswith("clip.mp4: 1.90 s; left as it is")
    assert told[3].startswith("still.png: 2.03 s; ")
    assert told[-2:] == ["15 checks passed; 3.933 s", "out.mp4"]
    found = probe(here / "out.mp4")
    assert (found.frames, found.width, found.height) == (118, 1080, 1080)
    assert vgkit("conform", "out.mp4").exit_code == 0
