"""Contrast is 0 for one colour, a half for half black and half white, and follows the light alone."""

import numpy as np
import pytest
from looks import number, plain, rich

from vgkit.quality.contrast import MEASURE


@pytest.mark.parametrize("rgb", [(0, 0, 0), (255, 255, 255), (200, 40, 90)])
def test_one_colour_has_no_contrast(rgb: tuple[int, int, int]) -> None:
    assert number(MEASURE, plain(*rgb)) == pytest.approx(0, abs=1e-4)


def test_half_black_and_half_white_is_the_most_there_is() -> None:
    halves = np.hstack([plain(0, 0, 0), plain(255, 255, 255)])
    assert number(MEASURE, halves) == pytest.approx(0.5, abs=1e-4)


def test_an_even_ramp_has_the_deviation_of_an_even_distribution() -> None:
    ramp = np.broadcast_to(np.arange(256, dtype=np.uint8)[None, :, None], (16, 256, 3))
    assert number(MEASURE, np.ascontiguousarray(ramp)) == pytest.approx(1 / np.sqrt(12), rel=0.005)


def test_half_the_range_is_half_the_contrast_wherever_it_lies() -> None:
    picture = rich()
    dark, light = picture // 2, picture // 2 + 127
    assert number(MEASURE, dark) == pytest.approx(number(MEASURE, picture) / 2, rel=0.01)
    assert number(MEASURE, light) == pytest.approx(number(MEASURE, dark), rel=0.001)
