"""Bring a shot into the film's shape: cut around its subject, or stand it whole before a blurred surround.

This happens at the clip's own size and rate, before anything else is done to it, so that no work is spent on what will
not be seen and every later step and every transition has one shape to deal with.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from vgkit.media.picture import MIDDLE, Picture, Plane
from vgkit.template import Framing

_LOOKED_AT = 5  # frames, spread over the shot
_SEEN_PX = 96  # of the longer side; where the eye goes is a matter of large things
_CENTRE = 0.3  # how far from the middle, as a share of the side, attention falls to 60 %
_HEADROOM = 0.06  # what matters is a little above the middle: faces are
_DIM, _BLUR = 0.55, 0.06
_SAME_SHAPE = 0.02
_NEUTRAL = np.array([16, MIDDLE, MIDDLE], np.float32)


@dataclass(frozen=True)
class Window:
    """The part of a clip's frames that the film shows, in its pixels; all sides even."""

    left: int
    top: int
    width: int
    height: int


def framed(pictures: Sequence[Picture], film: tuple[int, int], *, framing: Framing = "fill") -> list[Picture]:
    """Return a shot's pictures in the shape of the film, (width, height) in pixels; at the clip's own resolution."""
    if framing == "fit" and not _alike(*pictures[0].size, film):
        return [_surrounded(picture, film) for picture in pictures]
    window = window_for(pictures, film)
    return [_cut_out(picture, window) for picture in pictures]


def _cut_out(picture: Picture, window: Window) -> Picture:
    if picture.size == (window.width, window.height):
        return picture
    luma, chroma = (
        plane[window.top // step :, window.left // step :][: window.height // step, : window.width // step]
        for plane, step in ((picture.luma, 1), (picture.chroma, 2))
    )
    return Picture(np.ascontiguousarray(luma), np.ascontiguousarray(chroma))


def window_for(pictures: Sequence[Picture], film: tuple[int, int]) -> Window:
    """Choose the largest window of the film's shape that holds most of what draws the eye; it stands still."""
    width, height = pictures[0].size
    shape = Fraction(film[0], film[1])
    wide, high = min(width, _even(height * shape)), min(height, _even(width / shape))
    wide, high = wide - wide % 2, high - high % 2
    if _alike(width, height, film):
        return Window((width - wide) // 4 * 2, (height - high) // 4 * 2, wide, high)
    attention = attention_map(pictures)
    return Window(
        _best_start(attention.sum(axis=0), width, wide), _best_start(attention.sum(axis=1), height, high), wide, high
    )


def _alike(width: int, height: int, film: tuple[int, int]) -> bool:
    return abs(width * film[1] / (height * film[0]) - 1) < _SAME_SHAPE


def _even(length: Fraction) -> int:
    return max(2, 2 * round(length / 2))


def attention_map(pictures: Sequence[Picture]) -> NDArray[np.float32]:
    """Say where in a shot the eye goes: colours unlike the rest (Achanta et al. 2009), detail and movement.

    The longer side has 96 points; the middle counts more than the edges, and all points sum to 1.
    """
    chosen = [pictures[n] for n in sorted({round(n) for n in np.linspace(0, len(pictures) - 1, _LOOKED_AT)})]
    small = [_small(picture) for picture in chosen]
    found = np.mean([_strange(each) + _detailed(each) for each in small], axis=0)
    if len(small) > 1:
        found = found + _normed(np.mean([np.abs(a - b).sum(axis=2) for a, b in pairwise(small)], axis=0))
    height, width = found.shape
    across, down = (np.linspace(-0.5, 0.5, side, dtype=np.float32) for side in (width, height))
    near = np.exp(-0.5 * (across[None, :] ** 2 + (down[:, None] + _HEADROOM) ** 2) / _CENTRE**2)
    weighted = _normed(cv2.GaussianBlur(np.asarray(found, np.float32), (0, 0), 3)) * near
    return np.asarray(weighted / max(float(weighted.sum()), 1e-9), np.float32)


def _small(picture: Picture) -> NDArray[np.float32]:
    """Return luma and chroma (h, w, 3) at the size at which attention is judged."""
    width, height = picture.size
    scale = _SEEN_PX / max(width, height)
    size = (max(round(width * scale), 1), max(round(height * scale), 1))
    return cast(
        Plane,
        np.dstack([cv2.resize(plane, size, interpolation=cv2.INTER_AREA) for plane in (picture.luma, picture.chroma)]),
    )


def _strange(seen: Plane) -> NDArray[np.float32]:
    apart = cv2.GaussianBlur(seen, (0, 0), 1) - seen.mean(axis=(0, 1))
    return _normed((apart**2).sum(axis=2) ** 0.5)


def _detailed(seen: Plane) -> NDArray[np.float32]:
    luma = np.ascontiguousarray(seen[..., 0])
    edges = cv2.magnitude(cv2.Sobel(luma, cv2.CV_32F, 1, 0), cv2.Sobel(luma, cv2.CV_32F, 0, 1))
    return _normed(cv2.GaussianBlur(edges, (0, 0), 2))


def _normed(values: object) -> NDArray[np.float32]:
    array = np.asarray(values, np.float32)
    return array / max(float(array.max()), 1e-9)


def _best_start(attention: NDArray[np.float32], side: int, window: int) -> int:
    """Return the even start, in pixels, of the window that holds most attention, and most of that in its middle."""
    places = (np.arange(len(attention)) + 0.5) * side / len(attention)
    starts = np.arange(0, side - window + 1, 2)
    within = (places[None, :] - starts[:, None]) / window
    worth = np.where((within > 0) & (within < 1), np.sin(np.pi * np.clip(within, 0, 1)), 0)
    off_middle = np.abs(starts - (side - window) / 2)
    return int(starts[np.lexsort((off_middle, -np.round(worth @ attention, 4)))[0]])


def _surrounded(picture: Picture, film: tuple[int, int]) -> Picture:
    """Stand a picture whole in the middle of a dim, blurred enlargement of itself."""
    width, height = picture.size
    shape = Fraction(film[0], film[1])
    wide, high = max(_even(Fraction(width)), _even(height * shape)), max(_even(Fraction(height)), _even(width / shape))
    ground = _ground(picture, wide, high)
    left, top = (wide - width) // 4 * 2, (high - height) // 4 * 2
    ground.luma[top : top + height, left : left + width] = picture.luma
    ground.chroma[top // 2 :, left // 2 :][: height // 2, : width // 2] = picture.chroma
    return ground


def _ground(picture: Picture, wide: int, high: int) -> Picture:
    width, height = picture.size
    scale = max(wide / width, high / height) / 8
    size = (max(round(width * scale), round(wide / 8)), max(round(height * scale), round(high / 8)))
    small = np.dstack([cv2.resize(p, size, interpolation=cv2.INTER_AREA) for p in (picture.luma, picture.chroma)])
    soft = cv2.GaussianBlur(small, (0, 0), _BLUR * max(size)) - _NEUTRAL
    across, down = max(round(wide / 8), 1), max(round(high / 8), 1)
    left, top = (size[0] - across) // 2, (size[1] - down) // 2
    cut = np.ascontiguousarray(soft[top : top + down, left : left + across] * np.float32(_DIM) + _NEUTRAL)
    luma = cv2.resize(cut[..., 0], (wide, high), interpolation=cv2.INTER_CUBIC)
    chroma = cv2.resize(cut[..., 1:], (wide // 2, high // 2), interpolation=cv2.INTER_CUBIC)
    return Picture(cast(Plane, luma), cast(Plane, chroma))
