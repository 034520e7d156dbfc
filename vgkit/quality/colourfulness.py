"""How colourful a clip is: the mean colourfulness of its frames after Hasler and Süsstrunk."""

import math

import cv2
import numpy as np

from vgkit.quality.measure import Measure
from vgkit.quality.view import View
from vgkit.quality.watchers import mean_of

_OPPONENTS = np.array([[1, -1, 0], [0.5, 0.5, -1]], np.float32)


def colourfulness(view: View) -> float:
    """Return sqrt(s_rg² + s_yb²) + 0.3 sqrt(m_rg² + m_yb²), with s the deviation and m the mean over a frame's pixels.

    rg = R - G and yb = (R + G)/2 - B in 8-bit steps (Hasler and Süsstrunk 2003, M3, for which they asked people: 15 is
    slightly, 33 moderately, 59 quite and 109 extremely colourful). Grey is 0; a cast of one colour counts a little.
    """
    means, deviations = cv2.meanStdDev(cv2.transform(view.frame.astype(np.float32), _OPPONENTS))
    return math.hypot(*deviations.ravel()) + 0.3 * math.hypot(*means.ravel())


MEASURE = Measure(
    name="colourfulness",
    unit="8-bit steps",
    direction="neither",
    span=(0.0, float("inf")),
    reads="RGB of each frame",
    implementation="vgkit.quality.colourfulness",
    version="1",
    begin=mean_of(colourfulness),
)
