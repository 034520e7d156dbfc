"""The cost of post-production is counted whole: children, threads and memory, for the film that is asked for."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from vgkit.bench import post_parts
from vgkit.bench.known_motion import known_clips
from vgkit.bench.post import seconds_table, verdicts_table
from vgkit.bench.spent import Spent, spent_apart, timed, typical
from vgkit.bench.usual_way import usual_film
from vgkit.errors import EncodeFailed
from vgkit.media.edit import check_segments
from vgkit.media.frames import write_picture
from vgkit.media.grade import Lut, identity
from vgkit.media.probe import probe
from vgkit.media.sound import write_wav

PIECE = """
import hashlib, pathlib, subprocess, sys
from vgkit.bench.spent import timed, write_spent

held = b'x' * (int(sys.argv[1]) << 20)
work = "import hashlib; held = b'x' * (100 << 20); [hashlib.sha256(held).digest() for _ in range(4)]"
write_spent(timed(lambda: subprocess.run([sys.executable, "-c", work], check=True)), pathlib.Path(sys.argv[2]))
assert hashlib.sha256(held).digest()
"""


@pytest.fixture
def piece(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of a module whose work is done by a child that holds 100 MB."""
    (tmp_path / "piece_of_work.py").write_text(PIECE)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return "piece_of_work"


def test_the_work_of_children_counts() -> None:
    spent = timed(lambda: subprocess.run([sys.executable, "-c", "sum(range(10**6))"], check=True))
    assert spent.cpu_s > 0
    assert spent.wall_s > 0


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux tells what a process held")
def test_the_memory_of_a_process_and_its_children_is_added_up(piece: str, tmp_path: Path) -> None:
    small, large = (spent_apart(piece, held_mb, result=tmp_path / "spent.json") for held_mb in (1, 300))
    assert small.peak_mb > 100
    assert large.peak_mb - small.peak_mb > 200
    assert large.cpu_s > 0


def test_a_piece_that_fails_is_named_with_its_last_words(piece: str, tmp_path: Path) -> None:
    with pytest.raises(EncodeFailed, match=r"(?s)piece_of_work many .* ended with code 1.*ValueError"):
        spent_apart(piece, "many", result=tmp_path / "spent.json")


def test_seconds_are_medians_and_memory_is_the_most() -> None:
    assert typical([Spent(1, 2, 30), Spent(3, 6, 20)]) == Spent(2, 4, 30)


@pytest.mark.parametrize("film_s", [30, 60])
def test_the_film_has_a_shot_for_each_clip_and_joins_between_them(film_s: int) -> None:
    segments = post_parts.segments(film_s)
    check_segments(segments)
    assert sum(segment.film_frames for segment in segments) == 30 * film_s
    assert len(segments) == film_s // 30 * 12
    assert sum(segment.transition != "cut" for segment in segments) == len(segments) - 1


def test_each_promise_has_its_own_verdict() -> None:
    spent = {
        "whole stage": Spent(42, 80, 700),
        "bare x264": Spent(29, 56, 300),
        "moviepy": Spent(190, 230, 800),
        "whole stage, long": Spent(83, 160, 901),
    }
    shown = [line.split() for line in str(verdicts_table(spent)).splitlines()[2:]]
    assert [line[-1] for line in shown if len(line) > 5] == ["NO", "yes", "NO", "yes", "NO"]
    assert "moviepy, a window of 5 s times 6" in str(seconds_table(spent))


@pytest.mark.slow
def test_moviepys_film_has_the_size_and_the_length_that_ours_has(tmp_path: Path) -> None:
    frames = [known_clips(1, size=(288, 160), drawn_only=True)[0].at(n / 4) for n in range(8)]
    write_picture(np.full((40, 40, 4), 200, np.uint8), tmp_path / "logo.png")
    write_wav(np.zeros((96_000, 2), np.float32), tmp_path / "music.wav")
    usual_film(
        [frames, frames],
        tmp_path / "usual.mp4",
        starts=[0, 6],
        overlap=2,
        window=(2, 8),
        look=Lut("none", identity(17)),
        logo=tmp_path / "logo.png",
        music=tmp_path / "music.wav",
    )
    found = probe(tmp_path / "usual.mp4")
    assert (found.width, found.height, found.frames) == (1920, 1080, 6)


@pytest.mark.slow
def test_the_bare_encoder_gets_as_many_frames_as_the_stage_makes(tmp_path: Path) -> None:
    post_parts.prepare(tmp_path, 5)
    for part in ("ready", "bare"):
        post_parts.PARTS[part](tmp_path, 5)
    assert [probe(tmp_path / name).frames for name in ("ready.mkv", "bare.mp4")] == [150, 150]
