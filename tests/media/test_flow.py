"""The flow between two pictures: how far things went, where that can be trusted, and when there is none."""

import cv2
import numpy as np
import pytest
from scenery import SIZE, psnr, view

from vgkit.media.flow import flow_picture, grown, motion_between
from vgkit.media.picture import Picture, flat
from vgkit.media.retime import Fine

WIDE = (3 * SIZE[0], 3 * SIZE[1])


@pytest.mark.parametrize(("size", "factor"), [(SIZE, 1), (WIDE, 3)], ids=["seen at full size", "seen at half size"])
def test_flow_counts_pixels_of_the_pictures_it_was_given(size: tuple[int, int], factor: int) -> None:
    motion = motion_between(view(0, size=size), view(4, size=size))
    assert motion.forward.shape == motion.backward.shape == (size[1], size[0], 2)
    assert np.median(motion.forward, axis=(0, 1)) == pytest.approx([-4 * factor, -2 * factor], abs=0.2 * factor)
    assert np.median(motion.backward, axis=(0, 1)) == pytest.approx([4 * factor, 2 * factor], abs=0.2 * factor)


@pytest.mark.parametrize("size", [SIZE, WIDE, (30, 22)])
def test_flow_is_kept_at_a_fraction_of_the_size(size: tuple[int, int]) -> None:
    motion = motion_between(view(0, size=size), view(4, size=size))
    height, width = motion.there.shape[:2]
    assert max(width, 12) <= max(size[0] // 4, 12)
    assert motion.trust.shape == motion.trust_back.shape == motion.back.shape[:2] == (height, width)


def test_what_is_fetched_along_the_flow_is_the_first_picture_again() -> None:
    first, second = view(0), view(5)
    motion = motion_between(first, second)
    fetched = Fine(second).fetched(motion.there)
    assert psnr(fetched, first) > 36 > psnr(second, first) + 10
    assert np.abs(fetched.chroma - first.chroma)[8:-8, 8:-8].mean() < 0.5


def test_a_still_picture_has_no_motion_and_all_of_it_is_trusted() -> None:
    motion = motion_between(view(0), view(0))
    assert np.abs(motion.there).max() < 0.1
    assert (motion.agreement, motion.difference) == (1.0, 0.0)
    assert (motion.traceable, motion.is_cut) == (True, False)


def test_what_appears_from_nowhere_is_not_trusted_and_the_rest_is() -> None:
    first, second = view(0), view(2)
    laid = second.luma.copy()
    laid[40:100, 90:160] = np.random.default_rng(5).integers(16, 235, (60, 70))
    motion = motion_between(first, Picture(laid, second.chroma))
    trust = grown(motion.trust_back, SIZE)
    assert trust[50:90, 100:150].mean() < 0.5
    assert trust[:, 190:].mean() > 0.9


def test_two_pictures_of_different_things_are_a_cut() -> None:
    dark, bright = flat(SIZE, (10, 10, 10)), view(0, seed=2)
    unlike = motion_between(view(0, seed=1), Picture(251 - bright.luma, bright.chroma))
    assert (unlike.is_cut, unlike.traceable) == (True, False)
    # A lamp that is switched on over something is no other thing.
    assert not motion_between(dark, flat(SIZE, (90, 90, 90))).is_cut


def test_a_flow_is_drawn_in_colours_of_its_direction() -> None:
    to_the_left = flow_picture(motion_between(view(0), view(6)))
    to_the_right = flow_picture(motion_between(view(6), view(0)))
    assert to_the_left.shape == (SIZE[1], SIZE[0], 3)
    hues = [cv2.cvtColor(drawn, cv2.COLOR_RGB2HSV)[..., 0] for drawn in (to_the_left, to_the_right)]
    apart = abs(float(np.median(hues[0])) - float(np.median(hues[1])))
    assert apart == pytest.approx(90, abs=6)  # half of OpenCV's circle of 180
