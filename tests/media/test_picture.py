"""Pictures in BT.709 floating point: in and out of RGB, mixed, and handed to the scaler without loss."""

import av
import numpy as np
import pytest
from av.video.reformatter import ColorRange, Colorspace

from vgkit.media.frames import planes
from vgkit.media.picture import Picture, flat, from_rgb, mixed, mixed_by, to_eight_bits, to_rgb, to_video_frame

COLOURS = [(0, 0, 0), (255, 255, 255), (255, 0, 0), (0, 255, 0), (0, 0, 255), (120, 90, 200)]


@pytest.mark.parametrize("rgb", COLOURS)
def test_a_colour_comes_out_as_it_went_in(rgb: tuple[int, int, int]) -> None:
    assert np.abs(to_rgb(flat((8, 6), rgb)).astype(int) - rgb).max() <= 1


@pytest.mark.parametrize("rgb", COLOURS)
def test_the_numbers_are_those_of_bt709(rgb: tuple[int, int, int]) -> None:
    """FFmpeg, asked for BT.709, gives the same Y, Cb and Cr to within a step."""
    frame = av.VideoFrame.from_ndarray(np.full((8, 8, 3), rgb, np.uint8), format="rgb24")
    theirs = planes(frame.reformat(format="yuv420p", dst_colorspace=Colorspace.ITU709, dst_color_range=ColorRange.MPEG))
    ours = flat((8, 8), rgb)
    assert ours.luma.mean() == pytest.approx(theirs[0].mean(), abs=1)
    assert ours.chroma.mean(axis=(0, 1)) == pytest.approx([theirs[1].mean(), theirs[2].mean()], abs=1)


def test_odd_sides_are_made_even_by_doubling_the_edge() -> None:
    frame = np.random.default_rng(1).integers(0, 255, (7, 9, 3), np.uint8)
    picture = from_rgb(frame)
    assert picture.size == (10, 8)
    assert np.array_equal(picture.luma[:, -1], picture.luma[:, -2])


def test_mixing_goes_from_the_first_to_the_second() -> None:
    dark, bright = flat((8, 8), (20, 20, 20)), flat((8, 8), (220, 220, 220))
    levels = [float(mixed(dark, bright, share).luma.mean()) for share in (0, 0.5, 1)]
    assert levels[0] == dark.luma[0, 0]
    assert levels[1] == pytest.approx((levels[0] + levels[2]) / 2)
    assert levels[2] == bright.luma[0, 0]


def test_mixing_by_weight_is_a_matter_of_each_pixel() -> None:
    dark, bright = flat((8, 8), (20, 20, 20)), flat((8, 8), (20, 20, 220))
    weight = np.zeros((8, 8), np.float32)
    weight[:, 4:] = 1
    laid = mixed_by(dark, bright, weight)
    assert np.allclose(laid.chroma[:, :2], dark.chroma[:, :2], atol=1e-3)
    assert np.allclose(laid.chroma[:, 2:], bright.chroma[:, 2:], atol=1e-3)


def test_whole_steps_stay_whole_in_eight_bits_and_parts_are_dithered() -> None:
    whole = np.random.default_rng(2).integers(16, 236, (30, 44)).astype(np.float32)
    chroma = np.full((15, 22, 2), 128, np.float32)
    assert np.array_equal(planes(to_eight_bits(Picture(whole, chroma)))[0], whole)
    parts = planes(
        to_eight_bits(Picture(np.full((32, 32), 100.25, np.float32), np.full((16, 16, 2), 90.5, np.float32)))
    )
    assert [float(plane.mean()) for plane in parts] == [100.25, 90.5, 90.5]


def test_the_scaler_gets_what_eight_bits_can_not_hold() -> None:
    """A ramp of a quarter of a step survives the way to the scaler."""
    luma = np.full((4, 16), 100, np.float32) + np.arange(16, dtype=np.float32) / 4
    frame = to_video_frame(Picture(luma, np.full((2, 8, 2), 128, np.float32)))
    kept = np.frombuffer(frame.planes[0], np.uint16).reshape(4, -1)[:, :16] / 256
    assert np.array_equal(kept, luma)
    assert frame.format.name == "yuv420p16le"
