"""How noisy a clip is: the mean deviation of the noise in its frames, estimated where they are calm."""

import math

import cv2
import numpy as np

from vgkit.errors import NotMeasured
from vgkit.quality.measure import Measure
from vgkit.quality.view import View
from vgkit.quality.watchers import mean_of

# The difference of two Laplacians is [1 -2 1] across times [1 -2 1] down; white noise of deviation 1 comes out with 6.
_CURVED = np.array([1, -2, 1], np.float32)
_GAIN = 6.0
_SAMPLED = 4


def noise(view: View) -> float:
    """Return the deviation of white noise in a frame's luma, in 8-bit steps.

    That is sqrt(pi/2) mean |I * N| / 6 with N the difference of two Laplacians, which sees no slope (Immerkaer 1996),
    over the half of the pixels with the smaller Sobel gradient, as edges would count (after Tai and Yang 2008, who
    leave out a tenth). N is even and Sobel's kernels odd, so that choosing by them does not bias the estimate. Fine
    texture and a palette's dither still count; noise that was coded away does not, and bars of one colour are calm.
    """
    height, width = view.frame.shape[:2]
    if min(height, width) < 3:
        raise NotMeasured(f"it takes 3 pixels each way, the frames have {width}x{height}")
    luma = view.luma
    rough = np.abs(cv2.sepFilter2D(luma, cv2.CV_32F, _CURVED, _CURVED))[1:-1, 1:-1]
    slope = cv2.magnitude(cv2.Sobel(luma, cv2.CV_32F, 1, 0), cv2.Sobel(luma, cv2.CV_32F, 0, 1))[1:-1, 1:-1]
    calm = (slope <= np.median(slope[::_SAMPLED, ::_SAMPLED])).view(np.uint8)
    return math.sqrt(math.pi / 2) * cv2.mean(rough, calm)[0] / _GAIN


MEASURE = Measure(
    name="noise",
    unit="8-bit steps",
    direction="lower",
    span=(0.0, float("inf")),
    reads="luma of each frame, its calmer half",
    implementation="vgkit.quality.noise",
    version="1",
    begin=mean_of(noise),
)
