"""Engines with other numbers: the same engine by name, another call by its fingerprint."""

from pathlib import Path
from typing import Any

import pytest

from vgkit.engines.base import ClipRequest, Staging
from vgkit.engines.fingerprints import order_mark
from vgkit.engines.registry import engine_for, engines_of
from vgkit.engines.settings import settings_of, with_settings
from vgkit.engines.sketch.palettes import palette_for
from vgkit.errors import ParameterError


def clip(engine: Any, still: Path) -> ClipRequest:
    staging = Staging("studio", "day", palette_for("day", "calm"), "wide", "static", "hero", "bottle")
    return ClipRequest("s01", "a bottle", "", 7, engine.shape("16:9"), staging, still)


@pytest.fixture
def still(tmp_path: Path) -> Path:
    path = tmp_path / "still.png"
    path.write_bytes(b"a still")
    return path


def marks(engine: Any, still: Path) -> list[str]:
    return [order_mark(engine, order) for order in engine.forecast(clip(engine, still))]


def test_another_number_is_another_call_and_the_same_number_the_same_call(still: Path) -> None:
    plain = engine_for("video", "animatediff-motion")
    turned = with_settings(plain, {"guidance_scale": 5})
    assert (turned.name, turned.host) == (plain.name, plain.host)
    assert marks(turned, still) != marks(plain, still)
    assert marks(with_settings(plain, {"guidance_scale": 7.5, "steps": 25}), still) == marks(plain, still)
    assert marks(with_settings(plain, {"guidance_scale": 5.0}), still) == marks(turned, still)


def test_a_number_that_every_call_of_a_chain_sends_alike_is_one_setting() -> None:
    plain = engine_for("video", "zeroscope")
    names = [setting.name for setting in settings_of(plain)]
    assert names == ["draft.init_weight", "num_inference_steps", "guidance_scale", "upscale.init_weight"]
    turned = with_settings(plain, {"draft.init_weight": 0.8, "guidance_scale": 9})
    assert [each.input["init_weight"] for each in turned.entry.passes] == [0.8, 0.2]
    assert [each.input["guidance_scale"] for each in turned.entry.passes] == [9.0, 9.0]
    assert plain.entry.passes[0].input["guidance_scale"] == 12.5


def test_more_steps_are_expected_to_take_and_to_cost_more(still: Path) -> None:
    plain = engine_for("video", "zeroscope-draft")
    (before,), (after,) = (
        engine.forecast(clip(engine, still)) for engine in (plain, with_settings(plain, {"steps": 500}))
    )
    assert after.params["num_inference_steps"] == 500
    assert after.typical_s == 10 * before.typical_s
    assert after.estimate_usd == 10 * before.estimate_usd
    assert after.deadline_s == 10 * before.deadline_s
    (less,) = with_settings(plain, {"steps": 5}).forecast(clip(plain, still))
    assert less.estimate_usd == before.estimate_usd


@pytest.mark.parametrize("role", ["picture", "video"])
def test_guidance_and_steps_are_the_same_words_for_all_engines_that_have_them(role: Any) -> None:
    for name in engines_of(role):
        engine = engine_for(role, name)
        known = {setting.name for setting in settings_of(engine)}
        if known & {"guidance", "guidance_scale", "cfg"}:
            turned = with_settings(engine, {"guidance": 3, "steps": 20})
            assert 3 in turned.entry.passes[0].input.values()
            assert turned.version != engine.version


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (float("nan"), "nan is no number"),
        (True, "True is no number"),
        ("12", "'12' is no number"),
        (0, "0 is out of range. num_inference_steps takes whole numbers from 1 to 500."),
        (501, "501 is out of range"),
        (9.5, "9.5 is not whole"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_in_words(value: object, said: str) -> None:
    with pytest.raises(ParameterError, match=said):
        with_settings(engine_for("picture", "sdxl"), {"num_inference_steps": value})


def test_a_choice_and_an_engine_without_settings_say_what_there_is() -> None:
    with pytest.raises(ParameterError, match="300 is not offered. target_size takes one of 512, 576"):
        with_settings(engine_for("video", "ltx-video"), {"target_size": 300})
    with pytest.raises(ParameterError, match="sketch@local has no setting 'steps'. It has none."):
        with_settings(engine_for("picture", "sketch"), {"steps": 3})
    assert with_settings(engine_for("picture", "sketch"), {}).name == "sketch"
