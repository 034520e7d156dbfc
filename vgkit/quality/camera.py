"""How the camera moves: pan, tilt, zoom and roll, each as a speed that compares across sizes and rates.

All four come from one similarity fitted to the flow of each step. A mean over the clip is what is left when shaking
to and fro is taken away, so a camera that goes out and comes back has not moved.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import degrees, hypot, radians, sqrt
from typing import Literal

from vgkit.quality.cuts import per_second
from vgkit.quality.measure import Measure
from vgkit.quality.motion_amount import LEAST_FOLLOWED
from vgkit.quality.similarity import similarity
from vgkit.quality.view import View

Turn = Literal["pan left", "pan right", "tilt up", "tilt down", "roll clockwise", "roll anticlockwise"]
Movement = Turn | Literal["zoom in", "zoom out", "still"]

# The RMS distance of a picture's points from its middle, as a share of its diagonal, whatever its shape.
_MEAN_RADIUS = 1 / sqrt(12)
_STILL = 0.5


@dataclass(frozen=True)
class Camera:
    """What the camera does, at each step or each second.

    ``pan`` above 0: it turns right, and the picture goes left; % of the picture's diagonal.
    ``tilt`` above 0: it turns up, and the picture goes down; % of the diagonal.
    ``zoom`` above 0: the picture grows; %, as 100 times the logarithm of its scale.
    ``roll`` above 0: the picture turns clockwise, as a camera makes it that rolls the other way; degrees. Prompts and
    AnimateDiff's motion models name a roll by the picture, and a pan by the camera.
    """

    pan: float
    tilt: float
    zoom: float
    roll: float


def movement(camera: Camera) -> Movement:
    """Name the movement that carries the picture's points furthest, given what the camera does in a second.

    Zoom and roll count with how far they carry a point at the RMS distance from the middle. A camera that carries
    nothing by 0.5 % of the diagonal in a second stands still.
    """
    ways: dict[tuple[Movement, Movement], float] = {
        ("pan right", "pan left"): camera.pan,
        ("tilt up", "tilt down"): camera.tilt,
        ("zoom in", "zoom out"): camera.zoom * _MEAN_RADIUS,
        ("roll clockwise", "roll anticlockwise"): 100 * radians(camera.roll) * _MEAN_RADIUS,
    }
    (ahead, back), speed = max(ways.items(), key=lambda way: abs(way[1]))
    if abs(speed) < _STILL:
        return "still"
    return ahead if speed > 0 else back


def camera_step(view: View) -> Camera | None:
    """Return what the camera does from the frame before to this one; None where too little goes the same way."""
    motion, before = view.motion, view.before
    if motion is None or before is None or motion.agreement < LEAST_FOLLOWED:
        return None
    found = similarity(motion, before.luma)
    if found is None:
        return None
    share = 100 / hypot(*motion.size)
    return Camera(-found.right_px * share, found.down_px * share, 100 * found.growth, degrees(found.clockwise))


def _measure(name: str, unit: str, part: Callable[[Camera], float]) -> Measure:
    def speed(view: View) -> float | None:
        camera = view.of(camera_step)
        return None if camera is None else part(camera)

    return Measure(
        name=name,
        unit=unit,
        direction="neither",
        span=(float("-inf"), float("inf")),
        reads="a similarity fitted to the flow at each step that is no cut",
        implementation="vgkit.quality.camera",
        version="1",
        begin=per_second(
            speed, lacking="in too few steps does enough of the picture move as one to tell what the camera does"
        ),
    )


PAN = _measure("camera_pan", "% of diagonal/s", lambda camera: camera.pan)
TILT = _measure("camera_tilt", "% of diagonal/s", lambda camera: camera.tilt)
ZOOM = _measure("camera_zoom", "%/s", lambda camera: camera.zoom)
ROLL = _measure("camera_roll", "°/s", lambda camera: camera.roll)
MEASURES = (PAN, TILT, ZOOM, ROLL)
