"""What every engine of a role must do, whoever made it. A new engine is added to the registry and is tested here."""

from pathlib import Path
from typing import Any, get_args

import pytest
from builders import brief, plan, template

from vgkit.brief import FILM_SIZES, Role
from vgkit.draft import draft_storyboard
from vgkit.engines import registry
from vgkit.engines.base import ClipRequest, Engine, MusicRequest, PictureRequest, Staging
from vgkit.engines.registry import engine_for, engines_of
from vgkit.errors import EngineUnknown, LicenceForbids
from vgkit.files import sha256_of
from vgkit.media.frames import read_picture
from vgkit.media.probe import probe
from vgkit.media.sound import read_sound
from vgkit.storyboard import Palette


def each(role: Role) -> Any:
    return pytest.mark.parametrize("reference", engines_of(role))


ROLES: tuple[Role, ...] = get_args(Role)
COLOURS = ("#dce6ea", "#b8c8c4", "#8fa89c", "#5e7a6c", "#e4583c", "#22302a", "#fff2d8")


def staging() -> Staging:
    palette = Palette.model_validate(dict(zip(Palette.model_fields, COLOURS, strict=True)))
    return Staging("studio", "morning", palette, "medium", "push_in", "hero", "bottle")


def picture_request(**changes: Any) -> PictureRequest:
    fields = {"prompt": "a bottle", "negative": "", "seed": 3, "width_px": 512, "height_px": 288, "at": 0.3}
    return PictureRequest(**{"subject": "k00", "staging": staging()} | fields | changes)


@pytest.mark.parametrize(("role", "reference"), [(role, name) for role in ROLES for name in engines_of(role)])
def test_an_engine_says_who_it_is(role: Role, reference: str) -> None:
    engine = engine_for(role, reference)
    assert isinstance(engine, Engine)
    assert f"{engine.name}@{engine.host}" == reference
    assert engine.version


@each("plan")
def test_a_planner_has_words_for_every_beat(reference: str) -> None:
    wish, pattern = brief(), template()
    found = engine_for("plan", reference).plan(wish, pattern)
    assert [beat.beat for beat in found.beats] == [beat.name for beat in pattern.beats]
    shape = engine_for("video", "sketch").shape(wish.aspect)
    assert draft_storyboard(wish, pattern, found, shape).frames == wish.frames


@each("picture")
def test_a_picture_has_the_size_that_was_asked_for_and_the_same_request_the_same_bytes(
    reference: str, tmp_path: Path
) -> None:
    engine, one, two = engine_for("picture", reference), tmp_path / "1.png", tmp_path / "2.png"
    engine.draw(picture_request(), one)
    engine.draw(picture_request(), two)
    assert read_picture(one).shape[:2] == (288, 512)
    assert sha256_of(one) == sha256_of(two)


@each("video")
@pytest.mark.parametrize("aspect", FILM_SIZES)
def test_a_clip_comes_in_the_shape_the_engine_says(reference: str, aspect: str, tmp_path: Path) -> None:
    engine, out = engine_for("video", reference), tmp_path / "clip.mp4"
    shape = engine.shape(aspect)
    request = ClipRequest("s01/t01", "a bottle", "", 3, shape, staging())
    assert engine.animate(request, out).path == out
    found = probe(out)
    assert (found.frames, found.fps, found.width, found.height) == (
        *(shape.frames, shape.fps),
        *(shape.width_px, shape.height_px),
    )
    film = FILM_SIZES[aspect]  # type: ignore[index]
    assert abs(shape.width_px / shape.height_px - film[0] / film[1]) < 0.05


@each("music")
def test_music_has_exactly_the_length_that_was_asked_for(reference: str, tmp_path: Path) -> None:
    out = tmp_path / "music.wav"
    engine_for("music", reference).compose(MusicRequest("music", "calm piano", "calm", 80, 7.0, (3.0,), 3), out)
    assert len(read_sound(out)) == 7 * 48_000


def test_an_engine_we_lack_is_answered_with_those_we_have() -> None:
    with pytest.raises(EngineUnknown, match="'sora' is no engine for video. Use one of sketch@local"):
        engine_for("video", "sora")


def test_a_plan_takes_captions_from_what_the_brief_claims_and_never_invents() -> None:
    found = plan(brief(prompt="A bottle on a beach. Keeps cold for a day! Made of one steel.", product="Aurora"))
    captions = {beat.beat: beat.caption for beat in found.beats}
    assert captions["hook"] == "Meet Aurora"
    assert captions["first_benefit"] == "Keeps cold for a day"
    assert captions["second_benefit"] == "Made of one steel"
    assert captions["moment"] == "It fits right into your day"
    assert found.place == "beach"
    assert all("Keeps cold" not in beat.prompt for beat in found.beats)


def test_an_engine_whose_licence_forbids_it_is_refused_a_commercial_film(monkeypatch: pytest.MonkeyPatch) -> None:
    class Borrowed:
        name, host, version, commercial_use = "borrowed", "local", "1", False

    monkeypatch.setitem(registry.ENGINES, "borrowed@local", (frozenset({"video"}), Borrowed))
    assert engine_for("video", "borrowed").name == "borrowed"
    with pytest.raises(LicenceForbids, match="borrowed may not be used commercially"):
        engine_for("video", "borrowed", usage="commercial")
