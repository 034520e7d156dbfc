"""The same timeline in moviepy: the same frames, wherever one looks, and the same film when moviepy writes it."""

from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from vgkit.media.decoding import raw_frames
from vgkit.media.edit import AS_IT_IS, Segment, Treatment, film_pictures
from vgkit.media.editor import film_clip, shot_clips, write_arguments
from vgkit.media.encode import encode_film
from vgkit.media.formats import FILM
from vgkit.media.frames import planes, write_lossless
from vgkit.media.looks import look
from vgkit.media.picture import to_rgb
from vgkit.media.probe import probe

NATIVE = Fraction(8)
SEGMENTS = [
    Segment(0, 4, 12, "dissolve", 5),
    Segment(4, 4, 10),
    Segment(8, 4, 12, "wipe", 4),
    Segment(12, 4, 9),
]


def _written(path: Path, width: int, height: int) -> Path:
    """Write sixteen frames of a soft moving texture."""
    noise = np.random.default_rng(8).integers(0, 255, (80, 200, 3), np.uint8)
    soft = cv2.normalize(cv2.GaussianBlur(noise, (0, 0), 3), None, 0, 255, cv2.NORM_MINMAX)
    write_lossless((soft[:height, 2 * number :][:, :width] for number in range(16)), path, fps=8)
    return path


@pytest.fixture
def cut(tmp_path: Path) -> Path:
    return _written(tmp_path / "cut.mkv", 96, 54)


def _psnr(one: Path, other: Path) -> tuple[float, float]:
    """Compare two films as ffmpeg's psnr does, in what they hold: luma, and chroma."""
    found = []
    for which in (slice(0, 1), slice(1, 3)):
        first, second = (np.stack([planes(f)[which] for f in raw_frames(path)]).astype(float) for path in (one, other))
        assert first.shape == second.shape
        found.append(float(10 * np.log10(255**2 / np.mean((first - second) ** 2))))
    return found[0], found[1]


def test_the_clip_shows_the_films_frames_in_any_order(cut: Path) -> None:
    film = [to_rgb(picture) for picture in film_pictures(cut, SEGMENTS, native_fps=NATIVE)]
    clip = film_clip(cut, SEGMENTS, native_fps=NATIVE, treatment=AS_IT_IS)
    assert (clip.size, clip.fps) == ((96, 54), 30)
    assert clip.duration == pytest.approx(43 / 30)
    for number in (0, 1, 40, 11, 12, 42, 23, 22, 3):
        assert np.array_equal(clip.get_frame(number / 30), film[number]), number


def test_each_shot_is_a_clip_of_its_own(cut: Path) -> None:
    clips = shot_clips(cut, SEGMENTS, native_fps=NATIVE, treatment=AS_IT_IS)
    assert [round(clip.duration * 30) for clip in clips] == [12, 10, 12, 9]
    alone = next(film_pictures(cut, [Segment(4, 4, 10)], native_fps=NATIVE))
    assert np.array_equal(clips[1].get_frame(0), to_rgb(alone))


@pytest.mark.parametrize(
    ("clip_size", "size", "least_db"),
    [((96, 54), (192, 108), 45), ((68, 38), (384, 216), 47)],
    ids=["the film's shape", "nearly its shape"],
)
def test_moviepy_writes_the_film_that_we_write(
    tmp_path: Path, clip_size: tuple[int, int], size: tuple[int, int], least_db: float
) -> None:
    """With a look, sharpened, at the quality of a delivery: above 45 dB in luma and in chroma.

    A shape that is off by a pixel or two is stretched and not cropped, or all would be off by half of that.
    """
    cut = _written(tmp_path / "cut.mkv", *clip_size)
    theirs, ours, temporary = tmp_path / "theirs.mp4", tmp_path / "ours.mp4", str(tmp_path / "sound.m4a")
    how = {"native_fps": NATIVE, "treatment": Treatment(look=look("warm_story")), "size": size}
    clip = film_clip(cut, SEGMENTS, audio=np.zeros((68_800, 2), np.float32), **how)  # type: ignore[arg-type]
    clip.write_videofile(str(theirs), logger=None, temp_audiofile=temporary, **write_arguments(size=size, form=FILM))
    encode_film(film_pictures(cut, SEGMENTS, **how), audio=None, out=ours, size=size, form=FILM)  # type: ignore[arg-type]
    assert min(_psnr(theirs, ours)) > least_db
    seen = probe(theirs)
    assert (seen.frames, seen.width, seen.height) == (43, *size)
    assert (seen.colour_space, seen.colour_range, seen.pix_fmt, seen.moov_first) == ("bt709", "tv", "yuv420p", True)


def test_moviepy_is_told_all_that_the_film_is_made_with() -> None:
    told = write_arguments(size=(1080, 1920), form=FILM)
    assert (told["codec"], told["preset"]) == ("libx264", FILM.options["preset"])
    words = told["ffmpeg_params"]
    for name, value in FILM.options.items():
        if name != "preset":
            assert words[words.index(f"-{name}") + 1] == value
    assert "crop=1080:1920,format=yuv420p" in words[words.index("-vf") + 1]
