"""Soft shade behind words, so that white letters read on any picture without a box that shows."""

import numpy as np
from numpy.typing import NDArray

from vgkit.media.svg import Rgba

_GRAIN = np.random.default_rng(20).random((64, 64))


def lower_scrim(size: tuple[int, int], *, top: int, words: int, strength: float, towards: str) -> Rgba:
    """Shade from row ``top`` to the foot of the film, at ``strength`` from row ``words`` on; (h - top, w, 4) RGBA.

    ``towards`` is "left", "right" or "centre": the side that the words are on is the darkest.
    """
    width, height = size
    rows = np.arange(top, height, dtype=np.float64)
    # Two slopes: the eye sees the end of a ramp, so it may not end where the words begin.
    down = 0.82 * _smooth((rows - top) / max(1, words - top)) + 0.18 * _smooth((rows - words) / max(1, height - words))
    across = np.arange(width, dtype=np.float64) / width
    if towards == "right":
        across = 1 - across
    lean = np.ones(width) if towards == "centre" else 1 - 0.7 * _smooth((across - 0.3) / 0.7)
    return _black(1.12 * strength * np.outer(down, lean))


def middle_scrim(size: tuple[int, int], *, top: int, bottom: int, strength: float) -> Rgba:
    """Shade on the rows from ``top`` to ``bottom``, darkest in the middle; (bottom - top, w, 4) RGBA."""
    width, _ = size
    rows = np.linspace(-1, 1, bottom - top)
    columns = np.linspace(-1, 1, width)
    return _black(strength * np.outer(_smooth(1.7 * (1 - np.abs(rows))), 1 - 0.25 * columns**2))


def full_scrim(size: tuple[int, int], *, strength: float) -> Rgba:
    """Shade on the whole film, a little darker towards head and foot; (h, w, 4) RGBA."""
    width, height = size
    rows = np.linspace(-1, 1, height)
    return _black(np.repeat((strength + 0.16 * rows**2)[:, None], width, axis=1))


def _smooth(share: NDArray[np.float64]) -> NDArray[np.float64]:
    clipped = np.clip(share, 0, 1)
    return np.asarray(clipped * clipped * (3 - 2 * clipped), np.float64)


def _black(alpha: NDArray[np.float64]) -> Rgba:
    # A little fixed grain instead of rounding: a slow gradient in 8 bits would show as bands.
    height, width = alpha.shape
    grain = np.tile(_GRAIN, (height // 64 + 1, width // 64 + 1))[:height, :width]
    picture = np.zeros((height, width, 4), np.uint8)
    picture[..., 3] = np.floor(alpha * 255 + grain * (alpha > 0)).clip(0, 255)
    return picture
