"""Lay captions and logos over yuv420p film frames without leaving yuv420p.

Blending is linear, and so is the step from R'G'B' to BT.709 Y'CbCr: blending the planes gives what blending RGB
would, for a tenth of the work, and only where the overlay is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, cast

import cv2
import numpy as np

from vgkit.media.frames import Frame, planes
from vgkit.media.picture import BT709

_Planes = tuple[Frame, Frame, Frame]

_BLACK = (16, 128, 128)


class Overlay(Protocol):
    """Something laid over the film from frame ``first`` up to, not including, ``last``.

    ``draw`` returns RGBA uint8 (h, w, 4) with straight alpha and where its top left corner lies, or None for a frame
    without it. Returning the very same array again is cheap, because it is converted once; so an array that was
    returned must not be painted on afterwards.
    """

    @property
    def first(self) -> int: ...

    @property
    def last(self) -> int: ...

    def draw(self, frame_index: int) -> tuple[Frame, int, int] | None: ...


_COLOUR_BITS = np.frombuffer(b"\xff\xff\xff\x00", np.uint32)


@dataclass(frozen=True)
class _Ink:
    """One overlay ready to be laid down: for each plane, where, how much of the film stays, and what is added."""

    left: int
    top: int
    keep: _Planes
    add: _Planes


class Painter:
    """Lays the overlays of a film over its frames, in the order given."""

    def __init__(self, overlays: Sequence[Overlay]) -> None:
        self._overlays = overlays
        self._latest: dict[int, tuple[Frame, int, int, _Ink | None]] = {}

    def __call__(self, picture: Any, frame_index: int) -> None:
        """Paint on a yuv420p av.VideoFrame in place."""
        for number, overlay in enumerate(self._overlays):
            if overlay.first <= frame_index < overlay.last and (drawn := overlay.draw(frame_index)):
                ink = self._ink(number, *drawn, picture.width, picture.height)
                if ink:
                    _lay(planes(picture), ink)

    def _ink(self, number: int, rgba: Frame, x: int, y: int, width: int, height: int) -> _Ink | None:
        known = self._latest.get(number)
        if known and known[0] is rgba and known[1:3] == (x, y):
            return known[3]
        ink = _prepared(rgba, x, y, width, height)
        self._latest[number] = (rgba, x, y, ink)
        return ink


def _prepared(rgba: Frame, x: int, y: int, width: int, height: int) -> _Ink | None:
    """Cut the overlay to the film and give it even edges, as 4:2:0 has one colour for 2x2 pixels."""
    left, top = max(x, 0), max(y, 0)
    right, bottom = min(x + rgba.shape[1], width), min(y + rgba.shape[0], height)
    if left >= right or top >= bottom:
        return None
    seen = rgba[top - y : bottom - y, left - x : right - x]
    seen = np.pad(seen, ((top % 2, bottom % 2), (left % 2, right % 2), (0, 0)))
    alpha = cv2.extractChannel(seen, 3)
    thin = _halved(alpha)
    keep_colour = cv2.bitwise_not(thin)
    return _Ink(
        left=left - left % 2,
        top=top - top % 2,
        keep=_frames(cv2.bitwise_not(alpha), keep_colour, keep_colour),
        add=_tints(seen, alpha) if (seen.view(np.uint32) & _COLOUR_BITS).any() else _blacks(alpha, thin),
    )


def _tints(rgba: Frame, alpha: Any) -> _Planes:
    """Return what coloured ink adds to each plane: its colour, weighted by its alpha."""
    colours = cv2.split(cv2.transform(cv2.cvtColor(rgba, cv2.COLOR_RGBA2RGB), BT709))
    luma, blue, red = (cv2.multiply(colour, alpha, scale=1 / 255) for colour in colours)
    return _frames(luma, _halved(blue), _halved(red))


def _blacks(alpha: Any, thin: Any) -> _Planes:
    """Return what black ink adds. Scrims are large, black, and new in every frame of a fade."""
    colour = cv2.convertScaleAbs(thin, alpha=_BLACK[1] / 255)
    return _frames(cv2.convertScaleAbs(alpha, alpha=_BLACK[0] / 255), colour, colour)


def _halved(plane: Any) -> Any:
    return cv2.resize(plane, (plane.shape[1] // 2, plane.shape[0] // 2), interpolation=cv2.INTER_AREA)


def _frames(luma: Any, blue: Any, red: Any) -> _Planes:
    return cast(_Planes, (luma, blue, red))


def _lay(film: Sequence[Frame], ink: _Ink) -> None:
    for plane, keep, add, step in zip(film, ink.keep, ink.add, (1, 2, 2), strict=True):
        height, width = keep.shape
        there = plane[ink.top // step :, ink.left // step :][:height, :width]
        # In place: taking so much fresh memory from the system for each frame costs more than the sums.
        cv2.multiply(there, keep, dst=there, scale=1 / 255)
        cv2.add(there, add, dst=there)
