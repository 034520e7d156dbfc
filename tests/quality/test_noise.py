"""Noise is found as strong as it was put there, on flat and on detailed pictures, and slopes are none."""

import numpy as np
import pytest
from looks import blurred, found, grainy, muted, number, plain, rich

from vgkit.quality.noise import MEASURE

# Luma has 219 steps where RGB has 255, and the same noise in all channels.
_IN_LUMA = 219 / 255


@pytest.mark.parametrize("sigma", [1, 2, 5, 10, 20])
def test_white_noise_is_found_as_strong_as_it_is(sigma: float) -> None:
    picture = grainy(plain(128, 128, 128, size=(576, 320)), sigma)
    assert number(MEASURE, picture) == pytest.approx(sigma * _IN_LUMA, rel=0.06)


@pytest.mark.parametrize("sigma", [3, 5, 10, 20])
def test_soft_detail_does_not_hide_it(sigma: float) -> None:
    picture = grainy(blurred(muted(rich()), 1.5), sigma)
    assert number(MEASURE, picture) == pytest.approx(sigma * _IN_LUMA, rel=0.08)


@pytest.mark.parametrize("rgb", [(0, 0, 0), (255, 255, 255), (90, 120, 200)])
def test_one_colour_has_no_noise(rgb: tuple[int, int, int]) -> None:
    assert number(MEASURE, plain(*rgb)) == pytest.approx(0, abs=1e-3)


def test_a_slope_and_an_edge_are_no_noise() -> None:
    slope = np.ascontiguousarray(np.broadcast_to(np.arange(200, dtype=np.uint8)[None, :, None], (64, 200, 3)))
    edge = np.hstack([plain(20, 20, 20), plain(220, 220, 220)])
    assert number(MEASURE, slope) == pytest.approx(0, abs=1e-3)
    assert number(MEASURE, edge) == pytest.approx(0, abs=1e-3)


def test_a_frame_too_small_is_named_with_its_size() -> None:
    answer = found(MEASURE, [plain(9, 9, 9, size=(41, 1))])
    assert (answer.value, answer.reason) == (None, "it takes 3 pixels each way, the frames have 41x1")
