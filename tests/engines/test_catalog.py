"""The catalog against the models' own public schemas, against itself, and with a person's own entries."""

import json
import os
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from builders import shared

from vgkit.engines.catalog import SLOTS, Entry, Parameter, catalog, past_shutdown, shutdown_warning, stale_prices
from vgkit.errors import EngineUnknown

TODAY = date(2026, 11, 24)
ENTRIES = list(catalog().values())
HOSTED = [entry for entry in ENTRIES if entry.host == "replicate"]

NEWER = """
[zeroscope-next]
role = "video"
host = "replicate"
title = "A newer model"
model = "somebody/next"
version = "abc"
hardware = "gpu-h100"
output = "mp4"
size = { "16:9" = [1280, 720], "9:16" = [720, 1280], "1:1" = [720, 720] }
frames = 81
fps = 16
conditioning = "image"
licence = "Apache-2.0"
commercial_use = true
[[zeroscope-next.pass]]
typical_s = 40.0
input = { prompt = "$prompt", image = "$keyframe", steps = 30 }
[zeroscope-next.parameters]
prompt = { type = "string" }
image = { type = "uri" }
steps = { type = "integer", minimum = 1, maximum = 50 }
"""


def each(entries: list[Entry]) -> Any:
    return pytest.mark.parametrize("entry", entries, ids=[entry.reference for entry in entries])


def schemas(entry: Entry) -> tuple[str, dict[str, Any]]:
    """The version id of the real model, and its schemas."""
    path = shared(f"replicate/models/{entry.model.replace('/', '__')}.json")
    latest = json.loads(path.read_text(encoding="utf-8"))["latest_version"]
    return latest["id"], latest["schemas"]


def as_parameter(stated: dict[str, Any], real: dict[str, Any]) -> Parameter:
    """A schema's property in the catalog's words."""
    if "allOf" in stated:
        choice = real[stated["allOf"][0]["$ref"].rsplit("/", 1)[1]]
        return Parameter(type=choice["type"], choices=tuple(choice["enum"]))
    kind = "uri" if stated.get("format") == "uri" else stated["type"]
    return Parameter(type=kind, minimum=stated.get("minimum"), maximum=stated.get("maximum"))


@each(HOSTED)
def test_an_entry_says_of_its_model_what_the_models_own_schema_says(entry: Entry) -> None:
    version, real = schemas(entry)
    assert entry.version == version
    properties = real["Input"]["properties"]
    assert [name for name in entry.parameters if name not in properties] == []
    assert {name: as_parameter(properties[name], real) for name in entry.parameters} == dict(entry.parameters)


@each(HOSTED)
def test_every_call_sends_what_the_model_requires(entry: Entry) -> None:
    required = schemas(entry)[1]["Input"].get("required", [])
    for call in entry.passes:
        assert [name for name in required if name not in call.input] == []


@each(HOSTED)
def test_no_model_falls_back_on_a_prompt_or_picture_of_its_authors(entry: Entry) -> None:
    """Most models have defaults for both: an astronaut on a horse in somebody's film would be worse than an error."""
    properties = schemas(entry)[1]["Input"]["properties"]
    for call in entry.passes:
        meant = {name for name in ("prompt", "image", "video", "init_video") if properties.get(name, {}).get("default")}
        assert [name for name in meant if name not in call.input] == []


@each(HOSTED)
def test_seconds_are_not_far_from_those_of_the_published_call(entry: Entry) -> None:
    path = shared(f"replicate/models/{entry.model.replace('/', '__')}.json")
    published = json.loads(path.read_text(encoding="utf-8"))["default_example"]
    last = entry.passes[-1]
    typical_s = last.typical_s + last.per_output_s * published["input"].get("duration", 0)
    assert 0.2 < typical_s / published["metrics"]["predict_time"] < 8


@each(ENTRIES)
def test_every_entry_has_a_price_with_source_and_date_and_a_licence(entry: Entry) -> None:
    assert entry.price.usd > 0
    assert entry.price.source
    assert entry.price.date <= TODAY
    assert entry.licence
    if "NC" in entry.licence or "research only" in entry.licence:
        assert not entry.commercial_use


@each([entry for entry in ENTRIES if entry.role == "video"])
def test_sizes_have_the_films_aspect_or_say_that_they_are_cropped(entry: Entry) -> None:
    for aspect, (width, height) in entry.size.items():
        wide, high = map(int, aspect.split(":"))
        near = abs(width / height - wide / high) < 0.06
        assert near or "cropped" in entry.notes
        assert width % 8 == height % 8 == 0


def test_zeroscope_is_drafted_small_and_then_upscaled_from_its_own_draft() -> None:
    draft, upscale = catalog()["zeroscope@replicate"].passes
    assert (draft.input["model"], draft.size["16:9"], draft.input["init_video"]) == (
        *("576w", (576, 320)),
        "$keyframe_clip",
    )
    assert (upscale.input["model"], upscale.input["init_video"], upscale.input["init_weight"]) == (
        "xl",
        "$previous",
        0.2,
    )
    assert catalog()["zeroscope@replicate"].size["16:9"] == (1024, 576)


def test_zeroscope_in_one_pass_sends_what_the_draft_sends() -> None:
    whole, single = catalog()["zeroscope@replicate"], catalog()["zeroscope-draft@replicate"]
    assert [call.input for call in single.passes] == [whole.passes[0].input]
    assert (single.model, single.version, single.size) == (whole.model, whole.version, whole.passes[0].size)


def test_a_digest_changes_with_what_is_sent_and_not_with_what_it_is_thought_to_take() -> None:
    entry = catalog()["zeroscope@replicate"]
    slower = [call.model_copy(update={"typical_s": 500.0}) for call in entry.passes]
    warier = [call.model_copy(update={"input": {**call.input, "guidance_scale": 11.0}}) for call in entry.passes]
    assert entry.model_copy(update={"passes": tuple(slower)}).digest == entry.digest
    assert entry.model_copy(update={"passes": tuple(warier)}).digest != entry.digest


def test_a_film_of_ten_or_fifteen_clips_fits_its_profiles_cap_with_a_third_to_spare() -> None:
    """Failed calls cost too, so a cap that is just met would stop every unlucky run."""

    def usd(reference: str, output_s: float = 0.0) -> Decimal:
        entry = catalog()[reference]
        seconds = sum(call.typical_s + call.per_output_s * output_s for call in entry.passes)
        return Decimal(str(seconds)) * entry.price.usd

    same = 15 * usd("sdxl@replicate") + usd("musicgen@replicate", 30)
    assert same + 10 * usd("zeroscope@replicate") < Decimal("2.00") * 5 / 6
    assert same + 15 * usd("animatediff@replicate") < Decimal("3.50") * 2 / 3


def test_a_persons_file_adds_a_model_without_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = tmp_path / "mine.toml"
    own.write_text(NEWER, encoding="utf-8")
    monkeypatch.setenv("VGKIT_ENGINES", str(own))
    entry = catalog()["zeroscope-next@replicate"]
    assert (entry.price.usd, entry.fps, entry.passes[0].input["image"]) == (Decimal("0.001525"), 16, "$keyframe")
    assert "zeroscope@replicate" in catalog()


def test_a_persons_entry_replaces_ours_and_the_last_file_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, title in (("one.toml", "First"), ("two.toml", "Second")):
        text = NEWER.replace("zeroscope-next", "zeroscope").replace("A newer model", title)
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.setenv("VGKIT_ENGINES", os.pathsep.join(str(tmp_path / name) for name in ("one.toml", "two.toml")))
    assert catalog()["zeroscope@replicate"].title == "Second"


def test_a_person_may_price_hardware_of_their_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = tmp_path / "mine.toml"
    priced = '[hardware]\ngpu-b200 = { usd = "0.0025", source = "my contract", date = 2026-11-01 }\n'
    own.write_text(priced + NEWER.replace("gpu-h100", "gpu-b200"), encoding="utf-8")
    monkeypatch.setenv("VGKIT_ENGINES", str(own))
    assert catalog()["zeroscope-next@replicate"].price.source == "my contract"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("steps = 30", "steps = 99", "input.steps is 99; the most is 50"),
        ("steps = 30", "steps = true", "input.steps is True; it takes integer"),
        ("steps = 30", 'steps = "$keyframe"', "input.steps is '$keyframe'; it takes integer"),
        ("steps = 30", 'steps = "$step"', "input.steps is '$step'; the slots are $prompt, "),
        ("steps = 30", "speed = 30", "input.speed is not among the parameters; add parameters.speed"),
        ('host = "replicate"', 'host = "elsewhere"', "host: is 'elsewhere'; choose one of 'replicate' or 'openai'"),
        ('hardware = "gpu-h100"', 'hardware = "gpu-x"', "price: is missing"),
        ("fps = 16", "fps = 160", "fps: is 160; the most is 60"),
        ("fps = 16\n", "", "frames and fps are missing"),
        (', "1:1" = [720, 720]', "", "size lacks 1:1"),
        ("commercial_use = true", "comercial_use = true", "comercial_use: is not a field here"),
        ("typical_s = 40.0", "", "typical_s: is missing"),
    ],
)
def test_a_file_that_cant_be_used_is_named_with_entry_field_and_what_is_accepted(
    old: str, new: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / "mine.toml"
    assert old in NEWER
    own.write_text(NEWER.replace(old, new), encoding="utf-8")
    monkeypatch.setenv("VGKIT_ENGINES", str(own))
    with pytest.raises(EngineUnknown) as refusal:
        catalog()
    assert str(own) in str(refusal.value)
    assert "'zeroscope-next'" in str(refusal.value)
    assert said in str(refusal.value)


@pytest.mark.parametrize("text", ["zeroscope = 3", "[zeroscope\n", None])
def test_a_file_that_holds_no_engines_is_named(
    text: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / "mine.toml"
    if text is not None:
        own.write_text(text, encoding="utf-8")
    monkeypatch.setenv("VGKIT_ENGINES", str(own))
    with pytest.raises(EngineUnknown, match="mine.toml"):
        catalog()


def test_an_integer_slot_fits_a_number_and_a_word_does_not() -> None:
    number = Parameter(type="number")
    assert [slot for slot in SLOTS if number.complaint(f"${slot}") == ""] == [
        slot for slot, kind in SLOTS.items() if kind in ("integer", "number")
    ]


def test_prices_grow_old() -> None:
    assert stale_prices(TODAY) == {}
    late = TODAY + timedelta(days=400)
    assert set(stale_prices(late)) == set(catalog())


def test_a_model_past_its_day_is_told_and_stays_selectable() -> None:
    models = catalog()["gpt@openai"].models
    assert {"gpt-4-turbo", "gpt-4o"} <= set(models)
    assert past_shutdown(TODAY) == {"gpt@openai:gpt-4-turbo": date(2026, 10, 23)}
    assert "gpt-4-turbo was announced to be switched off on 2026-10-23" in shutdown_warning("gpt-4-turbo", TODAY)
    assert "gpt-4o will be switched off on 2027-01-14" in shutdown_warning("gpt-4o", TODAY)
    assert shutdown_warning("gpt-6-luna", TODAY) == shutdown_warning("llama3", TODAY) == ""
    assert models[catalog()["gpt@openai"].model].shutdown is None
    assert models["gpt-4-turbo"].structured == "json_object"


PAGE = (Path(__file__).resolve().parents[2] / "docs" / "engines.md").read_text(encoding="utf-8")


def usual_usd(entry: Entry) -> Decimal:
    """A request's cost for a film of 30 seconds; for a plan, of 4,000 tokens there and back."""
    if entry.role == "plan":
        return 4 * (entry.models[entry.model].input_usd + entry.models[entry.model].output_usd) / 1000
    seconds = sum(call.typical_s + call.per_output_s * 30 for call in entry.passes)
    return Decimal(str(seconds)) * entry.price.usd


@each(ENTRIES)
def test_the_page_says_of_an_engine_what_its_entry_says(entry: Entry) -> None:
    row = next(line for line in PAGE.splitlines() if line.startswith(f"| `{entry.reference}`"))
    _, _, role, _, gives, usd, licence, commercial, _ = (cell.strip() for cell in row.split("|"))
    assert role == entry.role
    assert commercial == ("yes" if entry.commercial_use else "**no**")
    assert licence.split(",")[0].split()[0].rstrip("'s") in entry.licence
    assert f"{usual_usd(entry):.3f}" == usd.removeprefix("$")
    if entry.role == "video":
        width, height = entry.size["16:9"]
        assert gives.startswith(f"{entry.frames} frames at {entry.fps}, {width}x{height}")


def test_the_pages_example_is_an_entry_and_its_slots_are_all_there_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / "mine.toml"
    own.write_text(PAGE.split("```toml\n", 1)[1].split("```", 1)[0], encoding="utf-8")
    monkeypatch.setenv("VGKIT_ENGINES", str(own))
    assert catalog()["next-video@replicate"].passes[0].input["image"] == "$keyframe"
    rows = [line.split("|")[1] for line in PAGE.splitlines() if line.startswith("| `$")]
    assert set("".join(rows).replace("`", "").replace(",", " ").split()) == {f"${slot}" for slot in SLOTS}
