"""How steady and how sharp a clip is, in three figures that need no reference: flicker, warp error, Tenengrad.

Each is blind alone: a frozen clip has no warp error and a blurred one little, so they are read together. All take luma
planes (h, w) in 8-bit steps, as ``Picture.luma`` holds them, and no colour.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any, Protocol, cast

import cv2
import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.float32]

# Every second pixel each way is judged: a quarter of the work, and the mean of so many does not move.
_EVERY = 2
# Below this share of pixels that come home two pictures show different things, and nothing is said about their steps.
_FOLLOWED = 0.35
_NO_SECOND_MAP: Any = None  # both coordinates come in one array, which cv2's types do not know


class Moved(Protocol):
    """What moved between two pictures, as (h, w, 2) in pixels: from the first to the second, and back."""

    @property
    def forward(self) -> Plane: ...

    @property
    def backward(self) -> Plane: ...


def flicker(lumas: Iterable[Plane]) -> float:
    """Return the RMS of the second difference of mean luma, in 8-bit steps; 0 for fewer than three pictures.

    A steady brightening, as of a camera that turns to the light, counts for nothing.
    """
    means = [float(cv2.mean(luma)[0]) for luma in lumas]
    return float(np.sqrt(np.mean(np.diff(means, n=2) ** 2))) if len(means) > 2 else 0.0


def warp_error(lumas: Sequence[Plane], motions: Sequence[Moved]) -> float:
    """Return how much a followed pixel changes from one picture to the next: mean |I1(x + F) - I0(x)| in 8-bit steps.

    ``motions`` has one for each pair of neighbours. Only pixels count that come home within
    |F + B'|^2 < 0.02 (|F|^2 + |B'|^2) + 1 (Lai et al. 2018, with L1 for their squares); a pair of which fewer than 35 %
    do is a cut and does not count. NaN where no pair counts. To compare two versions of a clip, give both the same
    motions: each one's own flow hides some of its faults.
    """
    if len(motions) != len(lumas) - 1:
        raise ValueError(f"{len(lumas)} pictures have {len(lumas) - 1} steps between them, not {len(motions)}")
    errors = [Step.of(motion).error(*pair) for pair, motion in zip(pairwise(lumas), motions, strict=True)]
    return mean_error(errors)


def mean_error(errors: Iterable[float | None]) -> float:
    """Return the mean over the pairs that count; NaN where none does."""
    counted = [error for error in errors if error is not None]
    return float(np.mean(counted)) if counted else float("nan")


@dataclass(frozen=True, eq=False)
class Step:
    """A step along a motion, to be judged more than once: where every second pixel goes, and which come home."""

    there: Plane
    home: NDArray[np.bool_]

    @classmethod
    def of(cls, motion: Moved) -> "Step":
        """Follow every second pixel each way there and back; it comes home, and lands inside, or it does not count."""
        forward = motion.forward
        height, width = forward.shape[:2]
        there = np.ascontiguousarray(forward[::_EVERY, ::_EVERY])
        x, y = cv2.split(there)
        back_x, back_y = cv2.split(_fetched(motion.backward, there, cv2.INTER_LINEAR))
        error = (x + back_x) ** 2 + (y + back_y) ** 2
        extent = x**2 + y**2 + back_x**2 + back_y**2
        at_x, at_y = cv2.split(_grid(height, width) + there)
        inside = (at_x >= 0) & (at_y >= 0) & (at_x <= width - 1) & (at_y <= height - 1)
        return cls(there, (error < 0.02 * extent + 1) & inside)

    def error(self, first: Plane, second: Plane) -> float | None:
        """Return the mean change of what comes home; None where too little does, as across a cut."""
        if self.home.mean() < _FOLLOWED:
            return None
        followed = _fetched(second, self.there, cv2.INTER_CUBIC)
        return float(cv2.mean(cv2.absdiff(followed, first[::_EVERY, ::_EVERY]), self.home.view(np.uint8))[0])


def tenengrad(luma: Plane) -> float:
    """Return the mean squared Sobel gradient (Krotkov 1988), in squared 8-bit steps.

    A Gaussian of sigma 1 goes first, so that edges count and grain hardly does.
    """
    soft = cv2.GaussianBlur(luma, (0, 0), 1.0)
    across, down = cv2.Sobel(soft, cv2.CV_32F, 1, 0), cv2.Sobel(soft, cv2.CV_32F, 0, 1)
    return float(cv2.mean(cv2.magnitude(across, down) ** 2)[0])


def sharpness(lumas: Iterable[Plane]) -> float:
    """Return the mean Tenengrad of a clip's pictures."""
    return float(np.mean([tenengrad(luma) for luma in lumas]))


def _fetched(plane: Plane, displacement: Plane, kernel: int) -> Plane:
    """Fetch every second pixel each way from where ``displacement``, given for those, points."""
    places = _grid(*plane.shape[:2]) + displacement
    return cast(Plane, cv2.remap(plane, places, _NO_SECOND_MAP, kernel, borderMode=cv2.BORDER_REPLICATE))


@lru_cache(maxsize=4)
def _grid(height: int, width: int) -> Plane:
    across, down = np.arange(0, width, _EVERY, dtype=np.float32), np.arange(0, height, _EVERY, dtype=np.float32)
    return np.dstack(np.meshgrid(across, down))
