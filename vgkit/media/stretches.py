"""What ffmpeg hears and sees in a film: loudness, peaks, and where it is black, frozen or silent.

The command line and the reading of the report are pure, so both can be tested on what a real ffmpeg wrote.
"""

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np

Stretch = tuple[float, float]

# The picture is measured small: a quarter of the decoding time, and noise of the encoder does not count as motion.
_SEE = (
    "scale=576:576:force_original_aspect_ratio=decrease,"
    "blackdetect=d=0.1:pic_th=0.98:pix_th=0.06,freezedetect=n=-60dB:d=0.3"
)
_SMALL = (192, 108)
_HEAR = "silencedetect=n=-50dB:d=0.3,ebur128=peak=true:framelog=quiet"

_BLACK = re.compile(r"black_start:\s*([\d.]+)\s+black_end:\s*([\d.]+)")
_FREEZE_START, _FREEZE_END = re.compile(r"freeze_start:\s*([\d.]+)"), re.compile(r"freeze_end:\s*([\d.]+)")
_SILENCE_START, _SILENCE_END = re.compile(r"silence_start:\s*(-?[\d.]+)"), re.compile(r"silence_end:\s*([\d.]+)")
_LOUDNESS = re.compile(r"\bI:\s+(-?[\d.]+|-?inf|nan) LUFS")
_PEAK = re.compile(r"True peak:\s+Peak:\s+(-?[\d.]+|-?inf|nan) dBFS")


@dataclass(frozen=True)
class Measured:
    """Loudness of the whole (LUFS), true peak (dBTP), and stretches as (start, end) in seconds."""

    loudness_lufs: float
    true_peak_dbtp: float
    black: tuple[Stretch, ...]
    frozen: tuple[Stretch, ...]
    silent: tuple[Stretch, ...]


def measure_args(film: Path, *, has_sound: bool, with_steps: bool = False) -> list[str]:
    """The arguments for one decoding pass that measures everything; all it writes is small frames for ``steps``."""
    sound = ["-map", "0:a:0", "-af", _HEAR] if has_sound else []
    seen = ["-loglevel", "info", "-nostats", "-i", str(film), "-map", "0:v:0", "-vf"]
    if not with_steps:
        return [*seen, _SEE, *sound, "-f", "null", "-"]
    width, height = _SMALL
    frames = [f"{_SEE},scale={width}:{height},format=gray", "-fps_mode", "passthrough", "-f", "rawvideo", "pipe:1"]
    return [*seen, *frames, *([*sound, "-f", "null", "-"] if sound else [])]


def steps(frames: bytes) -> tuple[float, ...]:
    """Return the mean absolute difference of luma from each frame to the next, in 8-bit levels, from what it wrote."""
    width, height = _SMALL
    small = np.frombuffer(frames, np.uint8).reshape(-1, height, width)
    return tuple(float(cv2.absdiff(one, other).mean()) for one, other in pairwise(small))


def read_report(stderr: str, *, duration_s: float) -> Measured:
    """Read what that pass wrote. A film without sound is silent from end to end."""
    loudness, peak = _LOUDNESS.findall(stderr), _PEAK.findall(stderr)
    silent = _pairs(_SILENCE_START.findall(stderr), _SILENCE_END.findall(stderr), duration_s)
    return Measured(
        loudness_lufs=float(loudness[-1]) if loudness else -math.inf,
        true_peak_dbtp=float(peak[-1]) if peak else -math.inf,
        black=tuple((float(start), float(end)) for start, end in _BLACK.findall(stderr)),
        frozen=_pairs(_FREEZE_START.findall(stderr), _FREEZE_END.findall(stderr), duration_s),
        silent=silent if loudness else ((0.0, duration_s),),
    )


def beyond_plan(found: Iterable[Stretch], planned: Iterable[Stretch]) -> list[Stretch]:
    """What of ``found`` lies outside of ``planned``."""
    left = list(found)
    for start, end in planned:
        left = [
            part
            for first, last in left
            for part in ((first, min(last, start)), (max(first, end), last))
            if part[1] > part[0]
        ]
    return left


def _pairs(starts: list[str], ends: list[str], duration_s: float) -> tuple[Stretch, ...]:
    # A stretch that lasts to the end of the film has a start only.
    closed = [*ends, *[str(duration_s)] * (len(starts) - len(ends))]
    return tuple((max(0.0, float(start)), float(end)) for start, end in zip(starts, closed, strict=True))
