"""Flicker is light that trembles: not a lamp that is turned up, not motion, not a cut."""

import pytest
from moving import BLACK, lit, measured, moving, number

from vgkit.media.frames import Frame
from vgkit.media.measures import flicker
from vgkit.media.picture import from_rgb
from vgkit.quality.flicker import MEASURE

LEVEL = 219 / 255  # of luma in limited range, for a level of RGB


def flickering(levels: list[float]) -> list[Frame]:
    (frame,) = moving(1)
    return [lit(frame, each) for each in levels]


def test_light_that_alternates_has_four_times_its_swing() -> None:
    assert number(flickering([-5, 5, -5, 5, -5, 5]), MEASURE) == pytest.approx(20 * LEVEL, rel=1e-3)


def test_light_that_is_turned_up_steadily_does_not_flicker() -> None:
    assert number(flickering([-20, -10, 0, 10, 20, 30]), MEASURE) == pytest.approx(0, abs=1e-3)


def test_it_is_what_phase_5_steadies() -> None:
    frames = flickering([0, 7, -3, 12, 1])
    assert number(frames, MEASURE) == pytest.approx(flicker(from_rgb(frame).luma for frame in frames))


def test_a_flash_counts_and_a_cut_does_not() -> None:
    calm = moving(8, right_px=2)
    flash = [*calm[:4], BLACK + 255, *calm[5:]]
    cut = [*calm[:4], *(frame // 2 for frame in moving(4, right_px=2, seed=2))]
    assert number(flash, MEASURE) > 50
    assert number(cut, MEASURE) < 1


@pytest.mark.parametrize("frames", [moving(1) * 6, [BLACK] * 6], ids=["frozen", "black"])
def test_what_does_not_change_does_not_flicker(frames: list[Frame]) -> None:
    assert number(frames, MEASURE) == 0


@pytest.mark.parametrize("count", [0, 1, 2])
def test_it_takes_three_frames_to_tremble(count: int) -> None:
    (found,) = measured(moving(count), MEASURE)
    assert (found.value, found.reason) == (None, "no three frames in a row without a cut")
