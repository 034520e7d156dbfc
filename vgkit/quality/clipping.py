"""How much of a clip has run into the ends of the range, where light and colour lose their detail."""

import cv2

from vgkit.quality.measure import Measure
from vgkit.quality.view import View
from vgkit.quality.watchers import mean_of

_LEAST, _MOST = (1, 1, 1), (254, 254, 254)


def clipping(view: View) -> float:
    """Return the share of a frame's pixels of which any channel is 0 or 255, past which nothing is told apart.

    Black, white and fully saturated surfaces that are meant to be so count as well.
    """
    inside = cv2.inRange(view.frame, _LEAST, _MOST)
    return 1 - float(cv2.countNonZero(inside)) / inside.size


MEASURE = Measure(
    name="clipping",
    unit="share of pixels",
    direction="lower",
    span=(0.0, 1.0),
    reads="RGB of each frame",
    implementation="vgkit.quality.clipping",
    version="1",
    begin=mean_of(clipping),
)
