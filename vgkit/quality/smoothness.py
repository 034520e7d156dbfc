"""How well a frame is foretold by its neighbours: what moves evenly is, what jerks, boils or flickers is not."""

from typing import cast

import cv2

from vgkit.media.flow import Motion, fetched
from vgkit.media.picture import Plane
from vgkit.quality.cuts import away_from_cuts, leap
from vgkit.quality.measure import Measure
from vgkit.quality.view import View

_LEVELS = 219.0  # from black to white in limited range


def smoothness(view: View) -> float | None:
    """Return how near the frame before comes to what is halfway between its neighbours; None unless it is an odd one.

    1 - mean |Y - Y'| / 219, where Y' = [Y0(x + w) + Y2(x - w)] / 2 and w = (F20 - F02) / 4: the motion_smoothness of
    VBench (Huang et al. 2024), which foretells odd frames from even ones, with DIS flow for its net AMT-S and luma for
    RGB. So its numbers are not VBench's. They depend on the rate: compare clips of the same one.
    """
    middle = view.before
    if view.number % 2 or middle is None or middle.before is None:
        return None
    foretold = _halfway(middle.before.luma, view.luma, cast(Motion, view.of(leap)))
    return 1 - float(cv2.mean(cv2.absdiff(foretold, middle.luma))[0]) / _LEVELS


def _halfway(first: Plane, second: Plane, motion: Motion) -> Plane:
    way = (motion.back - motion.there) / 4
    ends = (fetched(plane, part, kernel=cv2.INTER_CUBIC) for plane, part in ((first, way), (second, -way)))
    return cast(Plane, cv2.addWeighted(next(ends), 0.5, next(ends), 0.5, 0))


MEASURE = Measure(
    name="motion_smoothness_dis",
    unit="",
    direction="higher",
    span=(0.0, 1.0),
    reads="luma of odd frames against their even neighbours, where no cut lies between",
    implementation="vgkit.quality.smoothness",
    version="1",
    begin=away_from_cuts(smoothness, reach=2, lacking="no odd frame stands between two others without a cut"),
)
