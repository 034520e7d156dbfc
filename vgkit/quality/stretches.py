"""How long a clip stays black, and how long it stands still.

Thresholds are those by which finished films are checked with ffmpeg's blackdetect and freezedetect.
"""

import cv2
import numpy as np

from vgkit.errors import NotMeasured
from vgkit.media.picture import Plane
from vgkit.quality.measure import Measure
from vgkit.quality.view import Subject, View

_BLACK_LEVEL = 16 + 0.06 * 219
_BLACK_SHARE = 0.98
_SAME_LEVELS = 255 * 10 ** (-60 / 20)


class BlackStretch:
    """The longest stretch of black frames: 98 % of the pixels have a luma of at most 6 % of white."""

    def __init__(self, subject: Subject) -> None:
        self._fps, self._longest, self._now, self._seen = subject.fps, 0, 0, 0

    def see(self, view: View) -> None:
        """Take in the next frame."""
        self._now = self._now + 1 if np.mean(view.luma <= _BLACK_LEVEL) >= _BLACK_SHARE else 0
        self._longest, self._seen = max(self._longest, self._now), self._seen + 1

    def value(self) -> float:
        """Return its length in seconds. Raises NotMeasured where there is no frame."""
        if not self._seen:
            raise NotMeasured("there are no frames")
        return float(self._longest / self._fps)


class FrozenStretch:
    """The longest stretch of frames that are as its first one: mean |dY| below -60 dB of 255, which is 0.255 steps."""

    def __init__(self, subject: Subject) -> None:
        self._fps, self._longest, self._now, self._seen = subject.fps, 0, 0, 0
        self._first: Plane | None = None

    def see(self, view: View) -> None:
        """Take in the next frame."""
        if self._first is not None and cv2.mean(cv2.absdiff(self._first, view.luma))[0] < _SAME_LEVELS:
            self._now += 1
            self._longest = max(self._longest, self._now)
        else:
            self._first, self._now = view.luma, 1
        self._seen += 1

    def value(self) -> float:
        """Return its length in seconds, 0 where no two frames are alike. Raises NotMeasured for fewer than two."""
        if self._seen < 2:
            raise NotMeasured("fewer than two frames can neither move nor stand still")
        return float(self._longest / self._fps)


BLACK = Measure(
    name="black_stretch",
    unit="s",
    direction="lower",
    span=(0.0, float("inf")),
    reads="luma of each frame",
    implementation="vgkit.quality.stretches",
    version="1",
    begin=BlackStretch,
)
FROZEN = Measure(
    name="frozen_stretch",
    unit="s",
    direction="lower",
    span=(0.0, float("inf")),
    reads="luma of each frame against that of the first one like it",
    implementation="vgkit.quality.stretches",
    version="1",
    begin=FrozenStretch,
)
