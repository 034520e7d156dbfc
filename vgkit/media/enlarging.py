"""Enlarge the picture or clip in a file by a learned net, and say first how long that takes.

A still may take minutes where someone asked for it; a clip multiplies that by its frames, so where this machine is too
slow for it, it is refused with the figures, unless the person has the patience.
"""

from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import cast

import cv2
import numpy as np

from vgkit.errors import InputError
from vgkit.media.footage import Footage, read_footage
from vgkit.media.frames import read_picture, write_clip, write_picture
from vgkit.media.pictures import SUFFIXES, is_animated
from vgkit.media.pixels import BLACK, Frame, laid
from vgkit.media.sheet import write_jpeg
from vgkit.media.superres import FACTORS, Factor, Model, enlarge, forecast_s

PATIENCE_S = 120.0
# A GIF's dither is a pattern that the nets take for texture and draw in bold; this takes it away and leaves the edges.
_DITHER_PX = 0.9
_JPEG = (".jpg", ".jpeg")

Told = Callable[[str], None]


def is_still(path: Path) -> bool:
    """Whether a file is one picture, by its name; all else is read as a clip."""
    return path.suffix.lower() in SUFFIXES and not is_animated(path)


def enlarge_still(
    path_in: Path, path_out: Path, size: tuple[int, int], *, model: Model = "photo", told: Told | None = None
) -> None:
    """Write a picture at ``size`` (width, height), filled and cut evenly where shapes differ; transparency is kept.

    The net is asked for 2 or 4 times, whichever is enough, and not at all where the picture is large enough as it is.
    ``path_out`` is a PNG, or a JPEG by its name. ``told`` hears how long it will take.
    Raises ExtraMissing, AssetError for no picture, StoreError for a disk that refuses.
    """
    picture = read_picture(path_in)
    height, width = picture.shape[:2]
    scale = max(Fraction(size[0], width), Fraction(size[1], height))
    factor = next((each for each in FACTORS if each >= scale), FACTORS[-1])
    if scale > 1:
        if told:
            seconds = forecast_s((width, height), factor=factor, model=model)
            told(f"One picture of {width}x{height}, {factor} times: about {spoken(seconds)} on this machine.")
        picture = _with_alpha(picture, factor, model)
    fitted = _filled(picture, size)
    if path_out.suffix.lower() in _JPEG:
        write_jpeg(fitted if fitted.shape[2] == 3 else laid(fitted, BLACK), path_out, quality=95)
    else:
        write_picture(fitted, path_out)


def enlarge_clip(
    path_in: Path,
    path_out: Path,
    *,
    factor: Factor,
    model: Model = "quick",
    fps: Fraction | None = None,
    patience_s: float = PATIENCE_S,
    told: Told | None = None,
) -> int:
    """Write a clip's frames ``factor`` times as large as an H.264 MP4 without sound, and return how many there are.

    Raises InputError where this would take longer than ``patience_s``, ExtraMissing, NotAClip, and StoreError or
    EncodeFailed; ``path_out`` is whole or as it was.
    """
    footage = read_footage(path_in, fps=fps)
    seconds = forecast_s(footage.size, factor=factor, model=model, frames=footage.count)
    wide, high = footage.size
    fact = f"{footage.count} frames of {wide}x{high}, {factor} times with the {model} net"
    if seconds > patience_s:
        raise InputError(
            f"{path_in}: {fact} would take about {spoken(seconds)} on this machine, more than {patience_s:.0f} s. "
            f"{_cheaper(model)}give fewer frames, or say --force to wait."
        )
    if told:
        told(f"{fact}: about {spoken(seconds)} on this machine.")
    write_clip(_enlarged(footage, factor, model), path_out, fps=footage.fps)
    return footage.count


def spoken(seconds: float) -> str:
    """Say a forecast as it deserves: seconds up to two minutes, then minutes, then hours."""
    if seconds < PATIENCE_S:
        return f"{max(seconds, 1):.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 2 * 3600 else f"{seconds / 3600:.1f} h"


def _cheaper(model: Model) -> str:
    return "Choose --model quick, " if model == "photo" else "Enlarge stills only, "


def _enlarged(footage: Footage, factor: Factor, model: Model) -> Iterator[Frame]:
    for frame in footage.frames():
        yield enlarge(_settled(frame, footage.path), factor=factor, model=model)


def _settled(picture: Frame, path: Path) -> Frame:
    """The picture without the dither that a GIF has."""
    return cast(Frame, cv2.GaussianBlur(picture, (0, 0), _DITHER_PX)) if path.suffix.lower() == ".gif" else picture


def _with_alpha(picture: Frame, factor: Factor, model: Model) -> Frame:
    large = enlarge(np.ascontiguousarray(picture[..., :3]), factor=factor, model=model)
    if picture.shape[2] == 3:
        return large
    height, width = large.shape[:2]
    alpha = cv2.resize(np.ascontiguousarray(picture[..., 3]), (width, height), interpolation=cv2.INTER_CUBIC)
    return np.dstack([large, alpha])


def _filled(picture: Frame, size: tuple[int, int]) -> Frame:
    """Scale to fill ``size`` and cut off evenly what hangs over."""
    height, width = picture.shape[:2]
    scale = max(size[0] / width, size[1] / height)
    wide, high = max(round(width * scale), size[0]), max(round(height * scale), size[1])
    if (wide, high) != (width, height):
        kernel = cv2.INTER_AREA if scale < 1 else cv2.INTER_LANCZOS4
        picture = cast(Frame, cv2.resize(picture, (wide, high), interpolation=kernel))
    left, top = (wide - size[0]) // 2, (high - size[1]) // 2
    return np.ascontiguousarray(picture[top : top + size[1], left : left + size[0]])
