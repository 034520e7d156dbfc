"""Turn 8 frames a second into any rate: follow every pixel between neighbouring frames and draw the moments between.

DIS flow (preset fast) and a cubic two-sided warp: measured against true 30 fps footage this beats ffmpeg's
minterpolate by 3 to 6 dB at a sixth of its cost, and occlusion masks added nothing to it. At most two frames and
their flow are in memory.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from vgkit.media.frames import Frame

Field = NDArray[np.float32]

# One thread each: the encoder wants the other cores, and results must not depend on how many there are.
cv2.setNumThreads(1)

_HALVE_ABOVE_PX = 640
# On 41 clips of Zeroscope and AnimateDiff neighbours agree on 0.52 or more, across cuts on 0.06 to 0.19.
_TRACEABLE = 0.35
_CUT_LEVELS = 20.0
# Levels by which following the flow may make two frames less alike, and by how many more they are all torn.
_LET_PASS, _TORN = np.uint8(8), 24
_NEAR, _AROUND = np.ones((5, 5), np.uint8), np.ones((13, 13), np.uint8)
_NO_SECOND_MAP: Any = None  # both coordinates come in one array, which cv2's types do not know


@dataclass(frozen=True)
class Motion:
    """What moved between two frames: ``forward`` and ``backward`` (h, w, 2) in pixels.

    ``agreement`` is the share of pixels that come home when followed there and back, ``difference`` the mean
    absolute difference of brightness in 8-bit levels.
    """

    forward: Field
    backward: Field
    agreement: float
    difference: float

    @property
    def traceable(self) -> bool:
        """Whether in-between pictures can be drawn by following pixels."""
        return self.agreement >= _TRACEABLE

    @property
    def is_cut(self) -> bool:
        """Whether the two frames show different things."""
        return not self.traceable and self.difference > _CUT_LEVELS


def motion_between(first: Frame, second: Frame) -> Motion:
    """Follow pixels both ways between two RGB frames; at half size where they are wider than 640."""
    height, width = first.shape[:2]
    scale = 2 if width > _HALVE_ABOVE_PX else 1
    grey = [_grey(frame, width // scale, height // scale) for frame in (first, second)]
    dis = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_FAST)
    start = np.zeros((*grey[0].shape, 2), np.float32)
    forward = cast(Field, dis.calc(grey[0], grey[1], start.copy()))
    backward = cast(Field, dis.calc(grey[1], grey[0], start))
    return Motion(
        forward=_grown(forward, width, height),
        backward=_grown(backward, width, height),
        agreement=_agreement(forward, backward),
        difference=float(cv2.absdiff(grey[0], grey[1]).mean()),
    )


def _grey(frame: Frame, width: int, height: int) -> Frame:
    grey = cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY)
    return cast(Frame, cv2.resize(grey, (width, height), interpolation=cv2.INTER_AREA))


def _grown(flow: Field, width: int, height: int) -> Field:
    if flow.shape[:2] == (height, width):
        return flow
    factor = np.array([width / flow.shape[1], height / flow.shape[0]], np.float32)
    return cast(Field, cv2.resize(flow * factor, (width, height), interpolation=cv2.INTER_LINEAR))


def _agreement(forward: Field, backward: Field) -> float:
    """Return the share of pixels with |F + B'|^2 < 0.02 (|F|^2 + |B'|^2) + 1, judged on every second one each way."""
    there, back = forward[::2, ::2], backward[::2, ::2]
    home: Field = _warp(back, there * np.float32(0.5), cv2.INTER_LINEAR)
    error = ((there + home) ** 2).sum(axis=2)
    extent = (there**2).sum(axis=2) + (home**2).sum(axis=2)
    return float((error < 0.02 * extent + 1).mean())


@lru_cache(maxsize=4)
def _grid(width: int, height: int) -> Field:
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    return np.dstack([x, y])


def _warp(picture: Any, displacement: Field, kernel: int) -> Any:
    """Fetch every pixel from where ``displacement`` points."""
    places = cv2.add(_grid(displacement.shape[1], displacement.shape[0]), displacement)
    return cv2.remap(picture, places, _NO_SECOND_MAP, kernel, borderMode=cv2.BORDER_REPLICATE)


def between(first: Frame, second: Frame, motion: Motion, t: float) -> Frame:
    """Draw the picture at ``t`` (0 to 1) between two frames.

    I_t = (1-t) I0(x + F_t0) + t I1(x + F_t1), F_t0 = -(1-t) t F01 + t^2 F10, F_t1 = (1-t)^2 F01 - t (1-t) F10:
    the intermediate flow of Super SloMo (Jiang et al. 2018, eq. 4). A cut stays a cut, and what can't be
    followed is blended.
    """
    if motion.is_cut:
        return first if t < 0.5 else second
    if not motion.traceable:
        return cast(Frame, cv2.addWeighted(first, 1 - t, second, t, 0))
    to_first = cv2.addWeighted(motion.forward, -(1 - t) * t, motion.backward, t * t, 0)
    to_second = cv2.addWeighted(motion.forward, (1 - t) ** 2, motion.backward, -t * (1 - t), 0)
    from_first = _warp(first, cast(Field, to_first), cv2.INTER_CUBIC)
    from_second = _warp(second, cast(Field, to_second), cv2.INTER_CUBIC)
    moved = cast(Frame, cv2.addWeighted(from_first, 1 - t, from_second, t, 0))
    torn = _torn(cv2.absdiff(from_first, from_second), cv2.absdiff(first, second))
    return moved if torn is None else _mended(moved, cv2.addWeighted(first, 1 - t, second, t, 0), torn)


def _torn(after: Any, before: Any) -> Field | None:
    """Where following the flow made two frames less alike than anything near was, as shares (h, w); None where nowhere.

    A gleam that passes over a flat surface is taken for motion, and edges that stand still are dragged along with it.
    """
    height, width = after.shape[:2]
    size = (width // 2, height // 2)
    dragged: Any = np.maximum(cv2.dilate(_grey(after, *size), _NEAR), _LET_PASS) - _LET_PASS
    worse: Any = cv2.subtract(dragged, cv2.dilate(_grey(before, *size), _AROUND))
    if not worse.any():
        return None
    share = cv2.GaussianBlur(worse.astype(np.float32) / _TORN, (0, 0), 1.5)
    return cast(Field, np.minimum(cv2.resize(share, (width, height), interpolation=cv2.INTER_LINEAR), 1))


def _mended(moved: Frame, blended: Any, torn: Field) -> Frame:
    """Lay the plain blend over what is torn."""
    return cast(Frame, cv2.blendLinear(blended, moved, torn, 1 - torn))


def retime(frames: Iterable[Frame], times: Iterable[Fraction]) -> Iterator[Frame]:
    """Yield one frame for each of ``times``, which count source frames from 0, never fall and never pass the last.

    A whole number gives that source frame itself.
    """
    supply = iter(frames)
    at, near, far, motion = 0, _next(supply, 0), None, None
    for time in _rising(times):
        while time >= at + 1:
            at, near, far = at + 1, far if far is not None else _next(supply, at + 1), None
        if time == at:
            yield near
            continue
        if far is None:
            far = _next(supply, at + 1)
            motion = motion_between(near, far)
        assert motion is not None
        yield between(near, far, motion, float(time - at))


def _next(supply: Iterator[Frame], number: int) -> Frame:
    frame = next(supply, None)
    if frame is None:
        raise ValueError(f"source frame {number} is asked for, but there are only {number}")
    return frame


def _rising(times: Iterable[Fraction]) -> Iterator[Fraction]:
    latest = Fraction(0)
    for time in times:
        if time < latest:
            raise ValueError(f"time {time} comes after {latest}; source times must not fall, nor start below 0")
        yield (latest := time)
