"""How near one moving picture is to another, by Netflix's VMAF: libvmaf, with the model built into ffmpeg."""

import re
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

from vgkit.errors import EncodeFailed
from vgkit.media.ffmpeg import run_ffmpeg

_DEADLINE_S = 600.0
_SCORE = re.compile(r"VMAF score: ([\d.]+)")
# Both begin at zero and carry on in step, whatever times their files hold.
_GRAPH = "[0:v]setpts=N/FRAME_RATE/TB[seen];[1:v]setpts=N/FRAME_RATE/TB[truth];[seen][truth]libvmaf=n_threads=2"


def vmaf(seen: Sequence[str], truth: Sequence[str]) -> float:
    """Return the mean VMAF, 0 to 100, of two inputs as ffmpeg is told to read them. Raises EncodeFailed."""
    said = run_ffmpeg([*seen, *truth, "-lavfi", _GRAPH, "-f", "null", "-"], deadline_s=_DEADLINE_S).stderr
    found = _SCORE.search(said)
    if found is None:
        raise EncodeFailed(f"libvmaf gave no score. It said: {said[-300:]}")
    return float(found.group(1))


def raw_input(file: Path, size: tuple[int, int], *, fps: int) -> list[str]:
    """Tell ffmpeg to read yuv420p frames of ``size``, plane after plane."""
    return ["-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", f"{size[0]}x{size[1]}", "-r", str(fps), "-i", str(file)]


def film_input(film: Path, *, first: int, frames: int, fps: int) -> list[str]:
    """Tell ffmpeg to read ``frames`` of a film from frame ``first`` on."""
    # Half a frame early, so that rounding can't skip the first.
    start_s, length_s = max(Fraction(2 * first - 1, 2 * fps), Fraction(0)), Fraction(frames, fps)
    return ["-ss", f"{float(start_s):.6f}", "-t", f"{float(length_s):.6f}", "-i", str(film)]
