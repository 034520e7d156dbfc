"""How much of a codec's blocks shows: steps across an 8x8 grid against steps within its cells."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vgkit.errors import NotMeasured
from vgkit.quality.measure import Measure
from vgkit.quality.view import View
from vgkit.quality.watchers import mean_of

_CELL = 8
# A tenth of a step: a flat picture has no grid, and its ratio is that of nothing to nothing.
_UNSEEN = 0.1


def blockiness(view: View) -> float:
    """Return how much larger luma's steps across the borders of 8x8 cells are than those within; 1 is no grid.

    That is B/A, averaged over both ways, of Wang, Sheikh and Bovik (2002): B is the mean absolute difference of
    neighbours on two sides of a border, A that of neighbours in one cell. The grid starts at the top left corner, as
    codecs lay it; in a clip that was scaled or cropped since it was coded nothing is found.
    """
    height, width = view.frame.shape[:2]
    if min(height, width) < 2 * _CELL:
        raise NotMeasured(f"an 8x8 grid needs two cells each way, the frames have {width}x{height} pixels")
    luma = view.luma
    down = cv2.reduce(cv2.absdiff(luma[1:], luma[:-1]), 1, cv2.REDUCE_AVG)
    across = cv2.reduce(cv2.absdiff(luma[:, 1:], luma[:, :-1]), 0, cv2.REDUCE_AVG)
    return (_ratio(down.ravel()) + _ratio(across.ravel())) / 2


def _ratio(steps: NDArray[Any]) -> float:
    """Compare every eighth of the steps along one axis, each the mean of its line, with the others."""
    at_border = np.arange(1, len(steps) + 1) % _CELL == 0
    return float((steps[at_border].mean() + _UNSEEN) / (steps[~at_border].mean() + _UNSEEN))


MEASURE = Measure(
    name="blockiness",
    unit="ratio",
    direction="lower",
    span=(0.0, float("inf")),
    reads="luma of each frame",
    implementation="vgkit.quality.blockiness",
    version="1",
    begin=mean_of(blockiness),
)
