"""How steady and how sharp a clip is, in three figures that need no reference: flicker, warp error, Tenengrad.

Each is blind alone: a frozen clip has no warp error and a blurred one little, so they are read together. All take luma
planes (h, w) in 8-bit steps, as ``Picture.luma`` holds them, and no colour.
"""

from collections.abc import Iterable, Sequence
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
    errors = []
    for (first, second), motion in zip(pairwise(lumas), motions, strict=True):
        home = comes_home(motion)
        if home.mean() >= _FOLLOWED:
            followed = _fetched(second, motion.forward[::_EVERY, ::_EVERY], cv2.INTER_CUBIC)
            errors.append(float(cv2.absdiff(followed, first[::_EVERY, ::_EVERY])[home].mean()))
    return float(np.mean(errors)) if errors else float("nan")


def comes_home(motion: Moved) -> NDArray[np.bool_]:
    """Say for every second pixel each way whether it lands inside, and comes back when followed there and back."""
    forward = motion.forward
    height, width = forward.shape[:2]
    there = forward[::_EVERY, ::_EVERY]
    back = _fetched(motion.backward, there, cv2.INTER_LINEAR)
    error = ((there + back) ** 2).sum(axis=2)
    extent = (there**2).sum(axis=2) + (back**2).sum(axis=2)
    places = _grid(height, width) + there
    inside = (places >= 0).all(axis=2) & (places[..., 0] <= width - 1) & (places[..., 1] <= height - 1)
    return cast(NDArray[np.bool_], (error < 0.02 * extent + 1) & inside)


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
