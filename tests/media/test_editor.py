"""The same timeline in moviepy: the same frames, wherever one looks, and the same film when moviepy writes it."""

from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from vgkit.media.edit import Segment, film_frames
from vgkit.media.editor import film_clip, write_arguments
from vgkit.media.encode import encode_film
from vgkit.media.frames import read_clip, write_lossless
from vgkit.media.looks import look
from vgkit.media.probe import probe

NATIVE = Fraction(8)
SIZE = (192, 108)
SEGMENTS = [
    Segment(0, 4, 12, "dissolve", 5),
    Segment(4, 4, 10),
    Segment(8, 4, 12, "wipe", 4),
    Segment(12, 4, 9),
]


@pytest.fixture
def cut(tmp_path: Path) -> Path:
    """Sixteen frames of a soft moving texture."""
    noise = np.random.default_rng(8).integers(0, 255, (80, 200, 3), np.uint8)
    soft = cv2.normalize(cv2.GaussianBlur(noise, (0, 0), 3), None, 0, 255, cv2.NORM_MINMAX)
    write_lossless((soft[:54, 2 * number :][:, :96] for number in range(16)), tmp_path / "cut.mkv", fps=8)
    return tmp_path / "cut.mkv"


def test_the_clip_shows_the_films_frames_in_any_order(cut: Path) -> None:
    film = list(film_frames(cut, SEGMENTS, native_fps=NATIVE))
    clip = film_clip(cut, SEGMENTS, native_fps=NATIVE)
    assert (clip.size, clip.fps) == ((96, 54), 30)
    assert clip.duration == pytest.approx(43 / 30)
    for number in (0, 1, 40, 11, 12, 42, 23, 22, 3):
        assert np.array_equal(clip.get_frame(number / 30), film[number]), number


def test_moviepy_writes_the_film_that_we_write(cut: Path, tmp_path: Path) -> None:
    warm = look("warm_story")
    clip = film_clip(cut, SEGMENTS, native_fps=NATIVE, look=warm, audio=np.zeros((68_800, 2), np.float32))
    temporary = str(tmp_path / "sound.m4a")
    clip.write_videofile(
        str(tmp_path / "theirs.mp4"), logger=None, temp_audiofile=temporary, **write_arguments(size=SIZE, crf=10)
    )
    frames = film_frames(cut, SEGMENTS, native_fps=NATIVE, look=warm)
    encode_film(frames, audio=None, out=tmp_path / "ours.mp4", size=SIZE, crf=10)
    theirs, ours = (read_clip(tmp_path / name).astype(float) for name in ("theirs.mp4", "ours.mp4"))
    seen = probe(tmp_path / "theirs.mp4")
    assert theirs.shape == ours.shape == (43, 108, 192, 3)
    assert 10 * np.log10(255**2 / np.mean((theirs - ours) ** 2)) > 40
    assert (seen.colour_space, seen.colour_range, seen.pix_fmt, seen.moov_first) == ("bt709", "tv", "yuv420p", True)
