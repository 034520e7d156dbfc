"""How much moves is the same at every size and rate, and grows with what is fastest."""

import cv2
import pytest
from moving import BLACK, measured, moving, number

from vgkit.media.frames import Frame
from vgkit.quality.motion_amount import MEASURE

OF_256 = 256 / 144


def test_a_pan_moves_as_far_as_it_does() -> None:
    assert number(moving(8, right_px=3, down_px=4), MEASURE) == pytest.approx(5 * OF_256, rel=0.03)


def test_size_and_rate_do_not_matter() -> None:
    frames = moving(9, right_px=4, size=(384, 216))
    halved = [cv2.resize(frame, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA) for frame in frames]
    whole = number(frames, MEASURE)
    assert number(halved, MEASURE) == pytest.approx(whole, rel=0.05)  # type: ignore[arg-type]
    assert number(frames, MEASURE, fps=16) == pytest.approx(number(frames[::2], MEASURE), rel=0.03)


def test_the_fastest_twentieth_tells() -> None:
    frames = moving(1) * 8
    for at, thing in enumerate(moving(8, right_px=6, seed=3)):
        frames[at] = frames[at].copy()
        frames[at][30:110, 80:180] = thing[30:110, 80:180]
    assert number(frames, MEASURE) == pytest.approx(6 * OF_256, rel=0.1)


def test_a_cut_is_no_motion() -> None:
    frames = [*moving(5, right_px=2), *moving(5, right_px=2, seed=2)]
    assert number(frames, MEASURE) == pytest.approx(2 * OF_256, rel=0.03)


@pytest.mark.parametrize("frames", [moving(1) * 5, [BLACK] * 5], ids=["frozen", "black"])
def test_what_stands_still_does_not_move(frames: list[Frame]) -> None:
    assert number(frames, MEASURE) == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("frames", [moving(1), [*moving(1), *moving(1, seed=2)]], ids=["one frame", "a cut"])
def test_without_a_step_there_is_a_reason(frames: list[Frame]) -> None:
    (found,) = measured(frames, MEASURE)
    assert (found.value, found.reason) == (None, "too few steps between frames could be followed")
