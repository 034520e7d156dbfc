from itertools import product
from typing import Any

import numpy as np
import pytest

from vgkit.engines.base import Staging
from vgkit.engines.sketch import compose
from vgkit.engines.sketch.framing import Box, covers, words_box
from vgkit.engines.sketch.scenes import scene_names
from vgkit.engines.sketch.sheets import mirrored, setting
from vgkit.media.cutout import Cutout, as_print, write_cutout
from vgkit.storyboard import Palette

PALETTE = Palette(
    sky="#e9e4dc", far="#d5cdc2", mid="#b8ada0", near="#7d7268", accent="#2f6f8f", ink="#1c1a18", light="#fff8ec"
)
FRAMES = {"16:9": (192, 108), "9:16": (108, 192), "1:1": (144, 144)}
VIEWS = (
    ("caption", "wide", "pan_left", "shoe"),
    ("caption", "medium", "pull_out", "bottle"),
    ("caption", "close", "tilt_up", "box"),
    ("end_card", "medium", "push_in", "phone"),
)


def shot(frame: str, *, path=None, **changes: Any) -> compose.Shot:
    plain: dict[str, Any] = {
        "scene": "studio",
        "light": "day",
        "palette": PALETTE,
        "size": "medium",
        "camera": "push_in",
        "presence": "hero",
        "object": "bottle",
    }
    width, height = FRAMES[frame]
    return compose.set_up(Staging(**plain | changes), product_path=path, seed=4, width_px=width, height_px=height)


def product_box(view: compose.Shot, t: float) -> Box:
    """Where the product itself, without its shadow, is seen; shares of the frame, beyond 0 to 1 where it leaves it."""
    _, matrix = compose._performing(view, view.actor, compose.pose(view.staging.camera, t), t)
    rows, columns = np.nonzero(view.actor.body > 0.5)
    corners = np.array([[columns.min(), columns.max() + 1] * 2, [rows.min()] * 2 + [rows.max() + 1] * 2, [1] * 4])
    x, y = (matrix @ corners) / np.array(view.size_px)[:, None]
    return Box(x.min(), y.min(), x.max(), y.max())


def covered_share(thing: Box, words: Box) -> float:
    """How much of the thing lies under the words."""
    across = max(0.0, min(thing.right, words.right) - max(thing.left, words.left))
    down = max(0.0, min(thing.bottom, words.bottom) - max(thing.top, words.top))
    return across * down / ((thing.right - thing.left) * (thing.bottom - thing.top))


@pytest.fixture
def landscape_photo(tmp_path):
    """A photo out of which nothing could be cut, so that it is shown whole, as a print."""
    photo = np.full((240, 360, 3), (70, 110, 150), np.uint8)
    write_cutout(Cutout(as_print(photo), "framed", 1.0), tmp_path / "view.png")
    return tmp_path / "view.png"


@pytest.mark.parametrize("scene", scene_names())
def test_a_hero_stands_clear_of_the_words_and_no_layer_ends_in_view(scene):
    for frame, (words, size, camera, thing) in product(FRAMES, VIEWS):
        view = shot(frame, scene=scene, words=words, size=size, camera=camera, object=thing)
        over = words_box(words, aspect=view.size_px[0] / view.size_px[1])
        assert over is not None
        worst = max(covered_share(product_box(view, t), over) for t in (0.0, 0.5, 1.0))
        assert worst < 0.08, (frame, words, size)
        depths = {sheet.depth for sheet in view.setting.sheets}
        assert covers(view.framing, camera, depths, view.size_px, view.setting.place.margin), (frame, words, size)


def test_without_words_the_view_is_not_moved():
    assert shot("16:9", words="none").framing.shift == (0.0, 0.0)


def test_a_captions_product_has_the_right_of_a_wide_frame_and_the_middle_of_an_upright_one():
    wide, upright = (product_box(shot(frame, words="caption"), 0.5) for frame in ("16:9", "9:16"))

    assert 0.63 < (wide.left + wide.right) / 2 < 0.71
    assert 0.47 < (upright.left + upright.right) / 2 < 0.53
    assert 0.55 < upright.bottom < 0.62


def test_beside_an_end_card_the_product_stands_large_and_below_it_stands_low():
    beside, below = (product_box(shot(frame, words="end_card", camera="static"), 0) for frame in ("16:9", "9:16"))

    assert 0.7 < (beside.left + beside.right) / 2 < 0.78
    assert 0.56 < beside.bottom - beside.top < 0.66
    assert below.top < 0.5
    assert 0.84 < below.bottom < 0.92


@pytest.mark.parametrize("frame", FRAMES)
def test_a_product_within_its_scene_is_large_enough_to_sell_something(frame):
    seen = product_box(shot(frame, scene="kitchen", size="wide", presence="in_scene", words="caption"), 0)

    assert seen.bottom - seen.top >= {"16:9": 0.34, "1:1": 0.33, "9:16": 0.31}[frame]


@pytest.mark.parametrize(("frame", "size", "words"), list(product(FRAMES, ("wide", "medium"), ("caption", "end_card"))))
def test_a_print_is_never_cut_by_the_frame(landscape_photo, frame, size, words):
    view = shot(frame, path=landscape_photo, size=size, words=words, camera="pan_right")

    assert view.actor.source == "framed"
    for t in (0.0, 0.5, 1.0):
        seen = product_box(view, t)
        assert min(seen.left, seen.top) >= 0.01
        assert max(seen.right, seen.bottom) <= 0.99


def test_a_print_is_large_in_a_medium_shot(landscape_photo):
    heights = [
        seen.bottom - seen.top
        for seen in (product_box(shot("16:9", path=landscape_photo, words="caption"), t) for t in (0.0, 1.0))
    ]

    assert heights[1] >= 0.55
    assert heights[0] >= 0.5


def test_a_stage_whose_product_stands_left_is_turned_round():
    kitchen = setting(shot("16:9", scene="kitchen").staging, width_px=192, height_px=108).place
    back = mirrored(kitchen)

    assert (kitchen.product_x, kitchen.light_from, kitchen.text_side) == (pytest.approx(0.58), "right", "left")
    assert (back.product_x, back.light_from, back.text_side) == (pytest.approx(0.42), "left", "right")
    assert np.array_equal(back.layers[0].rgba[:, ::-1], kitchen.layers[0].rgba)


def test_a_place_looks_the_same_in_all_shots_of_a_film():
    one, other = (
        compose.set_up(shot("16:9").staging, product_path=None, seed=seed, width_px=192, height_px=108)
        for seed in (1, 2)
    )

    assert one.setting is other.setting
    assert one.framing != other.framing
