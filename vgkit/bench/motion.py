"""Interpolation against the truth, ours and ffmpeg's, on clips whose every moment is known.

Both get the same 8-bit 4:2:0 frames and are judged on all frames of the clip, those they were given among them.
"""

import resource
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any, cast

import cv2
import numpy as np

from vgkit.bench.known_motion import STEP, TRUE_FRAMES, KnownClip, known_clips
from vgkit.bench.verdict import kept
from vgkit.errors import EncodeFailed
from vgkit.media.ffmpeg import binary
from vgkit.media.frames import Frame
from vgkit.media.picture import Picture, Plane, from_rgb
from vgkit.media.retime import retime
from vgkit.media.vmaf import raw_input, vmaf
from vgkit.phases.report import Table

LEAST_DB, LEAST_VMAF, MOST_CPU = 3.0, 8.0, 1.0
# minterpolate looks ahead and leaves the tail out: four frames more go in, and what is too much is cut off.
_GRAPH = (
    "tpad=stop_mode=clone:stop=4,"
    "minterpolate=fps=30:mi_mode=mci:mc_mode=aobmc:me_mode=bidir:vsbmc=1:scd=none,"
    f"trim=end_frame={TRUE_FRAMES}"
)


@dataclass(frozen=True)
class Score:
    """How near one way of interpolating came on one clip: PSNR of luma, mean VMAF, milliseconds of CPU a frame."""

    psnr_db: float
    vmaf: float
    cpu_ms: float


@dataclass(frozen=True)
class Judged:
    """One clip, interpolated by us and by ffmpeg."""

    clip: str
    ours: Score
    theirs: Score

    @property
    def ahead_db(self) -> float:
        """How much nearer to the truth we are."""
        return self.ours.psnr_db - self.theirs.psnr_db

    @property
    def ahead_vmaf(self) -> float:
        """How much better we look."""
        return self.ours.vmaf - self.theirs.vmaf


def motion_table() -> Table:
    """Interpolate the twelve clips both ways and say whether we keep our word."""
    return table([judged(clip) for clip in known_clips()])


def judged(clip: KnownClip) -> Judged:
    """Interpolate one clip from 8 to 30 frames a second, ours first, then ffmpeg's, and compare with the truth."""
    given, truth = [eight_bit(frame) for frame in clip.source], [eight_bit(frame) for frame in clip.truth]
    ours, our_cpu_s = ours_of(given)
    with tempfile.TemporaryDirectory(prefix="vgkit-motion-") as folder:
        theirs, their_cpu_s = minterpolated(given, Path(folder))
        scores = [
            Score(psnr_db(drawn, truth), vmaf_of(drawn, truth, Path(folder)), 1000 * cpu_s / TRUE_FRAMES)
            for drawn, cpu_s in ((ours, our_cpu_s), (theirs, their_cpu_s))
        ]
    return Judged(clip.name, *scores)


def ours_of(given: Sequence[Picture]) -> tuple[list[Picture], float]:
    """Return our frames and the CPU seconds of this process that they took."""
    begun = time.process_time()
    drawn = list(retime(given, (number * STEP for number in range(TRUE_FRAMES))))
    return [_rounded(picture) for picture in drawn], time.process_time() - begun


def minterpolated(given: Sequence[Picture], folder: Path) -> tuple[list[Picture], float]:
    """Return ffmpeg's frames and the CPU seconds of its process."""
    source, out, size = folder / "given.yuv", folder / "drawn.yuv", given[0].size
    write_raw(given, source)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [str(binary()), "-v", "error", "-y", *raw_input(source, size, fps=8), "-vf", _GRAPH]
    done = subprocess.run([*command, "-f", "rawvideo", str(out)], capture_output=True, check=False)
    if done.returncode:
        raise EncodeFailed(f"minterpolate ended with code {done.returncode}: {done.stderr.decode(errors='replace')}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return read_raw(out, size), after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def psnr_db(drawn: Sequence[Picture], truth: Sequence[Picture]) -> float:
    """Return the PSNR of luma over a whole clip, from the mean of its squared errors: 10 lg(255^2 / MSE)."""
    if len(drawn) != len(truth):
        raise ValueError(f"{len(drawn)} frames can't be held against {len(truth)}")
    errors = [float(((one.luma - other.luma) ** 2).mean()) for one, other in zip(drawn, truth, strict=True)]
    return float(10 * np.log10(255**2 / max(fmean(errors), 1e-9)))


def vmaf_of(drawn: Sequence[Picture], truth: Sequence[Picture], folder: Path) -> float:
    """Return the mean VMAF of a clip."""
    files, size = (folder / "judged.yuv", folder / "truth.yuv"), truth[0].size
    for pictures, file in zip((drawn, truth), files, strict=True):
        write_raw(pictures, file)
    seen, wanted = (raw_input(file, size, fps=30) for file in files)
    return vmaf(seen, wanted)


def eight_bit(frame: Frame) -> Picture:
    """Return an RGB frame as a decoder would hand it over: 4:2:0, whole steps."""
    return _rounded(from_rgb(frame))


def _rounded(picture: Picture) -> Picture:
    return Picture(np.clip(np.rint(picture.luma), 0, 255), np.clip(np.rint(picture.chroma), 0, 255))


def write_raw(pictures: Sequence[Picture], file: Path) -> None:
    """Write pictures of whole steps as yuv420p, plane after plane."""
    with file.open("wb") as out:
        for picture in pictures:
            for plane in (picture.luma, *cv2.split(picture.chroma)):
                out.write(plane.astype(np.uint8).tobytes())


def read_raw(file: Path, size: tuple[int, int]) -> list[Picture]:
    """Read what ``write_raw`` or ffmpeg wrote."""
    width, height = size
    frames: Any = np.fromfile(file, np.uint8).reshape(-1, width * height * 3 // 2).astype(np.float32)
    cut = width * height
    halves = frames[:, cut:].reshape(-1, 2, height // 2, width // 2)
    return [
        Picture(cast(Plane, luma.reshape(height, width)), cast(Plane, cv2.merge(list(chroma))))
        for luma, chroma in zip(frames[:, :cut], halves, strict=True)
    ]


def table(clips: Sequence[Judged]) -> Table:
    """Lay the scores out, and what is asked for below them."""
    rows = [
        (
            *(clip.clip, f"{clip.ours.psnr_db:.1f}", f"{clip.theirs.psnr_db:.1f}", f"{clip.ahead_db:+.1f}"),
            *(f"{clip.ours.vmaf:.1f}", f"{clip.theirs.vmaf:.1f}", f"{clip.ahead_vmaf:+.1f}"),
            *(f"{clip.ours.cpu_ms:.1f}", f"{clip.theirs.cpu_ms:.1f}", f"{clip.ours.cpu_ms / clip.theirs.cpu_ms:.2f}"),
        )
        for clip in clips
    ]
    least, mean = min(clip.ahead_db for clip in clips), fmean(clip.ahead_vmaf for clip in clips)
    cpu = sum(clip.ours.cpu_ms for clip in clips) / sum(clip.theirs.cpu_ms for clip in clips)
    rows += [
        ("least, mean, ratio", "", "", f"{least:+.1f}", "", "", f"{mean:+.1f}", "", "", f"{cpu:.2f}"),
        ("asked for", "", "", f">= {LEAST_DB:g}", "", "", f">= {LEAST_VMAF:g}", "", "", f"<= {MOST_CPU:g}"),
        ("kept", "", "", kept(least >= LEAST_DB), "", "", kept(mean >= LEAST_VMAF), "", "", kept(cpu <= MOST_CPU)),
    ]
    columns = ("clip", "dB", "ffmpeg", "ahead", "VMAF", "ffmpeg", "ahead", "CPU ms/frame", "ffmpeg", "ratio")
    return Table("8 to 30 frames a second, every frame against the truth", columns, tuple(rows))
