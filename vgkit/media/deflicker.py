"""Take flicker out of a clip: brightness that jumps from frame to frame while what is seen stays the same.

Brightness is compared along the flow, so that a camera that moves to where it is brighter is no flicker; and gains are
smoothed to both sides in time, so that nothing lags. First the whole frame's, then what is left of it region by region.
"""

from collections.abc import Sequence
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from vgkit.media.flow import Field, Motion, fetched
from vgkit.media.picture import MIDDLE, Picture, Plane

_BLACK = 16.0
_LIFT = 8.0  # levels added before a logarithm, so that noise in the dark does not count as flicker
_REACH = 4  # frames to either side over which the whole frame's brightness is evened
_NEAR = (0.8, 0.4)  # weights of the next and the second next frame for regions
_REGION_PX = 24.0
_MOST = 0.12  # a change of brightness beyond this, as a logarithm, is an event and not flicker
_TRUSTED = 0.02  # of the picture; from less than that no ratio is taken


def brightness_path(pictures: Sequence[Picture], motions: Sequence[Motion]) -> NDArray[np.float64]:
    """Follow a clip's brightness along its motion: a logarithm for each picture, from 0; a cut changes nothing."""
    seen = [_logarithm(picture) for picture in pictures]
    steps = [_step(a, b, motion) for (a, b), motion in zip(pairwise(seen), motions, strict=True)]
    return np.concatenate([[0.0], np.cumsum(steps)])


def even_path(path: NDArray[np.float64], motions: Sequence[Motion]) -> NDArray[np.float64]:
    """Smooth a clip's brightness in time within each scene; light that is switched on begins one as a cut does."""
    even = path.copy()
    for scene in _scenes(path, motions):
        even[scene] = evened(path[scene])
    return even


def _logarithm(picture: Picture) -> Plane:
    small = cv2.resize(picture.luma, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    return np.asarray(np.log(np.maximum(small - _BLACK, 0) + _LIFT), np.float32)


def _step(first: Plane, second: Plane, motion: Motion) -> float:
    """Return the median change of brightness of what can be followed from one picture to the next."""
    if motion.is_cut:
        return 0.0
    change = _met(second, motion.there, motion.size) - first
    trusted = change[_as_large(motion.trust, change) > 0]
    return float(np.median(trusted)) if trusted.size > _TRUSTED * change.size else 0.0


def _met(values: Plane, there: Field, size: tuple[int, int]) -> Plane:
    """Fetch small values from where a coarse flow, in pixels of ``size``, points."""
    steps = np.array([values.shape[1] / size[0], values.shape[0] / size[1]], np.float32)
    return np.asarray(fetched(values, _as_large(there, values) * steps), np.float32)


def _as_large(field: Field, values: Plane) -> Field:
    """Bring a coarse field to the size of the brightness seen: flow is coarser still on wide pictures."""
    if field.shape[:2] == values.shape:
        return field
    return np.asarray(cv2.resize(field, values.shape[::-1], interpolation=cv2.INTER_LINEAR), np.float32)


def evened(path: NDArray[np.float64]) -> NDArray[np.float64]:
    """Smooth a path in time by a straight line through its neighbours, weighted by a bell: a steady fade stays one."""
    moments = np.arange(len(path), dtype=np.float64)
    offset = moments[None, :] - moments[:, None]
    weight = np.exp(-0.5 * (offset / (_REACH / 2)) ** 2) * (np.abs(offset) <= _REACH)
    total, first, second = (np.sum(weight * offset**power, axis=1) for power in (0, 1, 2))
    level, slope = weight @ path, (weight * offset) @ path
    across = total * second - first**2
    line = np.where(across > 1e-9, (second * level - first * slope) / np.maximum(across, 1e-9), level / total)
    return np.asarray(line, np.float64)


def global_gains(path: NDArray[np.float64], motions: Sequence[Motion]) -> NDArray[np.float64]:
    """Return the factor that brings each picture to the evened brightness of its scene."""
    return np.asarray(np.exp(np.clip(even_path(path, motions) - path, -_MOST, _MOST)), np.float64)


def _scenes(path: NDArray[np.float64], motions: Sequence[Motion]) -> list[slice]:
    begun = [at for at, motion in enumerate(motions, start=1) if motion.is_cut or _is_event(path, at)]
    return [slice(*borders) for borders in pairwise([0, *begun, len(path)])]


def _is_event(path: NDArray[np.float64], at: int) -> bool:
    """Whether the light changes with one picture, and stays changed: a flash is flicker, a lamp is not."""
    before, after = path[max(at - _REACH, 0) : at], path[at : at + _REACH]
    lasting = float(np.median(after) - np.median(before))
    return min(len(before), len(after)) > 1 and min(abs(float(path[at] - path[at - 1])), abs(lasting)) > _MOST


def local_gains(pictures: Sequence[Picture], motions: Sequence[Motion]) -> list[Plane]:
    """Return for each picture the logarithm (h/4, w/4) that evens its regions with those before and after them.

    A region that changes by more than an eighth at once is left alone: that is light, not flicker. Where the
    evened light of the whole picture goes, as in a fade, its regions go too.
    """
    even = even_path(brightness_path(pictures, motions), motions)
    seen = [_logarithm(picture) - np.float32(light) for picture, light in zip(pictures, even, strict=True)]
    return [_region_gain(number, seen, motions) for number in range(len(seen))]


def _region_gain(number: int, seen: Sequence[Plane], motions: Sequence[Motion]) -> Plane:
    here = seen[number]
    total, weights = np.zeros_like(here), np.ones_like(here)
    for direction in (1, -1):
        flow, trust = np.zeros((*here.shape, 2), np.float32), np.ones_like(here)
        for distance, weight in enumerate(_NEAR, start=1):
            at = number + direction * (distance - 1)
            motion = _towards(motions, at, direction)
            if motion is None:
                break
            step, step_trust, size = motion
            flow, trust = _farther(flow, trust, _as_large(step, here), _as_large(step_trust, here), size)
            change, sure = _by_region(_met(seen[at + direction], flow, size) - here, trust)
            share = weight * sure * np.exp(-((change / _MOST) ** 2))
            total, weights = total + share * change, weights + share
    return np.asarray(total / weights, np.float32)


_Step = tuple[Field, Plane, tuple[int, int]]


def _towards(motions: Sequence[Motion], at: int, direction: int) -> _Step | None:
    """Return flow and trust from picture ``at`` to its neighbour; None where there is none, or another scene."""
    index = at if direction > 0 else at - 1
    if not 0 <= index < len(motions) or motions[index].is_cut:
        return None
    motion = motions[index]
    return (motion.there, motion.trust, motion.size) if direction > 0 else (motion.back, motion.trust_back, motion.size)


def _farther(flow: Field, trust: Plane, step: Field, step_trust: Plane, size: tuple[int, int]) -> tuple[Field, Plane]:
    """Follow one picture further: the flow so far, and from where it leads the next step's."""
    steps = np.array([flow.shape[1] / size[0], flow.shape[0] / size[1]], np.float32)
    places = flow * steps
    return flow + fetched(step, places), trust * fetched(step_trust, places)


def _by_region(change: Plane, trust: Plane) -> tuple[Plane, Plane]:
    """Average a change over regions, trusted pixels only; and say how much of each region is trusted."""
    spread = _REGION_PX / 4
    sure = cv2.GaussianBlur(trust, (0, 0), spread)
    mean = cv2.GaussianBlur(change * trust, (0, 0), spread) / np.maximum(sure, 1e-3)
    return np.asarray(mean, np.float32), np.asarray(sure, np.float32)


def brightened(picture: Picture, gain: float | Plane) -> Picture:
    """Multiply a picture's light, and its colours with it, by ``gain``: a factor, or a coarse field of factors."""
    if isinstance(gain, float):
        return Picture(picture.luma * np.float32(gain) + np.float32(_BLACK * (1 - gain)), _tinted(picture, gain))
    factors = cv2.resize(gain, picture.size, interpolation=cv2.INTER_LINEAR)
    height, width = picture.chroma.shape[:2]
    halves = cv2.resize(gain, (width, height), interpolation=cv2.INTER_LINEAR)[..., None]
    return Picture(
        np.asarray((picture.luma - _BLACK) * factors + _BLACK, np.float32),
        np.asarray((picture.chroma - MIDDLE) * halves + MIDDLE, np.float32),
    )


def _tinted(picture: Picture, gain: float) -> Plane:
    return picture.chroma * np.float32(gain) + np.float32(MIDDLE * (1 - gain))
