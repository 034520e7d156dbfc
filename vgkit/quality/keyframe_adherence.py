"""How faithfully a clip shows the still that it was to grow from.

By Lin's concordance of two thumbnails in CIELAB, for it tells best whose still is whose: two of AnimateDiff's clips
that grew from stills have 0.97 and 0.96 with their own, and 17 other clips 0.08 at most. HSV histograms gave 0.18 and
0.44, and 0.21; cosines of what ``appearance_consistency`` looks at 0.99, and 0.55; SSIM of luma, which sees no colour,
0.75 and 0.83, and 0.39.
"""

from typing import cast

import cv2
import numpy as np

from vgkit.errors import NotMeasured
from vgkit.media.frames import Frame
from vgkit.media.picture import Plane
from vgkit.quality.measure import Measure
from vgkit.quality.view import Subject, View

# Of the longer side: what is where and in which colours, but not each detail, which a few pixels of movement displace.
_SEEN_PX = 32
_NOTHING = 1e-6  # squared CIELAB: what rounding leaves of one colour


def adherence(keyframe: Frame, frame: Frame) -> float:
    """Return 2 cov(k, f) / (var k + var f + |mean k - mean f|²) over all pixels and channels: 1 is the same, 0 unlike.

    Both are RGB uint8 (h, w, 3). The keyframe is scaled until it covers the frame and cropped evenly, as it is for an
    engine; then both are 32 pixels long, in CIELAB. Other light or colours lower it as well as another composition
    (concordance, Lin 1989, with sums over the channels). Raises NotMeasured where both are of one and the same colour.
    """
    height, width = frame.shape[:2]
    scale = _SEEN_PX / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    wanted, shown = _thumbnail(_cropped(keyframe, width / height), size), _thumbnail(frame, size)
    wanted_mean, shown_mean = wanted.mean(axis=(0, 1)), shown.mean(axis=(0, 1))
    covariance = float(((wanted - wanted_mean) * (shown - shown_mean)).mean(axis=(0, 1)).sum())
    variances = float((wanted.var(axis=(0, 1)) + shown.var(axis=(0, 1))).sum())
    most = variances + float(((wanted_mean - shown_mean) ** 2).sum())
    if most < _NOTHING:
        raise NotMeasured("the keyframe and the frame are of one colour, the same")
    return 2 * covariance / most


def _cropped(picture: Frame, shape: float) -> Frame:
    """Cut the middle of a shape, width over height, out of a picture."""
    height, width = picture.shape[:2]
    wide, high = max(1, min(width, round(height * shape))), max(1, min(height, round(width / shape)))
    left, top = (width - wide) // 2, (height - high) // 2
    return picture[top : top + high, left : left + wide]


def _thumbnail(picture: Frame, size: tuple[int, int]) -> Plane:
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    return cast(Plane, cv2.cvtColor(small.astype(np.float32) / 255, cv2.COLOR_RGB2Lab))


class _Adherence:
    def __init__(self, subject: Subject) -> None:
        if subject.keyframe is None:
            raise NotMeasured("no keyframe was given")
        if not 0 <= subject.keyframe_at < subject.count:
            raise NotMeasured(f"frame {subject.keyframe_at} was to show the keyframe, the clip has {subject.count}")
        self._keyframe, self._at = subject.keyframe, subject.keyframe_at
        self._found: float | None = None

    def see(self, view: View) -> None:
        if view.number == self._at:
            self._found = adherence(self._keyframe, view.frame)

    def value(self) -> float:
        if self._found is None:
            raise NotMeasured(f"the clip ended before frame {self._at}, which was to show the keyframe")
        return self._found


MEASURE = Measure(
    name="keyframe_adherence",
    unit="concordance",
    direction="higher",
    span=(-1.0, 1.0),
    reads="the keyframe and the frame that was to show it",
    implementation="vgkit.quality.keyframe_adherence",
    version="1",
    begin=_Adherence,
)
