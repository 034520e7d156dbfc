"""The last touch: sharpen what has edges, and give a film its grain.

Sharpening is done at the clip's own size and rate, where it is better and many times cheaper than at the film's; grain
is of the film's size, or it would be enlarged to blotches."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vgkit.media.picture import Picture

SHARPEN = 0.35
_FAINT_LEVELS = 1.5  # detail as faint as this is half taken for noise
_OVERSHOOT_LEVELS = 14.0  # no edge is overdrawn by more

_GRAIN_LEVELS = 5.0  # at strength 1, in the middle tones
_GRAIN_PX = 0.7
_ROOM_PX = 64


def sharpened(picture: Picture, amount: float = SHARPEN) -> Picture:
    """Lay more of a picture's fine detail over it: less of what is faint, and never far beyond what is there."""
    if amount <= 0:
        return picture
    detail = picture.luma - cv2.GaussianBlur(picture.luma, (3, 3), 0)
    strength = cv2.absdiff(detail, np.zeros_like(detail))
    worth = strength / (strength + np.float32(_FAINT_LEVELS))
    more = np.clip(np.float32(2 * amount) * detail * worth, -_OVERSHOOT_LEVELS, _OVERSHOOT_LEVELS)
    return Picture(picture.luma + more, picture.chroma)


class Grain:
    """Film grain on finished yuv420p frames: one sheet of it, laid elsewhere on every frame, always the same way."""

    def __init__(self, size: tuple[int, int], strength: float, *, seed: int = 0) -> None:
        width, height = size
        random = np.random.default_rng(seed)
        noise = random.standard_normal((height + _ROOM_PX, width + _ROOM_PX), np.float32)
        soft = cv2.GaussianBlur(noise, (0, 0), _GRAIN_PX)
        self._sheet: NDArray[np.int16] = np.rint(soft / soft.std() * _GRAIN_LEVELS * strength).astype(np.int16)
        self._seed = seed

    def __call__(self, luma: Any, frame_index: int) -> None:
        """Lay grain over a luma plane (h, w) uint8 in place; black and white keep within their range."""
        down, across = np.random.default_rng((self._seed, frame_index)).integers(0, _ROOM_PX, 2)
        height, width = luma.shape
        there = self._sheet[down : down + height, across : across + width]
        np.clip(cv2.add(luma, there, dtype=cv2.CV_16S), 16, 235, out=luma, casting="unsafe")
