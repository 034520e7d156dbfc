"""What the product stands on, read from the painted stage: shadows fall only where there is something to fall on, and a
product grows no wider than its plinth."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from vgkit.engines.sketch.scenes import Stage

Plane = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Ground:
    """The cover (h, w), 0 to 1, of all that lies in the product's plane; ``spot`` is the pixel the product stands on,
    ``width_px`` how far the ground reaches without a gap to both sides of it."""

    cover: Plane
    spot: tuple[float, float]
    width_px: float


def find_ground(stage: Stage, *, spot: tuple[float, float], width_px: int, height_px: int) -> Ground:
    """Find the ground around ``spot``, given as shares of the frame."""
    layers = [layer.rgba for layer in stage.layers if abs(layer.depth - 1) < 0.02]
    rows, columns = stage.layers[0].rgba.shape[:2]
    cover = np.zeros((rows, columns), np.float32)
    for rgba in layers:
        cover = np.maximum(cover, rgba[..., 3].astype(np.float32) / 255)
    x = spot[0] * width_px + (columns - width_px) / 2
    y = spot[1] * height_px + (rows - height_px) / 2
    bare = np.nonzero(cover[min(round(y) + 2, rows - 1)] < 0.5)[0]
    if cover[min(round(y) + 2, rows - 1), round(x)] < 0.5:
        # It stands on a floor that was painted at another depth and goes on.
        return Ground(np.ones_like(cover), (x, y), float(columns))
    left = bare[bare < x].max(initial=0)
    right = bare[bare > x].min(initial=columns)
    return Ground(cover, (x, y), float(right - left))


def cover_under(ground: Ground, *, foot: tuple[float, float], shape: tuple[int, int], scale: float) -> Plane:
    """See the cover in a sheet's pixels: ``foot`` stands on the spot, ``scale`` sheet pixels go to one of the stage."""
    matrix = np.array(
        [
            [1 / scale, 0, ground.spot[0] - foot[0] / scale],
            [0, 1 / scale, ground.spot[1] - foot[1] / scale],
        ],
        np.float64,
    )
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(
        cv2.warpAffine(ground.cover, matrix, shape[::-1], flags=flags, borderMode=cv2.BORDER_REPLICATE), np.float32
    )
