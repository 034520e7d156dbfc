"""How much the light of a clip trembles from frame to frame."""

from collections.abc import Sequence
from math import sqrt
from statistics import fmean

import cv2

from vgkit.quality.cuts import away_from_cuts
from vgkit.quality.measure import Measure
from vgkit.quality.view import View


def _light(view: View) -> float:
    return float(cv2.mean(view.luma)[0])


def tremble(view: View) -> float | None:
    """Return the second difference of mean luma up to this frame, in 8-bit steps; None for the first two frames."""
    last = view.before
    if last is None or last.before is None:
        return None
    return view.of(_light) - 2 * last.of(_light) + last.before.of(_light)


def _rms(found: Sequence[float]) -> float:
    return sqrt(fmean(each**2 for each in found))


# The RMS of the second difference: a steady brightening counts for nothing, a single flash for as much as it is.
MEASURE = Measure(
    name="flicker",
    unit="8-bit steps",
    direction="lower",
    span=(0.0, float("inf")),
    reads="mean luma of each three frames in a row without a cut",
    implementation="vgkit.quality.flicker",
    version="1",
    begin=away_from_cuts(tremble, reach=2, lacking="no three frames in a row without a cut", mean=_rms),
)
