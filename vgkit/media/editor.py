"""Hand the film's timeline to moviepy, for a person who wants to go on editing it there.

The clips are at the cut's own size and hold no file open; scaling and colour tags come with ``write_arguments``,
without which moviepy would write BT.601 colours that say nothing of it.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import accumulate
from pathlib import Path
from typing import Any

from vgkit.media.edit import Segment, Treatment, film_pictures
from vgkit.media.formats import FILM, Format
from vgkit.media.frames import X264_THREADS, Frame
from vgkit.media.picture import Picture, to_rgb
from vgkit.media.samples import AAC_BITS_PER_S, RATE_HZ, Sound

_SCALER = "flags=lanczos+accurate_rnd+full_chroma_inp:out_color_matrix=bt709:out_range=tv"
_TAGS = "setparams=range=tv:color_primaries=bt709:color_trc=bt709:colorspace=bt709"


def film_clip(
    cut: Path,
    segments: Sequence[Segment],
    *,
    size: tuple[int, int] = (1920, 1080),
    fps: Fraction = Fraction(30),
    native_fps: Fraction,
    treatment: Treatment,
    audio: Sound | None = None,
) -> Any:
    """Return the film as a ``moviepy.VideoClip`` at the cut's size, with ``audio`` (samples, 2) at 48 kHz if given.

    It has no words over it: those are laid on at the film's size, ``size``, whose shape the clip has.
    """
    from moviepy import AudioArrayClip, VideoClip  # type: ignore[attr-defined, unused-ignore]

    timeline = _Timeline(cut, segments, size=size, fps=fps, native_fps=native_fps, treatment=treatment)
    clip = VideoClip(timeline.at, duration=float(timeline.frames / fps)).with_fps(float(fps))
    return clip if audio is None else clip.with_audio(AudioArrayClip(audio, fps=RATE_HZ))


def shot_clips(cut: Path, segments: Sequence[Segment], **how: Any) -> list[Any]:
    """Return each shot as a clip of its own, without transitions; ``how`` is as for ``film_clip``."""
    return [film_clip(cut, [replace(each, transition="cut", transition_frames=0)], **how) for each in segments]


def write_arguments(*, size: tuple[int, int] = (1920, 1080), form: Format = FILM) -> dict[str, Any]:
    """Return what to pass to ``write_videofile`` to get the picture that ``encode_film`` makes."""
    width, height = size
    # As our own enlarging has it: a shape that is off by a rounding is not cropped.
    near = f"lt(abs({width}*ih/({height}*iw)-1),0.01)"
    across = f"if({near},{width},2*ceil(max({width},iw*{height}/ih)/2))"
    down = f"if({near},{height},2*ceil(max({height},ih*{width}/iw)/2))"
    graph = [f"scale=w='{across}':h='{down}':{_SCALER}", f"crop={width}:{height},format=yuv420p,{_TAGS}"]
    options = {name: value for name, value in form.options.items() if name != "preset"}
    return {
        "codec": form.codec,
        "preset": form.options["preset"],
        "threads": X264_THREADS,
        "audio_codec": "aac",
        "audio_fps": RATE_HZ,
        "audio_bitrate": f"{AAC_BITS_PER_S // 1000}k",
        "ffmpeg_params": [
            *("-vf", ",".join(graph), "-movflags", "+faststart"),
            *(word for name, value in options.items() for word in (f"-{name}", value)),
        ],
    }


class _Timeline:
    """Frames by time: forwards from one to the next, elsewhere by starting again two segments before."""

    def __init__(self, cut: Path, segments: Sequence[Segment], *, fps: Fraction, **how: Any) -> None:
        self._cut, self._segments, self._fps, self._how = cut, segments, fps, how
        self._starts = [0, *accumulate(segment.film_frames for segment in segments)]
        self._coming: Iterator[Picture] = iter(())
        self._number = -1
        self._frame: Frame | None = None

    @property
    def frames(self) -> int:
        return self._starts[-1]

    def at(self, time_s: float) -> Frame:
        """Return the frame shown at a time; a time past the end shows the last."""
        wanted = min(int(time_s * float(self._fps) + 1e-6), self.frames - 1)
        if self._frame is not None and wanted == self._number:
            return self._frame
        if self._frame is None or not 0 < wanted - self._number <= self._segments[0].film_frames:
            self._begin_before(wanted)
        while self._number < wanted:
            picture = next(self._coming)
            self._number += 1
        self._frame = to_rgb(picture)
        return self._frame

    def _begin_before(self, wanted: int) -> None:
        # A segment's retiming depends on the transitions at both its ends, so the one before has to be whole too.
        first = max(0, bisect_right(self._starts, wanted) - 3)
        self._coming = film_pictures(self._cut, self._segments[first:], fps=self._fps, **self._how)
        self._number, self._frame = self._starts[first] - 1, None
