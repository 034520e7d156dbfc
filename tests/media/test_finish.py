"""The last touch: sharper edges without halos or noise, and grain that is always the same."""

import cv2
import numpy as np
import pytest
from scenery import view

from vgkit.media.finish import Grain, sharpened
from vgkit.media.measures import tenengrad
from vgkit.media.picture import Picture, flat

_SIZE = (160, 90)


def _edge() -> Picture:
    """A soft edge from dark to bright."""
    luma = np.full((64, 64), 40, np.float32)
    luma[:, 32:] = 200
    return Picture(cv2.GaussianBlur(luma, (0, 0), 1.0), np.full((32, 32, 2), 128, np.float32))


def test_flat_areas_stay_as_they_are() -> None:
    grey = flat((64, 64), (90, 120, 60))
    assert np.array_equal(sharpened(grey).luma, grey.luma)
    edge = _edge()
    away = sharpened(edge).luma - edge.luma
    assert np.abs(away[:, :24]).max() < 1e-3
    assert np.abs(away[:, 40:]).max() < 1e-3


def test_edges_get_steeper_and_colour_is_not_touched() -> None:
    edge = _edge()
    sharper = sharpened(edge)
    assert np.diff(sharper.luma[10]).max() > 1.1 * np.diff(edge.luma[10]).max()
    assert sharper.chroma is edge.chroma
    assert tenengrad(sharpened(view()).luma) > tenengrad(view().luma)


@pytest.mark.parametrize("amount", [0.35, 1.0, 10.0])
def test_no_edge_is_overdrawn_far(amount: float) -> None:
    hard = np.full((64, 64), 16, np.float32)
    hard[:, 32:] = 235
    sharper = sharpened(Picture(hard, np.full((32, 32, 2), 128, np.float32)), amount).luma
    assert sharper.min() >= 16 - 14
    assert sharper.max() <= 235 + 14


def test_faint_noise_is_raised_by_less_than_detail() -> None:
    dice = np.random.default_rng(5).normal(0, 1, (64, 64)).astype(np.float32)
    chroma = np.full((32, 32, 2), 128, np.float32)
    faint, strong = (sharpened(Picture(100 + each * dice, chroma)).luma.std() / each for each in (0.5, 10))
    assert faint < 1.2 < 1.3 < strong


def test_more_sharpens_more_and_nothing_leaves_the_picture_itself() -> None:
    edge = _edge()
    assert sharpened(edge, 0) is edge
    steep = [tenengrad(sharpened(edge, amount).luma) for amount in (0.1, 0.35, 0.7)]
    assert steep == sorted(steep)


def _grained(level: int, strength: float, *, frame: int = 0, seed: int = 0) -> np.ndarray:
    luma = np.full((_SIZE[1], _SIZE[0]), level, np.uint8)
    Grain(_SIZE, strength, seed=seed)(luma, frame)
    return luma


def test_the_same_frame_has_the_same_grain_and_the_next_another() -> None:
    assert np.array_equal(_grained(120, 1, frame=7), _grained(120, 1, frame=7))
    assert not np.array_equal(_grained(120, 1, frame=7), _grained(120, 1, frame=8))
    assert not np.array_equal(_grained(120, 1), _grained(120, 1, seed=1))


@pytest.mark.parametrize("level", [16, 20, 128, 230, 235])
def test_grain_keeps_within_the_range_of_a_film(level: int) -> None:
    grained = _grained(level, 2)
    assert grained.min() >= 16
    assert grained.max() <= 235
    assert grained.std() > 1


def test_grain_is_as_strong_as_it_is_asked_for_and_changes_no_brightness() -> None:
    spreads = [float(_grained(120, strength).astype(float).std()) for strength in (0.5, 1.0, 2.0)]
    assert spreads == pytest.approx([2.5, 5, 10], rel=0.1)
    assert float(_grained(120, 1).mean()) == pytest.approx(120, abs=0.3)


def test_grain_reaches_every_corner() -> None:
    grained = _grained(120, 1, frame=3).astype(int) - 120
    for corner in (grained[:20, :20], grained[-20:, -20:], grained[:20, -20:], grained[-20:, :20]):
        assert corner.std() > 3
