"""The warp error is what a followed point changes by."""

from itertools import pairwise

import pytest
from moving import BLACK, lit, measured, moving, number

from vgkit.media.flow import motion_between
from vgkit.media.frames import Frame
from vgkit.media.measures import warp_error
from vgkit.media.picture import from_rgb
from vgkit.quality.warp_error import MEASURE


def test_a_point_that_grows_lighter_by_ten_levels_has_changed_by_ten() -> None:
    frames = [lit(frame, 10 * (at % 2)) for at, frame in enumerate(moving(6, right_px=2))]
    assert number(frames, MEASURE) == pytest.approx(10 * 219 / 255, rel=0.03)


def test_motion_alone_is_no_change() -> None:
    assert number(moving(6, right_px=3, clockwise_deg=1), MEASURE) < 1


def test_it_is_what_phase_5_reports() -> None:
    pictures = [from_rgb(frame) for frame in moving(4, right_px=3)]
    motions = [motion_between(*pair) for pair in pairwise(pictures)]
    theirs = warp_error([picture.luma for picture in pictures], motions)
    assert number(moving(4, right_px=3), MEASURE) == pytest.approx(theirs)


def test_a_cut_does_not_count() -> None:
    frames = [*moving(4, right_px=2), *moving(4, right_px=2, seed=2)]
    assert number(frames, MEASURE) < 1


@pytest.mark.parametrize("frames", [moving(1) * 4, [BLACK] * 4], ids=["frozen", "black"])
def test_what_does_not_change_has_none(frames: list[Frame]) -> None:
    assert number(frames, MEASURE) == pytest.approx(0, abs=1e-4)


@pytest.mark.parametrize("frames", [moving(1), [*moving(1), *moving(1, seed=2)]], ids=["one frame", "a cut"])
def test_without_a_step_there_is_a_reason(frames: list[Frame]) -> None:
    (found,) = measured(frames, MEASURE)
    assert (found.value, found.reason) == (None, "no step between two frames could be followed")
