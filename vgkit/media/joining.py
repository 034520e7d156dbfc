"""Join clips to one cut without loss.

Clips that all hold 4:2:0 are joined as they are: turned to RGB they would take twice the room and twice the time to
read, and hold no more.
"""

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import Any

import av

from vgkit.media.decoding import raw_frames
from vgkit.media.frames import FFV1, X264_THREADS, read_frames, replacing, write_lossless

_PLAIN = "yuv420p"
# Colour stands half a pixel to the left in these unless they say otherwise; FFV1 has it in the middle unless told.
_LEFT_SITED = ("h264", "hevc")


def join_clips(clips: Sequence[Path], out: Path, *, fps: Fraction | int) -> list[int]:
    """Write an FFV1 MKV of all clips in turn, and return how many frames each has.

    Every picture reads back as it does from its own clip. Raises NotAClip for a clip that is not whole, EncodeFailed
    where their sizes differ, StoreError on a full disk.
    """
    counts = [0] * len(clips)
    kinds = {_kind(clip) for clip in clips}
    if len(kinds) == 1 and next(iter(kinds))[0] == _PLAIN:
        with replacing(out) as partial, av.open(str(partial), "w") as container:
            sited = {"chroma_sample_location": "left"} if _codec(clips[0]) in _LEFT_SITED else {}
            _write_as_they_are(_counted(clips, counts, raw_frames), container, fps, FFV1 | sited)
    else:
        write_lossless(_counted(clips, counts, read_frames), out, fps=fps)
    return counts


def _kind(clip: Path) -> tuple[Any, ...]:
    """What must be the same for frames to stand in one stream: format, size, and what the numbers mean."""
    frame = next(raw_frames(clip))
    meaning = (frame.colorspace, frame.color_range, frame.color_primaries, frame.color_trc)
    left = _codec(clip) in _LEFT_SITED
    return (frame.format.name, frame.width, frame.height, *map(int, meaning), frame.rotation, left)


def _codec(clip: Path) -> str:
    with av.open(str(clip)) as container:
        return str(container.streams.video[0].codec_context.name)


def _counted(clips: Sequence[Path], counts: list[int], read: Any) -> Iterator[Any]:
    for number, clip in enumerate(clips):
        for frame in read(clip):
            counts[number] += 1
            yield frame


def _write_as_they_are(frames: Iterator[Any], container: Any, fps: Fraction | int, options: Mapping[str, str]) -> None:
    first = next(frames)
    stream = container.add_stream("ffv1", rate=Fraction(fps), options=dict(options))
    stream.width, stream.height, stream.pix_fmt = first.width, first.height, _PLAIN
    context = stream.codec_context
    context.thread_count = X264_THREADS
    context.colorspace, context.color_range = first.colorspace, first.color_range
    context.color_primaries, context.color_trc = first.color_primaries, first.color_trc
    for number, frame in enumerate(chain([first], frames)):
        frame.pts, frame.time_base = number, 1 / Fraction(fps)
        frame.pict_type = 0  # what it was in its own clip is nothing to this encoder
        container.mux(stream.encode(frame))
    container.mux(stream.encode(None))
