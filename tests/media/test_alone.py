"""Each step on one file: the right frames, in the same time, with the file's own sound, or nothing at all."""

from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from vgkit.errors import InputError, NotAClip, ParameterError
from vgkit.media.alone import grade_file, interpolate_file, smooth_file
from vgkit.media.ffmpeg import run_ffmpeg
from vgkit.media.frames import Frame, read_clip, write_clip, write_lossless
from vgkit.media.grade import Lut, identity
from vgkit.media.looks import look_named
from vgkit.media.measures import sharpness
from vgkit.media.picture import from_rgb
from vgkit.media.probe import probe
from vgkit.media.sound import read_sound
from vgkit.media.steady import steadied


def drifting(count: int, *, step: int = 2, noise: float = 0.0, light: float = 0.0) -> list[Frame]:
    """A texture that drifts to the right, with grain and a jumping light where wished for."""
    random = np.random.default_rng(3)
    colours = random.integers(30, 225, (14, 24, 3)).astype(np.uint8)
    texture = cv2.resize(colours, (96, 56), interpolation=cv2.INTER_CUBIC)
    frames = []
    for number in range(count):
        frame = np.roll(texture, step * number, 1) * (1 + light * random.standard_normal())
        frames.append(np.clip(frame + noise * random.standard_normal(frame.shape), 0, 255).astype(np.uint8))
    return frames


def lumas(path: Path) -> np.ndarray:
    return np.stack([from_rgb(frame).luma for frame in read_clip(path)])


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    write_clip(drifting(16), tmp_path / "clip.mp4", fps=8)
    return tmp_path / "clip.mp4"


@pytest.fixture
def sounding(clip: Path) -> Path:
    """The clip with two seconds of a tone."""
    out = clip.with_name("sounding.mp4")
    tone = ("-f", "lavfi", "-i", "sine=440:d=2:r=48000")
    run_ffmpeg(["-v", "error", "-i", clip, *tone, "-c:v", "copy", "-c:a", "aac", out], deadline_s=60)
    return out


@pytest.mark.parametrize(("suffix", "codec"), [(".mp4", "h264"), (".mov", "prores"), (".mkv", "ffv1")])
def test_the_name_says_how_a_file_is_written(clip: Path, tmp_path: Path, suffix: str, codec: str) -> None:
    done = smooth_file(clip, tmp_path / f"out{suffix}")
    found = probe(tmp_path / f"out{suffix}")
    assert (found.codec, found.frames, found.fps, found.width, found.height) == (codec, 16, 8, 96, 56)
    assert (done.frames, done.notes, len(done.pieces)) == (16, (), 1)


def test_a_flickering_clip_is_evened_and_stays_sharp(tmp_path: Path) -> None:
    write_lossless(drifting(24, noise=4, light=0.06), tmp_path / "rough.mkv", fps=8)
    piece = smooth_file(tmp_path / "rough.mkv", tmp_path / "out.mkv").pieces[0]
    assert "light evened" in piece.steps
    assert piece.after.flicker < 0.5 * piece.before.flicker
    levels = [sharpness(list(lumas(tmp_path / name))) for name in ("rough.mkv", "out.mkv")]
    assert levels[1] > 0.9 * levels[0]


def test_a_long_clip_is_worked_on_in_pieces_without_a_seam(tmp_path: Path) -> None:
    frames = drifting(140, noise=6)
    write_lossless(frames, tmp_path / "long.mkv", fps=8)
    done = smooth_file(tmp_path / "long.mkv", tmp_path / "out.mkv", how="full")
    assert (done.frames, len(done.pieces)) == (140, 2)
    whole = steadied([from_rgb(frame) for frame in frames], how="full").pictures
    made = lumas(tmp_path / "out.mkv")
    apart = [float(np.abs(one - other.luma).mean()) for one, other in zip(made, whole, strict=True)]
    assert max(apart[112:128]) < 1.0
    assert max(apart) < 1.5


def test_interpolation_fills_the_time_between_the_first_and_last_frame(clip: Path, tmp_path: Path) -> None:
    done = interpolate_file(clip, tmp_path / "out.mkv")
    assert done.frames == probe(tmp_path / "out.mkv").frames == 57
    assert probe(tmp_path / "out.mkv").fps == 30
    made, source = lumas(tmp_path / "out.mkv"), lumas(clip)
    assert np.abs(made[0] - source[0]).mean() < 1
    assert np.abs(made[30] - source[8]).mean() < 1
    # Half way between two frames, where it is drawn, the texture is half way between its places.
    assert np.abs(made[17] - np.roll(source[4], 1, 1))[:, 24:72].mean() < 3 < np.abs(made[17] - source[4]).mean()


@pytest.mark.parametrize(("to_fps", "count"), [(Fraction(24000, 1001), 45), (Fraction(4), 8), (Fraction(60), 113)])
def test_any_rate_can_be_asked_for(clip: Path, tmp_path: Path, to_fps: Fraction, count: int) -> None:
    assert interpolate_file(clip, tmp_path / "out.mkv", to_fps=to_fps).frames == count
    assert abs(probe(tmp_path / "out.mkv").fps - to_fps) < Fraction(1, 100)


def test_what_a_header_says_can_be_overruled_and_is_told(clip: Path, tmp_path: Path) -> None:
    done = interpolate_file(clip, tmp_path / "out.mp4", fps=Fraction(16))
    assert (done.frames, done.notes) == (29, ("taken at 16 fps; its header says 8",))


def test_a_look_changes_the_colours_and_nothing_else(clip: Path, tmp_path: Path) -> None:
    plain, tinted = Lut("none", identity(17)), look_named("night_neon")
    for name, lut in (("plain.mkv", plain), ("tinted.mkv", tinted)):
        assert grade_file(clip, tmp_path / name, lut).frames == 16
    grade_file(clip, tmp_path / "half.mkv", tinted, strength=0.5)
    source = lumas(clip)
    apart = [np.abs(lumas(tmp_path / name) - source).mean() for name in ("plain.mkv", "half.mkv", "tinted.mkv")]
    assert apart[0] < 1
    assert 2 * apart[0] < apart[1] < apart[2]


def test_the_sound_goes_along(sounding: Path, tmp_path: Path) -> None:
    for made, step in (
        ("smooth.mp4", smooth_file(sounding, tmp_path / "smooth.mp4")),
        ("moved.mp4", interpolate_file(sounding, tmp_path / "moved.mp4")),
        ("graded.mov", grade_file(sounding, tmp_path / "graded.mov", look_named("warm_story"))),
    ):
        heard, seen = read_sound(tmp_path / made), probe(tmp_path / made)
        assert abs(len(heard) / 48_000 - seen.frames / seen.fps) < 0.05, made
        assert seen.frames == step.frames
        spectrum = np.abs(np.fft.rfft(heard[4800:52_800, 0]))
        assert int(spectrum.argmax()) == 440, made


def test_a_still_stays_one_frame_and_says_so(tmp_path: Path) -> None:
    write_clip(drifting(1), tmp_path / "one.mp4", fps=8)
    done = smooth_file(tmp_path / "one.mp4", tmp_path / "out.mp4")
    assert (done.frames, done.notes) == (1, ("one frame: a still",))
    assert "nan" not in str(done.pieces[0])
    assert interpolate_file(tmp_path / "one.mp4", tmp_path / "moved.mp4").frames == 1


def test_odd_sides_gain_a_row_for_what_needs_even_ones(tmp_path: Path) -> None:
    write_lossless([frame[:55, :95] for frame in drifting(4)], tmp_path / "odd.mkv", fps=8)
    smooth_file(tmp_path / "odd.mkv", tmp_path / "out.mp4")
    found = probe(tmp_path / "out.mp4")
    assert (found.width, found.height) == (96, 56)


@pytest.mark.parametrize("name", ["out.gif", "out", "out.avi"])
def test_a_name_that_says_no_format_is_refused_at_once(clip: Path, tmp_path: Path, name: str) -> None:
    with pytest.raises(ParameterError, match=rf"{name}: the name must end in one of \.mp4, \.mov, \.mkv"):
        smooth_file(clip, tmp_path / name)


def test_what_is_out_of_range_is_refused(clip: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.mp4"
    with pytest.raises(ParameterError, match=r"to: 0\.5 frames a second are not possible; 1 to 240 are"):
        interpolate_file(clip, out, to_fps=Fraction(1, 2))
    with pytest.raises(ParameterError, match="strength: 2 is out of range"):
        grade_file(clip, out, look_named("warm_story"), strength=2)
    with pytest.raises(InputError, match="A rate of 500 fps is not possible"):
        smooth_file(clip, out, fps=Fraction(500))
    assert not out.exists()


def test_a_clip_that_breaks_off_leaves_the_file_that_was_there(tmp_path: Path) -> None:
    write_lossless(drifting(140, noise=6), tmp_path / "long.mkv", fps=8)
    whole = (tmp_path / "long.mkv").read_bytes()
    (tmp_path / "long.mkv").write_bytes(whole[: len(whole) * 19 // 20])
    (tmp_path / "out.mp4").write_bytes(b"before")
    with pytest.raises(NotAClip, match=r"long\.mkv"):
        smooth_file(tmp_path / "long.mkv", tmp_path / "out.mp4")
    assert (tmp_path / "out.mp4").read_bytes() == b"before"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["long.mkv", "out.mp4"]
