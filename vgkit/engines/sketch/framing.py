"""Where the product stands in a shot: as large as the shot's size asks for, and clear of the words that will be set
over it. The view moves, never the product on its ground, and it is cropped just enough to show no layer's end."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import product
from typing import Literal

import numpy as np

from vgkit.engines.base import Staging, Words
from vgkit.engines.sketch.camera import ZOOMS, Framing, affine, pose
from vgkit.template import Camera, ShotSize

Shape = Literal["wide", "square", "upright"]
Point = tuple[float, float]

_TIMES = (0.0, 0.25, 0.5, 0.75, 1.0)
_IN_SCENE = 0.8
# How high a hero stands at most, by the frame's shape and whether words need room; shares of the frame's height.
_TALLEST: dict[tuple[Shape, Words], dict[ShotSize, float]] = {
    ("wide", "none"): {"wide": 0.47, "medium": 0.6, "close": 0.82, "detail": 1.2},
    ("wide", "caption"): {"wide": 0.47, "medium": 0.6, "close": 0.82, "detail": 1.2},
    ("wide", "end_card"): {"wide": 0.62, "medium": 0.62, "close": 0.62, "detail": 0.62},
    ("square", "none"): {"wide": 0.46, "medium": 0.56, "close": 0.74, "detail": 1.1},
    ("square", "caption"): {"wide": 0.43, "medium": 0.52, "close": 0.61, "detail": 1.0},
    ("square", "end_card"): {"wide": 0.43, "medium": 0.43, "close": 0.43, "detail": 0.43},
    ("upright", "none"): {"wide": 0.4, "medium": 0.48, "close": 0.62, "detail": 0.95},
    ("upright", "caption"): {"wide": 0.41, "medium": 0.47, "close": 0.54, "detail": 0.84},
    ("upright", "end_card"): {"wide": 0.42, "medium": 0.42, "close": 0.42, "detail": 0.42},
}
_WIDEST: dict[Shape, float] = {"wide": 0.45, "square": 0.74, "upright": 0.86}
_WIDEST_PRINT: dict[Shape, float] = {"wide": 0.52, "square": 0.82, "upright": 0.88}
_WIDER: dict[ShotSize, float] = {"wide": 0.82, "medium": 1.0, "close": 1.06, "detail": 2.0}
# Where its feet stand at their lowest, where words need the view tilted.
_FEET: dict[tuple[Shape, Words], float] = {
    ("wide", "end_card"): 0.83,
    ("square", "caption"): 0.69,
    ("square", "end_card"): 0.89,
    ("upright", "caption"): 0.605,
    ("upright", "end_card"): 0.89,
}
_WORDS: dict[tuple[Shape, Words], tuple[float, float, float, float]] = {
    ("wide", "caption"): (0.05, 0.66, 0.55, 0.9),
    ("wide", "end_card"): (0.0, 0.0, 0.48, 1.0),
    ("square", "caption"): (0.05, 0.68, 0.95, 0.9),
    ("square", "end_card"): (0.0, 0.0, 1.0, 0.4),
    ("upright", "caption"): (0.05, 0.62, 0.95, 0.8),
    ("upright", "end_card"): (0.0, 0.0, 1.0, 0.4),
}
_EDGE = 0.03
# A detail fills the frame: words may cover its base, but not the middle that it is about.
_DEEPER = 0.16
_MOST_CROP = 1.8


@dataclass(frozen=True)
class Box:
    """A part of the frame, in shares of its width and height."""

    left: float
    top: float
    right: float
    bottom: float


def shape_of(aspect: float) -> Shape:
    """Name a frame's shape by its width over its height."""
    return "wide" if aspect > 1.2 else "upright" if aspect < 0.8 else "square"


def words_box(words: Words, *, aspect: float) -> Box | None:
    """Where the words over a shot stand; None where there are none."""
    box = _WORDS.get((shape_of(aspect), words))
    return Box(*box) if box else None


def room(staging: Staging, *, aspect: float, source: str = "") -> Point:
    """The most width and height, as shares of the frame, that the product may take when the shot starts.

    A photo shown whole, as a print (``source`` is ``framed``), holds a thing smaller than itself, so it gets more.
    """
    shape = shape_of(aspect)
    lesser = _IN_SCENE if staging.presence == "in_scene" else 1.0
    growth = max(pose(staging.camera, t).zoom for t in _TIMES)
    tall = _TALLEST[shape, staging.words][staging.size] * lesser
    if staging.size != "detail":
        feet = _FEET.get((shape, staging.words), 0.94)
        tall = min(tall, (feet - _EDGE) / growth)
    widest = _WIDEST_PRINT if source == "framed" else _WIDEST
    wide = widest[shape] * _WIDER[staging.size] * lesser / growth
    return wide, tall


def frame_product(
    staging: Staging, *, foot: Point, size: Point, frame_px: tuple[int, int], depths: Iterable[float], margin: float
) -> Framing:
    """Frame a shot around a product of ``size`` (shares of the frame) that stands at ``foot`` on the stage.

    ``depths`` are those of the stage's layers, which reach ``margin`` beyond the frame.
    """
    framing = _upright(staging, foot, size[1])
    swept = _swept(framing, staging.camera, size, frame_px)
    framing = replace(framing, shift=_shift(staging, swept, shape_of(frame_px[0] / frame_px[1])))
    return _covering(framing, staging.camera, tuple(depths), frame_px, margin)


def frame_place(
    staging: Staging, *, foot: Point, frame_px: tuple[int, int], depths: Iterable[float], margin: float
) -> Framing:
    """Frame a shot in which the product is not seen."""
    heart = (0.5 * foot[0] + 0.25, 0.5)
    framing = Framing(zoom=min(ZOOMS[staging.size], 1.15), foot=foot, stand=foot, heart=heart)
    return _covering(framing, staging.camera, tuple(depths), frame_px, margin)


def _upright(staging: Staging, foot: Point, tall: float) -> Framing:
    x, ground = foot
    if staging.size == "detail" and tall > 0.8:
        stand = (x, 0.5 + 0.56 * tall)
    elif staging.size in ("close", "detail"):
        stand = (x, min(max(ground, 0.08 + tall), 0.92))
    else:
        stand = (x, ground)
    heart = (0.7 * x + 0.15, min(0.62, stand[1] - 0.42 * tall))
    return Framing(zoom=ZOOMS[staging.size], foot=foot, stand=stand, heart=heart)


def _swept(framing: Framing, camera: Camera, size: Point, frame_px: tuple[int, int]) -> Box:
    """All of the frame that the product takes in the course of the shot."""
    width, height = frame_px
    boxes = []
    for t in _TIMES:
        ground = affine(pose(camera, t), framing, depth=1, width_px=width, height_px=height)
        x, y = ground @ np.array([framing.foot[0] * width, framing.foot[1] * height, 1.0]) / frame_px
        scale = ground[0, 0] / framing.zoom
        boxes.append((x - 0.5 * size[0] * scale, y - size[1] * scale, x + 0.5 * size[0] * scale, y))
    left, top, right, bottom = zip(*boxes, strict=True)
    return Box(min(left), min(top), max(right), max(bottom))


def _shift(staging: Staging, swept: Box, shape: Shape) -> Point:
    if staging.words == "none":
        return 0.0, 0.0
    half, middle = (swept.right - swept.left) / 2, (swept.left + swept.right) / 2
    if shape == "upright" or (shape == "square" and staging.words == "end_card"):
        x = 0.5
    elif shape == "square":
        x = min(0.6, 1 - _EDGE - half)
    elif staging.words == "end_card":
        x = min(0.74, 1 - _EDGE - half)
    else:
        x = min(max(0.57 + half, 0.66), max(0.66, 1 - _EDGE - half))
    feet = _FEET.get((shape, staging.words))
    if feet and staging.size == "detail" and staging.words == "caption":
        feet += _DEEPER
    return x - middle, feet - swept.bottom if feet else _down_into(swept, staging.size)


def _down_into(swept: Box, size: ShotSize) -> float:
    return 0.0 if size == "detail" else max(0.0, _EDGE - swept.top)


def _covering(
    framing: Framing, camera: Camera, depths: tuple[float, ...], frame_px: tuple[int, int], margin: float
) -> Framing:
    while framing.crop < _MOST_CROP and not covers(framing, camera, depths, frame_px, margin):
        framing = replace(framing, crop=framing.crop + 0.02)
    return framing


def covers(framing: Framing, camera: Camera, depths: Iterable[float], frame_px: tuple[int, int], margin: float) -> bool:
    """Tell whether layers that reach ``margin`` beyond the frame fill it at any time."""
    width, height = frame_px
    corners = np.array([[0, width, width, 0], [0, 0, height, height]], np.float64)
    least = -margin * np.array([[width], [height]])
    most = (1 + margin) * np.array([[width], [height]])
    for depth, t in product(depths, _TIMES):
        matrix = affine(pose(camera, t), framing, depth=depth, width_px=width, height_px=height)
        seen = np.linalg.solve(matrix[:, :2], corners - matrix[:, 2:])
        if (seen < least).any() or (seen > most).any():
            return False
    return True
