"""Black is black to nearly every pixel; frozen is as the first frame of the stretch, to the noise of an encoder."""

import numpy as np
import pytest
from moving import BLACK, measured, moving, number, numbers

from vgkit.media.frames import Frame
from vgkit.quality.stretches import BLACK as BLACK_STRETCH
from vgkit.quality.stretches import FROZEN as FROZEN_STRETCH


def black_but_for(share: float) -> Frame:
    frame = BLACK.copy()
    frame.reshape(-1, 3)[: int(share * frame.shape[0] * frame.shape[1])] = 200
    return frame


def test_the_longest_black_stretch_counts() -> None:
    light = moving(2, right_px=3)
    assert number([BLACK, *light, BLACK, BLACK, BLACK, *light, BLACK], BLACK_STRETCH, fps=12) == 0.25


@pytest.mark.parametrize(("frame", "seconds"), [(black_but_for(0.01), 0.5), (black_but_for(0.03), 0.0)])
def test_a_few_pixels_of_noise_leave_a_frame_black(frame: Frame, seconds: float) -> None:
    assert number([frame] * 4, BLACK_STRETCH) == seconds


@pytest.mark.parametrize(("level", "seconds"), [(15, 0.5), (16, 0.0)])
def test_black_ends_at_six_per_cent_of_white(level: int, seconds: float) -> None:
    assert number([BLACK + np.uint8(level)] * 4, BLACK_STRETCH) == seconds


def test_one_black_frame_lasts_as_long_as_a_frame() -> None:
    assert number([BLACK], BLACK_STRETCH) == 0.125


def test_the_longest_frozen_stretch_counts() -> None:
    moves = moving(6, right_px=3)
    frames = [*moves[:2], moves[2], moves[2], *moves[3:5], moves[5], moves[5], moves[5]]
    assert number(frames, FROZEN_STRETCH) == 3 / 8


def test_motion_has_no_frozen_stretch() -> None:
    assert number(moving(6, right_px=0.5), FROZEN_STRETCH) == 0


def test_a_creep_that_no_single_step_shows_is_not_frozen() -> None:
    frames = [BLACK + np.uint8(100) for _ in range(8)]
    for at, frame in enumerate(frames):
        frame[: 2 * at] += 10  # 0.12 steps of mean luma a frame
    assert number(frames, FROZEN_STRETCH) == 3 / 8


def test_the_noise_of_an_encoder_leaves_a_stretch_frozen() -> None:
    (still,) = moving(1)
    noisy = still.copy()
    noisy[::4, ::4] ^= 1
    assert number([still, noisy, still, noisy], FROZEN_STRETCH) == 0.5


def test_a_black_clip_is_black_and_frozen_throughout() -> None:
    assert numbers([BLACK] * 8, BLACK_STRETCH, FROZEN_STRETCH) == [1, 1]


def test_too_few_frames_are_a_reason() -> None:
    assert [found.reason for found in measured([], BLACK_STRETCH)] == ["there are no frames"]
    for count in (0, 1):
        (found,) = measured(moving(count), FROZEN_STRETCH)
        assert (found.value, found.reason) == (None, "fewer than two frames can neither move nor stand still")
