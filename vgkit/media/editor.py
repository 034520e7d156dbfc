"""Hand the film's timeline to moviepy, for a person who wants to go on editing it there.

The clip is at the cut's own size and holds no file open; scaling, sharpening and colour tags come with
``write_arguments``, without which moviepy would write BT.601 colours that say nothing of it.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import accumulate
from pathlib import Path
from typing import Any

from vgkit.media.edit import Segment, film_frames
from vgkit.media.encode import SAMPLE_RATE_HZ, SHARPEN, Sound
from vgkit.media.frames import X264_THREADS, Frame
from vgkit.media.grade import Lut

_SCALER = "flags=lanczos+accurate_rnd+full_chroma_inp:out_color_matrix=bt709:out_range=tv"
_TAGS = "setparams=range=tv:color_primaries=bt709:color_trc=bt709:colorspace=bt709"


def film_clip(
    cut: Path,
    segments: Sequence[Segment],
    *,
    fps: Fraction = Fraction(30),
    native_fps: Fraction,
    look: Lut | None = None,
    audio: Sound | None = None,
) -> Any:
    """Return the film as a ``moviepy.VideoClip`` at the cut's size, with ``audio`` (samples, 2) at 48 kHz if given."""
    from moviepy import AudioArrayClip, VideoClip  # type: ignore[attr-defined, unused-ignore]

    timeline = _Timeline(cut, segments, fps=fps, native_fps=native_fps, look=look)
    clip = VideoClip(timeline.at, duration=float(timeline.frames / fps)).with_fps(float(fps))
    return clip if audio is None else clip.with_audio(AudioArrayClip(audio, fps=SAMPLE_RATE_HZ))


def write_arguments(*, size: tuple[int, int] = (1920, 1080), preset: str = "veryfast", crf: int = 19) -> dict[str, Any]:
    """Return what to pass to ``write_videofile`` to get the picture that ``encode_film`` makes."""
    width, height = size
    graph = [
        f"format=gbrp,convolution={_unsharp()}",
        f"scale={width}:{height}:force_original_aspect_ratio=increase:force_divisible_by=2:{_SCALER}",
        f"crop={width}:{height},format=yuv420p,{_TAGS}",
    ]
    return {
        "codec": "libx264",
        "preset": preset,
        "threads": X264_THREADS,
        "audio_codec": "aac",
        "audio_fps": SAMPLE_RATE_HZ,
        "audio_bitrate": "192k",
        "ffmpeg_params": ["-vf", ",".join(graph), "-crf", str(crf), "-movflags", "+faststart"],
    }


def _unsharp() -> str:
    """Return the 3x3 mask of ``sharpened`` for each plane, and what to divide by, as ffmpeg's convolution takes it."""
    corner, side, centre = -SHARPEN, -2 * SHARPEN, 16 + 12 * SHARPEN
    weights = (corner, side, corner, side, centre, side, corner, side, corner)
    mask = " ".join(str(round(10 * weight)) for weight in weights)
    return ":".join(f"{plane}m='{mask}':{plane}rdiv=1/160" for plane in range(4))


class _Timeline:
    """Frames by time: forwards from one to the next, elsewhere by starting again two segments before."""

    def __init__(
        self, cut: Path, segments: Sequence[Segment], *, fps: Fraction, native_fps: Fraction, look: Lut | None
    ) -> None:
        self._cut, self._segments, self._fps = cut, segments, fps
        self._native_fps, self._look = native_fps, look
        self._starts = [0, *accumulate(segment.film_frames for segment in segments)]
        self._coming: Iterator[Frame] = iter(())
        self._number = -1
        self._frame: Frame | None = None

    @property
    def frames(self) -> int:
        return self._starts[-1]

    def at(self, time_s: float) -> Frame:
        """Return the frame shown at a time; a time past the end shows the last."""
        wanted = min(int(time_s * float(self._fps) + 1e-6), self.frames - 1)
        if self._frame is None or not 0 <= wanted - self._number <= self._segments[0].film_frames:
            self._begin_before(wanted)
        while self._frame is None or self._number < wanted:
            self._frame = next(self._coming)
            self._number += 1
        return self._frame

    def _begin_before(self, wanted: int) -> None:
        # A segment's retiming depends on the transitions at both its ends, so the one before has to be whole too.
        first = max(0, bisect_right(self._starts, wanted) - 3)
        self._coming = film_frames(
            self._cut, self._segments[first:], fps=self._fps, native_fps=self._native_fps, look=self._look
        )
        self._number, self._frame = self._starts[first] - 1, None
