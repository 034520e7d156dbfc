"""Still pictures for clips to be made of: photographs and model output where they lie beside the project, drawn ones.

The drawn ones are dead leaves: discs of all sizes laid over each other, which have the edges, the flat parts and the
spectrum of photographs, so figures got without the photographs are of the same kind.
"""

from functools import cache
from pathlib import Path
from typing import cast

import cv2
import numpy as np

from vgkit.media.frames import Frame, read_frames, read_picture

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"

_PHOTOGRAPHS = ("assets/coffee.png", "assets/rocket.jpg", "clips/animatediff/v3_sunset_keyframe.png")
_CLIPS = ("clips/zeroscope/zeroscope_upscale.mp4",)
_DISCS, _SMALLEST_PX, _LARGEST_PX = 6000, 4.0, 110.0


def textures(*, drawn_only: bool = False) -> list[Frame]:
    """Return the pictures there are, RGB, at least 500x400."""
    drawn = [dead_leaves(seed) for seed in (1, 2)]
    if drawn_only:
        return drawn
    photographs = [read_picture(SHARED / name)[..., :3] for name in _PHOTOGRAPHS if (SHARED / name).exists()]
    stills = [next(read_frames(SHARED / name)) for name in _CLIPS if (SHARED / name).exists()]
    return [*photographs, *stills, *drawn]


@cache
def dead_leaves(seed: int, *, size: tuple[int, int] = (800, 500)) -> Frame:
    """Draw textured discs over each other, their radii after r^-3 (Lee, Mumford, Huang 2001)."""
    dice = np.random.default_rng(seed)
    width, height = size
    picture = np.zeros((height, width, 3), np.uint8)
    shares = dice.uniform(0, 1, _DISCS)
    smallest, largest = _SMALLEST_PX**-2, _LARGEST_PX**-2
    radii = (smallest + shares * (largest - smallest)) ** -0.5
    for radius in radii:
        centre = (int(16 * dice.uniform(0, width)), int(16 * dice.uniform(0, height)))
        colour = [float(part) for part in dice.uniform(20, 235) * dice.uniform(0.6, 1.0, 3)]
        cv2.circle(picture, centre, int(16 * radius), colour, -1, cv2.LINE_AA, 4)
    return cast(Frame, cv2.add(picture, _speckle(dice, size), dtype=cv2.CV_8U))


def _speckle(dice: np.random.Generator, size: tuple[int, int]) -> np.ndarray[tuple[int, ...], np.dtype[np.int16]]:
    """Return the fine structure of surfaces: noise of three sizes."""
    width, height = size
    whole = np.zeros((height, width), np.float32)
    for step, strength in ((1, 3.0), (3, 5.0), (9, 6.0)):
        noise = dice.normal(0, strength, (height // step + 1, width // step + 1)).astype(np.float32)
        whole += cv2.resize(noise, size, interpolation=cv2.INTER_CUBIC)
    return np.dstack([whole] * 3).astype(np.int16)
