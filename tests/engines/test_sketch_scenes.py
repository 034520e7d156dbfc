"""Scenes: every one in every light, without holes, with the product in the frame, and open to new ones."""

from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from vgkit.engines.sketch.palettes import palette_for
from vgkit.engines.sketch.scenes import MARGIN, Stage, scene_for, scene_names, stage
from vgkit.errors import TemplateError
from vgkit.storyboard import Light

LIGHTS: tuple[Light, ...] = get_args(Light)
SIZES = {"16:9": (128, 72), "9:16": (72, 128), "1:1": (96, 96)}
PLAIN = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1600 900" data-title="Plain" data-words="plain empty"
 data-ground="0.8" data-product-x="0.5" data-product-height="0.5" data-surface="matte" data-light-from="top"
 data-text-side="left">
 <g id="all" data-depth="0"><rect x="-400" y="-240" width="2400" height="1400" fill="$sky"/></g></svg>"""


def staged(name: str, light: Light = "day", size: tuple[int, int] = (128, 72), seed: int = 0, **more: Path) -> Stage:
    palette = palette_for(light, "warm", seed=seed)
    return stage(name, palette=palette, light=light, width_px=size[0], height_px=size[1], seed=seed, **more)


def seen(shown: Stage) -> np.ndarray:
    picture = np.zeros((*shown.layers[0].rgba.shape[:2], 3))
    for layer in shown.layers:
        alpha = layer.rgba[..., 3:] / 255
        picture = picture * (1 - alpha) + layer.rgba[..., :3] * alpha
    return picture


@pytest.mark.parametrize("name", scene_names())
def test_a_scene_has_no_holes_in_any_light(name: str) -> None:
    for light in LIGHTS:
        shown = staged(name, light)
        assert shown.layers[0].rgba[..., 3].min() == 255, light
        assert seen(shown).std() > 8, light


@pytest.mark.parametrize("name", scene_names())
@pytest.mark.parametrize("aspect", SIZES)
def test_the_product_stands_inside_the_frame(name: str, aspect: str) -> None:
    width, height = SIZES[aspect]
    shown = staged(name, size=(width, height))
    half = 0.25 * shown.product_height * height / width
    assert 0.5 < shown.ground_y < 0.9
    assert shown.ground_y - shown.product_height > 0.05
    assert half < shown.product_x < 1 - half
    for layer in shown.layers:
        assert layer.rgba.shape == (height + 2 * round(MARGIN * height), width + 2 * round(MARGIN * width), 4)


@pytest.mark.parametrize("name", scene_names())
def test_layers_come_from_far_to_near_and_the_product_has_a_plane_of_its_own(name: str) -> None:
    shown = staged(name)
    depths = [layer.depth for layer in shown.layers]
    assert depths == sorted(depths)
    assert depths[0] <= 0.2
    assert 1.0 in depths
    assert depths[-1] > 1


def test_every_scene_looks_different_from_the_others() -> None:
    pictures = {name: seen(staged(name)) for name in scene_names()}
    assert len(pictures) >= 14
    for name, picture in pictures.items():
        closest = min(np.abs(picture - other).mean() for key, other in pictures.items() if key != name)
        assert closest > 6, name


def test_every_light_looks_different_from_the_others() -> None:
    pictures = [seen(staged("hills", light)) for light in LIGHTS]
    gaps = [np.abs(one - other).mean() for i, one in enumerate(pictures) for other in pictures[:i]]
    assert min(gaps) > 4


def test_the_same_seed_paints_the_same_pixels_and_another_varies_them() -> None:
    first = seen(staged("street_night", "neon"))
    stage.cache_clear()
    assert np.array_equal(first, seen(staged("street_night", "neon")))
    palette = palette_for("neon", "warm")
    again = stage("street_night", palette=palette, light="neon", width_px=128, height_px=72, seed=9)
    assert not np.array_equal(first, seen(again))


def test_painted_layers_are_shared_and_so_refuse_to_be_changed() -> None:
    with pytest.raises(ValueError, match="read-only"):
        staged("studio").layers[0].rgba[0, 0, 0] = 1


def test_narrow_frames_put_the_words_below() -> None:
    assert staged("studio").text_side == "left"
    assert staged("studio", size=(72, 128)).text_side == "bottom"
    assert staged("studio", size=(72, 128)).product_x == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize(
    ("words", "scene"),
    [
        ("a quiet breakfast in the kitchen", "kitchen"),
        ("Tokyo street at night, neon and rain", "street_night"),
        ("hiking in the mountains", "hills"),
        (["surfing", "ocean", "waves"], "beach"),
        ("espresso for friends", "cafe"),
        ("running shoes for athletes", "gym"),
        ("a serum for pure skin", "spa"),
        ("launch event", "stage"),
        ("zxq", None),
        ("", None),
    ],
)
def test_words_choose_the_scene(words: str | list[str], scene: str | None) -> None:
    assert scene_for(words) == scene


def test_a_scene_dropped_in_the_folder_is_found(tmp_path: Path) -> None:
    (tmp_path / "plain.svg").write_text(PLAIN)
    assert scene_names(folder=tmp_path) == ("plain",)
    assert scene_for("something empty", folder=tmp_path) == "plain"
    assert [layer.name for layer in staged("plain", folder=tmp_path).layers] == ["all", "glow", "veil"]


def test_an_unknown_scene_is_refused_with_the_names_there_are(tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match=r"no scene 'moon'.*kitchen"):
        staged("moon")
    with pytest.raises(TemplateError, match=r"no scene '../secret'"):
        staged("../secret", folder=tmp_path)


@pytest.mark.parametrize(
    ("there", "instead", "complaint"),
    [
        (' data-ground="0.8"', "", "lacks data-ground"),
        ("0.8", "1.8", "data-ground is 1.8"),
        ("0.8", "low", "data-ground is 'low'"),
        ("matte", "wet", "data-surface is 'wet'; choose one of glossy, matte, none"),
        ("$sky", "$skye", r"\$skye is no colour slot.*\$sky"),
        ("$sky", "$ 5", "a lone"),
        ("</svg>", "", "not well-formed"),
        ("0 0 1600 900", "0 0 100 100", "viewBox"),
        (' data-depth="0"', "", "has no layers"),
        (' id="all"', "", "has no id"),
        ('data-depth="0"', 'data-depth="0" data-lights="noon"', "data-lights names 'noon'"),
        ("<rect", '<rect data-scatter="3" data-box="0 0"', "data-box is '0 0'; 4 number"),
        ("<rect", '<rect data-scatter="99999"', "data-scatter is 99999"),
    ],
)
def test_a_broken_scene_is_complained_about_by_file(tmp_path: Path, there: str, instead: str, complaint: str) -> None:
    (tmp_path / "mine.svg").write_text(PLAIN.replace(there, instead))
    with pytest.raises(TemplateError, match=rf"(?s)^mine\.svg: .*{complaint}"):
        staged("mine", folder=tmp_path)


def test_scattered_copies_lie_in_their_box_and_lights_choose_what_is_drawn(tmp_path: Path) -> None:
    dots = '<circle r="9" fill="#ff0000" data-scatter="40" data-box="900 200 600 300" data-lights="night"/>'
    (tmp_path / "dots.svg").write_text(PLAIN.replace("$sky", "#000000").replace("</g>", dots + "</g>"))
    night = staged("dots", "night", (320, 180), folder=tmp_path).layers[0].rgba[..., 0]
    day = staged("dots", "day", (320, 180), folder=tmp_path).layers[0].rgba[..., 0]
    assert day.max() < 60 < night.max()
    columns = np.flatnonzero((night > 120).any(axis=0)) - round(MARGIN * 320)
    assert 0.55 * 320 < columns.min() < columns.max() < 0.95 * 320
