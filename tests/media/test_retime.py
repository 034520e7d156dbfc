"""Moments between pictures: exact on a source picture, near the truth between two, honest where nothing is followed."""

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import cv2
import numpy as np
import pytest
from scenery import SIZE, pan, psnr, same, view

from vgkit.media.flow import Motion, motion_between
from vgkit.media.picture import Picture, flat, from_rgb, mixed, to_rgb
from vgkit.media.retime import Fine, Pair, retime


def _quarters(last: int) -> list[Fraction]:
    return [Fraction(number, 4) for number in range(4 * last + 1)]


def between(first: Picture, second: Picture, motion: Motion, t: float) -> Picture:
    return Pair(Fine(first), Fine(second), motion).at(t)


def test_whole_times_give_the_source_pictures_themselves() -> None:
    source = pan(3)
    drawn = list(retime(source, _quarters(2)))
    assert len(drawn) == 9
    assert all(drawn[4 * number] is source[number] for number in range(3))


@pytest.mark.parametrize("factor", [1, 3], ids=["followed at full size", "followed at half size"])
def test_a_moving_picture_is_drawn_where_it_would_have_been(factor: int) -> None:
    """Blending, which is what a person would see without flow, stays more than 8 dB behind."""
    size = (factor * SIZE[0], factor * SIZE[1])
    first, second, truth = (view(shift, size=size) for shift in (0.0, 7.0, 3.5))
    drawn = between(first, second, motion_between(first, second), 0.5)
    assert psnr(drawn, truth) > 38
    assert psnr(drawn, truth) > psnr(mixed(first, second, 0.5), truth) + 8


def test_colours_move_with_the_light() -> None:
    first, second, truth = (view(shift) for shift in (0.0, 7.0, 3.5))
    drawn = between(first, second, motion_between(first, second), 0.5)
    inside = (slice(8, -8), slice(8, -8))
    assert np.abs(drawn.chroma - truth.chroma)[inside].mean() < 0.5
    assert np.abs(mixed(first, second, 0.5).chroma - truth.chroma)[inside].mean() > 1.5


@pytest.mark.parametrize("t", [0.2, 0.5, 0.8])
def test_each_moment_is_on_its_way(t: float) -> None:
    first, second = view(0), view(6)
    drawn = between(first, second, motion_between(first, second), t)
    nearest = max(np.arange(0, 6.1, 0.6), key=lambda shift: psnr(drawn, view(float(shift))))
    assert nearest == pytest.approx(6 * t, abs=0.31)


def test_a_still_picture_stays_as_it_is() -> None:
    still = view()
    (drawn,) = retime([still, still], [Fraction(1, 3)])
    assert np.abs(drawn.luma - still.luma).max() <= 1
    assert np.abs(drawn.chroma - still.chroma).max() <= 1


def test_a_cut_inside_a_clip_stays_a_cut() -> None:
    first, other = view(seed=1), view(seed=2)
    second = Picture(251 - other.luma, other.chroma)
    drawn = list(retime([first, second], _quarters(1)))
    assert [same(picture, first) for picture in drawn] == [True, True, False, False, False]
    assert [same(picture, second) for picture in drawn] == [False, False, True, True, True]


def test_what_can_not_be_followed_but_looks_alike_is_blended() -> None:
    first, second = view(seed=1), view(seed=2)
    lost = replace(motion_between(first, second), agreement=0.2, difference=9.0)
    assert same(between(first, second, lost, 0.25), mixed(first, second, 0.25))


def test_light_that_rises_rises_evenly_between() -> None:
    drawn = list(retime([flat(SIZE, (level,) * 3) for level in (40, 80, 120)], _quarters(2)))
    steps = np.diff([float(picture.luma.mean()) for picture in drawn])
    assert steps == pytest.approx(np.full(8, 40 * 219 / 255 / 4), abs=0.05)


def test_a_gleam_that_passes_does_not_tear_the_edges_it_passes() -> None:
    """What brightens is not what moves: a white frame round a dark picture stays whole while a gleam crosses it."""
    still = np.full((288, 512, 3), 30, np.uint8)
    cv2.rectangle(still, (120, 60), (390, 230), (235, 230, 220), 12)
    cv2.line(still, (330, 100), (330, 220), (90, 90, 90), 2)
    across = np.add.outer(0.45 * np.arange(288), np.arange(512)).astype(np.float32)
    inside = np.zeros((288, 512), np.float32)
    inside[66:225, 126:385] = 1
    gleams = [70 * inside * np.exp(-(((across - 380 - 26 * n) / 45) ** 2)) for n in range(4)]
    source = [from_rgb(np.clip(still + gleam[..., None], 0, 255).astype(np.float32)) for gleam in gleams]
    border = still[..., 0] > 200
    assert min(to_rgb(picture)[border].min() for picture in retime(source, _quarters(3))) > 190


def test_the_same_pictures_are_drawn_again() -> None:
    once, again = (list(retime(pan(3), _quarters(2))) for _ in range(2))
    assert all(map(same, once, again))


def test_motion_that_is_known_is_not_looked_for_again() -> None:
    source, asked = pan(4), []
    motions = [motion_between(*pair) for pair in pairwise(source)]

    def known(at: int, near: Picture, far: Picture) -> object:
        asked.append(at)
        assert (near, far) == (source[at], source[at + 1])
        return motions[at]

    drawn = list(retime(source, _quarters(3), motion=known))  # type: ignore[arg-type]
    assert asked == [0, 1, 2]
    assert all(map(same, drawn, retime(source, _quarters(3))))


def test_a_stream_is_read_only_as_far_as_it_is_needed() -> None:
    taken = []

    def stream() -> Iterator[Picture]:
        for number in range(10):
            taken.append(number)
            yield view(2.0 * number)

    drawn = retime(stream(), iter([Fraction(0), Fraction(5, 2), Fraction(8)]))
    next(drawn)
    assert taken == [0]
    next(drawn)
    assert taken == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("times", "message"),
    [
        ([Fraction(-1, 2)], "start below 0"),
        ([Fraction(1), Fraction(1, 2)], "1/2 comes after 1"),
        ([Fraction(3, 2)], "source frame 2 is asked for, but there are only 2"),
    ],
)
def test_times_outside_the_clip_are_refused(times: list[Fraction], message: str) -> None:
    grey = flat((32, 32), (90, 90, 90))
    with pytest.raises(ValueError, match=message):
        list(retime([grey, grey], times))
