"""A shot in the shape of the film: around its subject where it is cut, whole where it stands before a surround."""

from typing import get_args

import cv2
import numpy as np
import pytest
from scenery import same, view

from vgkit.media.framing import attention_map, framed, window_for
from vgkit.media.picture import Picture, flat, from_rgb, rgb_of
from vgkit.template import Framing

ASPECTS = [(1920, 1080), (1080, 1920), (1080, 1080)]


def _scene(width: int, height: int, x: float, y: float, *, count: int = 3) -> list[Picture]:
    """A red disc on a dull wall that is not quite even; ``x`` and ``y`` are shares of the sides."""
    dice = np.random.default_rng(3)
    wall = cv2.GaussianBlur(dice.integers(70, 130, (height, width, 3), np.uint8), (0, 0), 6)
    middle = (round(x * width), round(y * height))
    cv2.circle(wall, middle, min(width, height) // 9, (220, 40, 30), -1, cv2.LINE_AA)
    return [from_rgb(wall)] * count


def _redness(picture: Picture) -> np.ndarray:
    """Where the disc is: red difference above a level that the wall never reaches."""
    return picture.chroma[..., 1] > 150


@pytest.mark.parametrize("film", ASPECTS, ids=["16:9", "9:16", "1:1"])
@pytest.mark.parametrize(("width", "height"), [(256, 144), (144, 256), (192, 192)])
@pytest.mark.parametrize("at", [(0.2, 0.5), (0.8, 0.5), (0.5, 0.2), (0.5, 0.8), (0.22, 0.78)])
def test_the_window_holds_a_subject_wherever_it_is(
    film: tuple[int, int], width: int, height: int, at: tuple[float, float]
) -> None:
    scene = _scene(width, height, *at)
    seen = framed(scene, film)
    assert _redness(seen[0]).sum() > 0.97 * _redness(scene[0]).sum()


@pytest.mark.parametrize("framing", get_args(Framing))
@pytest.mark.parametrize("film", [*ASPECTS, (1080, 1350), (1000, 420)])
@pytest.mark.parametrize(("width", "height"), [(256, 144), (146, 258), (64, 64), (34, 20)])
def test_every_side_is_even_and_the_shape_is_the_films(
    film: tuple[int, int], width: int, height: int, framing: Framing
) -> None:
    shaped = framed([flat((width, height), (90, 120, 60))] * 2, film, framing=framing)
    assert len(shaped) == 2
    for picture in shaped:
        wide, high = picture.size
        assert (wide % 2, high % 2) == (0, 0)
        assert picture.chroma.shape == (high // 2, wide // 2, 2)
        assert abs(wide - high * film[0] / film[1]) <= max(2, 2 * film[0] / film[1])


@pytest.mark.parametrize("film", ASPECTS, ids=["16:9", "9:16", "1:1"])
def test_what_is_cut_out_is_as_it_was(film: tuple[int, int]) -> None:
    scene = _scene(256, 144, 0.7, 0.4)
    window = window_for(scene, film)
    (seen, *_) = framed(scene, film)
    assert seen.size == (window.width, window.height)
    rows, columns = (
        slice(window.top, window.top + window.height),
        slice(window.left, window.left + window.width),
    )
    assert np.array_equal(seen.luma, scene[0].luma[rows, columns])
    halves = [slice(each.start // 2, each.stop // 2) for each in (rows, columns)]
    assert np.array_equal(seen.chroma, scene[0].chroma[halves[0], halves[1]])


@pytest.mark.parametrize("framing", get_args(Framing))
def test_the_films_own_shape_is_not_touched(framing: Framing) -> None:
    scene = _scene(256, 144, 0.2, 0.3)
    assert all(map(same, framed(scene, (1920, 1080), framing=framing), scene))


@pytest.mark.parametrize(("width", "height"), [(256, 146), (258, 144), (1024 // 4, 576 // 4 + 2)])
def test_nearly_the_same_shape_loses_both_sides_evenly(width: int, height: int) -> None:
    """Two pixels are no reason to look for a subject, nor for a surround."""
    window = window_for(_scene(width, height, 0.1, 0.1), (1920, 1080))
    assert window.left == (width - window.width) // 4 * 2
    assert window.top == (height - window.height) // 4 * 2
    assert framed(_scene(width, height, 0.1, 0.1), (1920, 1080), framing="fit")[0].size == (window.width, window.height)


def test_the_window_is_one_for_the_whole_shot() -> None:
    """A subject that crosses the picture does not make the frame run after it."""
    crossing = [_scene(256, 144, x, 0.5, count=1)[0] for x in (0.4, 0.5, 0.6)]
    window = window_for(crossing, (1080, 1080))
    assert all(_redness(picture).any() for picture in framed(crossing, (1080, 1080)))
    assert window.left + window.width / 2 == pytest.approx(128, abs=12)


def test_nothing_to_see_is_framed_in_the_middle() -> None:
    window = window_for([flat((256, 144), (80, 80, 80))] * 3, (1080, 1920))
    assert window.left + window.width / 2 == pytest.approx(128, abs=2)


def test_attention_goes_to_what_moves_where_all_looks_alike() -> None:
    still = view(size=(192, 108)).luma
    pictures = []
    for number in range(5):
        luma = still.copy()
        luma[40:70, 130:160] = np.roll(luma[40:70, 130:160], 4 * number, axis=1)
        pictures.append(Picture(luma, view(size=(192, 108)).chroma))
    with_motion, without = attention_map(pictures), attention_map(pictures[:1])
    assert with_motion.sum() == pytest.approx(1, abs=1e-4)
    assert with_motion.shape == (54, 96)
    assert with_motion[20:35, 65:80].sum() > 1.3 * without[20:35, 65:80].sum()


@pytest.mark.parametrize("film", [(1080, 1920), (1080, 1080), (1920, 800)])
def test_fit_stands_the_picture_whole_before_a_dim_surround(film: tuple[int, int]) -> None:
    scene = _scene(256, 144, 0.2, 0.5)
    fitted = framed(scene, film, framing="fit")[0]
    left, top = (fitted.size[0] - 256) // 4 * 2, (fitted.size[1] - 144) // 4 * 2
    assert np.array_equal(fitted.luma[top : top + 144, left : left + 256], scene[0].luma)
    assert np.array_equal(fitted.chroma[top // 2 :, left // 2 :][:72, :128], scene[0].chroma)
    around = np.ones(fitted.luma.shape, bool)
    around[top : top + 144, left : left + 256] = False
    surround = rgb_of(fitted)[around]
    assert 10 < surround.mean() < 0.7 * rgb_of(scene[0]).mean()
    assert surround.std() < 0.5 * rgb_of(scene[0]).std()
