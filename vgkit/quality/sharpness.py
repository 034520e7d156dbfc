"""How sharp a clip is: the mean Tenengrad of its frames."""

from vgkit.media.measures import tenengrad
from vgkit.quality.measure import Measure
from vgkit.quality.view import View
from vgkit.quality.watchers import mean_of


def sharpness(view: View) -> float:
    """Return the mean squared Sobel gradient of a frame's luma (Krotkov 1988), after a Gaussian of sigma 1.

    In squared 8-bit steps. It grows with edges, whatever they are: grain that survives the Gaussian counts too.
    """
    return tenengrad(view.luma)


MEASURE = Measure(
    name="sharpness",
    unit="Tenengrad",
    direction="higher",
    span=(0.0, float("inf")),
    reads="luma of each frame",
    implementation="vgkit.quality.sharpness",
    version="1",
    begin=mean_of(sharpness),
)
