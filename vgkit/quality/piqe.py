"""How distorted a clip looks, with no reference: the perception-based image quality evaluator, PIQE.

It was fitted to no people's votes and carries no weights, so it can be told in full here.
"""

from typing import cast

import cv2
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from vgkit.media.frames import Frame
from vgkit.quality.measure import Measure
from vgkit.quality.view import View
from vgkit.quality.watchers import mean_of

Blocks = NDArray[np.float32]

_BLOCK, _SEGMENT = 16, 6
_ACTIVE, _IMPAIRED = 0.1, 0.1
_EVERY = 2
# The authors mean to leave the two columns in the middle out of the surround; their code leaves out these. Their
# numbers are what the name stands for.
_CENTRE, _NO_SURROUND = (7, 8), (7, 9)


def piqe(frame: Frame) -> float | None:
    """Return the PIQE of an RGB frame, 0 to 100 and less is better; None for a frame of one colour.

    Grey levels less their local mean, over their local deviation plus 1 (Gaussian of 7x7, sigma 7/6), in blocks of
    16x16. A block with a variance v above 0.1 is active. It costs 1 - v where a run of 6 pixels along one of its edges
    has a deviation below 0.1 (blocks, blur), and v where its deviation s exceeds 2 |s - c| / max(s, c), with c the
    deviation of its middle columns over that of the others (noise). The score is 100 (costs + 1) / (active blocks + 1).

    From Venkatanath et al., "Blind image quality evaluation using perception based features" (2015), with the
    constants and borders of the authors' MATLAB code. Where no block is active, as after a heavy blur, that is 100.
    It sees noise where the picture is sharp; on a soft one a little grain is taken for detail and lowers it.
    """
    grey = cast(Frame, cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY))
    if grey.min() == grey.max():
        return None
    blocks = _blocks(_normalised(grey))
    variances = blocks.var(axis=(1, 2), ddof=1)
    active = variances > _ACTIVE
    blocks, variances = blocks[active], variances[active]
    costs = np.where(_impaired(blocks), 1 - variances, 0) + np.where(_noisy(blocks, np.sqrt(variances)), variances, 0)
    return 100 * (float(costs.sum()) + 1) / (len(blocks) + 1)


def _normalised(grey: Frame) -> Blocks:
    """Pad (h, w) to whole blocks and divide out what is local of light and contrast (MSCN, Mittal et al. 2012)."""
    height, width = grey.shape
    padded = cv2.copyMakeBorder(grey, 0, -height % _BLOCK, 0, -width % _BLOCK, cv2.BORDER_REPLICATE)
    levels = padded.astype(np.float32)
    mean, power = (
        cv2.GaussianBlur(each, (7, 7), 7 / 6, borderType=cv2.BORDER_REPLICATE) for each in (levels, levels * levels)
    )
    normalised: Blocks = (levels - mean) / (np.sqrt(np.abs(power - mean * mean)) + 1)
    return normalised


def _blocks(plane: Blocks) -> Blocks:
    """Cut (h, w) into (n, 16, 16)."""
    height, width = plane.shape
    rows = plane.reshape(height // _BLOCK, _BLOCK, width // _BLOCK, _BLOCK)
    return rows.swapaxes(1, 2).reshape(-1, _BLOCK, _BLOCK)


def _impaired(blocks: Blocks) -> NDArray[np.bool_]:
    """Say of which blocks an edge has a run that hardly changes."""
    edges = np.stack([blocks[:, 0], blocks[:, -1], blocks[:, :, 0], blocks[:, :, -1]], axis=1)
    runs = sliding_window_view(edges, _SEGMENT, axis=2)
    impaired: NDArray[np.bool_] = (runs.std(axis=3, ddof=1) < _IMPAIRED).any(axis=(1, 2))
    return impaired


def _noisy(blocks: Blocks, deviations: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Say which blocks change as much in the middle as around it."""
    centre = blocks[:, :, _CENTRE].std(axis=(1, 2), ddof=1)
    surround = np.delete(blocks, _NO_SURROUND, axis=2).std(axis=(1, 2), ddof=1)
    expected = deviations * surround
    # Multiplied out, as a surround of one grey has no deviation to divide by.
    noisy: NDArray[np.bool_] = deviations * np.maximum(expected, centre) > 2 * np.abs(expected - centre)
    return noisy


def _of_some(view: View) -> float | None:
    return None if view.number % _EVERY else piqe(view.frame)


MEASURE = Measure(
    name="piqe",
    unit="PIQE",
    direction="lower",
    span=(0.0, 100.0),
    reads="grey levels of every 2nd frame",
    implementation="vgkit.quality.piqe",
    version="1",
    begin=mean_of(_of_some, lacking="every frame that was looked at is of one colour"),
)
