"""The ffmpeg child does its work or says why not, and never outlives us."""

import os
import subprocess
import sys

import pytest

from vgkit.errors import EncodeFailed
from vgkit.media.ffmpeg import binary, ffmpeg_command, run_ffmpeg

_ENDLESS = ["-re", "-f", "lavfi", "-i", "color=size=16x16", "-f", "null", "-"]


def test_what_ffmpeg_writes_comes_back() -> None:
    done = run_ffmpeg(["-f", "lavfi", "-i", "color=red:size=2x2:duration=0.04", "-f", "rawvideo", "-"], deadline_s=30)
    assert len(done.stdout) > 0
    assert "rawvideo" in done.stderr


def test_a_refusal_ends_in_its_last_lines() -> None:
    with pytest.raises(EncodeFailed, match=r"(?s)code \d+.*no-such-file"):
        run_ffmpeg(["-i", "no-such-file"], deadline_s=30)


def test_a_job_past_its_deadline_is_stopped() -> None:
    with pytest.raises(EncodeFailed, match=r"stopped after 0\.3 s"):
        run_ffmpeg(_ENDLESS, deadline_s=0.3)


def test_the_command_is_plain_where_a_child_can_not_be_tied_to_us() -> None:
    command = ffmpeg_command(["-version"], platform="darwin")
    assert command == [str(binary()), "-hide_banner", "-nostdin", "-version"]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux can tie a child's life to its parent's")
def test_killing_us_kills_ffmpeg_too() -> None:
    """The child inherits the pipe, so the pipe ends only when both are gone."""
    reading, writing = os.pipe()
    script = (
        "import subprocess, sys; from vgkit.media.ffmpeg import ffmpeg_command;"
        f"child = subprocess.Popen(ffmpeg_command({_ENDLESS!r}), stderr=subprocess.PIPE, pass_fds=[{writing}]);"
        "child.stderr.read(1); print('running', flush=True); child.wait()"
    )
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, pass_fds=[writing])
    os.close(writing)
    with parent, os.fdopen(reading, "rb") as pipe:
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"running\n"
        parent.kill()
        assert pipe.read() == b""
