"""Frames in and out of files, as RGB uint8 arrays of shape (height, width, 3).

Every writer works under a temporary name beside its target and renames at the end, so a file that exists is whole.
"""

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc
from PIL import Image

from vgkit.errors import AssetError, EncodeFailed
from vgkit.files import whole
from vgkit.media.decoding import raw_frames, rgb_frames
from vgkit.media.pixels import EXACT
from vgkit.media.pixels import Frame as Frame

# FFV1 in RGB is exact, half the size of x264 at qp 0 and as quick to write (14 against 10 ms for 1024x576 on two
# cores, 0.42 against 0.90 MB a frame); fixed slices make its bytes independent of the machine's cores.
FFV1 = {"level": "3", "slices": "4", "slicecrc": "1"}
# The bytes x264 makes depend on how many threads it was given, so never on the machine.
X264_THREADS = 4


def read_frames(path: Path) -> Iterator[Frame]:
    """Yield the frames of an MP4, MKV, WebM or GIF, each as one step; untagged colours count as BT.601.

    So hosted models write. Raises NotAClip where the clip is not whole or can't be shown right.
    """
    yield from rgb_frames(path)


def read_clip(path: Path) -> Frame:
    """Read a whole clip as one array (n, height, width, 3)."""
    return np.stack(list(read_frames(path)))


def frame_digest(path: Path) -> str:
    """Return the SHA-256 over all decoded frames with their size and format: equal means the same pictures."""
    digest = hashlib.sha256()
    for frame in raw_frames(path):
        digest.update(f"{frame.width}x{frame.height} {frame.format.name}".encode())
        kept = frame.format.name in av.video.frame.supported_np_pix_fmts
        digest.update(frame.to_ndarray(format=None if kept else "rgb24").tobytes())
    return digest.hexdigest()


def write_clip(
    frames: Iterable[Frame], path: Path, *, fps: Fraction | int, crf: int = 12, preset: str = "veryfast"
) -> None:
    """Write an H.264 MP4 as a hosted model hands over (4:2:0, so colour edges soften), tagged BT.709."""
    # Without the macroblock tree: at some widths (576, 448) x264 reads memory there that nobody wrote, and the bytes
    # differ from one time to the next, as glibc's MALLOC_PERTURB_ shows.
    options = {"crf": str(crf), "preset": preset, "mbtree": "0"}
    with replacing(path) as partial, av.open(str(partial), "w", options={"movflags": "+faststart"}) as out:
        _write(frames, out, codec="libx264", pix_fmt="yuv420p", fps=fps, options=options)


def write_lossless(frames: Iterable[Frame], path: Path, *, fps: Fraction | int) -> None:
    """Write an FFV1 MKV whose frames read back exactly as they were."""
    with replacing(path) as partial, av.open(str(partial), "w") as out:
        _write(frames, out, codec="ffv1", pix_fmt="bgr0", fps=fps, options=FFV1)


def _write(
    frames: Iterable[Frame], out: Any, *, codec: str, pix_fmt: str, fps: Fraction | int, options: dict[str, str]
) -> None:
    supply = iter(frames)
    first = next(supply, None)
    if first is None:
        raise EncodeFailed("There are no frames to write. Give at least one.")
    height, width = first.shape[:2]
    if pix_fmt == "yuv420p" and (height % 2 or width % 2):
        raise EncodeFailed(f"H.264 needs even sides, these frames are {width}x{height}. Crop or scale them first.")
    stream = out.add_stream(codec, rate=Fraction(fps), options=options)
    stream.width, stream.height, stream.pix_fmt = width, height, pix_fmt
    stream.codec_context.thread_count = X264_THREADS
    if pix_fmt == "yuv420p":
        tag_bt709(stream.codec_context)
    for number, frame in enumerate(chain([first], supply)):
        if frame.shape != first.shape:
            raise EncodeFailed(f"Frame {number} is {frame.shape}, the first was {first.shape}. Give them one size.")
        out.mux(stream.encode(_picture(frame, pix_fmt)))
    out.mux(stream.encode())


def _picture(frame: Frame, pix_fmt: str) -> av.VideoFrame:
    rgb = av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), format="rgb24")
    if pix_fmt == "bgr0":
        return rgb.reformat(format=pix_fmt)
    yuv = rgb.reformat(
        format=pix_fmt,
        dst_colorspace=Colorspace.ITU709,
        dst_color_range=ColorRange.MPEG,
        interpolation=EXACT,
    )
    tag_bt709(yuv)
    return yuv


def tag_bt709(target: Any) -> None:
    """Say on a frame or a codec that its numbers are BT.709, limited range."""
    target.colorspace = 1
    target.color_primaries = ColorPrimaries.BT709
    target.color_trc = ColorTrc.BT709
    target.color_range = ColorRange.MPEG


def planes(picture: Any) -> list[Frame]:
    """Return the planes of a planar 8-bit av.VideoFrame as arrays that share its memory."""
    return [
        np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)[:, : plane.width]
        for plane in picture.planes
    ]


def read_picture(path: Path) -> Frame:
    """Read a picture as RGB, or as RGBA where it has transparency; raise AssetError where it is none."""
    try:
        with Image.open(path) as picture:
            clear = picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info
            return np.asarray(picture.convert("RGBA" if clear else "RGB"))
    except FileNotFoundError as reason:
        raise AssetError(f"{path} is not there. Give the path of a PNG, JPEG or WebP.") from reason
    except (OSError, ValueError, Image.DecompressionBombError) as reason:
        raise AssetError(f"{path} is not a picture we can read: {reason}. Give a PNG, JPEG or WebP.") from reason


def write_picture(picture: Frame, path: Path) -> None:
    """Write RGB or RGBA (height, width, 3 or 4) as PNG."""
    with replacing(path) as partial:
        Image.fromarray(picture).save(partial, format="PNG", compress_level=4)


@contextmanager
def replacing(path: Path, *, expected_bytes: int | None = None) -> Iterator[Path]:
    """Lend a temporary name that becomes ``path`` if the block succeeds and vanishes if it does not.

    A full disk becomes StoreError with numbers, any other failure of a codec or muxer EncodeFailed.
    """
    try:
        with whole(path, expected_bytes=expected_bytes) as partial:
            yield partial
    except av.FFmpegError as reason:
        said = reason.strerror or str(reason)
        raise EncodeFailed(f"{path.name} could not be encoded: {said}. Look at what was to be encoded.") from reason
