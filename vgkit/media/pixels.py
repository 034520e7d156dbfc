"""How a decoded frame becomes RGB: its colours, depth, transparency, the shape of its pixels and its way up.

A clip says all that beside its numbers, and a decoder applies none of it; here it is applied once for everybody.
"""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

import cv2
import numpy as np
from av.video.reformatter import Interpolation
from numpy.typing import NDArray

from vgkit.errors import NotAClip

Frame = NDArray[np.uint8]
Rgb = tuple[int, int, int]

BLACK: Rgb = (0, 0, 0)
EXACT = Interpolation.BICUBIC | Interpolation.FULL_CHR_H_INT | Interpolation.ACCURATE_RND

# ISO/IEC 23091-2 code points. What a player shows of BT.2020 is BT.1886, so light is the signal to the power of 2.4.
_HDR = {16: "PQ", 18: "HLG"}
_TO_BT709 = {
    9: ("BT.2020", ((1.6605, -0.5876, -0.0728), (-0.1246, 1.1329, -0.0083), (-0.0182, -0.1006, 1.1187))),
    12: ("Display P3", ((1.2249, -0.2247, 0.0), (-0.0420, 1.0419, 0.0), (-0.0196, -0.0786, 1.0979))),
}
_GAMMA = 2.4
_DITHER_PX, _DITHER_LEVELS, _DITHER_REACH_PX = 7, 60, 1.5
_TONEMAP = (
    "zscale=t=linear:npl=100,format=gbrpf32le,zscale=p=bt709,tonemap=hable:desat=0,"
    "zscale=t=bt709:m=bt709:r=tv,format=yuv420p"
)
_TURNS = {
    (False, False, False): "",
    (False, True, False): "mirrored",
    (False, False, True): "turned upside down",
    (False, True, True): "rotated by 180°",
    (True, True, False): "rotated by 90°",
    (True, False, True): "rotated by 270°",
    (True, False, False): "rotated and mirrored",
    (True, True, True): "rotated and mirrored",
}
_BY_DEGREES = {90: (True, False, True), -90: (True, True, False), 180: (False, True, True), -180: (False, True, True)}
# Scalers write aspects such as 5120:5103 for rounding's sake.
_SQUARE_ENOUGH = Fraction(1, 200)


@dataclass(frozen=True)
class Reading:
    """What is done to every frame of one clip on its way to RGB.

    ``turn`` says whether rows and columns change places, and whether then the x and the y axis turn round.
    """

    ground: Rgb
    has_alpha: bool
    turn: tuple[bool, bool, bool]
    stretched: tuple[int, int] | None
    primaries: int
    notes: tuple[str, ...]

    def rgb(self, frame: Any) -> Frame:
        """Return the frame as it is meant to be seen, (h, w, 3) uint8; untagged colours count as BT.601."""
        if self.has_alpha:
            pixels = laid(frame.to_ndarray(format="rgba", interpolation=EXACT), self.ground)
        elif self.primaries in _TO_BT709:
            pixels = _narrowed(frame.to_ndarray(format="rgb48le", interpolation=EXACT), self.primaries)
        elif frame.format.name == "bgr0":
            pixels = _reordered(frame)
        else:
            pixels = frame.to_ndarray(format="rgb24", interpolation=EXACT)
        if self.stretched:
            pixels = cast(Frame, cv2.resize(pixels, self.stretched, interpolation=cv2.INTER_CUBIC))
        return _turned(pixels, self.turn)


def reading(path: Path, first: Any, *, aspect: Fraction | None, ground: Rgb) -> Reading:
    """Say from a clip's first frame and its pixels' aspect how to read it; raise NotAClip where it is HDR."""
    if first.color_trc in _HDR:
        raise NotAClip(
            f"{path} is HDR ({_HDR[first.color_trc]}); films here are SDR. Export it as SDR BT.709, or bring it down: "
            f'ffmpeg -i {path.name} -vf "{_TONEMAP}" -c:a copy sdr.mp4'
        )
    has_alpha = any(part.is_alpha for part in first.format.components) or first.format.has_palette
    turn = _turn(path, first)
    stretched = _stretched(first, aspect)
    see_through = has_alpha and bool((first.to_ndarray(format="rgba")[..., 3] < 255).any())
    depth = max(part.bits for part in first.format.components)
    notes = (
        ground_note(ground) if see_through else "",
        f"{depth}-bit brought to 8" if depth > 8 and not first.format.has_palette else "",
        f"{_TO_BT709[first.color_primaries][0]} brought to BT.709" if first.color_primaries in _TO_BT709 else "",
        f"stretched from {first.width}x{first.height} to {stretched[0]}x{stretched[1]} square pixels"
        if stretched
        else "",
        _TURNS[turn],
        "interlaced: both fields of a frame are shown at once" if first.interlaced_frame else "",
    )
    return Reading(ground, has_alpha, turn, stretched, first.color_primaries, tuple(filter(None, notes)))


def ground_note(ground: Rgb) -> str:
    """Say on what a transparent clip was laid."""
    return "alpha laid on " + ("black" if ground == BLACK else f"#{bytes(ground).hex()}")


def undithered(pixels: Frame) -> Frame:
    """Smooth out what a palette's dither adds, a few pixels wide, and leave edges that are stronger than it."""
    return cast(Frame, cv2.bilateralFilter(pixels, _DITHER_PX, _DITHER_LEVELS, _DITHER_REACH_PX))


def laid(pixels: Frame, ground: Rgb) -> Frame:
    """Lay RGBA (h, w, 4), straight alpha, on a ground of one colour."""
    alpha = pixels[..., 3:]
    if alpha.min() == 255:
        return np.ascontiguousarray(pixels[..., :3])
    wide = alpha.astype(np.uint16)
    return ((pixels[..., :3] * wide + np.array(ground, np.uint16) * (255 - wide) + 127) // 255).astype(np.uint8)


def _reordered(frame: Any) -> Frame:
    """What our own cut holds, a fifth of the scaler's time for the same bytes."""
    plane = frame.planes[0]
    rows = np.frombuffer(plane, np.uint8).reshape(frame.height, plane.line_size)[:, : 4 * frame.width]
    return cast(Frame, cv2.cvtColor(rows.reshape(frame.height, frame.width, 4), cv2.COLOR_BGRA2RGB))


def _narrowed(pixels: NDArray[np.uint16], primaries: int) -> Frame:
    """Bring colours of wider primaries to BT.709's; what it can't show is clipped (BT.2087)."""
    light = (pixels.astype(np.float32) / 65535) ** _GAMMA
    narrow = cv2.transform(light, np.array(_TO_BT709[primaries][1], np.float32))
    return cast(Frame, np.rint(255 * np.clip(narrow, 0, 1) ** (1 / _GAMMA)).astype(np.uint8))


def _stretched(first: Any, aspect: Fraction | None) -> tuple[int, int] | None:
    """The size with square pixels, (width, height), where they are not; the longer side grows, so nothing is lost."""
    if not aspect or abs(aspect - 1) <= _SQUARE_ENOUGH:
        return None
    if aspect > 1:
        return round(first.width * aspect), first.height
    return first.width, round(first.height / aspect)


def _turn(path: Path, first: Any) -> tuple[bool, bool, bool]:
    """Read the display matrix, of which the upper left (a, b / c, d) takes (x, y) to (ax + cy, bx + dy)."""
    try:
        matrix = next((bytes(side) for side in first.side_data if side.type.name == "DISPLAYMATRIX"), None)
    except ValueError:  # PyAV does not know all kinds of side data, such as EXIF, and then gives none
        return _BY_DEGREES.get(first.rotation, (False, False, False))
    if matrix is None:
        return False, False, False
    a, b, _, c, d = np.frombuffer(matrix, np.int32)[:5].tolist()
    if b == c == 0:
        return False, a < 0, d < 0
    if a == d == 0:
        return True, c < 0, b < 0
    raise NotAClip(
        f"{path} is rotated by {first.rotation}° in its metadata; only quarter turns are possible. "
        f"Export it upright: ffmpeg -i {path.name} upright.mp4"
    )


def _turned(pixels: Frame, turn: tuple[bool, bool, bool]) -> Frame:
    if not any(turn):
        return pixels
    swap, across, down = turn
    upright = pixels.transpose(1, 0, 2) if swap else pixels
    return np.ascontiguousarray(upright[:: -1 if down else 1, :: -1 if across else 1])
