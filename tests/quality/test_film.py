"""Measures of whole films: known joins, known beats, known pictures."""

import numpy as np
import pytest

from vgkit.errors import NotMeasured
from vgkit.quality.film import Detail, Join, beat_offset_ms, seam_step

STEPS = [2.0] * 100


def _with(at: int, step: float) -> list[float]:
    return [*STEPS[:at], step, *STEPS[at + 1 :]]


def test_a_join_that_moves_as_its_surroundings_is_one() -> None:
    assert seam_step(STEPS, [Join(50, 12)]) == pytest.approx(1)


@pytest.mark.parametrize("at", [43, 49, 55], ids=["its first step", "its middle", "its last step"])
def test_a_jump_anywhere_within_a_join_stands_out(at: int) -> None:
    assert seam_step(_with(at, 14.0), [Join(50, 12)]) == pytest.approx(7)


@pytest.mark.parametrize("at", [42, 56])
def test_a_jump_beside_a_join_is_not_its_own(at: int) -> None:
    assert seam_step(_with(at, 14.0), [Join(50, 12)]) == pytest.approx(1)


def test_the_worst_join_counts_and_cuts_do_not() -> None:
    assert seam_step(_with(80, 6.0), [Join(20, 12), Join(50, 0), Join(80, 12)]) == pytest.approx(3)
    with pytest.raises(NotMeasured, match="all joins of the film are cuts"):
        seam_step(_with(49, 60.0), [Join(50, 0)])


def test_a_dissolve_between_quiet_shots_that_differ_is_even() -> None:
    steps = [0.5] * 43 + [8.0] * 13 + [0.5] * 44
    assert 1 < seam_step(steps, [Join(50, 12)]) < 2


def test_a_jump_between_stills_is_not_divided_by_nothing() -> None:
    assert seam_step([0.0] * 49 + [30.0] + [0.0] * 50, [Join(50, 12)]) == pytest.approx(120)


def test_joins_near_the_ends_of_a_film_are_measured_on_what_is_there() -> None:
    assert seam_step(STEPS, [Join(4, 12), Join(97, 12)]) == pytest.approx(1)
    with pytest.raises(NotMeasured, match="the join at frame 1 has nothing around it"):
        seam_step([1.0, 1.0], [Join(1, 12)])


def test_beats_are_counted_from_the_nearest() -> None:
    assert beat_offset_ms([1.0, 2.02], [0.5, 0.99, 2.0, 2.5]) == pytest.approx(15)


def test_without_beats_or_joins_there_is_a_reason() -> None:
    with pytest.raises(NotMeasured, match="no clear pulse"):
        beat_offset_ms([1.0], [])
    with pytest.raises(NotMeasured, match="one shot"):
        beat_offset_ms([], [1.0])


def test_detail_knows_a_ramp_from_stripes_and_stillness_from_change() -> None:
    ramp = np.tile(np.arange(64, dtype=np.uint8) * 3, (48, 1))
    stripes = np.tile(np.uint8([0, 0, 200, 200] * 16), (48, 1))
    flat, busy = Detail(), Detail()
    for number in range(4):
        flat.see(number, ramp)
        busy.see(number, np.roll(stripes, 2 * number, axis=1))
    assert flat.spatial_information() == pytest.approx(0, abs=1e-3)
    assert flat.temporal_information() == 0
    # Every Sobel step of the stripes is 4 x 200 high, to one side or none; every pixel changes by 200, up or down.
    assert busy.spatial_information() == pytest.approx(0, abs=1e-3)
    assert busy.temporal_information() == pytest.approx(200)


def test_detail_looks_at_two_frames_of_every_fifteen() -> None:
    detail, dark, light = Detail(), np.zeros((8, 8), np.uint8), np.zeros((8, 8), np.uint8)
    light[:, 4:] = 100
    for number in range(30):
        detail.see(number, light if number in (2, 14) else dark)
    assert detail.spatial_information() == detail.temporal_information() == 0
    detail.see(30, dark)
    detail.see(31, light)
    assert detail.temporal_information() == pytest.approx(50)


def test_no_frames_are_a_reason() -> None:
    with pytest.raises(NotMeasured, match="no frames"):
        Detail().spatial_information()
    one = Detail()
    one.see(0, np.zeros((8, 8), np.uint8))
    with pytest.raises(NotMeasured, match="no two frames"):
        one.temporal_information()
