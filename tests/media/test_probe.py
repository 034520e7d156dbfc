"""What a file holds is found out by reading it, and a file that is no clip is said to be none."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from vgkit.errors import NotAClip
from vgkit.media.formats import FILM, film_file
from vgkit.media.frames import write_clip, write_lossless
from vgkit.media.probe import probe

CLIPS = Path(__file__).parents[3] / "shared" / "data" / "clips"


def _frames(count: int = 12) -> np.ndarray:
    return np.random.default_rng(1).integers(0, 255, (count, 48, 64, 3), np.uint8)


def test_a_clip_like_a_hosted_models_shows_its_size_rate_and_tags(tmp_path: Path) -> None:
    write_clip(_frames(), tmp_path / "clip.mp4", fps=8)
    seen = probe(tmp_path / "clip.mp4")
    assert (seen.width, seen.height, seen.fps, seen.frames) == (64, 48, Fraction(8), 12)
    assert (seen.codec, seen.pix_fmt, seen.duration_s) == ("h264", "yuv420p", 1.5)
    assert {seen.colour_space, seen.colour_primaries, seen.colour_transfer} == {"bt709"}
    assert (seen.colour_range, seen.moov_first, seen.audio_codec) == ("tv", True, None)


def test_the_exact_rate_of_broadcast_video_survives(tmp_path: Path) -> None:
    write_clip(_frames(), tmp_path / "clip.mp4", fps=Fraction(24000, 1001))
    assert probe(tmp_path / "clip.mp4").fps == Fraction(24000, 1001)


def test_sound_is_described_too(tmp_path: Path) -> None:
    with film_file(tmp_path / "film.mp4", FILM, size=(64, 48)) as film:
        for frame in _frames(30):
            film.show(av.VideoFrame.from_ndarray(frame, format="rgb24").reformat(format="yuv420p"))
        film.play(np.zeros((48_000, 2), np.float32))
    seen = probe(tmp_path / "film.mp4")
    assert (seen.audio_codec, seen.audio_rate_hz, seen.audio_channels) == ("aac", 48_000, 2)
    assert seen.audio_duration_s == pytest.approx(1.0)


def test_a_file_without_a_moov_box_has_no_moov_order(tmp_path: Path) -> None:
    write_lossless(_frames(), tmp_path / "cut.mkv", fps=8)
    seen = probe(tmp_path / "cut.mkv")
    assert (seen.codec, seen.frames, seen.moov_first) == ("ffv1", 12, None)


@pytest.mark.parametrize("content", [b"", b"<html>404 not found</html>", bytes(5000)])
def test_what_is_no_clip_is_named_with_its_size(tmp_path: Path, content: bytes) -> None:
    wrong = tmp_path / "take.mp4"
    wrong.write_bytes(content)
    with pytest.raises(NotAClip, match=rf"take\.mp4 does not decode: .*\({len(content):,} bytes\)"):
        probe(wrong)


def test_a_download_that_broke_off_is_not_a_clip(tmp_path: Path) -> None:
    write_clip(_frames(), tmp_path / "whole.mp4", fps=8)
    whole = (tmp_path / "whole.mp4").read_bytes()
    (tmp_path / "part.mp4").write_bytes(whole[: len(whole) * 2 // 3])
    with pytest.raises(NotAClip, match=r"part\.mp4"):
        probe(tmp_path / "part.mp4")


def test_a_missing_file_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(NotAClip, match="is not there"):
        probe(tmp_path / "none.mp4")


@pytest.mark.skipif(not CLIPS.is_dir(), reason="no real clips in ../shared/data/clips")
def test_real_zeroscope_and_animatediff_clips_are_understood() -> None:
    zeroscope = probe(CLIPS / "zeroscope" / "zeroscope_num_frames_024.mp4")
    animatediff = probe(CLIPS / "animatediff" / "motion_pan_left.gif")
    assert (zeroscope.width, zeroscope.height, zeroscope.frames) == (576, 320, 24)
    assert (animatediff.codec, animatediff.frames) == ("gif", 16)
