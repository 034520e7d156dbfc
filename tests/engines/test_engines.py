"""What every engine of a role must do, whoever made it. A new engine is added to the registry and is tested here."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
from builders import brief, plan, template
from studio import door

from vgkit.brief import FILM_SIZES, Aspect, Role
from vgkit.draft import draft_storyboard
from vgkit.engines import registry
from vgkit.engines.base import Ask, ClipRequest, Engine, MusicRequest, PictureRequest, PlanRequest, Staging
from vgkit.engines.hosted import HostedEngine
from vgkit.engines.hosts import host
from vgkit.engines.registry import engine_for, engines_of
from vgkit.errors import EngineUnknown, LicenceForbids
from vgkit.files import sha256_of
from vgkit.media.frames import read_picture, write_picture
from vgkit.media.probe import probe
from vgkit.media.sound import read_sound
from vgkit.phases.asking import decodes
from vgkit.rehearsal.server import Servers, rehearsing
from vgkit.storyboard import Palette, Plan


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


@pytest.fixture(scope="module")
def hosts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """Rehearsed hosts that all hosted engines are led to."""
    with rehearsing(tmp_path_factory.mktemp("hosts"), speed=120.0, faults="none", seed=3) as servers:
        with pytest.MonkeyPatch.context() as patch:
            for name, value in servers.environment.items():
                patch.setenv(name, value)
            host.cache_clear()
            yield servers
        host.cache_clear()


def asked(role: Role, reference: str, request: Any, out: Path) -> Path:
    """Have an engine make something as a phase does: by the door."""
    opened = door(out.parent / "runs", check=decodes)
    return opened.ask(Ask(role, engine_for(role, reference), request, out))


@each("plan")
def test_a_planner_has_words_for_every_beat(reference: str, hosts: Servers, tmp_path: Path) -> None:
    wish, pattern = brief(), template()
    out = asked("plan", reference, PlanRequest("plan", wish, pattern), tmp_path / "plan.json")
    found = Plan.model_validate_json(out.read_text())
    assert [beat.beat for beat in found.beats] == [beat.name for beat in pattern.beats]
    shape = engine_for("video", "sketch").shape(wish.aspect)
    assert draft_storyboard(wish, pattern, found, shape).frames == wish.frames


@each("picture")
def test_a_picture_has_the_size_that_was_asked_for_and_the_same_request_the_same_bytes(
    reference: str, hosts: Servers, tmp_path: Path
) -> None:
    one, two = tmp_path / "1.png", tmp_path / "2.png"
    asked("picture", reference, picture_request(), one)
    asked("picture", reference, picture_request(), two)
    assert read_picture(one).shape[:2] == (288, 512)
    assert sha256_of(one) == sha256_of(two)


@each("video")
@pytest.mark.parametrize("aspect", FILM_SIZES)
def test_an_engine_gives_clips_in_the_films_aspect(reference: str, aspect: Aspect) -> None:
    shape, film = engine_for("video", reference).shape(aspect), FILM_SIZES[aspect]
    assert abs(shape.width_px / shape.height_px - film[0] / film[1]) < 0.05
    assert (shape.width_px % 2, shape.height_px % 2) == (0, 0)


@each("video")
def test_a_clip_comes_in_the_shape_the_engine_says(reference: str, hosts: Servers, tmp_path: Path) -> None:
    out, still = tmp_path / "clip.mp4", tmp_path / "still.png"
    write_picture(np.random.default_rng(1).integers(0, 256, (288, 512, 3), np.uint8), still)
    shape = engine_for("video", reference).shape("16:9")
    request = ClipRequest("s01/t01", "a bottle", "", 3, shape, staging(), keyframe=still)
    assert asked("video", reference, request, out) == out
    found = probe(out)
    assert (found.frames, found.fps, found.width, found.height) == (
        *(shape.frames, shape.fps),
        *(shape.width_px, shape.height_px),
    )


@each("music")
def test_music_has_exactly_the_length_that_was_asked_for(reference: str, hosts: Servers, tmp_path: Path) -> None:
    out = tmp_path / "music.wav"
    asked("music", reference, MusicRequest("music", "calm piano", "calm", 80, 7.0, (3.0,), 3), out)
    assert len(read_sound(out)) == 7 * 48_000


def test_hosts_never_saw_a_key_where_outputs_lie(hosts: Servers) -> None:
    assert hosts.breaches == []


@pytest.mark.parametrize(("role", "reference"), [(role, name) for role in ROLES for name in engines_of(role)])
def test_what_an_engine_costs_is_known_before_it_is_asked(role: Role, reference: str) -> None:
    engine = engine_for(role, reference)
    if isinstance(engine, HostedEngine):
        shape = engine_for("video", "sketch").shape("16:9")
        request: Any = {
            "plan": PlanRequest("plan", brief(), template()),
            "picture": picture_request(),
            "video": ClipRequest("s01/t01", "a bottle", "", 3, shape, staging()),
            "music": MusicRequest("music", "calm piano", "calm", 80, 7.0, (3.0,), 3),
        }[role]
        assert all(order.estimate_usd > 0 for order in engine.forecast(request))
    assert (engine.host == "local") == (not isinstance(engine, HostedEngine))


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
