"""Even motion is foretold by its neighbours; what jerks, boils or flickers is not."""

import numpy as np
import pytest
from moving import BLACK, lit, measured, moving, number

from vgkit.media.frames import Frame
from vgkit.quality.smoothness import MEASURE


def test_even_motion_is_smooth() -> None:
    assert number(moving(9, right_px=3, growth=0.01), MEASURE) > 0.99


def test_each_odd_frame_that_is_lighter_costs_what_it_is_lighter() -> None:
    (frame,) = moving(1)
    frames = [lit(frame, 10 * (at % 2)) for at in range(9)]
    assert number(frames, MEASURE) == pytest.approx(1 - 10 / 255, abs=1e-4)


def test_jerks_are_not_smooth() -> None:
    steps = np.cumsum([0, 1, 7, 1, 7, 1, 7, 1, 7])
    evenly = moving(int(steps[-1]) + 1, right_px=1)
    jerking = [evenly[step] for step in steps]
    assert number(jerking, MEASURE) < number(evenly[::4], MEASURE) - 0.02


def test_boiling_is_not_smooth() -> None:
    dice = np.random.default_rng(0)
    calm = moving(9, right_px=2)
    boiling = [np.clip(frame + 8 * dice.normal(size=(36, 64, 1)).repeat(4, 0).repeat(4, 1), 0, 255) for frame in calm]
    assert number([frame.astype(np.uint8) for frame in boiling], MEASURE) < number(calm, MEASURE) - 0.02


def test_a_cut_costs_nothing() -> None:
    frames = [*moving(5, right_px=2), *moving(6, right_px=2, seed=2)]
    assert number(frames, MEASURE) > 0.99


@pytest.mark.parametrize("frames", [moving(1) * 5, [BLACK] * 5], ids=["frozen", "black"])
def test_what_stands_still_is_perfectly_smooth(frames: list[Frame]) -> None:
    assert number(frames, MEASURE) == 1


@pytest.mark.parametrize("frames", [moving(1), moving(2), [*moving(2), *moving(1, seed=2)]], ids=["1", "2", "cut"])
def test_without_an_odd_frame_between_two_there_is_a_reason(frames: list[Frame]) -> None:
    (found,) = measured(frames, MEASURE)
    assert (found.value, found.reason) == (None, "no odd frame stands between two others without a cut")
