"""Engines out of catalog entries: their calls, what these cost, and another try."""

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import wishes
from wishes import engine

from vgkit.brief import FILM_SIZES
from vgkit.engines.catalog import Entry, Price, catalog
from vgkit.engines.fingerprints import order_mark
from vgkit.engines.hosted import Attachment, HostedEngine, Order, Standing
from vgkit.media.frames import write_picture

VIDEO = [entry for entry in catalog().values() if entry.role == "video"]


@pytest.fixture
def still(tmp_path: Path) -> Path:
    path = tmp_path / "k00.png"
    write_picture(np.full((36, 64, 3), 90, np.uint8), path)
    return path


def first(name: str, **fields: Any) -> Order:
    order = engine(name).next_order(wishes.clip(**fields), [])
    assert order
    return order


def test_a_catalogs_engine_is_a_hosted_engine_that_says_what_plays_which_role() -> None:
    made = engine("animatediff")
    assert isinstance(made, HostedEngine)
    assert (made.name, made.host, made.roles, made.commercial_use) == ("animatediff", "replicate", ("video",), True)
    assert made.version.startswith("fd64261bc2a9.")
    assert "Apache-2.0" in made.licence


def test_another_setting_makes_another_version() -> None:
    call = engine("sdxl").entry.passes[0]
    changed = call.model_copy(update={"input": {**call.input, "num_inference_steps": 40}})
    assert engine("sdxl", passes=(changed,)).version != engine("sdxl").version


def test_zeroscope_drafts_over_a_move_into_the_still_and_then_upscales_what_came(still: Path, tmp_path: Path) -> None:
    request, raw = wishes.clip(keyframe=still), tmp_path / "raw.mp4"
    made = engine("zeroscope")
    draft, upscale = made.next_order(request, []), made.next_order(request, [raw])
    assert draft
    assert upscale
    assert made.next_order(request, [raw, raw]) is None
    shape = {"frames": 24, "fps": 8, "width_px": 576, "height_px": 320}
    assert (draft.step, draft.adapter, draft.suffix) == ("draft", "push_in", ".mp4")
    assert draft.params["init_video"] == Attachment(still, "push_in", shape)
    assert (draft.params["width"], draft.params["height"], draft.params["model"]) == (576, 320, "576w")
    assert (upscale.step, upscale.adapter) == ("upscale", "")
    assert upscale.params["init_video"] == Attachment(raw)
    assert (upscale.params["width"], upscale.params["height"], upscale.params["model"]) == (1024, 576, "xl")


@pytest.mark.parametrize(
    ("name", "adapter"),
    [
        ("zeroscope", "push_in"),
        ("animatediff", ""),
        ("animatediff-motion", "text_only"),
        ("animatediff-v2v", "push_in"),
        ("animatediff-classic", "text_only"),
        ("ltx-video", ""),
    ],
)
def test_what_became_of_the_still_is_on_record(name: str, adapter: str, still: Path) -> None:
    order = first(name, keyframe=still)
    assert order.adapter == adapter
    assert any(isinstance(value, Attachment) for value in order.params.values()) == (adapter != "text_only")


def test_without_a_still_no_adapter_is_claimed() -> None:
    order = first("zeroscope")
    assert order.adapter == ""
    assert "init_video" not in order.params


def test_a_drawing_of_the_shot_is_an_adapter_too() -> None:
    order = engine("sdxl-controlnet").next_order(wishes.picture(), [])
    assert order
    assert order.adapter == "sketch_layout"


def test_a_forecast_has_every_call_with_its_estimate_and_needs_no_file() -> None:
    orders = engine("zeroscope").forecast(wishes.clip(keyframe=Path("not-there-yet.png")))
    assert [(order.step, order.estimate_usd) for order in orders] == [
        ("draft", Decimal("0.042000")),
        ("upscale", Decimal("0.105000")),
    ]


def test_longer_music_is_expected_to_cost_more() -> None:
    (short,), (long,) = (engine("musicgen").forecast(wishes.music(duration_s=each)) for each in (6.0, 30.0))
    assert (short.typical_s, long.typical_s) == (24.0, 72.0)
    assert long.estimate_usd == Decimal("0.100800")


def test_the_same_request_is_the_same_call_whatever_it_is_for(still: Path) -> None:
    made = engine("zeroscope")

    def mark(**fields: Any) -> str:
        order = made.next_order(wishes.clip(**{"keyframe": still} | fields), [])
        assert order
        return order_mark(made, order)

    other = still.with_name("k01.png")
    write_picture(np.full((36, 64, 3), 91, np.uint8), other)
    same = still.with_name("k02.png")
    same.write_bytes(still.read_bytes())
    assert mark() == mark(subject="s09/t03") == mark(keyframe=same)
    assert len({mark(), mark(seed=4), mark(prompt="a cup"), mark(keyframe=other), mark(keyframe=None)}) == 5


def test_a_failed_try_is_made_again_with_another_seed_and_always_the_same_one() -> None:
    made, request = engine("animatediff"), wishes.clip()
    again = [made.vary(request, attempt) for attempt in (1, 2, 1)]
    assert again[0] == again[2]
    assert len({request.seed, again[0].seed, again[1].seed}) == 3
    assert made.vary(request, 1).prompt == request.prompt


@pytest.mark.parametrize(
    ("state", "seconds", "usd"),
    [
        ("succeeded", 51.4, "0.071960"),
        ("succeeded", 0.0003, "0.000001"),
        ("failed", 10.0, "0.014000"),
        ("canceled", 2.0, "0.002800"),
        ("aborted", 10.0, "0"),
        ("succeeded", None, "0.091000"),
    ],
)
def test_a_call_costs_its_billed_seconds_rounded_up_and_its_estimate_where_they_are_not_told(
    state: Any, seconds: float | None, usd: str
) -> None:
    made = engine("animatediff")
    (order,) = made.forecast(wishes.clip())
    assert made.cost_usd(order, Standing("p1", state, seconds=seconds)) == Decimal(usd)


def test_a_model_with_a_price_for_each_output_costs_it_where_there_is_one() -> None:
    price: Mapping[str, Any] = {"per": "output", "usd": "0.04", "source": "its page", "date": "2026-11-01"}
    made = engine("sdxl", price=Price.model_validate(price))
    (order,) = made.forecast(wishes.picture())
    assert order.estimate_usd == Decimal("0.04")
    assert made.cost_usd(order, Standing("p1", "succeeded", seconds=3.0)) == Decimal("0.04")
    assert made.cost_usd(order, Standing("p1", "failed", seconds=3.0)) == 0


@pytest.mark.parametrize("aspect", FILM_SIZES)
@pytest.mark.parametrize("entry", VIDEO, ids=[entry.name for entry in VIDEO])
def test_a_clips_shape_is_cut_out_of_what_the_model_gives_in_the_films_aspect(entry: Entry, aspect: str) -> None:
    shape = engine(entry.name).shape(aspect)
    native, film = entry.size[aspect], FILM_SIZES[aspect]  # type: ignore[index]
    assert (shape.frames, shape.fps) == (entry.frames, entry.fps)
    assert shape.width_px % 2 == shape.height_px % 2 == 0
    assert shape.width_px <= native[0]
    assert shape.height_px <= native[1]
    assert shape.width_px == native[0] or shape.height_px == native[1]
    assert shape.width_px / shape.height_px == pytest.approx(film[0] / film[1], rel=0.01)
