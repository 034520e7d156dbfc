"""Phase 5 as a person calls it: its settings, what it leaves, what it puts on record, and what a bad day does to it."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from builders import run, small_disk

from vgkit.errors import NotAClip, ParameterError, StoreError
from vgkit.ledger import Ledger, read_events
from vgkit.media.probe import probe
from vgkit.phases.animatic import draw_animatic
from vgkit.phases.before_after import before_and_after
from vgkit.phases.chunks import make_chunks
from vgkit.phases.references import gather_references
from vgkit.phases.refine import check_settings, inputs, refine_film
from vgkit.phases.step import forget
from vgkit.phases.validate import plan_storyboard
from vgkit.run import Run

_WHOLE = {"quality": "draft", "also": "9:16, 1:1", "masters": "hevc"}
_FILMS = {
    "film.mp4": (1920, 1080, "h264"),
    "film_9x16.mp4": (1080, 1920, "h264"),
    "film_1x1.mp4": (1080, 1080, "h264"),
    "film_hevc.mp4": (1920, 1080, "hevc"),
}


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        ({"quality": "best"}, "quality: there is no 'best'. Use one of draft, review, delivery."),
        ({"quality": ""}, "quality: there is no ''"),
        ({"steady": "much"}, "steady: there is no 'much'. Use one of off, auto, full."),
        ({"framing": "crop"}, "framing: there is no 'crop'. Use one of fill, fit."),
        ({"also": "9:16, 4:3"}, "also: there is no '4:3'. Use one of 16:9, 9:16, 1:1."),
        ({"masters": "prores,gif"}, "masters: there is no 'gif'. Use one of prores, lossless, hevc, av1."),
        ({"grain": 1.5}, "grain: 1.5 is out of range; 0 is none, 1 the most."),
        ({"grain": float("nan")}, "grain: nan is out of range"),
    ],
)
def test_a_choice_that_is_none_is_refused_with_those_there_are(wish: dict[str, object], said: str) -> None:
    with pytest.raises(ParameterError) as refusal:
        check_settings(**wish)
    assert str(refusal.value).startswith(said)


def test_names_may_be_spaced_and_said_twice() -> None:
    check_settings(also=" 9:16 ,1:1,, 9:16", masters="hevc ,hevc", steady="", framing="", grain=1.0)


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of a run whose clips are generated and joined."""
    folder = tmp_path_factory.mktemp("generated")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VGKIT_RUNS", str(folder))
        started = run(name="made", aspect="16:9")
        for phase in (plan_storyboard, draw_animatic, gather_references, make_chunks):
            phase(started)
        yield folder


@pytest.fixture
def ready(generated: Path, runs: Path) -> Run:
    """A run of one's own whose film is to be made."""
    shutil.copytree(generated, runs)
    return Run.open("made")


@pytest.fixture(scope="module")
def refined(generated: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """A run with all its films, to look at but not to change."""
    folder = tmp_path_factory.mktemp("refined") / "runs"
    shutil.copytree(generated, folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VGKIT_RUNS", str(folder))
        made = Run.open("made")
        refine_film(made, **_WHOLE)
        yield made


def outputs(made: Run) -> dict[str, str]:
    record: dict[str, str] = json.loads(made.path("phases/refine.json").read_text())["outputs"]
    return record


def calls(made: Run) -> Counter[str]:
    return Counter(event.kind for event in read_events(made.events.path) if event.kind == "call_reserved")


def drafts(made: Run) -> list[Path]:
    return [path for path in made.folder.rglob("*") if ".part" in path.name or path.suffix == ".tmp"]


@pytest.mark.slow
@pytest.mark.parametrize("name", list(_FILMS))
def test_each_film_is_there_and_to_specification(refined: Run, name: str) -> None:
    found = probe(refined.path(name))
    assert (found.width, found.height, found.codec, found.frames) == (*_FILMS[name], 180)
    checks = json.loads(refined.path(Path(name).stem.replace("film", "conform") + ".json").read_text())
    assert [check for check in checks if not check["passed"]] == []
    assert len(checks) >= 14


@pytest.mark.slow
def test_the_joins_share_out_the_film_to_the_frame(refined: Run) -> None:
    joins = json.loads(refined.path("joins.json").read_text())
    assert sum(joins) == refined.storyboard.frames
    assert len(joins) == len(refined.storyboard.shots)
    assert not drafts(refined)


@pytest.mark.slow
def test_what_is_measured_on_the_film_goes_on_record(refined: Run) -> None:
    film = Ledger(refined.folder.parent).query(
        "SELECT name, value, reason, direction FROM metrics WHERE phase = 'refine' AND latest AND subject = 'film'"
    )
    found = film.set_index("name")
    page = (Path(__file__).parents[2] / "docs" / "film.md").read_text("utf-8")
    told = page.partition("## What is measured on it")[2].partition("\n## ")[0]
    assert set(found.index) == set(re.findall(r"^\| `(\w+)` \|", told, re.MULTILINE))
    assert len(found) == 9
    assert found.value["conformance"] == 1
    assert found.value["sound_apart"] < 1 / 30
    assert found.value["spatial_information"] > 10
    assert 1 <= found.value["seam_step"] < 2.5
    assert found.reason["vmaf"] == "it is measured with quality=delivery only, as it takes time"
    assert found.value.isna().sum() == found.reason.notna().sum()


@pytest.mark.slow
def test_delivery_says_what_encoding_took_from_the_picture(ready: Run) -> None:
    refine_film(ready, quality="delivery")
    (row,) = Ledger(ready.folder.parent).query(
        "SELECT value FROM metrics WHERE latest AND name = 'vmaf'"
    ).value  # fmt: skip
    assert 90 < row <= 100
    assert not list(ready.folder.glob("*.yuv"))


@pytest.mark.slow
def test_how_steady_each_shot_is_goes_on_record(refined: Run) -> None:
    rows = Ledger(refined.folder.parent).query(
        "SELECT subject, name, unit, direction, implementation, version, value, scored ->> 'stage' AS stage "
        "FROM metrics WHERE phase = 'refine' AND latest AND subject <> 'film'"
    )
    shots = [shot.id for shot in refined.storyboard.shots]
    found = set(rows[["subject", "name", "unit", "direction", "stage"]].itertuples(index=False, name=None))
    assert found == {
        (shot, *measure, stage)
        for shot in shots
        for stage in ("generated", "film")
        for measure in (
            ("flicker", "levels", "lower"),
            ("warp_error", "levels", "lower"),
            ("sharpness", "Tenengrad", "higher"),
        )
    }
    assert set(rows["implementation"]) == {"vgkit.media.measures"}
    assert set(rows["version"]) == {"1"}
    assert (rows["value"] >= 0).all()


@pytest.mark.slow
def test_made_again_it_is_the_same_to_the_byte_and_nothing_is_generated(refined: Run, runs: Path) -> None:
    shutil.copytree(refined.folder.parent, runs)
    again = Run.open("made")
    before, asked = outputs(again), calls(again)
    forget(again, "refine")
    refine_film(again, **_WHOLE)
    assert outputs(again) == before
    assert calls(again) == asked
    events = len(read_events(again.events.path).of("phase_started"))
    shown = refine_film(again, **_WHOLE)._repr_html_()
    assert len(read_events(again.events.path).of("phase_started")) == events
    assert "all films are to specification" in shown


@pytest.mark.slow
def test_clips_are_shown_beside_the_film_made_of_them(refined: Run, runs: Path) -> None:
    shutil.copytree(refined.folder.parent, runs)
    made = Run.open("made")
    figures = before_and_after(made).figures
    assert [figure.path.name for figure in figures] == ["before_after.mp4", "before_after.png", "flow.png"]
    assert probe(made.path("before_after.mp4")).width == 1280
    assert outputs(made) == outputs(refined)


def test_every_choice_is_one_that_the_film_follows_from(ready: Run) -> None:
    choices = {"quality": "draft", "steady": "full", "framing": "fit", "also": "1:1", "masters": "av1", "grain": 0.5}
    plain = inputs(ready)
    for name, chosen in choices.items():
        changed = {key for key, value in inputs(ready, **{name: chosen}).items() if plain[key] != value}
        assert changed == {name}, name
    assert inputs(ready, also="9:16,1:1 ,9:16") == inputs(ready, also="9:16, 1:1")


@pytest.mark.slow
def test_a_full_disk_leaves_the_film_as_it_was_and_nothing_half_made(ready: Run) -> None:
    ready.path("film.mp4").write_bytes(b"before")
    with small_disk(2_000_000), pytest.raises(StoreError, match=r"film\.mp4.*Make room"):
        refine_film(ready, quality="draft", masters="hevc")
    assert ready.path("film.mp4").read_bytes() == b"before"
    assert not ready.path("film_hevc.mp4").exists()
    assert not drafts(ready)
    failed = read_events(ready.events.path).of("phase_failed")[-1]
    assert (failed["phase"], failed["error"]) == ("refine", "StoreError")


@pytest.mark.slow
def test_a_cut_that_breaks_off_leaves_no_film_and_names_the_cut(ready: Run) -> None:
    cut = ready.path("cut.mkv")
    cut.write_bytes(cut.read_bytes()[: cut.stat().st_size * 2 // 3])
    with pytest.raises(NotAClip, match=r"cut\.mkv"):
        refine_film(ready, quality="draft")
    assert not list(ready.folder.glob("film*"))
    assert not drafts(ready)


@pytest.mark.slow
def test_a_process_killed_while_it_encodes_leaves_no_film_and_is_made_up_for(ready: Run) -> None:
    code = "from vgkit.run import Run; from vgkit.phases.refine import refine_film\n"
    code += "refine_film(Run.open('made'), quality='draft')"
    with subprocess.Popen([sys.executable, "-c", code], env=os.environ, stderr=subprocess.DEVNULL) as maker:
        _await_a_draft(ready.folder, maker)
        maker.send_signal(signal.SIGKILL)
    assert not ready.path("film.mp4").exists()
    refine_film(ready, quality="draft")
    assert probe(ready.path("film.mp4")).frames == 180
    assert not drafts(ready)


def _await_a_draft(folder: Path, maker: "subprocess.Popen[bytes]") -> None:
    """Wait until the encoder has written some of the film."""
    deadline = time.monotonic() + 300
    draft = folder / ".film.part.mp4"
    while time.monotonic() < deadline and maker.poll() is None:
        if draft.exists() and draft.stat().st_size > 100_000:
            return
        time.sleep(0.01)
    raise AssertionError("the encoder never began, or was done at once")
