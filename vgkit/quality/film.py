"""Measures of a whole film: how its shots are joined, how they keep to the beat, and how much its picture holds.

What a film is for differs from what a clip is for: a clip is judged by itself, a film by what was done to it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vgkit.errors import NotMeasured

_STILL_LEVELS = 0.25  # what moves less than this on average is still, and no step is held against it


@dataclass(frozen=True)
class Join:
    """Where a shot gives way to the next: ``border`` is the next one's first frame, ``frames`` the transition's."""

    border: int
    frames: int


def seam_step(steps: Sequence[float], joins: Sequence[Join]) -> float:
    """Return by how much the most sudden step within a join exceeds its two neighbours, at the worst join.

    ``steps`` are the mean absolute differences of luma from each frame to the next, in levels. Each step of a join is
    held against the mean of the steps before and after it: 1 is even, a transition that sets in at once stays below 2,
    a jump in still surroundings is far above; so joins that are cuts are left out. Raises NotMeasured where none lasts.
    """
    found = [_most_sudden(np.asarray(steps, np.float64), join) for join in joins if join.frames]
    if not found:
        raise NotMeasured("all joins of the film are cuts")
    return max(found)


def _most_sudden(steps: NDArray[np.float64], join: Join) -> float:
    first = max(join.border - join.frames // 2 - 1, 1)
    last = min(first + join.frames + 1, len(steps) - 1)
    if last <= first:
        raise NotMeasured(f"the join at frame {join.border} has nothing around it")
    beside = (steps[first - 1 : last - 1] + steps[first + 1 : last + 1]) / 2
    return float((steps[first:last] / np.maximum(beside, _STILL_LEVELS)).max())


def beat_offset_ms(cuts_s: Sequence[float], beats_s: Sequence[float]) -> float:
    """Return how far joins are from the beat nearest to them, on average, in milliseconds."""
    if not cuts_s:
        raise NotMeasured("the film is one shot")
    if not beats_s:
        raise NotMeasured("its music has no clear pulse")
    apart = np.abs(np.asarray(cuts_s)[:, None] - np.asarray(beats_s)[None, :])
    return float(1000 * apart.min(axis=1).mean())


class Detail:
    """SI and TI of a film, from pairs of neighbouring frames all through it.

    Spatial information is the greatest standard deviation, over the picture, of the Sobel gradient of luma; temporal
    information that of the difference to the frame before (ITU-T P.910, 7.3 and 7.4). Looking at two frames of every
    ``every`` costs a fifteenth of looking at all of them; a maximum over fewer frames can only be less.
    """

    def __init__(self, *, every: int = 15) -> None:
        self._every = every
        self._before: NDArray[np.float32] | None = None
        self._spatial: list[float] = []
        self._temporal: list[float] = []

    def see(self, number: int, luma: NDArray[np.uint8]) -> None:
        """Take in a frame's luma (h, w) as it is encoded."""
        if (place := number % self._every) > 1:
            return
        here = luma.astype(np.float32)
        if place == 0:
            across, down = cv2.Sobel(here, cv2.CV_32F, 1, 0), cv2.Sobel(here, cv2.CV_32F, 0, 1)
            self._spatial.append(_spread(cv2.magnitude(across, down)[1:-1, 1:-1]))
            self._before = here
        elif self._before is not None:
            self._temporal.append(_spread(here - self._before))
            self._before = None

    def spatial_information(self) -> float:
        """Return SI in 8-bit levels. Raises NotMeasured where no frame was seen."""
        return _greatest(self._spatial, "there are no frames")

    def temporal_information(self) -> float:
        """Return TI in 8-bit levels. Raises NotMeasured where no two frames were seen."""
        return _greatest(self._temporal, "there are no two frames")


def _spread(values: NDArray[Any]) -> float:
    return float(cv2.meanStdDev(values)[1][0, 0])


def _greatest(found: Sequence[float], lacking: str) -> float:
    if not found:
        raise NotMeasured(lacking)
    return max(found)
