import math
from fractions import Fraction

import builders
import cv2
import numpy as np
import pytest
from PIL import Image

from vgkit.errors import AssetError, InputError
from vgkit.media.enlarging import enlarge_clip, enlarge_still, is_still, spoken
from vgkit.media.frames import read_clip, read_frames, read_picture, write_clip, write_picture
from vgkit.media.probe import probe
from vgkit.media.superres import available

with_the_extra = pytest.mark.skipif(bool(available()), reason=available())


def checks(size=(64, 48)):
    rows, columns = np.mgrid[: size[1], : size[0]]
    shade = ((rows // 8 + columns // 8) % 2 * 160 + 40).astype(np.uint8)
    return np.dstack([shade, shade, 255 - shade])


def test_a_picture_that_is_large_enough_needs_no_net(tmp_path):
    write_picture(checks((320, 240)), tmp_path / "in.png")
    enlarge_still(tmp_path / "in.png", tmp_path / "out.png", (160, 90))
    assert read_picture(tmp_path / "out.png").shape == (90, 160, 3)


def test_a_file_that_is_no_picture_is_named(tmp_path):
    (tmp_path / "in.png").write_bytes(b"not a picture")
    with pytest.raises(AssetError, match="in.png is not a picture"):
        enlarge_still(tmp_path / "in.png", tmp_path / "out.png", (160, 90))


def test_a_still_is_known_by_its_name_and_a_moving_webp_by_its_content(tmp_path):
    write_picture(checks(), tmp_path / "a.png")
    frames = [Image.fromarray(np.full((16, 16, 3), shade, np.uint8)) for shade in (0, 255)]
    frames[0].save(tmp_path / "still.webp")
    frames[0].save(tmp_path / "moving.webp", save_all=True, append_images=frames[1:])
    assert [is_still(tmp_path / name) for name in ("a.png", "still.webp", "moving.webp", "b.gif", "c.mp4")] == [
        *(True, True, False, False, False)
    ]


@pytest.mark.parametrize(
    ("seconds", "said"), [(0.2, "1 s"), (42.4, "42 s"), (600, "10 min"), (9000, "2.5 h"), (86_400, "24.0 h")]
)
def test_a_forecast_is_said_as_exactly_as_it_deserves(seconds, said):
    assert spoken(seconds) == said


@with_the_extra
def test_a_still_reaches_the_size_that_was_asked_whatever_its_shape(tmp_path):
    write_picture(checks(), tmp_path / "in.png")
    told = []
    enlarge_still(tmp_path / "in.png", tmp_path / "out.jpg", (150, 90), model="quick", told=told.append)
    assert read_picture(tmp_path / "out.jpg").shape == (90, 150, 3)
    assert "One picture of 64x48, 4 times: about" in told[0]


@with_the_extra
def test_transparency_is_enlarged_with_the_picture(tmp_path):
    alpha = np.zeros((48, 64), np.uint8)
    alpha[:, 32:] = 255
    write_picture(np.dstack([checks(), alpha]), tmp_path / "in.png")
    enlarge_still(tmp_path / "in.png", tmp_path / "out.png", (128, 96), model="quick")
    large = read_picture(tmp_path / "out.png")
    assert large.shape == (96, 128, 4)
    assert (large[:, :60, 3] == 0).all()
    assert (large[:, 68:, 3] == 255).all()


@with_the_extra
def test_a_clip_keeps_its_rate_and_its_frames(tmp_path):
    write_clip([np.roll(checks(), step, axis=1) for step in range(4)], tmp_path / "in.mp4", fps=8)
    assert enlarge_clip(tmp_path / "in.mp4", tmp_path / "out.mp4", factor=2, patience_s=math.inf) == 4
    seen = probe(tmp_path / "out.mp4")
    assert (seen.width, seen.height, seen.fps, seen.frames) == (128, 96, Fraction(8), 4)


@with_the_extra
def test_a_clip_that_takes_too_long_is_refused_with_the_figures(tmp_path):
    write_clip([checks()] * 3, tmp_path / "in.mp4", fps=8)
    with pytest.raises(InputError, match=r"3 frames of 64x48, 2 times with the quick net would take about .*--force"):
        enlarge_clip(tmp_path / "in.mp4", tmp_path / "out.mp4", factor=2, patience_s=0)
    assert not (tmp_path / "out.mp4").exists()


@with_the_extra
def test_the_dither_of_a_real_gif_is_not_drawn_in_bold(tmp_path):
    """Between neighbouring pixels of a plain cheek there is less up and down than in the clip as it came."""
    given = builders.shared("clips/animatediff/model_03_01.gif")
    first = next(read_frames(given))
    write_gif(first, tmp_path / "one.gif")
    enlarge_clip(tmp_path / "one.gif", tmp_path / "out.mp4", factor=2, patience_s=math.inf)
    large = cv2.resize(read_clip(tmp_path / "out.mp4")[0], (256, 256), interpolation=cv2.INTER_AREA)
    assert checkering(large) < 0.2 * checkering(first)


def write_gif(frame, path):
    Image.fromarray(frame).quantize(256, dither=Image.Dither.NONE).save(path)


def checkering(frame):
    """The mean strength of the finest pattern: what is left of two-by-two blocks once slopes are taken away."""
    luma = frame[..., 1].astype(int)
    return np.abs(luma[:-1, :-1] - luma[1:, :-1] - luma[:-1, 1:] + luma[1:, 1:]).mean()
