"""What is made of a file on its way to a model that takes something else: a still becomes a clip, a shot a drawing.

Each adapter has a name that goes on record with the call, and gives the same bytes for the same source and settings."""

import math
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from vgkit.engines.base import PictureRequest
from vgkit.engines.hosted import Attachment
from vgkit.media.frames import Frame, read_picture, write_clip
from vgkit.storyboard import ClipShape

_CLOSER = 0.10  # share of the picture that is out of sight at the end
_LARGEST_INLINE_BYTES = 190_000  # as base64 this stays below the 256 kB a host takes inside an order
_JPEG_QUALITIES = (94, 88, 80)


def materialise(attachment: Attachment, folder: Path) -> Path:
    """Make the file that is sent, in ``folder``. Raises AssetError or NotAClip for a source that can't be read."""
    if attachment.adapter == "push_in":
        out = folder / f"{attachment.source.stem}.mp4"
        push_in(attachment.source, _shape(attachment.settings), out)
        return out
    if attachment.adapter == "sketch_layout":
        return _light(_layout(attachment.settings["request"], folder), folder)
    if attachment.source.suffix == ".png":
        return _light(attachment.source, folder)
    return attachment.source


def push_in(still: Path, shape: ClipShape, out: Path) -> None:
    """Close in on a still, slowly, into an MP4 of a given shape."""
    write_clip(closing_in(read_picture(still)[..., :3], shape), out, fps=Fraction(shape.fps), crf=17)


def fitted(picture: Frame, width_px: int, height_px: int) -> Frame:
    """Scale a picture until it covers a size, and crop what stands over, evenly."""
    height, width = picture.shape[:2]
    scale = max(width_px / width, height_px / height)
    covering = (max(round(width * scale), width_px), max(round(height * scale), height_px))
    if covering != (width, height):
        way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LANCZOS4
        picture = np.asarray(cv2.resize(picture, covering, interpolation=way), dtype=np.uint8)
    left, top = (covering[0] - width_px) // 2, (covering[1] - height_px) // 2
    return np.ascontiguousarray(picture[top : top + height_px, left : left + width_px])


def closing_in(picture: Frame, shape: ClipShape) -> Iterator[Frame]:
    """Yield the frames of a slow push-in, in a clip's shape."""
    # Larger than the clip by what is cropped away, so that the last frame is as sharp as the first.
    picture = fitted(picture, *(math.ceil(side / (1 - _CLOSER)) for side in (shape.width_px, shape.height_px)))
    size = (shape.width_px, shape.height_px)
    across, down = size[0] - 1, size[1] - 1
    high, wide = picture.shape[0] - 1, picture.shape[1] - 1
    for number in range(shape.frames):
        scale = (1 - _CLOSER) / (1 - _CLOSER * number / (shape.frames - 1))
        move = np.array([[scale, 0, (across - scale * wide) / 2], [0, scale, (down - scale * high) / 2]])
        moved = cv2.warpAffine(picture, move, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
        yield np.asarray(moved, dtype=np.uint8)


def _shape(settings: Any) -> ClipShape:
    return ClipShape(**{name: settings[name] for name in ClipShape.model_fields})


def _layout(request: PictureRequest, folder: Path) -> Path:
    from vgkit.engines.sketch.pictures import draw

    return draw(request, folder / "layout.png").path


def _light(picture: Path, folder: Path) -> Path:
    """A picture small enough to travel inside the order, where that costs it next to nothing."""
    if picture.stat().st_size <= _LARGEST_INLINE_BYTES:
        return picture
    pixels = read_picture(picture)
    if pixels.shape[2] == 4:
        return picture
    for quality in _JPEG_QUALITIES:
        _, encoded = cv2.imencode(".jpg", pixels[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
        if encoded.nbytes <= _LARGEST_INLINE_BYTES:
            out = folder / f"{picture.stem}.jpg"
            out.write_bytes(encoded.tobytes())
            return out
    return picture
