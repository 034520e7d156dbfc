"""The one way in which clips are decoded, whole or not at all.

A decoder hands out what it could make of a damaged file and stops where a cut one stops, mostly without a word; so what
comes out is held against what the file promised.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import av

from vgkit.errors import NotAClip
from vgkit.media.checksums import SliceChecks
from vgkit.media.pixels import BLACK, Frame, Reading, Rgb, reading

LARGEST_PX = 8192

# ffmpeg's own VP8 and VP9 decoders leave the alpha out.
_WITH_ALPHA = {"vp8": "libvpx", "vp9": "libvpx-vp9"}
# What a file of these formats ends in; it says nothing of its length.
_END_MARKS = {"gif": b";", "apng": b"IEND\xaeB`\x82"}
_AGAIN = "Make or download it again."


@dataclass(frozen=True)
class Timetable:
    """When each frame of a clip comes, in seconds from its first; when the last goes; the rates its header names."""

    times: tuple[Fraction, ...]
    end: Fraction
    said: tuple[Fraction, ...]


def raw_frames(path: Path) -> Iterator[Any]:
    """Yield a clip's frames as its decoder gives them; raise NotAClip where they do not all come."""
    with _opened(path) as (container, stream):
        yield from _decoded(path, container, stream)


def rgb_frames(path: Path, *, ground: Rgb = BLACK) -> Iterator[Frame]:
    """Yield a clip's frames as RGB, upright, in square pixels."""
    for _, pixels in timed_frames(path, ground=ground):
        yield pixels


def timed_frames(path: Path, *, ground: Rgb = BLACK) -> Iterator[tuple[Fraction | None, Frame]]:
    """Yield a clip's frames as RGB, each with its time in seconds since the first, where the clip has times."""
    with _opened(path) as (container, stream):
        how, start = None, None
        for raw in _decoded(path, container, stream):
            if how is None:
                how, start = _how(path, stream, raw, ground), raw.pts
            since = (raw.pts - start) * stream.time_base if raw.pts is not None and start is not None else None
            yield since, how.rgb(raw)


def first_frame(path: Path, *, ground: Rgb = BLACK) -> tuple[Frame, tuple[str, ...]]:
    """Return the first frame as RGB, and what is done to every frame, in a person's words."""
    with _opened(path) as (container, stream):
        raw = next(_decoded(path, container, stream))
        how = _how(path, stream, raw, ground)
        return how.rgb(raw), how.notes


def has_palette(path: Path) -> bool:
    """Say whether a clip is a GIF, whose colours come from palettes; the decoder hands them out as if they did not."""
    if not path.is_file():  # a folder or pattern of pictures
        return False
    with _opened(path) as (_, stream):
        return bool(stream.codec_context.name == "gif")


def timetable(path: Path) -> Timetable:
    """Read when the frames come, without decoding them; raise NotAClip where the file was cut short."""
    with _opened(path) as (container, stream):
        seen = [
            (_mark(packet), packet.duration or 0)
            for packet in container.demux(stream)
            if packet.size and not packet.is_discard
        ]
        said = tuple(Fraction(rate) for rate in (stream.guessed_rate, stream.average_rate) if rate)
        marks = sorted((mark, lasts) for mark, lasts in seen if mark is not None)
        if len(marks) < len(seen) or not marks:
            step = 1 / (said[-1] if said else Fraction(25))
            return Timetable(tuple(step * index for index in range(len(seen))), step * len(seen), said)
        base, start = Fraction(stream.time_base), marks[0][0]
        times = tuple((mark - start) * base for mark, _ in marks)
        end = times[-1] + (marks[-1][1] * base or usual_step(times))
        _check_whole(path, container, stream, frames=len(seen), end=end + start * base)
        return Timetable(times, end, said)


def _how(path: Path, stream: Any, first: Any, ground: Rgb) -> Reading:
    return reading(path, first, aspect=stream.sample_aspect_ratio, ground=ground)


@contextmanager
def _opened(path: Path) -> Iterator[tuple[Any, Any]]:
    """Lend an open file and its picture stream; what libav says is ours here."""
    if not path.exists():
        raise NotAClip(f"{path} is not there. Make or download the clip first.")
    try:
        with av.open(str(path)) as container:
            yield container, _picture_stream(path, container)
    except av.FFmpegError as reason:
        said, size = reason.strerror or str(reason), path.stat().st_size
        raise NotAClip(f"{path} does not decode: {said} ({size:,} bytes). {_AGAIN}") from reason


def _picture_stream(path: Path, container: Any) -> Any:
    moving = [stream for stream in container.streams.video if not stream.disposition & stream.disposition.attached_pic]
    if not moving:
        raise NotAClip(f"{path} has no picture, only {len(container.streams)} other stream(s). Choose a video file.")
    width, height = moving[0].width, moving[0].height
    if max(width, height) > LARGEST_PX:
        raise NotAClip(
            f"{path} is {width}x{height}; up to {LARGEST_PX} a side is possible. "
            f"Scale it down: ffmpeg -i {path.name} -vf scale=1920:-2 smaller.mp4"
        )
    moving[0].thread_type = "AUTO"
    return moving[0]


def _decoded(path: Path, container: Any, stream: Any) -> Iterator[Any]:
    """The frames, each checked: of one size, undamaged, and as many and as long as the file promised."""
    decode, checks, size = _decoder(stream), SliceChecks(stream), None
    count, end = 0, Fraction(0)
    for packet in container.demux(stream):
        if not checks.hold(packet):
            raise NotAClip(f"{path} is damaged near frame {count}: a checksum does not agree. {_AGAIN}")
        for frame in _frames(path, decode, packet, count):
            size = size or (frame.width, frame.height)
            _check_frame(path, frame, count, size)
            count, end = count + 1, max(end, _end(frame, stream.time_base))
            yield frame
    if count == 0:
        raise NotAClip(f"{path} holds no frames. {_AGAIN}")
    _check_whole(path, container, stream, frames=count, end=end)


def _decoder(stream: Any) -> Any:
    name = _WITH_ALPHA.get(stream.codec_context.name)
    if name and stream.metadata.get("alpha_mode") == "1":
        return av.CodecContext.create(name, "r")
    return stream.codec_context


def _frames(path: Path, decode: Any, packet: Any, count: int) -> list[Any]:
    try:
        return list(decode.decode(packet if packet.size else None))
    except av.FFmpegError as reason:
        said = reason.strerror or str(reason)
        raise NotAClip(f"{path} does not decode near frame {count}: {said}. {_AGAIN}") from reason


def _check_frame(path: Path, frame: Any, number: int, size: tuple[int, int]) -> None:
    if frame.is_corrupt:
        raise NotAClip(f"{path} is damaged at frame {number}. {_AGAIN}")
    if (frame.width, frame.height) != size:
        raise NotAClip(
            f"{path} changes its size: frame {number} is {frame.width}x{frame.height}, the first was "
            f"{size[0]}x{size[1]}. Give it one: ffmpeg -i {path.name} -vf scale={size[0]}:{size[1]} steady.mp4"
        )


def _check_whole(path: Path, container: Any, stream: Any, *, frames: int, end: Fraction) -> None:
    """Compare with the promised length; a clip trimmed by its index has more frames in stock than it shows."""
    if not _ends_in(path, _END_MARKS.get(container.format.name, b"")):
        raise NotAClip(f"{path} is cut short: its end mark is missing after {frames} frames. {_AGAIN}")
    promised, rate = _promised_end(container, stream), stream.average_rate or stream.guessed_rate
    if promised is None or not rate or (stream.frames and frames >= stream.frames):
        return
    if promised - end > Fraction(9, 10) / rate:
        there = f"{float(end):.2f} of {float(promised):.2f} s"
        raise NotAClip(f"{path} is cut short: {frames} frames, {there}, are there. {_AGAIN}")


def _promised_end(container: Any, stream: Any) -> Fraction | None:
    """When the picture ends by the header, in seconds; None where it does not say."""
    if stream.duration:
        return int((stream.start_time or 0) + stream.duration) * Fraction(stream.time_base)
    if tag := re.fullmatch(r"(\d+):(\d+):(\d+\.?\d*)", stream.metadata.get("DURATION", "")):
        return Fraction(tag[3]) + 60 * int(tag[2]) + 3600 * int(tag[1])
    if container.duration and not container.streams.audio:
        return Fraction(container.duration, av.time_base)
    return None


def _ends_in(path: Path, mark: bytes) -> bool:
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 4096))
        return file.read().rstrip(b"\x00").endswith(mark)


def _mark(packet: Any) -> int | None:
    mark = packet.pts if packet.pts is not None else packet.dts
    return None if mark is None else int(mark)


def _end(frame: Any, base: Fraction) -> Fraction:
    return Fraction(0) if frame.pts is None else (frame.pts + (frame.duration or 0)) * base


def usual_step(times: tuple[Fraction, ...]) -> Fraction:
    """The usual distance between frames."""
    steps = sorted(after - before for before, after in pairwise(times) if after > before)
    return steps[len(steps) // 2] if steps else Fraction(1, 25)
