"""How much a followed point changes its light from frame to frame: boiling textures, flicker and grain."""

from vgkit.media.measures import Step
from vgkit.quality.measure import Measure
from vgkit.quality.view import View
from vgkit.quality.watchers import mean_of


def warp_error(view: View) -> float | None:
    """Return mean |Y1(x + F) - Y0(x)| in 8-bit steps, where the flow comes home; None across a cut.

    As Lai et al. 2018 measure temporal warping error, with L1 for squares and DIS for FlowNet2. It is low for what is
    blurred or stands still: read it with sharpness and the amount of motion.
    """
    if view.before is None or view.motion is None:
        return None
    return Step.of(view.motion).error(view.before.luma, view.luma)


MEASURE = Measure(
    name="warp_error",
    unit="8-bit steps",
    direction="lower",
    span=(0.0, 219.0),
    reads="luma along the flow at each step of which 35 % or more comes home",
    implementation="vgkit.quality.warp_error",
    version="1",
    begin=mean_of(warp_error, lacking="no step between two frames could be followed"),
)
