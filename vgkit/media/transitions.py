"""How one shot gives way to the next: one picture of a transition at a time.

It works at the film's rate on pictures that were moved there before, so an edge that travels or a light that falls does
so thirty times a second. Every way starts and ends at rest, for what starts at full speed is seen as a jolt.
"""

from functools import lru_cache
from typing import Literal, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from vgkit.media.picture import Picture, Plane, flat, mixed
from vgkit.template import Camera, Transition

Side = Literal["left", "right"]
Rgb = tuple[int, int, int]
Thumbnail = NDArray[np.float32]

INK: Rgb = (18, 19, 24)
THUMBNAIL_PX = (32, 18)
_FEATHER = 0.1  # the soft edge of a wipe, as a share of the width to either side
_SHUTTER = 0.5  # a film camera's shutter is open for half of a frame's time


def joined(
    leaving: Picture,
    entering: Picture,
    transition: Transition,
    share: float,
    *,
    colour: Rgb = INK,
    side: Side = "right",
    step: float = 1 / 16,
) -> Picture:
    """Return a moment of a transition; ``share`` runs from 0, all ``leaving``, to 1, all ``entering``.

    ``colour`` is what a dip goes through, ``side`` where a wipe or push comes from, ``step`` how much of the share
    passes from one frame to the next, from which a push has its motion blur.
    """
    if transition == "cut":
        return leaving if share < 0.5 else entering
    if transition == "wipe":
        return _wiped(leaving, entering, _eased(share), side)
    if transition == "push":
        reach = _SHUTTER * step / 2
        return _pushed(leaving, entering, _gliding(share - reach), _gliding(share + reach), side)
    if transition == "dip":
        return _veiled(leaving if share < 0.5 else entering, colour, _eased(1 - abs(2 * share - 1)))
    return mixed(leaving, entering, _eased(share))


def side_of(camera: Camera) -> Side:
    """Where the next shot comes from so that it goes on with the camera's movement: ahead of a pan, else the right."""
    return "left" if camera == "pan_left" else "right"


def thumbnail(picture: Picture) -> Thumbnail:
    """Return the picture at a size at which only its layout and colours count: (18, 32, 3) luma, Cb, Cr."""
    parts = [cv2.resize(part, THUMBNAIL_PX, interpolation=cv2.INTER_AREA) for part in (picture.luma, picture.chroma)]
    return cast(Thumbnail, np.dstack(parts))


def _eased(share: float) -> float:
    """Slow at both ends: 3t^2 - 2t^3."""
    return share * share * (3 - 2 * share)


def _gliding(share: float) -> float:
    """Slow at both ends with no jerk there either, for what a viewer follows: 6t^5 - 15t^4 + 10t^3."""
    held = min(1.0, max(0.0, share))
    return held**3 * (held * (6 * held - 15) + 10)


def _wiped(leaving: Picture, entering: Picture, share: float, side: Side) -> Picture:
    """Move a soft vertical edge over the picture."""
    if side == "left":
        return Picture(*(_uncovered(*pair, share) for pair in _planes(leaving, entering)))
    return Picture(*(_uncovered(*pair, 1 - share) for pair in _planes(entering, leaving)))


def _planes(first: Picture, second: Picture) -> tuple[tuple[Plane, Plane], tuple[Plane, Plane]]:
    return (first.luma, second.luma), (first.chroma, second.chroma)


def _uncovered(under: Plane, over: Plane, share: float) -> Plane:
    """Show ``over`` from the left edge to ``share`` of the width, ``under`` beyond."""
    width = under.shape[1]
    distance = (share * (1 + 2 * _FEATHER) - _FEATHER) - (np.arange(width) + 0.5) / width
    weight = np.clip(distance / (2 * _FEATHER) + 0.5, 0, 1)
    weight = (weight * weight * (3 - 2 * weight)).astype(np.float32).reshape(1, width, *[1] * (under.ndim - 2))
    return cast(Plane, under + weight * (over - under))


def _pushed(leaving: Picture, entering: Picture, opened: float, closed: float, side: Side) -> Picture:
    """Show both side by side while they pass, averaged over the way from ``opened`` to ``closed`` of the width."""
    if side == "left":
        return Picture(*(_slid(*pair, 1 - closed, 1 - opened) for pair in _planes(entering, leaving)))
    return Picture(*(_slid(*pair, opened, closed) for pair in _planes(leaving, entering)))


def _slid(left: Plane, right: Plane, opened: float, closed: float) -> Plane:
    """Return the mean of all views of the pair, one width wide, that start between two shares of the width."""
    width = left.shape[1]
    first, last = opened * width, closed * width
    start = int(first)
    kernel = _exposure(first - start, last - start)
    end = start + width + kernel.size - 1
    pair = np.concatenate([left[:, start:], right[:, : max(end - width, 0)]], axis=1)
    return cast(Plane, np.ascontiguousarray(cv2.filter2D(pair, -1, kernel, anchor=(0, 0))[:, :width]))


def _exposure(first: float, last: float) -> Plane:
    """Weigh the columns seen by one that moves from ``first`` to ``last``: a triangle's integral between the two."""
    last = max(last, first + 1e-6)
    columns = np.arange(int(np.ceil(last)) + 1, dtype=np.float64)
    weights = _triangle_to(columns - first) - _triangle_to(columns - last)
    return cast(Plane, (weights / weights.sum()).astype(np.float32)[np.newaxis])


def _triangle_to(place: NDArray[np.float64]) -> NDArray[np.float64]:
    """Integrate a triangle of height 1 over -1 to 1 from its start to ``place``."""
    held = np.clip(place, -1, 1)
    return np.where(held < 0, (held + 1) ** 2 / 2, 1 - (1 - held) ** 2 / 2)


def _veiled(picture: Picture, colour: Rgb, cover: float) -> Picture:
    """Lay ``cover`` of one colour over the picture."""
    return mixed(picture, _sheet(picture.size, colour), cover)


@lru_cache(maxsize=2)
def _sheet(size: tuple[int, int], colour: Rgb) -> Picture:
    return flat(size, colour)
