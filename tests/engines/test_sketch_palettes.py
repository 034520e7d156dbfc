"""Palettes: as many as there are lights and moods, harmonious enough for what is drawn with them to be seen."""

from typing import get_args

import pytest

from vgkit.engines.sketch.palettes import halo, lighten, lightness, mix, palette_for, tints
from vgkit.storyboard import Light
from vgkit.template import Mood


@pytest.mark.parametrize("light", get_args(Light))
@pytest.mark.parametrize("mood", get_args(Mood))
def test_ink_can_be_read_on_light_in_every_light_and_mood(light: Light, mood: Mood) -> None:
    for seed in range(4):
        palette = palette_for(light, mood, seed=seed)
        assert lightness(palette.light) - lightness(palette.ink) > 0.45
        assert lightness(palette.far) - lightness(palette.near) > 0.1


def test_the_same_seed_gives_the_same_palette_and_another_one_varies_it() -> None:
    assert palette_for("golden", "warm", seed=3) == palette_for("golden", "warm", seed=3)
    assert palette_for("golden", "warm", seed=3) != palette_for("golden", "warm", seed=4)


def test_moods_differ_in_how_strong_their_colours_are() -> None:
    def spread(mood: Mood) -> int:
        sky = palette_for("day", mood).sky
        channels = [int(sky[i : i + 2], 16) for i in (1, 3, 5)]
        return max(channels) - min(channels)

    assert spread("elegant") < spread("calm") < spread("energetic")


def test_the_accent_of_a_product_is_kept_as_given() -> None:
    assert palette_for("day", "warm", accent="#12AB9F").accent == "#12ab9f"


def test_night_is_darker_than_day() -> None:
    day, night = palette_for("day", "calm"), palette_for("night", "calm")
    assert lightness(night.sky) < lightness(day.sky) - 0.3


def test_materials_darken_with_the_light() -> None:
    day, night = tints(palette_for("day", "calm")), tints(palette_for("night", "calm"))
    assert lightness(night["wood"]) < lightness(day["wood"]) - 0.15


def test_shades_are_ordered_from_pale_to_deep() -> None:
    slots = tints(palette_for("morning", "warm"))
    shades = [lightness(slots[name]) for name in ("wood_pale", "wood_light", "wood", "wood_dark", "wood_deep")]
    assert shades == sorted(shades, reverse=True)


def test_the_air_at_night_has_the_colour_of_the_sky_not_of_the_lamps() -> None:
    assert halo(palette_for("day", "calm")) == palette_for("day", "calm").light
    glow = halo(palette_for("night", "calm"))
    assert int(glow[5:], 16) > int(glow[1:3], 16)


def test_mixing_orange_and_blue_stays_between_them_in_lightness() -> None:
    assert mix("#ff8000", "#0040ff", 0) == "#ff8000"
    assert mix("#ff8000", "#0040ff", 1) == "#0040ff"
    assert lightness("#0040ff") < lightness(mix("#ff8000", "#0040ff", 0.5)) < lightness("#ff8000")
    assert lightness(lighten("#336699", 0.1)) == pytest.approx(lightness("#336699") + 0.1, abs=0.01)
