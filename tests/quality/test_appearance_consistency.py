"""Consistency is 1 for what stands still, falls with a cut or a change of scene, and is no matter of flat pictures."""

import numpy as np
import pytest
from builders import shared
from looks import along, found, grainy, number, plain, rich
from scenery import texture

from vgkit.media.frames import Frame
from vgkit.quality.appearance_consistency import MEASURE, appearance


def drifting(count: int, *, seed: int = 0, step_px: int = 4) -> list[Frame]:
    picture = texture(seed, spread_px=12)
    return [np.ascontiguousarray(picture[60:380, step_px * n :][:, :400]) for n in range(count)]


def test_what_a_frame_looks_like_is_352_numbers_and_two_in_a_vector_of_length_1() -> None:
    feature = appearance(rich())
    assert feature.shape == (354,)
    assert np.linalg.norm(feature) == pytest.approx(1)


def test_a_frozen_clip_is_perfect() -> None:
    assert number(MEASURE, *[rich()] * 4) == pytest.approx(1)


@pytest.mark.parametrize("level", [0, 119, 255])
def test_a_flat_clip_is_perfect_even_where_it_is_middle_grey_and_grainy(level: int) -> None:
    flat = plain(level, level, level, size=(576, 320))
    assert number(MEASURE, flat, grainy(flat, 2), flat) == pytest.approx(1, abs=0.01)


def test_black_and_white_in_turn_have_edges_in_common_and_no_light() -> None:
    """One half of the vector is the same and the other the opposite."""
    assert number(MEASURE, plain(0, 0, 0), plain(255, 255, 255)) == pytest.approx(0, abs=1e-3)


def test_it_compares_with_the_frame_before_and_with_the_first() -> None:
    one, two = drifting(1)[0], drifting(1, seed=5)[0]
    likeness = float(appearance(one) @ appearance(two))
    assert 0 < likeness < 0.8
    assert number(MEASURE, one, two) == pytest.approx(likeness, abs=1e-4)
    assert number(MEASURE, one, two, two) == pytest.approx((likeness + (1 + likeness) / 2) / 2, abs=1e-4)


def test_a_cut_costs_more_than_movement() -> None:
    moving = number(MEASURE, *drifting(8))
    assert number(MEASURE, *drifting(4), *drifting(4, seed=5)) < moving - 0.1
    assert number(MEASURE, *drifting(8, step_px=12)) < moving


def test_one_frame_is_a_reason() -> None:
    answer = found(MEASURE, [rich()])
    assert (answer.value, answer.reason) == (None, "one frame has nothing to be like; it takes two")


def test_zeroscope_holds_its_scene_less_the_more_frames_it_is_asked_for() -> None:
    clips = [shared(f"clips/zeroscope/zeroscope_num_frames_{count}.mp4") for count in ("032", "048", "080", "120")]
    held = along(MEASURE, clips)
    assert held == sorted(held, reverse=True)
    assert held[-1] < held[0] - 0.1
