"""A picture while it is worked on: BT.709 luma and half-size chroma in floating point.

Clips come as 4:2:0 and films leave as 4:2:0, so colour is never worked on at more than it holds; and what several steps
do to a frame is rounded once, by the scaler, which dithers. A third of the work of RGB, and no banding.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from vgkit.media.frames import Frame, planes, tag_bt709

Plane = NDArray[np.float32]

MIDDLE = 128.0
_SIXTEEN_BITS: Any = 256.0  # a scalar, which cv2's types do not allow for


def _matrix() -> NDArray[np.float32]:
    """Return the 3x4 matrix from R'G'B' 0..255 and 1 to limited range Y', Cb, Cr (BT.709-6, item 3)."""
    luma = np.array([0.2126, 0.7152, 0.0722])
    blue = (np.array([0, 0, 1]) - luma) / 1.8556 * 224
    red = (np.array([1, 0, 0]) - luma) / 1.5748 * 224
    return np.column_stack([np.stack([luma * 219, blue, red]) / 255, (16, MIDDLE, MIDDLE)]).astype(np.float32)


BT709 = _matrix()
_INVERSE = np.linalg.inv(np.vstack([BT709.astype(np.float64), [0, 0, 0, 1]]))[:3].astype(np.float32)


@dataclass(frozen=True, eq=False)
class Picture:
    """``luma`` (h, w) and ``chroma`` (h/2, w/2, 2) as Cb and Cr, float32 in limited-range 8-bit steps (16 to 235).

    Both sides are even. Nobody writes into a picture that was handed on.
    """

    luma: Plane
    chroma: Plane

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) in pixels."""
        return int(self.luma.shape[1]), int(self.luma.shape[0])


def from_rgb(frame: Frame | Plane) -> Picture:
    """Take in RGB (h, w, 3) in levels 0 to 255, whole or not; an odd last row or column is doubled."""
    height, width = frame.shape[:2]
    if height % 2 or width % 2:
        frame = cast(Plane, cv2.copyMakeBorder(frame, 0, height % 2, 0, width % 2, cv2.BORDER_REPLICATE))
    luma, blue, red = cv2.split(cv2.transform(frame.astype(np.float32, copy=False), BT709))
    halves = [cv2.resize(each, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA) for each in (blue, red)]
    return Picture(cast(Plane, luma), cast(Plane, cv2.merge(halves)))


def rgb_of(picture: Picture) -> Plane:
    """Give the picture out as RGB (h, w, 3) float32; what BT.709 can say and RGB can't is below 0 or above 255."""
    colours = cv2.resize(picture.chroma, picture.size, interpolation=cv2.INTER_CUBIC)
    return cast(Plane, cv2.transform(cv2.merge([picture.luma, *cv2.split(colours)]), _INVERSE))


def to_rgb(picture: Picture) -> Frame:
    """Give the picture out as RGB uint8 (h, w, 3)."""
    return cast(Frame, cv2.convertScaleAbs(np.maximum(rgb_of(picture), 0)))


def resized(picture: Picture, size: tuple[int, int]) -> Picture:
    """Enlarge or reduce a picture to ``size``, (width, height) with even sides."""
    if picture.size == size:
        return picture
    halves = (size[0] // 2, size[1] // 2)
    way = cv2.INTER_AREA if size[0] < picture.size[0] else cv2.INTER_LANCZOS4
    luma, chroma = (
        cv2.resize(each, to, interpolation=way) for each, to in ((picture.luma, size), (picture.chroma, halves))
    )
    return Picture(cast(Plane, luma), cast(Plane, chroma))


def mixed(first: Picture, second: Picture, share: float) -> Picture:
    """Lay ``share`` of the second over the first: 0 is the first, 1 the second."""
    return Picture(
        cast(Plane, cv2.addWeighted(first.luma, 1 - share, second.luma, share, 0)),
        cast(Plane, cv2.addWeighted(first.chroma, 1 - share, second.chroma, share, 0)),
    )


def mixed_by(first: Picture, second: Picture, weight: Plane) -> Picture:
    """Lay the second over the first by ``weight`` (h, w) float32, 0 to 1 for each pixel."""
    height, width = second.chroma.shape[:2]
    thin = cv2.resize(weight, (width, height), interpolation=cv2.INTER_AREA)
    return Picture(
        cast(Plane, cv2.blendLinear(second.luma, first.luma, weight, 1 - weight)),
        cast(Plane, cv2.blendLinear(second.chroma, first.chroma, thin, 1 - thin)),
    )


def flat(size: tuple[int, int], rgb: tuple[int, int, int]) -> Picture:
    """Return a picture of one colour; ``size`` is (width, height)."""
    return from_rgb(np.full((size[1], size[0], 3), rgb, np.uint8))


def to_video_frame(picture: Picture) -> Any:
    """Give the picture to the scaler: an av.VideoFrame, yuv420p with 16 bits, limited range, tagged BT.709."""
    frame: Any = av.VideoFrame(*picture.size, "yuv420p16le")
    for plane, part in zip(frame.planes, (picture.luma, *cv2.split(picture.chroma)), strict=True):
        whole = np.frombuffer(plane, np.uint16).reshape(plane.height, plane.line_size // 2)
        cv2.multiply(part, _SIXTEEN_BITS, dst=whole[:, : plane.width], dtype=cv2.CV_16U)
    tag_bt709(frame)
    return frame


def to_eight_bits(picture: Picture) -> av.VideoFrame:
    """Give the picture out as it leaves the scaler, an av.VideoFrame in yuv420p, dithered; whole steps stay whole."""
    frame = av.VideoFrame(*picture.size, "yuv420p")
    for plane, part in zip(planes(frame), (picture.luma, *cv2.split(picture.chroma)), strict=True):
        cv2.add(part, _thresholds(*part.shape[:2]), dst=plane, dtype=cv2.CV_8U)
    tag_bt709(frame)
    return frame


@lru_cache(maxsize=2)
def _thresholds(height: int, width: int) -> Plane:
    """Return Bayer's ordered dither (1973), 8x8, for every pixel: -0.5 to 0.5, and as often above 0 as below."""
    ranks = np.zeros((1, 1))
    for _ in range(3):
        ranks = np.block([[4 * ranks, 4 * ranks + 2], [4 * ranks + 3, 4 * ranks + 1]])
    tiles = np.tile((ranks + 0.5) / 64 - 0.5, (height // 8 + 1, width // 8 + 1))
    return np.ascontiguousarray(tiles[:height, :width], np.float32)
