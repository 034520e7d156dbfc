"""Engines by name, wherever they come from."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from vgkit.engines import registry
from vgkit.engines.base import Engine
from vgkit.engines.catalog import catalog
from vgkit.engines.hosted import HostedEngine
from vgkit.engines.hosts import host
from vgkit.engines.registry import engine_for, engines_of, full_name
from vgkit.errors import EngineUnknown, LicenceForbids

Offer = Callable[[str, str], None]

DRIFT = """
class Drift:
    roles = ("video",)
    name, host, version, commercial_use = "drift", "local", "1", True
"""


@pytest.fixture
def offer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Offer]:
    """Install a package that offers an engine by an entry point, as pip would lay it out."""

    def install(name: str, code: str) -> None:
        (tmp_path / "somebodys.py").write_text(code, encoding="utf-8")
        about = tmp_path / "somebodys-1.0.dist-info"
        about.mkdir()
        (about / "METADATA").write_text("Metadata-Version: 2.1\nName: somebodys\nVersion: 1.0\n", encoding="utf-8")
        (about / "entry_points.txt").write_text(f"[vgkit.engines]\n{name} = somebodys:Drift\n", encoding="utf-8")
        monkeypatch.syspath_prepend(tmp_path)
        registry._offered.cache_clear()

    yield install
    sys.modules.pop("somebodys", None)
    registry._offered.cache_clear()


def test_every_entry_that_plays_a_role_is_an_engine_by_that_name() -> None:
    for reference, entry in catalog().items():
        played = [role for role in ("plan", "picture", "video", "music") if reference in engines_of(role)]
        assert played == ([] if entry.role in ("upscale", "interpolate") else [entry.role])


@pytest.mark.parametrize("role", ["picture", "video", "music"])
def test_a_hosted_engine_says_who_it_is_without_a_key(role: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REPLICATE_API_TOKEN", raising=False)
    for reference in engines_of(role):  # type: ignore[arg-type]
        engine = engine_for(role, reference)  # type: ignore[arg-type]
        assert isinstance(engine, Engine)
        assert f"{engine.name}@{engine.host}" == reference
        if reference != "sketch@local":
            assert isinstance(engine, HostedEngine)
            assert engine.client is host(engine.host)
            assert engine.licence  # type: ignore[attr-defined]


def test_a_name_alone_will_do() -> None:
    assert full_name("video", "animatediff") == full_name("video", "animatediff@replicate") == "animatediff@replicate"


def test_an_engine_of_another_role_is_answered_with_those_that_can() -> None:
    with pytest.raises(EngineUnknown, match="'musicgen' is no engine for video. Use one of sketch@local, zeroscope@"):
        engine_for("video", "musicgen")


def test_a_host_we_lack_is_answered_with_those_we_have() -> None:
    with pytest.raises(EngineUnknown, match="no host 'elsewhere'. Use one of local, replicate, openai"):
        host("elsewhere")


@pytest.mark.parametrize(("role", "name"), [("video", "zeroscope"), ("video", "ltx-video"), ("music", "musicgen")])
def test_a_commercial_film_is_refused_and_told_which_engines_would_serve(role: str, name: str) -> None:
    with pytest.raises(LicenceForbids) as refusal:
        engine_for(role, name, usage="commercial")  # type: ignore[arg-type]
    said = str(refusal.value)
    named = [reference for reference in engines_of(role) if reference in said]  # type: ignore[arg-type]
    assert catalog()[f"{name}@replicate"].licence in said
    assert "sketch@local" in named
    assert all(catalog()[reference].commercial_use for reference in named if reference != "sketch@local")


def test_an_engine_that_permits_it_serves_a_commercial_film() -> None:
    assert engine_for("video", "animatediff", usage="commercial").name == "animatediff"


def test_another_packages_engine_is_found_by_its_entry_point(offer: Offer) -> None:
    offer("drift@local", DRIFT)
    assert engines_of("video")[-1] == "drift@local"
    assert engine_for("video", "drift").version == "1"
    assert "drift@local" not in engines_of("music")


def test_another_packages_engine_does_not_take_the_place_of_ours(offer: Offer) -> None:
    offer("sketch@local", DRIFT)
    assert type(engine_for("video", "sketch")).__name__ == "Sketch"


@pytest.mark.parametrize(
    ("name", "code", "said"),
    [
        ("drift@local", "import a_library_that_is_not_here", "No module named 'a_library_that_is_not_here'"),
        ("drift@local", "class Drift: pass", "it must have roles, of plan, picture, video, music"),
        ("drift", DRIFT, "its entry point must be named name@host"),
    ],
)
def test_a_broken_package_stops_nobody_but_who_asks_for_it(name: str, code: str, said: str, offer: Offer) -> None:
    offer(name, code)
    assert engine_for("video", "sketch").name == "sketch"
    with pytest.raises(EngineUnknown) as refusal:
        engine_for("video", "drift")
    assert said in str(refusal.value)
    assert "Mend that package" in str(refusal.value)


def test_names_cost_no_client_and_no_codec() -> None:
    heavy = ("replicate", "openai", "boto3", "cv2", "numpy", "av")
    code = (
        "import sys; from vgkit.engines.registry import engines_of; engines_of('video'); "
        f"print([name for name in {heavy!r} if name in sys.modules])"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said.strip() == "[]"
