import json
import os
import subprocess
import sys
from pathlib import Path

import builders
import pytest

VGKIT = [sys.executable, "-m", "vgkit"]


def vgkit(*arguments: str, runs: Path) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"VGKIT_RUNS": str(runs), "NO_COLOR": "1", "COLUMNS": "200"}
    return subprocess.run([*VGKIT, *arguments], env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["run"], 2, "There is nothing to make a film of"),
        (["run", "--prompt", ""], 2, "prompt: is ''"),
        (["run", "none.toml"], 2, "none.toml can't be read"),
        (["run", "--prompt", "x", "--duration", "-3"], 2, "duration_s: is -3; the least is 6"),
        (["run", "--prompt", "x", "--template", "y"], 2, "there is no template 'y'"),
        (["run", "--prompt", "x", "--profile", "y"], 2, "there is no profile 'y'"),
        (["run", "--prompt", "x", "--asset", "product"], 2, "--asset: 'product' is not name=value"),
        (["run", "--prompt", "x", "--asset", "product=none.png"], 2, "assets.product"),
        (["run", "--prompt", "x", "--set", "take=2"], 2, "no notebook has a parameter 'take'"),
        (["run", "--prompt", "x", "--set", 'takes="many"'], 2, "takes"),
        (["run", "--prompt", "x", "--from", "y"], 2, "'y' is no phase"),
        (["run", "--prompt", "x", "--cap", "much"], 2, "caps.run_usd"),
        (["resume"], 3, "There are no runs yet"),
        (["resume", "none"], 3, "There is no run 'none'"),
        (["show", "none"], 3, "There is no run 'none'"),
        (["sql", "select * from nothing"], 4, "nothing"),
        (["templates", "check", "none.json"], 2, "line 1: can't be read"),
    ],
)
def test_a_mistake_ends_in_one_message_and_its_code(tmp_path: Path, arguments: list[str], code: int, said: str) -> None:
    tried = vgkit(*arguments, runs=tmp_path / "runs")
    assert tried.returncode == code, tried.stderr
    assert said in tried.stderr
    assert "Traceback" not in tried.stderr
    assert not list((tmp_path / "runs").glob("*/run.json"))


def test_templates_are_listed_and_checked(tmp_path: Path) -> None:
    listed = vgkit("templates", runs=tmp_path).stdout
    assert all(name in listed for name in ("announcement", "lifestyle_ad", "product_showcase"))
    shipped = Path(__file__).parent.parent / "templates" / "announcement.json"
    assert "is a template: Announcement, 7 beats" in vgkit("templates", "check", str(shipped), runs=tmp_path).stdout


def test_an_empty_place_is_listed_as_such(tmp_path: Path) -> None:
    assert "There are no runs yet" in vgkit("list", runs=tmp_path / "runs").stdout


def test_how_a_run_ended_is_listed_and_shown(runs: Path) -> None:
    run = builders.run(name="bag")
    run.events.write("run_started", brief=run.brief.model_dump(mode="json"), profile="offline", engines={})
    assert "state: open: no end is on record. `vgkit resume bag` goes on." in vgkit("show", runs=runs).stdout
    run.events.write("phase_started", phase="chunks")
    run.events.write("fallback", phase="chunks", subject="s01", engine="zeroscope@replicate", message="failed")
    run.events.write("run_finished", state="degraded", seconds=61.4, message="Degraded: s01.")
    assert "state: degraded\n  Degraded: s01." in vgkit("show", runs=runs).stdout
    head, row = vgkit("list", runs=runs).stdout.splitlines()
    assert head.split() == ["run", "state", "film", "profile", "took", "cost"]
    assert "degraded (1 still)" in row
    assert row.endswith("61 s  $0")


@pytest.mark.slow
def test_a_short_film_from_the_command_line_alone(tmp_path: Path) -> None:
    made = vgkit(
        *("run", "--prompt", "A red bag on a beach at golden hour", "--template", "lifestyle_ad", "--duration", "6"),
        *("--brand", "It's 100%: “Sól” 日本", "--name", "bag", "--set", "quality=draft", "--view", "json", "-v"),
        runs=tmp_path,
    )
    assert made.returncode == 0, made.stderr
    events = [json.loads(line) for line in made.stdout.splitlines()]
    assert events[-1]["kind"] == "run_finished"
    assert events[-1]["state"] == "success"
    assert "vgkit.phases.step: refine done" in made.stderr
    assert "bag" in vgkit("list", runs=tmp_path).stdout
    shown = vgkit("show", runs=tmp_path).stdout
    assert "film.mp4" in shown
    assert "success" in vgkit("sql", "select state from run_summary", "--csv", runs=tmp_path).stdout
    assert vgkit("link", "bag", runs=tmp_path).stdout.strip().endswith(".mp4")
    assert vgkit("link", "bag", "--days", "8", runs=tmp_path).returncode == 2
    assert "Would free" in vgkit("clean", runs=tmp_path).stdout
    assert "Freed" in vgkit("clean", "--yes", runs=tmp_path).stdout
    assert not (tmp_path / "bag" / "cut.mkv").exists()
    assert (tmp_path / "bag" / "film.mp4").exists()
    again = vgkit("resume", "bag", "--view", "plain", runs=tmp_path)
    assert again.returncode == 0
    assert again.stderr.count("kept") >= 6
