"""Grain is averaged away along the motion; edges, cuts and what is seen only once are not."""

from itertools import pairwise

import numpy as np
import pytest
from scenery import SIZE, elsewhere, pan, psnr, same

from vgkit.media.flow import Motion, motion_between
from vgkit.media.measures import sharpness
from vgkit.media.picture import Picture
from vgkit.media.smoothing import neighbours, smoothed


def _motions(pictures: list[Picture]) -> list[Motion]:
    return [motion_between(*pair) for pair in pairwise(pictures)]


def _grainy(pictures: list[Picture], levels: float = 3.0) -> list[Picture]:
    dice = np.random.default_rng(7)
    return [
        Picture(
            picture.luma + dice.normal(0, levels, picture.luma.shape).astype(np.float32),
            picture.chroma + dice.normal(0, levels, picture.chroma.shape).astype(np.float32),
        )
        for picture in pictures
    ]


def test_grain_on_a_moving_picture_is_averaged_away_and_edges_stay() -> None:
    clean = pan(5, step_px=3)
    grainy = _grainy(clean)
    calm = smoothed(grainy, _motions(grainy))
    assert all(psnr(calm[n], clean[n]) > psnr(grainy[n], clean[n]) + 3 for n in (1, 2, 3))
    assert np.abs(calm[2].chroma - clean[2].chroma).mean() < 0.7 * np.abs(grainy[2].chroma - clean[2].chroma).mean()
    assert sharpness([picture.luma for picture in calm]) > 0.97 * sharpness([picture.luma for picture in clean])


def test_a_clean_moving_picture_is_hardly_touched() -> None:
    clip = pan(4, step_px=3)
    assert min(psnr(*pair) for pair in zip(smoothed(clip, _motions(clip)), clip, strict=True)) > 45


def test_more_strength_takes_more_and_none_takes_nothing() -> None:
    clean = pan(3)
    grainy = _grainy(clean)
    motions = _motions(grainy)
    assert all(map(same, smoothed(grainy, motions, strength=0), grainy))
    near = [psnr(smoothed(grainy, motions, strength=strength)[1], clean[1]) for strength in (0, 0.3, 1)]
    assert near == sorted(near)
    assert near[2] > near[0] + 3


def test_nothing_is_averaged_across_a_cut() -> None:
    clip = [*pan(3, seed=1), *elsewhere(3)]
    motions = _motions(clip)
    assert motions[2].is_cut
    apart = [*smoothed(clip[:3], motions[:2]), *smoothed(clip[3:], motions[3:])]
    assert all(map(same, smoothed(clip, motions), apart))


def test_what_is_seen_only_once_stays_and_leaves_no_ghost() -> None:
    """A spark in the third of five pictures: bright there, and not to be seen before or after."""
    clip = pan(5, step_px=1)
    spark = clip[2].luma.copy()
    spark[60:76, 120:136] = 235
    sparkling = [*clip[:2], Picture(spark, clip[2].chroma), *clip[3:]]
    calm = smoothed(sparkling, _motions(sparkling))
    assert calm[2].luma[62:74, 122:134].min() > 225
    around = (slice(56, 80), slice(116, 140))
    assert max(np.abs(calm[n].luma[around] - clip[n].luma[around]).max() for n in (1, 3)) < 8


@pytest.mark.parametrize(("number", "met"), [(0, [1]), (1, [2, 0]), (2, [1])])
def test_a_picture_is_met_by_those_beside_it(number: int, met: list[int]) -> None:
    clip = pan(3)
    found = neighbours(number, _motions(clip))
    assert [at for at, _, _ in found] == met
    assert all(flow.shape[:2] == trust.shape == (SIZE[1] // 4, SIZE[0] // 4) for _, flow, trust in found)
