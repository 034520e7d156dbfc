"""How much moves in a clip, be it the camera or what is before it. A frozen clip is steady, smooth and dull."""

import cv2
import numpy as np

from vgkit.quality.cuts import per_second
from vgkit.quality.measure import Measure
from vgkit.quality.view import View

_FASTEST = 0.05
_SIDE_PX, _PER_SECOND = 256.0, 8.0
# A step of which less can be followed says nothing about motion.
LEAST_FOLLOWED = 0.25


def motion_amount(view: View) -> float | None:
    """Return how far the fastest twentieth of the picture goes in this step, at an eighth of the clip's rate.

    The mean of the largest 5 % of |F|, times 256 / the shorter side: the score of VBench's dynamic_degree (Huang et al.
    2024) with DIS flow for RAFT, and only where it comes home, as DIS is wild where it does not. VBench looks at pairs
    an eighth of a second apart; here the step is scaled to that. It calls a pair moving above 6, and a clip dynamic
    with a quarter of its pairs moving. None where less than 25 % of the flow comes home.
    """
    motion = view.motion
    if motion is None or motion.agreement < LEAST_FOLLOWED:
        return None
    far = cv2.magnitude(*cv2.split(motion.there))[motion.trust > 0]
    count = max(1, int(far.size * _FASTEST))
    fastest = float(np.partition(far, -count)[-count:].mean())
    return fastest * _SIDE_PX / min(motion.size) / _PER_SECOND


MEASURE = Measure(
    name="motion_amount",
    unit="px in 1/8 s at 256 px",
    direction="neither",
    span=(0.0, float("inf")),
    reads="the fastest 5 % of what comes home of the flow, at each step that is no cut",
    implementation="vgkit.quality.motion_amount",
    version="1",
    begin=per_second(motion_amount, lacking="too few steps between frames could be followed"),
)
