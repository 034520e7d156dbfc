"""Soft shade behind words, so that white letters read on any picture without a box that shows.

A scrim is dark only where words are and gone soon after: the picture is what the film is about.
A ``Shade`` is RGBA pixels, no larger than what is seen of them, and their corner in the film.
"""

from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from vgkit.media.svg import Rgba

Shares = NDArray[np.float64]
Shade = tuple[Rgba, int, int]

# How far a cloud goes on around words, as shares of the film's shorter side, and how far its middle lies inside them.
_REACH_X, _REACH_Y, _INSET = 0.46, 0.35, 0.2
# Minus the natural logarithms of how much of a shade is left where words end, and where it ends itself.
_AT_WORDS_END, _GONE = 0.386, 4.0
_GRAIN = np.random.default_rng(20).random((64, 64), np.float32)


def local_scrim(size: tuple[int, int], *, box: tuple[float, float, float, float], strength: float) -> Shade:
    """A soft cloud on ``box`` (left, top, right, bottom): at ``strength`` in its middle, two thirds at its corners.

    A side of the box that lies outside the film lets the cloud run out of the picture there.
    """
    width, height = size
    reach_x, reach_y = _REACH_X * min(size), _REACH_Y * min(size)
    left, top, right, bottom = box
    x0, x1 = max(0, int(left - reach_x)), min(width, int(right + reach_x) + 1)
    y0, y1 = max(0, int(top - reach_y)), min(height, int(bottom + reach_y) + 1)
    across = _outside(x0, x1, *_inset(left, right, _INSET * reach_x)) / reach_x
    down = _outside(y0, y1, *_inset(top, bottom, _INSET * reach_y)) / reach_y
    return _black(strength * _bell(np.hypot(across[None, :], down[:, None]))), x0, y0


def edge_scrim(
    size: tuple[int, int], *, edge: Literal["left", "top"], words_end: float, end: float, strength: float
) -> Shade:
    """Shade from an ``edge`` of the film, two thirds of ``strength`` where words end, gone at ``end`` (pixels)."""
    width, height = size
    way = np.arange(round(end), dtype=np.float64) + 0.5
    steep = np.log(_GONE / _AT_WORDS_END) / np.log(end / words_end)
    down = np.exp(-_GONE * (way / end) ** steep) * _smooth(8 * (1 - way / end))
    shade = np.repeat(down[None, :], height, axis=0) if edge == "left" else np.repeat(down[:, None], width, axis=1)
    return _black(strength * shade), 0, 0


def _inset(low: float, high: float, inset: float) -> tuple[float, float]:
    middle = (low + high) / 2
    return min(low + inset, middle), max(high - inset, middle)


def _outside(first: int, last: int, low: float, high: float) -> Shares:
    """How far each pixel from ``first`` to ``last`` lies outside ``low`` to ``high``."""
    places = np.arange(first, last, dtype=np.float64) + 0.5
    return np.maximum(0.0, np.maximum(low - places, places - high))


def _bell(away: Shares) -> Shares:
    """A normal curve, brought down to 0 at 1: no edge for the eye to hold on to."""
    foot = np.exp(-4.0)
    return np.asarray(np.maximum(0.0, (np.exp(-4 * away**2) - foot) / (1 - foot)), np.float64)


def _smooth(share: Shares) -> Shares:
    clipped = np.clip(share, 0, 1)
    return np.asarray(clipped * clipped * (3 - 2 * clipped), np.float64)


def _black(alpha: Shares) -> Rgba:
    # A little fixed grain instead of rounding: a slow gradient in 8 bits would show as bands.
    height, width = alpha.shape
    grain = np.tile(_GRAIN, (height // 64 + 1, width // 64 + 1))[:height, :width]
    level = alpha.astype(np.float32) * np.float32(255)
    level += grain * (level > 0)
    picture = np.zeros((height, width, 4), np.uint8)
    cv2.insertChannel(level.clip(0, 255).astype(np.uint8), picture, 3)
    return picture
