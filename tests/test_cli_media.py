"""Any video file can be held to our specification from the command line."""

import json
from pathlib import Path

import av
import numpy as np
import pytest
from click.testing import Result
from typer.testing import CliRunner

from vgkit.cli import app
from vgkit.errors import NotAClip, ParameterError
from vgkit.media.frames import write_clip
from vgkit.media.sound import write_wav


def vgkit(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(each) for each in arguments])


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """A clip as a model gives it: small, 8 frames a second, mute."""
    noise = np.random.default_rng(1).integers(0, 255, (16, 320, 176, 3), np.uint8)
    write_clip(noise, tmp_path / "clip.mp4", fps=8)
    return tmp_path / "clip.mp4"


def test_each_check_is_told_with_what_was_wanted_and_found_and_its_cure(clip: Path) -> None:
    said = vgkit("conform", clip)
    assert said.exit_code == 7
    lines = [" ".join(line.split()) for line in said.stdout.splitlines()]
    assert "ok container wanted mp4 found mp4" in lines
    assert "NOT size wanted 1080x1920 found 176x320" in lines
    assert lines[lines.index("NOT sound wanted aac 48000 Hz, 2 channels found no sound") + 1].startswith("Lay sound")
    assert "NOT frames wanted 60 found 16" in lines
    assert "Run the refine phase" not in said.stdout
    assert lines[-1].endswith("clip.mp4 is not to specification: 5 of 12 checks failed.")


def test_aspect_and_length_can_be_said(clip: Path) -> None:
    found = json.loads(vgkit("conform", clip, "--aspect", "1:1", "--seconds", "3", "--json").stdout)
    wanted = {check["name"]: check["wanted"] for check in found["checks"]}
    assert (wanted["size"], wanted["frames"], found["passed"]) == ("1080x1080", "90", False)
    assert all(check["cure"] for check in found["checks"] if not check["passed"])


def test_a_sound_has_no_picture_and_says_so(tmp_path: Path) -> None:
    write_wav(np.zeros((48_000, 2), np.float32), tmp_path / "music.wav")
    said = vgkit("conform", tmp_path / "music.wav")
    assert isinstance(said.exception, NotAClip)
    assert "music.wav has no picture, only 1 other stream" in str(said.exception)


def test_a_song_with_a_cover_has_no_picture_either(tmp_path: Path) -> None:
    song = tmp_path / "song.mp3"
    with av.open(str(song), "w") as out:
        sound, cover = out.add_stream("mp3", rate=48_000), out.add_stream("png", rate=1)
        cover.width, cover.height, cover.pix_fmt = 8, 8, "rgb24"
        out.mux(cover.encode(av.VideoFrame.from_ndarray(np.zeros((8, 8, 3), np.uint8))))
        silence = av.AudioFrame.from_ndarray(np.zeros((2, 4800), np.float32), format="fltp", layout="stereo")
        silence.sample_rate = 48_000
        out.mux([*sound.encode(silence), *sound.encode(), *cover.encode()])
    assert isinstance(vgkit("conform", song).exception, NotAClip)


def test_what_does_not_decode_says_so(tmp_path: Path) -> None:
    (tmp_path / "film.mp4").write_bytes(b"no film")
    said = vgkit("conform", tmp_path / "film.mp4", "--json")
    assert isinstance(said.exception, NotAClip)
    assert (said.exception.exit_code, said.stdout) == (7, "")
    assert "film.mp4 does not decode" in str(said.exception)


def test_an_aspect_there_is_not_is_refused(clip: Path) -> None:
    said = vgkit("conform", clip, "--aspect", "4:3")
    assert isinstance(said.exception, ParameterError)
    assert "'4:3' is none of 16:9, 9:16, 1:1" in str(said.exception)
