"""Lay captions and logos over yuv420p film frames without leaving yuv420p.

Blending is linear, and so is the step from R'G'B' to BT.709 Y'CbCr: blending the planes gives what blending RGB
would, for a tenth of the work, and only where the overlay is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from vgkit.media.frames import Frame, planes


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


def _bt709() -> NDArray[np.float32]:
    """Return the 3x3 matrix from R'G'B' 0..255 to limited range Y', Cb, Cr without offsets (BT.709-6, item 3)."""
    luma = np.array([0.2126, 0.7152, 0.0722])
    blue = (np.array([0, 0, 1]) - luma) / 1.8556 * 224
    red = (np.array([1, 0, 0]) - luma) / 1.5748 * 224
    return (np.stack([luma * 219, blue, red]) / 255).astype(np.float32)


_MATRIX = _bt709()
_OFFSET = np.array([16, 128, 128], np.float32)


@dataclass(frozen=True)
class _Ink:
    """One overlay ready to be laid down: for each plane, where, how much of the film stays, and what is added."""

    left: int
    top: int
    keep: tuple[Frame, Frame, Frame]
    add: tuple[Frame, Frame, Frame]


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
    alpha = seen[..., 3:].astype(np.float32) / 255
    inked = (seen[..., :3].astype(np.float32) @ _MATRIX.T + _OFFSET) * alpha
    half = (seen.shape[1] // 2, seen.shape[0] // 2)
    colour = cv2.resize(inked[..., 1:], half, interpolation=cv2.INTER_AREA)
    thin = cv2.resize(alpha[..., 0], half, interpolation=cv2.INTER_AREA)
    keep, keep_colour = _rounded(255 - 255 * alpha[..., 0]), _rounded(255 - 255 * thin)
    return _Ink(
        left=left - left % 2,
        top=top - top % 2,
        keep=(keep, keep_colour, keep_colour),
        add=(_rounded(inked[..., 0]), _rounded(colour[..., 0]), _rounded(colour[..., 1])),
    )


def _rounded(values: Any) -> Frame:
    return cast(Frame, np.rint(values).astype(np.uint8))


def _lay(film: Sequence[Frame], ink: _Ink) -> None:
    for plane, keep, add, step in zip(film, ink.keep, ink.add, (1, 2, 2), strict=True):
        height, width = keep.shape
        there = plane[ink.top // step :, ink.left // step :][:height, :width]
        there[:] = cast(Frame, cv2.add(cv2.multiply(there, keep, scale=1 / 255), add))
