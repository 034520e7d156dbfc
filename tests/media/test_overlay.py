import av
import numpy as np
import pytest

from vgkit.media.frames import planes
from vgkit.media.overlay import Painter


class Patch:
    """One picture at one place, for three frames."""

    first, last = 0, 3

    def __init__(self, rgba, x=0, y=0):
        self.drawn = rgba, x, y

    def draw(self, frame_index):
        return self.drawn


def painted(*overlays, levels=(200, 90, 170), frame=0):
    """The planes of a plain 16x12 picture after painting."""
    picture = av.VideoFrame(16, 12, "yuv420p")
    for plane, level in zip(planes(picture), levels, strict=True):
        plane[:] = level
    Painter(overlays)(picture, frame)
    return [plane.astype(int) for plane in planes(picture)]


def patch(colour, alpha, **place):
    rgba = np.zeros((6, 8, 4), np.uint8)
    rgba[..., :3], rgba[..., 3] = colour, alpha
    return Patch(rgba, **place)


def test_half_black_brings_every_plane_halfway_to_black():
    luma, blue, red = painted(patch((0, 0, 0), 128))

    assert luma[0, 0] == pytest.approx((200 + 16) / 2, abs=1)
    assert (blue[0, 0], red[0, 0]) == pytest.approx(((90 + 128) / 2, (170 + 128) / 2), abs=1)
    assert luma[6, 8] == 200


@pytest.mark.parametrize("alpha", [1, 40, 140, 255])
@pytest.mark.parametrize("place", [{}, {"x": 3, "y": 5}, {"x": -3, "y": -1}])
def test_black_is_laid_as_the_darkest_colour_is(alpha, place):
    """Black takes a shorter way, which may not show."""
    for black, nearly in zip(
        painted(patch((0, 0, 0), alpha, **place)), painted(patch((0, 1, 0), alpha, **place)), strict=True
    ):
        assert np.abs(black - nearly).max() <= 1


def test_white_is_laid_as_broadcast_white():
    luma, blue, red = painted(patch((255, 255, 255), 255))

    assert (luma[2, 2], blue[1, 1], red[1, 1]) == (235, 128, 128)


def test_one_overlay_lies_on_another():
    luma = painted(patch((0, 0, 0), 255), patch((255, 255, 255), 255, x=2, y=2))[0]

    assert (luma[0, 0], luma[3, 3]) == (16, 235)
