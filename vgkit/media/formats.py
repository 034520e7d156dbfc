"""The named ways a finished picture becomes a file: the film itself in three qualities, and four masters.

A format says everything that its file's bytes depend on, so that one pass can feed several encoders with the same
frames, and so that ``conform`` can hold a file against what its format promises.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np

from vgkit.errors import EncodeFailed, ParameterError
from vgkit.media.frames import X264_THREADS, replacing, tag_bt709
from vgkit.media.rank import give_rank_back
from vgkit.media.samples import AAC_BITS_PER_S, RATE_HZ, Sound

_INDEX_FIRST = {"movflags": "+faststart+write_colr"}
# Matroska names its parts at random unless it is told not to.
_SAME_NAMES = {"fflags": "+bitexact"}
# Two seconds: whoever goes to a frame decodes all since the key frame before it. x264's own 250 are four times the wait
# for 8 % fewer bytes at most.
_MOST_BETWEEN_KEY_FRAMES = 60
_AVX512: Any = 256  # OpenCV's number for F, BW, CD, DQ and VL together, x264's own condition; Python has no name for it


@dataclass(frozen=True)
class Format:
    """One kind of file. ``found_as`` is how a probe names its picture: codec, and profile where the codec has some.

    ``bits_per_s`` is typical of the picture at 1080p30, for the message on a full disk only.
    """

    name: str
    suffix: str
    codec: str
    options: Mapping[str, str]
    pix_fmt: str
    found_as: str
    bits_per_s: int
    profile: str | None = None
    tag: str | None = None
    sound: str = "aac"
    sound_format: str = "fltp"
    container_options: Mapping[str, str] = field(default_factory=lambda: _INDEX_FIRST)

    @property
    def container(self) -> str:
        """How a probe names the kind of file."""
        return {".mp4": "mp4", ".mov": "mov", ".mkv": "matroska"}[self.suffix]


def _x264_options() -> dict[str, str]:
    # With AVX-512, x264's macroblock tree reads memory that nobody wrote at some widths (1080, 1072, 1056), so that the
    # same frames gave other bytes, as glibc's MALLOC_PERTURB_ shows. Without the tree a film of the same VMAF is 7 %
    # larger; held to AVX2, as on machines that have no more, it is the same size and as quick.
    return {"x264-params": "asm=AVX2"} if cv2.checkHardwareSupport(_AVX512) else {}


def _film(name: str, preset: str, crf: int, bits_per_s: int) -> Format:
    return Format(
        name=name,
        suffix=".mp4",
        codec="libx264",
        options={"preset": preset, "crf": str(crf), "g": str(_MOST_BETWEEN_KEY_FRAMES), **_x264_options()},
        pix_fmt="yuv420p",
        profile="High",
        found_as="h264 High",
        bits_per_s=bits_per_s,
    )


FILMS = {
    each.name: each
    for each in (
        _film("draft", "superfast", 22, 8_000_000),
        _film("review", "veryfast", 19, 10_000_000),
        # At two thirds more time than review it is smaller and closer; medium takes twice as long again.
        _film("delivery", "faster", 20, 10_000_000),
    )
}
FILM = FILMS["review"]

MASTERS = {
    each.name: each
    for each in (
        Format(
            name="prores",
            suffix=".mov",
            # prores_ks gives other bytes now and then where the width is no multiple of 16, as in 9:16 and 1:1. This
            # one does not and takes half the time, for a third more bytes at the same fidelity.
            codec="prores_aw",
            options={"profile": "3", "vendor": "apl0"},
            pix_fmt="yuv422p10le",
            found_as="prores HQ",
            bits_per_s=310_000_000,
            sound="pcm_s24le",
            sound_format="s32",
        ),
        Format(
            name="lossless",
            suffix=".mkv",
            codec="ffv1",
            options={"level": "3", "slices": "4", "slicecrc": "1", "g": "1"},
            pix_fmt="yuv420p",
            found_as="ffv1",
            bits_per_s=250_000_000,
            sound="flac",
            sound_format="s32",
            container_options=_SAME_NAMES,
        ),
        Format(
            name="hevc",
            suffix=".mp4",
            codec="libx265",
            options={"preset": "fast", "crf": "21", "x265-params": "log-level=none:frame-threads=2:pools=4"},
            pix_fmt="yuv420p",
            tag="hvc1",
            found_as="hevc Main",
            bits_per_s=8_000_000,
        ),
        Format(
            name="av1",
            suffix=".mp4",
            codec="libsvtav1",
            options={"preset": "8", "crf": "30", "svtav1-params": "lp=4"},
            pix_fmt="yuv420p",
            found_as="av1 Main",
            bits_per_s=6_000_000,
        ),
    )
}


def master_named(name: str) -> Format:
    """Return a master's format; raise ParameterError, naming all there are, for another."""
    if name not in MASTERS:
        raise ParameterError(f"masters: there is no {name!r}. Choose among {', '.join(MASTERS)}.")
    return MASTERS[name]


def add_video(container: Any, form: Format, *, size: tuple[int, int], fps: Fraction | int) -> Any:
    """Add the picture's stream to an open container; it takes yuv420p frames, whatever it makes of them."""
    os.environ.setdefault("SVT_LOG", "1")  # errors only: SVT-AV1 reports on stderr as it pleases
    stream = container.add_stream(form.codec, rate=Fraction(fps), options=dict(form.options))
    stream.width, stream.height = size
    stream.pix_fmt = form.pix_fmt
    if form.profile:
        stream.profile = form.profile
    if form.tag:
        stream.codec_context.codec_tag = form.tag
    stream.codec_context.thread_count = X264_THREADS
    tag_bt709(stream.codec_context)
    return stream


def add_sound(container: Any, form: Format) -> Any:
    """Add the sound's stream to an open container: stereo at 48 kHz."""
    stream = container.add_stream(form.sound, rate=RATE_HZ, layout="stereo")
    stream.format = form.sound_format
    if form.sound == "aac":
        stream.bit_rate = AAC_BITS_PER_S
    return stream


class FilmFile:
    """A film being written: give it pictures and the sound that goes with them, in step."""

    def __init__(self, container: Any, form: Format, *, size: tuple[int, int], fps: Fraction, with_sound: bool) -> None:
        self._container, self._played, self._shown = container, 0, 0
        self._picture = add_video(container, form, size=size, fps=fps)
        self._sound = add_sound(container, form) if with_sound else None

    def show(self, picture: Any) -> None:
        """Encode one yuv420p frame; it may be given to other films too."""
        # Every film numbers its frames itself: encoders write their own time base onto what they are given.
        picture.pts, picture.time_base = self._shown, 1 / self._picture.codec_context.framerate
        self._shown += 1
        self._container.mux(self._picture.encode(picture))
        if self._shown == 1:  # the first picture opens the codec, which begins its threads
            give_rank_back()

    def play(self, samples: Sound) -> None:
        """Encode the next samples, (n, 2) float32 at 48 kHz; a film without sound lets them pass."""
        if self._sound is None or len(samples) == 0:
            return
        if samples.ndim != 2 or samples.shape[1] != 2:
            raise EncodeFailed(f"The sound has shape {samples.shape}; it must be (samples, 2) at 48 kHz.")
        planar = np.ascontiguousarray(samples.T, np.float32)
        frame = av.AudioFrame.from_ndarray(planar, format="fltp", layout="stereo")
        frame.sample_rate, frame.pts, frame.time_base = RATE_HZ, self._played, Fraction(1, RATE_HZ)
        self._played += len(samples)
        self._container.mux(self._sound.encode(frame))

    def finish(self) -> None:
        """Encode what is left in the codecs."""
        if not self._shown:
            raise EncodeFailed("There are no frames to write. Give at least one.")
        self._container.mux(self._picture.encode())
        if self._sound and self._played:
            self._container.mux(self._sound.encode())


@contextmanager
def film_file(
    out: Path,
    form: Format,
    *,
    size: tuple[int, int],
    fps: Fraction | int = 30,
    metadata: Mapping[str, str] | None = None,
    with_sound: bool = True,
    expected_s: float | None = None,
) -> Iterator[FilmFile]:
    """Lend a film to write; ``out`` is there, whole, when the block ends well, and as it was when it does not.

    A full disk raises StoreError, reckoning with ``expected_s`` seconds of film; a refusing codec EncodeFailed.
    """
    share = size[0] * size[1] / (1920 * 1080)
    expected = round(form.bits_per_s * share * expected_s / 8) if expected_s else None
    with (
        replacing(out, expected_bytes=expected) as partial,
        av.open(str(partial), "w", options=dict(form.container_options)) as container,
    ):
        container.metadata.update(metadata or {})
        film = FilmFile(container, form, size=size, fps=Fraction(fps), with_sound=with_sound)
        yield film
        film.finish()
