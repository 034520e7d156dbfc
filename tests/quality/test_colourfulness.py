"""Colourfulness is that of the paper: grey has none, and more saturated is more."""

import numpy as np
import pytest
from looks import found, number, plain, rich

from vgkit.quality.colourfulness import MEASURE


@pytest.mark.parametrize("level", [0, 127, 255])
def test_grey_has_no_colour(level: int) -> None:
    assert number(MEASURE, plain(level, level, level)) == pytest.approx(0, abs=1e-4)


def test_red_beside_green_has_the_number_that_the_formula_gives() -> None:
    """rg is 255 and -255, yb 127.5 in both: a deviation of 255, and a mean of 127.5 of which three tenths count."""
    halves = np.hstack([plain(255, 0, 0), plain(0, 255, 0)])
    assert number(MEASURE, halves) == pytest.approx(255 + 0.3 * 127.5)


def test_half_the_saturation_is_half_as_colourful() -> None:
    picture = rich()
    grey = picture.mean(axis=2, keepdims=True)
    paler = (grey + (picture - grey) / 2).round().astype(np.uint8)
    assert number(MEASURE, paler) == pytest.approx(number(MEASURE, picture) / 2, rel=0.02)


def test_light_alone_is_no_colour() -> None:
    picture = rich() // 2
    assert number(MEASURE, picture + 100) == pytest.approx(number(MEASURE, picture), rel=1e-4)


def test_a_clip_has_the_mean_of_its_frames_and_none_without_frames() -> None:
    picture = rich()
    assert number(MEASURE, picture, plain(9, 9, 9, size=(576, 320))) == pytest.approx(number(MEASURE, picture) / 2)
    assert (found(MEASURE, []).value, found(MEASURE, []).reason) == (None, "there are no frames")
