"""How much light and dark differ in a clip: the mean RMS contrast of its frames."""

import cv2

from vgkit.quality.measure import Measure
from vgkit.quality.view import View
from vgkit.quality.watchers import mean_of

_WHITE_TO_BLACK = 219.0


def contrast(view: View) -> float:
    """Return the deviation of a frame's luma as a share of the range from black to white (RMS contrast, Peli 1990).

    A frame that is half black and half white has 0.5, which is the most; one colour has 0.
    """
    _, deviation = cv2.meanStdDev(view.luma)
    return float(deviation.item()) / _WHITE_TO_BLACK


MEASURE = Measure(
    name="contrast",
    unit="share of range",
    direction="neither",
    span=(0.0, 0.5),
    reads="luma of each frame",
    implementation="vgkit.quality.contrast",
    version="1",
    begin=mean_of(contrast),
)
