import sys

import cv2
import numpy as np
import pytest

from vgkit.errors import ExtraMissing, InputError
from vgkit.media.superres import FACTORS, Tiling, available, enlarge, forecast_s, tiled, worked_pixels

with_the_extra = pytest.mark.skipif(bool(available()), reason=available())


def disc(size=(96, 72)):
    """A pale disc with a soft edge on a dark ground, RGB."""
    picture = np.full((size[1] * 4, size[0] * 4, 3), (20, 40, 60), np.uint8)
    cv2.circle(picture, (size[0] * 2, size[1] * 2), size[1], (230, 220, 200), -1)
    return cv2.resize(picture, size, interpolation=cv2.INTER_AREA)


def noise(size, seed=1):
    return np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), np.uint8)


def blurred_twice_as_large(frame):
    """A real operator that looks two pixels far, as a net of two convolutions does."""
    soft = cv2.blur(cv2.blur(frame, (3, 3)), (3, 3))
    return cv2.resize(soft, None, fx=2, fy=2, interpolation=cv2.INTER_NEAREST)


@pytest.mark.parametrize("size", [(40, 30), (16, 16), (17, 5), (64, 33), (1, 1)])
def test_tiles_that_see_as_far_as_the_net_leave_no_seam(size):
    picture = noise(size)
    by_tiles = tiled(picture, blurred_twice_as_large, tiling=Tiling(factor=2, core_px=16, reach_px=4))
    assert np.array_equal(by_tiles[2:-2, 2:-2], blurred_twice_as_large(picture)[2:-2, 2:-2])
    assert by_tiles.shape == (size[1] * 2, size[0] * 2, 3)


def test_tiles_that_see_too_little_would_show():
    picture = noise((40, 30))
    by_tiles = tiled(picture, blurred_twice_as_large, tiling=Tiling(factor=2, core_px=16, reach_px=0))
    assert not np.array_equal(by_tiles, blurred_twice_as_large(picture))


def test_no_tile_is_larger_than_core_and_reach():
    seen = []

    def grow(part):
        seen.append(part.shape[:2])
        return blurred_twice_as_large(part)

    tiled(noise((300, 200)), grow, tiling=Tiling(factor=2, core_px=64, reach_px=8))
    assert max(max(shape) for shape in seen) == 80
    assert sum(height * width for height, width in seen) == worked_pixels((300, 200), tiling=Tiling(2, 64, 8))


def test_without_the_extra_the_error_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "ncnn", None)
    with pytest.raises(ExtraMissing, match=r"needs ncnn.*pip install 'vgkit\[superres\]'"):
        enlarge(disc(), factor=2)


@with_the_extra
@pytest.mark.parametrize("factor", FACTORS)
def test_the_quick_net_draws_a_steeper_edge_than_lanczos_and_keeps_the_picture(factor):
    picture = disc()
    large = enlarge(picture, factor=factor, model="quick")
    size = (96 * factor, 72 * factor)
    lanczos = cv2.resize(picture, size, interpolation=cv2.INTER_LANCZOS4)
    assert large.shape == lanczos.shape
    assert steepest(large) > 1.1 * steepest(lanczos)
    assert cv2.PSNR(cv2.resize(large, (96, 72), interpolation=cv2.INTER_AREA), picture) > 28


@with_the_extra
@pytest.mark.slow
def test_the_photo_net_gives_twice_the_size_too():
    picture = disc((48, 36))
    large = enlarge(picture, factor=2, model="photo")
    assert large.shape == (72, 96, 3)
    assert cv2.PSNR(cv2.resize(large, (48, 36), interpolation=cv2.INTER_AREA), picture) > 26


@with_the_extra
def test_the_quick_nets_tiles_join_without_a_seam():
    """The picture is wider than one tile; shifted by half a tile, the seams would lie elsewhere."""
    picture = cv2.resize(noise((40, 8)), (320, 64), interpolation=cv2.INTER_CUBIC)
    here = enlarge(picture, factor=2, model="quick").astype(int)
    shifted = enlarge(np.ascontiguousarray(picture[:, 96:]), factor=2, model="quick").astype(int)
    assert np.abs(here[:, 240:] - shifted[:, 48:]).max() <= 1


@with_the_extra
def test_a_forecast_grows_with_the_frames_and_their_size():
    one = forecast_s((64, 64), factor=2, model="quick")
    assert one > 0
    assert forecast_s((64, 64), factor=2, model="quick", frames=10) == pytest.approx(10 * one)
    assert forecast_s((640, 640), factor=2, model="quick") > 50 * one


@with_the_extra
def test_a_net_that_is_not_there_is_refused():
    with pytest.raises(InputError, match="no net 'photo' for 3 times. Choose photo or quick, and 2 or 4 times"):
        enlarge(disc(), factor=3)


def steepest(picture):
    return np.percentile(np.abs(np.diff(picture[..., 1].astype(int), axis=1)), 99.5)
