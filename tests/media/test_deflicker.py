"""Light that jumps is evened; light that moves, fades or is switched on is not."""

from itertools import pairwise

import numpy as np
import pytest
from scenery import SIZE, elsewhere, pan, view

from vgkit.media.deflicker import brightened, brightness_path, evened, global_gains, local_gains
from vgkit.media.flow import Motion, motion_between
from vgkit.media.measures import flicker
from vgkit.media.picture import Picture, flat, to_rgb

_JUMPS = [1.05, 0.96, 1.03, 1.0, 0.94, 1.06, 0.98, 1.02, 0.95, 1.04]


def _motions(pictures: list[Picture]) -> list[Motion]:
    return [motion_between(*pair) for pair in pairwise(pictures)]


def _jumping(pictures: list[Picture]) -> list[Picture]:
    return [brightened(picture, gain) for picture, gain in zip(pictures, _JUMPS, strict=True)]


def _means(pictures: list[Picture]) -> np.ndarray:
    return np.array([picture.luma.mean() for picture in pictures])


def test_brightness_is_followed_through_a_moving_picture() -> None:
    clip = _jumping(pan(10))
    path = brightness_path(clip, _motions(clip))
    assert path == pytest.approx(np.log(np.array(_JUMPS) / _JUMPS[0]), abs=0.02)


def test_a_camera_that_turns_to_the_light_does_not_flicker() -> None:
    """The picture gets a tenth brighter from one end to the other; nothing in it does."""
    lit = np.linspace(0.5, 1.5, 600, dtype=np.float32)
    scene = view(size=(600, 144)).luma * 0.3 + 60 * lit
    clip = [Picture(np.ascontiguousarray(scene[:, 6 * n : 6 * n + 256]), view().chroma) for n in range(10)]
    means = _means(clip)
    assert means[-1] > 1.05 * means[0]
    assert np.abs(brightness_path(clip, _motions(clip))).max() < 0.01


@pytest.mark.parametrize("count", [1, 2, 3, 12])
def test_a_steady_fade_is_already_even(count: int) -> None:
    fade = np.linspace(0.4, -0.9, count)
    assert evened(fade) == pytest.approx(fade, abs=1e-9)


def test_evening_takes_jumps_away_and_lags_behind_nothing() -> None:
    fade, jumps = np.linspace(0, -1, 40), np.random.default_rng(3).normal(0, 0.03, 40)
    even = evened(fade + jumps)
    assert np.std((even - fade)[4:-4]) < 0.5 * np.std(jumps)
    assert abs(np.mean((even - fade)[4:-4])) < 0.01


def test_the_gains_of_a_flickering_clip_take_its_flicker_out() -> None:
    clip = _jumping(pan(10))
    motions = _motions(clip)
    gains = global_gains(brightness_path(clip, motions), motions)
    even = [brightened(picture, float(gain)) for picture, gain in zip(clip, gains, strict=True)]
    assert flicker([p.luma for p in even]) < 0.15 * flicker([p.luma for p in clip])


def test_a_bright_scene_does_not_lighten_the_dark_one_before_the_cut() -> None:
    clip = [*elsewhere(5), *pan(5, seed=1)]
    motions = _motions(clip)
    assert [motion.is_cut for motion in motions] == [False] * 4 + [True] + [False] * 4
    assert global_gains(brightness_path(clip, motions), motions) == pytest.approx(np.ones(10), abs=0.01)


def test_a_lamp_that_is_switched_on_stays_on() -> None:
    clip = [brightened(picture, gain) for picture, gain in zip(pan(10), [0.5] * 5 + [0.9] * 5, strict=True)]
    motions = _motions(clip)
    assert global_gains(brightness_path(clip, motions), motions) == pytest.approx(np.ones(10), abs=0.01)


@pytest.mark.parametrize("at", [0, 1, 5, 8, 9])
def test_a_flash_that_lasts_one_picture_is_flicker(at: int) -> None:
    path = np.zeros(10)
    path[at + 1 :] = -0.05  # what is seen after it may be a little darker
    path[at] = 0.1
    gains = global_gains(path, [motion_between(*pan(2))] * 9)
    assert gains[at] < 0.98
    assert np.abs(np.log(np.delete(gains, at))).max() < 0.06


def _with_spot(factor: float) -> Picture:
    """A still texture, of which a disc in the middle is brighter by a factor."""
    still = view()
    down, across = np.mgrid[: SIZE[1], : SIZE[0]]
    inside = np.exp(-((((across - 128) ** 2 + (down - 72) ** 2) / 40**2) ** 2))
    return Picture(((still.luma - 16) * (1 + (factor - 1) * inside) + 16).astype(np.float32), still.chroma)


def test_a_region_that_flickers_is_evened_and_what_is_around_it_is_not() -> None:
    clip = [_with_spot(factor) for factor in (1.0, 0.95, 1.04, 0.97, 1.03, 1.0)]
    gains = local_gains(clip, _motions(clip))
    inner, outer = (slice(14, 22), slice(28, 36)), (slice(None), slice(0, 6))
    middles = np.array([float(np.mean(gain[inner])) for gain in gains])
    assert (np.sign(middles[1:5]) == [1, -1, 1, -1]).all()
    assert np.abs(middles[1:5]).min() > 0.01
    assert max(np.abs(gain[outer]).max() for gain in gains) < 0.004
    even = [brightened(picture, np.exp(gain)) for picture, gain in zip(clip, gains, strict=True)]
    before, after = ([float(p.luma[56:88, 112:144].mean()) for p in each] for each in (clip, even))
    assert np.std(after[1:5]) < 0.6 * np.std(before[1:5])


def test_a_region_that_lights_up_is_left_alone() -> None:
    clip = [_with_spot(factor) for factor in (0.7, 0.7, 0.7, 1.0, 1.0, 1.0)]
    lit = -np.log(0.7)
    assert max(float(np.abs(gain).max()) for gain in local_gains(clip, _motions(clip))) < lit / 10


def test_regions_go_where_the_light_of_the_whole_goes() -> None:
    """At the ends of a fade, where only one neighbour is, that one would hold them back."""
    clip = [brightened(picture, gain) for picture, gain in zip(pan(8), np.linspace(1, 0.5, 8).tolist(), strict=True)]
    assert max(abs(float(gain.mean())) for gain in local_gains(clip, _motions(clip))) < 0.01


@pytest.mark.parametrize("gain", [1.25, np.full((36, 64), 1.25, np.float32)], ids=["a factor", "a field"])
def test_brightening_multiplies_the_light_and_its_colour(gain: float | np.ndarray) -> None:
    brighter = brightened(flat(SIZE, (120, 80, 40)), gain)
    assert np.abs(to_rgb(brighter).astype(int) - [150, 100, 50]).max() <= 1
    assert to_rgb(brightened(flat(SIZE, (0, 0, 0)), gain)).max() == 0


def test_wide_pictures_are_evened_as_small_ones_are() -> None:
    """Above 640 pixels flow is seen at half size, and is coarser than the brightness it leads to."""
    wide = [view(2.0 * number, size=(768, 432)) for number in range(4)]
    clip = [brightened(*pair) for pair in zip(wide, _JUMPS[:4], strict=True)]
    motions = _motions(clip)
    assert brightness_path(clip, motions) == pytest.approx(np.log(np.array(_JUMPS[:4]) / _JUMPS[0]), abs=0.02)
    assert {gain.shape for gain in local_gains(clip, motions)} == {(108, 192)}
