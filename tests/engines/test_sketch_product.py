from typing import Any

import numpy as np
import pytest
from PIL import Image

from vgkit.engines.base import Staging
from vgkit.engines.sketch import compose
from vgkit.engines.sketch.objects import LABEL_WIDTHS, draw_object, object_for
from vgkit.engines.sketch.scenes import stage
from vgkit.errors import AssetError
from vgkit.storyboard import Palette

PALETTE = Palette(
    sky="#e9e4dc", far="#d5cdc2", mid="#b8ada0", near="#7d7268", accent="#2f6f8f", ink="#1c1a18", light="#fff8ec"
)
FRAME = {"width_px": 320, "height_px": 180}


def staging(**changes: Any) -> Staging:
    plain: dict[str, Any] = {
        "scene": "studio",
        "light": "studio",
        "palette": PALETTE,
        "size": "medium",
        "camera": "static",
        "presence": "hero",
        "object": "bottle",
    }
    return Staging(**plain | changes)


def shot(*, path=None, seed: int = 3, **changes: Any) -> compose.Shot:
    return compose.set_up(staging(**changes), product_path=path, seed=seed, **FRAME)


def height_of(actor) -> int:
    return int((actor.body.max(axis=1) > 0.5).sum())


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("Freshly roasted coffee from Lisbon", "cup"),
        ("a running sneaker", "shoe"),
        ("Energy drinks for night owls", "can"),
        ("An app that finds your keys", "phone"),
        ("PERFUME by Aurora", "bottle"),
        ("two watches", "watch"),
        ("leather handbags", "bag"),
        ("something else entirely", "box"),
        ("", "box"),
        ("Teapot-free happiness", "box"),
    ],
)
def test_words_choose_the_object(words, name):
    assert object_for(words) == name


@pytest.mark.parametrize("name", LABEL_WIDTHS)
def test_every_object_stands_on_its_lowest_row(name):
    drawn = draw_object(name, palette=PALETTE, height_px=200)

    assert drawn.shape[0] == 200
    assert 0.1 < (drawn[..., 3] > 128).mean() < 0.99
    assert drawn[190:, :, 3].max() > 128


def test_objects_wear_the_accent():
    red = draw_object("can", palette=PALETTE.model_copy(update={"accent": "#c02020"}), height_px=120)
    solid = red[red[..., 3] > 250]

    assert solid[:, 0].mean() > solid[:, 2].mean() + 30


def test_labels_show_their_first_word_or_an_emblem():
    plain, brand, longer, far_too_long, foreign = (
        draw_object("box", palette=PALETTE, height_px=200, label=label)
        for label in ("", "Kaffee", "Kaffee & Söhne", "Donaudampfschiff", "東京")
    )

    assert not np.array_equal(plain, brand)
    assert np.array_equal(brand, longer)
    assert np.array_equal(plain, far_too_long)
    assert np.array_equal(plain, foreign)


@pytest.mark.parametrize(("accent", "is_dark"), [("#f0c544", True), ("#2f6f8f", False)])
def test_a_label_is_dark_on_a_light_accent_and_light_on_a_dark_one(accent, is_dark):
    palette = PALETTE.model_copy(update={"accent": accent})
    one, other = (
        draw_object("can", palette=palette, height_px=300, label=label)[..., :3].astype(int) for label in (".", "MMM")
    )
    written = np.abs(one - other).sum(axis=2) > 200
    strokes = other[written].sum(axis=1)

    assert written.sum() > 20
    assert (np.median(strokes) < 300) == is_dark


def test_the_product_on_stage_bears_the_shots_label():
    plain, labelled = (shot(label=label).actor.sheet for label in ("", "Aurora"))

    assert not np.array_equal(plain, labelled)


def test_an_unknown_object_is_drawn_as_a_box():
    assert np.array_equal(
        draw_object("zeppelin", palette=PALETTE, height_px=90), draw_object("box", palette=PALETTE, height_px=90)
    )


def test_the_closer_the_shot_the_larger_the_product():
    heights = [height_of(shot(size=size).actor) for size in ("wide", "medium", "close", "detail")]

    assert heights == sorted(heights)
    assert heights[3] > 1.8 * heights[1]


def test_presence_decides_whether_and_how_large_the_product_is_seen():
    assert shot(presence="hidden").actor is None
    assert height_of(shot(presence="in_scene").actor) < 0.85 * height_of(shot(presence="hero").actor)


def test_it_throws_a_shadow_but_not_on_thin_air():
    actor = shot(object="shoe").actor
    ground = actor.sheet[..., 3] / 255 - actor.body
    foot = round(actor.foot[1])

    assert ground[foot : foot + 6, round(actor.foot[0])].max() > 0.3
    # the studio's plinth ends before the sheet does
    assert ground[foot, 2] < 0.02
    assert ground[foot, -3] < 0.02


def test_glossy_ground_mirrors_and_matte_does_not():
    def below(scene: str) -> float:
        actor = shot(scene=scene, object="phone", light="day").actor
        foot = round(actor.foot[1])
        colours = actor.sheet[foot + 4 : foot + 8, :, :3]
        return float(colours.max()) / 255

    surfaces = {
        name: stage(name, palette=PALETTE, light="day", seed=3, **FRAME).surface
        for name in ("street_night", "tabletop")
    }
    assert surfaces == {"street_night": "glossy", "tabletop": "matte"}
    assert below("street_night") > below("tabletop") + 0.05


@pytest.mark.parametrize("camera", ["push_in", "pan_left", "tilt_up", "orbit"])
def test_the_foot_stays_on_its_spot_of_the_ground(camera):
    view = shot(camera=camera)
    table = next(sheet for sheet in view.setting.sheets if sheet.depth == 1)
    for t in (0.0, 0.4, 1.0):
        moment = compose.pose(camera, t)
        _, matrix = compose._performing(view, view.actor, moment, t)
        stands = matrix @ np.array([*view.actor.foot, 1.0])
        spot = compose._seen(table, view, moment) @ np.array(
            [view.framing.foot[0] * 320, view.framing.foot[1] * 180, 1.0]
        )
        assert np.linalg.norm(stands - spot) < 0.5


def test_the_persons_picture_is_used_and_named(tmp_path):
    picture = np.zeros((90, 60, 4), np.uint8)
    picture[10:80, 20:40] = (220, 30, 30, 255)
    Image.fromarray(picture).save(tmp_path / "own.png")

    view = shot(path=tmp_path / "own.png")
    seen = compose.frame(view, 0.0).astype(int)

    assert compose.facts(view) == {"scene": "studio", "product": "alpha"}
    assert ((seen[..., 0] > 150) & (seen[..., 1] < 90)).sum() > 500


def test_a_picture_that_is_gone_is_told_as_such(tmp_path):
    with pytest.raises(AssetError, match="does not exist"):
        shot(path=tmp_path / "gone.png")
