"""How a shot's camera moves painted layers. All are pure functions of time, so a still and the clip around it agree.

Clips are later smoothed by optical flow, hence no move stops dead and none runs faster than about 12 pixels a frame."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vgkit.template import Camera, ShotSize

Affine = NDArray[np.float64]  # (2, 3), from stage pixels to frame pixels


@dataclass(frozen=True, kw_only=True)
class Framing:
    """How a shot size sees the stage: how much nearer it is, and where the product's foot comes to stand (0 to 1).

    ``foot`` is where it stands on the stage as painted, ``stand`` where it stands in this framing, ``heart`` the point
    the camera moves towards. ``shift`` then moves the whole view, all layers alike, and ``crop`` enlarges it.
    """

    zoom: float
    foot: tuple[float, float]
    stand: tuple[float, float]
    heart: tuple[float, float]
    shift: tuple[float, float] = (0.0, 0.0)
    crop: float = 1.0


@dataclass(frozen=True, kw_only=True)
class Pose:
    """Where the camera is at one moment: shifts as shares of the frame, seen at the product's plane; turn in degrees.

    ``orbit`` moves what is behind the product one way and what is in front the other.
    """

    zoom: float = 1.0
    right: float = 0.0
    down: float = 0.0
    orbit: float = 0.0
    turn: float = 0.0


ZOOMS: dict[ShotSize, float] = {"wide": 0.92, "medium": 1.0, "close": 1.32, "detail": 1.5}
_FAR_SHARE = 0.3


def eased(t: float) -> float:
    """Progress 0 to 1 that starts and ends gently but keeps drifting at both ends."""
    t = min(max(t, 0.0), 1.0)
    smootherstep = t * t * t * (t * (6 * t - 15) + 10)
    return 0.38 * t + 0.62 * smootherstep


def pose(camera: Camera, t: float) -> Pose:
    """Say where the camera is at ``t``, 0 at the shot's start to 1 at its end."""
    way = eased(t)
    swing = way - 0.5
    match camera:
        case "push_in":
            return Pose(zoom=1.13**way, down=0.012 * swing)
        case "pull_out":
            return Pose(zoom=1.13 ** (1 - way), down=-0.012 * swing)
        case "pan_left":
            return Pose(zoom=1.02, right=0.1 * swing)
        case "pan_right":
            return Pose(zoom=1.02, right=-0.1 * swing)
        case "tilt_up":
            return Pose(zoom=1.02, down=0.1 * swing)
        case "tilt_down":
            return Pose(zoom=1.02, down=-0.1 * swing)
        case "orbit":
            return Pose(zoom=1.02 + 0.03 * way, right=0.012 * swing, orbit=0.12 * swing, turn=0.5 * swing)
        case "static":
            return Pose(zoom=1.0 + 0.024 * way, right=0.016 * swing)


def affine(
    moment: Pose, framing: Framing, *, depth: float, width_px: int, height_px: int, ground: bool = False
) -> Affine:
    """Map the stage's pixels, counted from the frame's corner, to the frame's for a layer at ``depth``.

    At depth 1 this is also how the product moves, so it never slides on what it stands on. ``ground`` leans a layer a
    little in an orbit, as a floor's far edge moves unlike its near one.
    """
    size = np.array([width_px, height_px], np.float64)
    share = _FAR_SHARE + (1 - _FAR_SHARE) * depth
    foot, stand, heart = (np.array(point) * size for point in (framing.foot, framing.stand, framing.heart))
    placed = _scaled(1 + (framing.zoom - 1) * share, about=foot)
    placed = _shifted((stand - foot) * share) @ placed
    zoomed = _scaled(moment.zoom ** (depth if depth < 1 else 1 + 0.6 * (depth - 1)) * _rest(depth), about=heart)
    shift = np.array([moment.right, moment.down]) * share + np.array([moment.orbit * (1 - depth), 0.0])
    moved = _shifted(shift * size) @ _turned(moment.turn, about=stand) @ zoomed
    if ground and moment.orbit:
        moved = _leaned(-0.25 * moment.orbit, about=stand) @ moved
    view = _shifted(np.array(framing.shift) * size) @ _scaled(framing.crop, about=stand)
    whole: Affine = (view @ moved @ placed)[:2]
    return whole


def _rest(depth: float) -> float:
    # Far layers hardly grow in a push; a little room to start with keeps their edges out of every move.
    return 1.03 if depth < 0.9 else 1.0


def _scaled(factor: float, *, about: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.array([[factor, 0, about[0] * (1 - factor)], [0, factor, about[1] * (1 - factor)], [0, 0, 1]], np.float64)


def _shifted(by: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.array([[1, 0, by[0]], [0, 1, by[1]], [0, 0, 1]], np.float64)


def _turned(degrees: float, *, about: NDArray[np.float64]) -> NDArray[np.float64]:
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    turn = np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]], np.float64)
    return _shifted(about) @ turn @ _shifted(-about)


def _leaned(slope: float, *, about: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.array([[1, slope, -slope * about[1]], [0, 1, 0], [0, 0, 1]], np.float64)
