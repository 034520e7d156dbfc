"""How far a clip keeps showing the same: the likeness of its frames to the one before and to the first.

The formula is that of VBench's subject consistency (Huang et al. 2024), which compares what the DINO network sees; this
compares where which colours and edges are. That notices a cut, a change of scene and a change of colours, and takes a
moving camera for a change too. A frozen clip is perfect in it, so it is read with how much moves.
"""

from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from vgkit.errors import NotMeasured
from vgkit.media.frames import Frame
from vgkit.quality.measure import Measure
from vgkit.quality.view import Subject, View

Feature = NDArray[np.float32]

_ROWS, _COLUMNS, _CELL_PX = 4, 8, 16
_ORIENTATIONS = 8
_CELL_OF = np.kron(np.arange(_ROWS * _COLUMNS).reshape(_ROWS, _COLUMNS), np.ones((_CELL_PX, _CELL_PX), int))
# A part that is hardly there looks like any other that is not: two empty frames are alike, and grain is no edge.
_EMPTY = 0.02


def appearance(frame: Frame) -> Feature:
    """Return what an RGB frame looks like as a vector of length 1, in two halves of one weight.

    The frame is shrunk to 128x64 pixels and cut into 4x8 cells. One half is the mean CIELAB colour of each, as the
    distance from middle grey over 100; the other how strong its edges are in 8 orientations (gradients of L* over 100,
    per pixel). Each half has one number more, 0.02, before it is brought to length 1.
    """
    small = cv2.resize(frame, (_COLUMNS * _CELL_PX, _ROWS * _CELL_PX), interpolation=cv2.INTER_AREA)
    lab = cv2.cvtColor(small.astype(np.float32) / 255, cv2.COLOR_RGB2Lab) / 100
    colours = cv2.resize(lab, (_COLUMNS, _ROWS), interpolation=cv2.INTER_AREA) - (0.5, 0, 0)
    halves = [_unit(colours.ravel()), _unit(_orientations(np.ascontiguousarray(lab[..., 0])))]
    return cast(Feature, np.concatenate(halves, dtype=np.float32) / np.sqrt(2, dtype=np.float32))


def _orientations(lightness: Feature) -> Feature:
    across, down = (cv2.Sobel(lightness, cv2.CV_32F, *way, scale=1 / 8) for way in ((1, 0), (0, 1)))
    strength, angle = cv2.cartToPolar(across, down)
    way = (angle * (_ORIENTATIONS / np.pi)).astype(int) % _ORIENTATIONS
    bins = _CELL_OF * _ORIENTATIONS + way
    sums = np.bincount(bins.ravel(), strength.ravel(), _ROWS * _COLUMNS * _ORIENTATIONS)
    return cast(Feature, sums / _CELL_PX**2)


def _unit(half: Feature) -> Feature:
    whole = np.append(half, _EMPTY)
    return cast(Feature, whole / np.linalg.norm(whole))


def _likeness(one: Feature, other: Feature) -> float:
    """Return the cosine of two vectors of length 1, but nothing below 0, and never above 1 by rounding."""
    return min(1.0, max(0.0, float(one @ other)))


class _Consistency:
    """The mean over all frames but the first of [max(0, cos(f_(i-1), f_i)) + max(0, cos(f_0, f_i))] / 2."""

    def __init__(self, _: Subject) -> None:
        self._first: Feature | None = None
        self._before: Feature | None = None
        self._found: list[float] = []

    def see(self, view: View) -> None:
        feature = appearance(view.frame)
        if self._first is None or self._before is None:
            self._first = feature
        else:
            self._found.append((_likeness(self._before, feature) + _likeness(self._first, feature)) / 2)
        self._before = feature

    def value(self) -> float:
        if not self._found:
            raise NotMeasured("one frame has nothing to be like; it takes two")
        return sum(self._found) / len(self._found)


MEASURE = Measure(
    name="appearance_consistency",
    unit="cosine",
    direction="higher",
    span=(0.0, 1.0),
    reads="colours and edges of each frame, in 4x8 cells",
    implementation="vgkit.quality.appearance_consistency",
    version="1",
    begin=_Consistency,
)
