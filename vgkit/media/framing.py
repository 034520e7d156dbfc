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

from vgkit.media.frames import Frame
from vgkit.template import Framing

_LOOKED_AT = 5  # frames, spread over the shot
_SEEN_PX = 96  # of the longer side; where the eye goes is a matter of large things
_CENTRE = 0.35  # how far from the middle, as a share of the side, attention falls to 60 %
_DIM, _BLUR = 0.55, 0.06
_SAME_SHAPE = 0.02


@dataclass(frozen=True)
class Window:
    """The part of a clip's frames that the film shows, in its pixels; all sides even."""

    left: int
    top: int
    width: int
    height: int


def framed(frames: Sequence[Frame], film: tuple[int, int], *, framing: Framing = "fill") -> list[Frame]:
    """Return a shot's RGB frames in the shape of the film, (width, height) in pixels; at the clip's own resolution."""
    height, width = frames[0].shape[:2]
    if framing == "fit" and not _alike(width, height, film):
        return [_surrounded(frame, film) for frame in frames]
    window = window_for(frames, film)
    rows, columns = slice(window.top, window.top + window.height), slice(window.left, window.left + window.width)
    return [np.ascontiguousarray(frame[rows, columns]) for frame in frames]


def window_for(frames: Sequence[Frame], film: tuple[int, int]) -> Window:
    """Choose the largest window of the film's shape that holds most of what draws the eye; it stands still."""
    height, width = frames[0].shape[:2]
    shape = Fraction(film[0], film[1])
    wide, high = min(width, _even(height * shape)), min(height, _even(width / shape))
    wide, high = wide - wide % 2, high - high % 2
    if _alike(width, height, film):
        return Window((width - wide) // 2, (height - high) // 2, wide, high)
    attention = attention_map(frames)
    return Window(
        _best_start(attention.sum(axis=0), width, wide), _best_start(attention.sum(axis=1), height, high), wide, high
    )


def _alike(width: int, height: int, film: tuple[int, int]) -> bool:
    return abs(width * film[1] / (height * film[0]) - 1) < _SAME_SHAPE


def _even(length: Fraction) -> int:
    return max(2, 2 * round(length / 2))


def attention_map(frames: Sequence[Frame]) -> NDArray[np.float32]:
    """Say where in a shot the eye goes: colours unlike the rest (Achanta et al. 2009), detail and movement.

    The longer side has 96 points; the middle counts more than the edges, and all points sum to 1.
    """
    chosen = [frames[n] for n in sorted({round(n) for n in np.linspace(0, len(frames) - 1, _LOOKED_AT)})]
    small = [_small(frame) for frame in chosen]
    found = np.mean([_strange(each) + _detailed(each) for each in small], axis=0)
    if len(small) > 1:
        found = found + 2 * _normed(np.mean([np.abs(a - b).sum(axis=2) for a, b in pairwise(small)], axis=0))
    height, width = found.shape
    across, down = (np.linspace(-0.5, 0.5, side, dtype=np.float32) for side in (width, height))
    near = np.exp(-0.5 * (across[None, :] ** 2 + down[:, None] ** 2) / _CENTRE**2)
    weighted = _normed(cv2.GaussianBlur(np.asarray(found, np.float32), (0, 0), 2)) ** 2 * near
    return np.asarray(weighted / max(float(weighted.sum()), 1e-9), np.float32)


def _small(frame: Frame) -> NDArray[np.float32]:
    scale = _SEEN_PX / max(frame.shape[:2])
    seen = cv2.resize(frame, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.cvtColor(seen.astype(np.float32) / 255, cv2.COLOR_RGB2LAB), np.float32)


def _strange(lab: NDArray[np.float32]) -> NDArray[np.float32]:
    apart = cv2.GaussianBlur(lab, (0, 0), 1) - lab.mean(axis=(0, 1))
    return _normed((apart**2).sum(axis=2) ** 0.5)


def _detailed(lab: NDArray[np.float32]) -> NDArray[np.float32]:
    lightness = np.ascontiguousarray(lab[..., 0])
    edges = cv2.magnitude(cv2.Sobel(lightness, cv2.CV_32F, 1, 0), cv2.Sobel(lightness, cv2.CV_32F, 0, 1))
    return _normed(cv2.GaussianBlur(edges, (0, 0), 2))


def _normed(values: object) -> NDArray[np.float32]:
    array = np.asarray(values, np.float32)
    return array / max(float(array.max()), 1e-9)


def _best_start(attention: NDArray[np.float32], side: int, window: int) -> int:
    """Return the even start, in pixels, of the window with most attention; the one nearest the middle among equals."""
    sums = np.concatenate([[0.0], np.cumsum(attention)])
    points = np.linspace(0, side, len(sums))
    starts = np.arange(0, side - window + 1, 2)
    held = np.interp(starts + window, points, sums) - np.interp(starts, points, sums)
    off_middle = np.abs(starts - (side - window) / 2)
    return int(starts[np.lexsort((off_middle, -np.round(held, 4)))[0]])


def _surrounded(frame: Frame, film: tuple[int, int]) -> Frame:
    """Stand a frame whole in the middle of a dim, blurred enlargement of itself."""
    height, width = frame.shape[:2]
    shape = Fraction(film[0], film[1])
    wide, high = max(_even(Fraction(width)), _even(height * shape)), max(_even(Fraction(height)), _even(width / shape))
    ground = _filled(frame, wide, high)
    left, top = (wide - width) // 2, (high - height) // 2
    ground[top : top + height, left : left + width] = frame
    return ground


def _filled(frame: Frame, wide: int, high: int) -> Frame:
    height, width = frame.shape[:2]
    scale = max(wide / width, high / height) / 8
    small = cv2.resize(frame, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    soft = cv2.convertScaleAbs(cv2.GaussianBlur(small, (0, 0), _BLUR * max(small.shape[:2])), alpha=_DIM)
    top, left = (soft.shape[0] - round(high / 8)) // 2, (soft.shape[1] - round(wide / 8)) // 2
    cut = soft[max(top, 0) :, max(left, 0) :][: max(round(high / 8), 1), : max(round(wide / 8), 1)]
    return cast(Frame, cv2.resize(cut, (wide, high), interpolation=cv2.INTER_CUBIC))
