"""One shot gives way to the next: what each transition shows, that it starts and ends at rest, and in which colour."""

from itertools import pairwise
from typing import get_args

import cv2
import numpy as np
import pytest
from builders import shared
from numpy.typing import NDArray

from vgkit.media.conform import BLACK_S
from vgkit.media.frames import read_clip
from vgkit.media.picture import Picture, flat, from_rgb
from vgkit.media.transitions import INK, Rgb, Side, joined, side_of, thumbnail
from vgkit.template import Camera, Transition
from vgkit.timing import _TRANSITION_FRAMES

GRADUAL = [kind for kind, frames in _TRANSITION_FRAMES.items() if frames]
PLANNED_BLACK = 16 + 0.06 * 219  # the luma below which ffmpeg, as conform asks it, calls a pixel black


def texture(seed: int, frames: int) -> list[Picture]:
    """A pan over a cloudy picture, a pixel and a half each frame."""
    noise = np.random.default_rng(seed).integers(0, 256, (48, 96 + 2 * frames, 3), np.uint8)
    cloud = cv2.normalize(cv2.GaussianBlur(noise, (0, 0), 3), None, 20, 230, cv2.NORM_MINMAX)  # type: ignore[call-overload]
    moves = [np.array([[1, 0, -1.5 * n], [0, 1, 0]], np.float32) for n in range(frames)]
    return [from_rgb(cv2.warpAffine(cloud, move, (96, 48)).astype(np.uint8)) for move in moves]


def film(leaving: list[Picture], entering: list[Picture], kind: Transition, *, around: int = 4) -> list[Picture]:
    """The pictures of a transition at its usual length, and some before and after it."""
    frames = _TRANSITION_FRAMES[kind]
    step = 1 / (frames + 1)
    within = [
        joined(leaving[around + n], entering[n], kind, step * (n + 1), step=step, colour=(0, 0, 0))
        for n in range(frames)
    ]
    return [*leaving[:around], *within, *entering[frames : frames + around]]


def changes(pictures: list[Picture]) -> NDArray[np.float64]:
    return np.array([np.abs(b.luma - a.luma).mean() for a, b in pairwise(pictures)])


def same(one: Picture, other: Picture) -> bool:
    return np.allclose(one.luma, other.luma, atol=1e-3) and np.allclose(one.chroma, other.chroma, atol=1e-3)


@pytest.mark.parametrize("side", get_args(Side))
@pytest.mark.parametrize("kind", get_args(Transition))
def test_a_transition_begins_with_one_shot_and_ends_with_the_other(kind: Transition, side: Side) -> None:
    leaving, entering = texture(1, 1)[0], texture(2, 1)[0]
    assert same(joined(leaving, entering, kind, 0, side=side, step=0), leaving)
    assert same(joined(leaving, entering, kind, 1, side=side, step=0), entering)


@pytest.mark.parametrize("kind", GRADUAL)
def test_nothing_jumps_at_either_end_of_a_transition_or_within_it(kind: Transition) -> None:
    moved = changes(film(texture(3, 40), texture(4, 40), kind))
    assert np.all(moved[1:-1] < 2 * np.maximum(moved[:-2], moved[2:]))


@pytest.fixture(scope="module")
def clips() -> list[list[Picture]]:
    paths = [shared(f"clips/zeroscope/zeroscope_num_frames_{name}.mp4") for name in ("032", "048")]
    return [[from_rgb(frame) for frame in read_clip(path)] for path in paths]


@pytest.mark.parametrize("kind", GRADUAL)
def test_nothing_jumps_between_real_clips(kind: Transition, clips: list[list[Picture]]) -> None:
    moved = changes(film(clips[0], clips[1], kind))
    assert np.all(moved[1:-1] < 2 * np.maximum(moved[:-2], moved[2:]))


@pytest.mark.parametrize("kind", GRADUAL)
def test_the_same_moment_is_the_same_to_the_bit_and_leaves_its_shots_as_they_were(kind: Transition) -> None:
    leaving, entering = texture(5, 1)[0], texture(6, 1)[0]
    before = leaving.luma.copy(), entering.chroma.copy()
    once, again = (joined(leaving, entering, kind, 0.37) for _ in range(2))
    assert np.array_equal(once.luma, again.luma)
    assert np.array_equal(once.chroma, again.chroma)
    assert once.size == leaving.size
    assert np.array_equal(leaving.luma, before[0])
    assert np.array_equal(entering.chroma, before[1])


@pytest.mark.parametrize("kind", ["dissolve", "match"])
def test_a_dissolve_goes_evenly_to_the_eye_and_never_beyond_its_shots(kind: Transition) -> None:
    dark, bright = flat((8, 8), (30, 30, 30)), flat((8, 8), (220, 220, 220))
    levels = [float(joined(dark, bright, kind, n / 10).luma.mean()) for n in range(11)]
    assert levels == sorted(levels)
    assert levels[5] == pytest.approx((levels[0] + levels[10]) / 2)


def test_a_cut_changes_in_the_middle() -> None:
    dark, bright = flat((8, 8), (30, 30, 30)), flat((8, 8), (220, 220, 220))
    assert [joined(dark, bright, "cut", share) is bright for share in (0.2, 0.49, 0.5, 0.9)] == [0, 0, 1, 1]


@pytest.mark.parametrize(("side", "columns"), [("right", slice(40, None)), ("left", slice(None, 24))])
def test_a_wipe_uncovers_the_next_shot_from_its_side(side: Side, columns: slice) -> None:
    red, blue = flat((64, 16), (200, 30, 30)), flat((64, 16), (30, 30, 200))
    half = joined(red, blue, "wipe", 0.5, side=side)
    assert np.allclose(half.luma[:, columns], blue.luma[:, columns], atol=1e-3)
    assert 24 <= int(np.isclose(half.luma[0], red.luma[0, 0], atol=1e-3).sum()) < 32


def test_the_edge_of_a_wipe_is_soft() -> None:
    dark, bright = flat((200, 16), (16, 16, 16)), flat((200, 16), (235, 235, 235))
    across = np.abs(np.diff(joined(dark, bright, "wipe", 0.5).luma[0]))
    assert across.max() < 0.05 * across.sum()


@pytest.mark.parametrize("side", get_args(Side))
def test_halfway_through_a_push_half_of_each_shot_is_seen(side: Side) -> None:
    leaving, entering = texture(7, 1)[0], texture(8, 1)[0]
    half = joined(leaving, entering, "push", 0.5, side=side, step=0)
    left, right = (leaving, entering) if side == "right" else (entering, leaving)
    assert np.allclose(half.luma, np.hstack([left.luma[:, 48:], right.luma[:, :48]]), atol=0.1)
    assert np.allclose(half.chroma, np.hstack([left.chroma[:, 24:], right.chroma[:, :24]]), atol=0.1)


def bar(place: float) -> Picture:
    """A soft bright bar on grey ground."""
    columns = np.exp(-(((np.arange(320) - place) / 4) ** 2)).astype(np.float32)
    return Picture(np.tile(60 + 120 * columns, (8, 1)), np.full((4, 160, 2), 128, np.float32))


def test_what_is_pushed_moves_by_parts_of_a_pixel_and_slows_down_at_both_ends() -> None:
    """The bar lies where the eased share of the width puts it, to a fiftieth of a pixel."""
    step, shares = 1 / 17, np.arange(1, 8) / 17
    light = [joined(bar(300), bar(-99), "push", float(share), step=step).luma[0] - 60 for share in shares]
    places = np.array([(each * np.arange(320)).sum() / each.sum() for each in light])
    reach = np.array([-1, 1]) * step / 4
    exact = shares[:, np.newaxis] + np.linspace(*reach, 101)
    travelled = (exact**3 * (exact * (6 * exact - 15) + 10)).mean(axis=1) * 320
    assert places == pytest.approx(300 - travelled, abs=0.4)
    assert np.all(np.diff(-places, prepend=-300, n=2) > 0)


def test_a_push_is_blurred_as_by_a_shutter_and_loses_no_light() -> None:
    seen = [joined(bar(160), bar(-99), "push", share, step=1 / 17).luma[0] - 60 for share in (0.05, 0.2, 0.3)]
    assert [float(each.sum()) for each in seen] == pytest.approx([float((bar(160).luma[0] - 60).sum())] * 3, rel=1e-3)
    peaks = [float(each.max()) for each in seen]
    assert peaks == sorted(peaks, reverse=True)
    assert peaks[0] > 110 > peaks[2]


@pytest.mark.parametrize("colour", [INK, (0, 0, 0), (255, 255, 255), (120, 40, 20)])
def test_a_dip_stands_in_its_colour_at_the_middle(colour: Rgb) -> None:
    leaving, entering = texture(9, 1)[0], texture(10, 1)[0]
    assert same(joined(leaving, entering, "dip", 0.5, colour=colour), flat((96, 48), colour))
    assert not same(joined(leaving, entering, "dip", 0.4, colour=colour), flat((96, 48), colour))


def test_even_a_dip_to_black_is_black_for_less_than_conform_allows() -> None:
    dark = [float(np.mean(picture.luma < PLANNED_BLACK)) for picture in film(texture(11, 40), texture(12, 40), "dip")]
    assert 0 < sum(share >= 0.98 for share in dark) <= BLACK_S * 30


def test_the_next_shot_comes_from_where_the_camera_looks() -> None:
    assert [camera for camera in get_args(Camera) if side_of(camera) == "left"] == ["pan_left"]


def test_a_thumbnail_keeps_the_layout_and_the_colours() -> None:
    picture = from_rgb(np.hstack([np.full((90, 80, 3), 220, np.uint8), np.full((90, 80, 3), (200, 20, 20), np.uint8)]))
    small = thumbnail(picture)
    assert small.shape == (18, 32, 3)
    assert small[:, :15].mean(axis=(0, 1)) == pytest.approx(
        [picture.luma[0, 0], *picture.chroma[0, 0]],
        abs=0.5,
    )
    assert small[:, 17:].mean(axis=(0, 1)) == pytest.approx([picture.luma[0, -1], *picture.chroma[0, -1]], abs=0.5)
