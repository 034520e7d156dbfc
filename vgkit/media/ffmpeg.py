"""Run the one ffmpeg binary we rely on, as a child that can't outlive us.

imageio-ffmpeg brings the binary, so no system package decides which filters exist. Decoding and encoding happen
in-process through PyAV; the binary is for measurements that PyAV's own libraries lack or report only as text.
"""

import logging
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import imageio_ffmpeg

from vgkit.errors import EncodeFailed

log = logging.getLogger(__name__)

# The child asks for its own death and only then becomes ffmpeg: a preexec_fn would run Python between fork and exec,
# which may deadlock when another thread held a lock. Who died before the request is noticed by a changed parent.
_DIE_WITH_PARENT = """
import ctypes, os, signal, sys
ctypes.CDLL(None).prctl(1, signal.SIGKILL)
if os.getppid() != int(sys.argv[1]):
    os._exit(1)
os.execv(sys.argv[2], sys.argv[2:])
"""


@dataclass(frozen=True)
class Finished:
    """What a finished child wrote: stdout as bytes, stderr as text."""

    stdout: bytes
    stderr: str


def binary() -> Path:
    """Return the path of the ffmpeg binary that imageio-ffmpeg carries."""
    return Path(imageio_ffmpeg.get_ffmpeg_exe())


def ffmpeg_command(args: Sequence[str | Path], *, platform: str = sys.platform) -> list[str]:
    """Build the command; on Linux through a launcher that ties the child's life to this process."""
    ffmpeg = [str(binary()), "-hide_banner", "-nostdin", *map(str, args)]
    if not platform.startswith("linux"):
        return ffmpeg
    return [sys.executable, "-I", "-S", "-c", _DIE_WITH_PARENT, str(os.getpid()), *ffmpeg]


def run_ffmpeg(args: Sequence[str | Path], *, deadline_s: float) -> Finished:
    """Run ffmpeg with ``args`` and return what it wrote; raise EncodeFailed with its last lines."""
    try:
        done = subprocess.run(ffmpeg_command(args), capture_output=True, timeout=deadline_s, check=False)
    except subprocess.TimeoutExpired as late:
        said = _last_lines(late.stderr)
        raise EncodeFailed(
            f"ffmpeg was stopped after {deadline_s:g} s. Allow more time or a smaller job. Last lines:\n{said}"
        ) from late
    if done.returncode != 0:
        raise EncodeFailed(f"ffmpeg ended with code {done.returncode}. Last lines:\n{_last_lines(done.stderr)}")
    return Finished(stdout=done.stdout, stderr=done.stderr.decode("utf-8", "replace"))


def _last_lines(stderr: bytes | None) -> str:
    return "\n".join((stderr or b"").decode("utf-8", "replace").strip().splitlines()[-5:])
