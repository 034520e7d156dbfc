"""Interpolation is judged fairly: rulers that read right, a rival in step, and a verdict that can be no."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from vgkit.bench.known_motion import KnownClip, known_clips
from vgkit.bench.motion import (
    Judged,
    Score,
    eight_bit,
    judged,
    minterpolated,
    psnr_db,
    read_raw,
    table,
    vmaf_of,
    write_raw,
)
from vgkit.media.picture import Picture

SMALL = (288, 160)


@pytest.fixture(scope="module")
def clips() -> list[KnownClip]:
    """A pan, a turn and a handheld camera, at three speeds."""
    known = known_clips(12, size=SMALL, drawn_only=True)
    return [known[0], known[7], known[11]]


def flat(luma: float) -> Picture:
    return Picture(np.full((64, 96), luma, np.float32), np.full((32, 48, 2), 128, np.float32))


def test_one_level_off_everywhere_is_48_decibels() -> None:
    assert psnr_db([flat(100)] * 3, [flat(101)] * 3) == pytest.approx(48.13, abs=0.01)
    assert psnr_db([flat(100)], [flat(100)]) > 100


def test_a_clip_of_another_length_is_not_compared() -> None:
    with pytest.raises(ValueError, match="83 frames can't be held against 87"):
        psnr_db([flat(1)] * 83, [flat(1)] * 87)


def test_raw_frames_come_back_as_they_were(tmp_path: Path, clips: list[KnownClip]) -> None:
    given = [eight_bit(clips[0].at(moment)) for moment in (0.0, 9.0)]
    write_raw(given, tmp_path / "raw.yuv")
    back = read_raw(tmp_path / "raw.yuv", SMALL)
    for one, other in zip(given, back, strict=True):
        assert np.array_equal(one.luma, other.luma)
        assert np.array_equal(one.chroma, other.chroma)


def test_ffmpegs_frames_are_in_step_with_the_clip(tmp_path: Path, clips: list[KnownClip]) -> None:
    """All 87 are there, and what it was given stands where it belongs: the rival is not beaten by a delay."""
    given = [eight_bit(frame) for frame in clips[0].source]
    drawn, cpu_s = minterpolated(given, tmp_path)
    assert len(drawn) == 87
    assert cpu_s > 0
    assert all(np.array_equal(drawn[15 * n].luma, given[4 * n].luma) for n in range(6))


def test_vmaf_knows_the_truth_from_a_blurred_copy(tmp_path: Path, clips: list[KnownClip]) -> None:
    truth = [eight_bit(clips[0].at(moment)) for moment in np.arange(0, 3, 0.25)]
    blurred = [Picture(np.rint(cv2.GaussianBlur(each.luma, (0, 0), 2)), each.chroma) for each in truth]
    assert vmaf_of(truth, truth, tmp_path) > 95
    assert vmaf_of(blurred, truth, tmp_path) < 60


def test_a_promise_that_is_not_kept_is_shouted() -> None:
    good = Judged("good", Score(40, 95, 10), Score(35, 80, 40))
    near = Judged("near", Score(36, 90, 10), Score(33.5, 85, 40))
    assert "NO" not in str(table([good]))
    verdict = str(table([good, near])).splitlines()[-1].split()
    assert verdict == ["kept", "NO", "yes", "yes"]


@pytest.mark.slow
def test_what_lies_between_is_drawn_three_decibels_nearer_the_truth_than_by_ffmpeg(clips: list[KnownClip]) -> None:
    results = [judged(clip) for clip in clips]
    assert min(result.ahead_db for result in results) >= 3
    assert np.mean([result.ahead_vmaf for result in results]) >= 8
