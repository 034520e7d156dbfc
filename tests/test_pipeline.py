import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from builders import brief, run

from vgkit.bench.film import phase_timings, table
from vgkit.errors import ApprovalNeeded, ParameterError, PhaseNotReady, RunBusy
from vgkit.ledger import Ledger, read_events
from vgkit.lock import RunLock
from vgkit.media.frames import frame_digest
from vgkit.phases.step import PHASES
from vgkit.pipeline import phases_between, run_phases, settings_by_phase
from vgkit.run import Run
from vgkit.start import start_run


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """A finished run of six seconds that the tests of this file may look at but not change."""
    folder = tmp_path_factory.mktemp("made")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VGKIT_RUNS", str(folder))
        finished = run(name="made")
        run_phases(finished)
        yield finished


@pytest.fixture
def copied(made: Run, runs: Path) -> Run:
    """A finished run of one's own, without the cost of making it."""
    shutil.copytree(made.folder.parent, runs)
    return Run.open("made")


def kinds(finished: Run, *wanted: str) -> list[str]:
    return [event["phase"] for event in read_events(finished.events.path) if event.kind in wanted]


def test_a_run_leaves_film_notebooks_record_and_manifest(made: Run) -> None:
    assert made.path("film.mp4").is_file()
    assert sorted(path.name for path in made.path("notebooks").glob("*.ipynb")) == [
        *("01_validate.ipynb", "02_animatic.ipynb", "03_references.ipynb"),
        *("04_chunks.ipynb", "05_refine.ipynb", "06_export.ipynb"),
    ]
    manifest = json.loads(made.path("manifest.json").read_text())
    assert manifest["engines"]["video"].startswith("sketch@local")
    assert set(manifest["artifacts"]) >= {"film.mp4", "storyboard.json", "animatic/00.png", "cut.mkv", "music.wav"}
    assert manifest["cost_usd"] == "0"
    assert kinds(made, "phase_finished") == list(PHASES)


def test_executed_notebooks_are_true_records(made: Run) -> None:
    for path in made.path("notebooks").glob("*.ipynb"):
        notebook = json.loads(path.read_text())
        cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
        assert all(cell["execution_count"] for cell in cells), path.name
        injected = next(cell for cell in cells if "injected-parameters" in cell["metadata"].get("tags", []))
        assert str(made.folder) in "".join(injected["source"])
        assert any(out.get("data", {}).get("text/html") for cell in cells for out in cell["outputs"]), path.name


def test_the_ledger_knows_the_run(made: Run) -> None:
    ledger = Ledger(made.folder.parent)
    row = ledger.query("select state, video_engine, phases_finished, cost_usd from run_summary where run = 'made'")
    assert row.iloc[0].to_list() == ["success", "sketch@local", 6, 0.0]


def test_the_benchmark_tells_each_phase_from_its_notebook(made: Run) -> None:
    timings = phase_timings(made.events.path)
    assert [timing.phase for timing in timings] == list(PHASES)
    assert all(timing.own_s > 0 and timing.notebook_s > 0 for timing in timings)
    shown = str(table(timings, whole_s=90.0, bare_s=20.0, frames=900))
    assert "whole / bare" in shown
    assert "4.50" in shown


def test_the_log_tells_times_in_utc_and_holds_no_traceback(made: Run) -> None:
    lines = made.path("run.log").read_text().splitlines()
    assert lines
    assert all(line[10] == "T" and line[19] == "Z" for line in lines)


def test_a_second_run_keeps_everything_and_says_why(copied: Run) -> None:
    run_phases(copied)
    events = read_events(copied.events.path)
    skipped = [event["reason"] for event in events.of("phase_skipped")]
    assert len(skipped) == 6
    assert all("unchanged since" in reason for reason in skipped)
    assert Counter(event["phase"] for event in events.of("phase_started")) == Counter(PHASES)


def test_what_changed_is_named_and_only_what_follows_is_made_again(copied: Run) -> None:
    changed = Run(copied.folder, copied.brief, copied.template, {"quality": "draft"})
    run_phases(changed)
    assert kinds(changed, "phase_skipped") == ["validate", "animatic", "references", "chunks"]
    assert "quality from 'review' to 'draft'" in changed.path("run.log").read_text()


def test_a_file_that_was_changed_by_hand_is_noticed(copied: Run) -> None:
    copied.path("references/style.png").write_bytes(b"scribble")
    run_phases(copied, phases=phases_between(only="references"))
    assert "references/style.png is not as it was made" in copied.path("run.log").read_text()
    assert copied.path("references/style.png").stat().st_size > 1000


def test_a_changed_brief_value_is_named(copied: Run) -> None:
    record = json.loads(copied.path("run.json").read_text())
    record["brief"]["tagline"] = "Another"
    copied.path("run.json").write_text(json.dumps(record))
    run_phases(Run.open("made"), phases=phases_between(only="validate"))
    assert "brief.tagline from '' to 'Another'" in copied.path("run.log").read_text()


def test_a_damaged_line_in_the_record_is_reported_and_stops_nothing(copied: Run) -> None:
    lines = copied.events.path.read_text().splitlines(keepends=True)
    copied.events.path.write_text("".join([*lines[:2], '{"id": "bro\n', *lines[2:], '{"half']))
    run_phases(copied)
    assert "events.jsonl, line 3 is left out" in copied.path("run.log").read_text()


def test_a_run_waits_for_approval_after_its_animatic(runs: Path) -> None:
    waiting = start_run(brief(duration_s=6), needs_approval=True, name="waiting")
    with pytest.raises(ApprovalNeeded, match="vgkit resume waiting --approved"):
        run_phases(waiting)
    assert waiting.path("animatic/sheet.png").is_file()
    assert not waiting.path("chunks").exists()
    run_phases(Run.open("waiting"), phases=phases_between(last="references"), approved=True)
    assert kinds(waiting, "phase_finished") == ["validate", "animatic", "references"]


def test_a_phase_without_its_input_names_the_phase_to_run_first(runs: Path) -> None:
    early = run()
    with pytest.raises(PhaseNotReady, match=r"has no storyboard.json yet. Run phase 'validate' first"):
        run_phases(early, phases=("animatic",))


def test_two_processes_never_work_in_one_run(copied: Run) -> None:
    code = (
        "import sys; from pathlib import Path; from vgkit.lock import RunLock\n"
        f"with RunLock(Path({str(copied.folder)!r})): print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        other.stdout.readline()
        with pytest.raises(RunBusy, match=f"process {other.pid}"):
            run_phases(copied)
        other.communicate(b"")
    with RunLock(copied.folder):
        pass


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"take": 2}, "no notebook has a parameter 'take'. There are also, destination, framing, grain"),
        ({"run_dir": "x"}, "no notebook has a parameter 'run_dir'"),
        ({"takes": "many"}, "takes"),
    ],
)
def test_a_setting_no_notebook_has_is_refused(settings: dict[str, object], said: str) -> None:
    with pytest.raises(ParameterError, match=said):
        settings_by_phase(settings)


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        ({}, PHASES),
        ({"first": "chunks"}, ("chunks", "refine", "export")),
        ({"last": "animatic"}, ("validate", "animatic")),
        ({"only": "refine"}, ("refine",)),
    ],
)
def test_phases_are_chosen_by_name(chosen: dict[str, str], expected: tuple[str, ...]) -> None:
    assert phases_between(**chosen) == expected


@pytest.mark.parametrize(
    ("chosen", "said"),
    [
        ({"first": "chunk"}, "'chunk' is no phase"),
        ({"first": "refine", "last": "animatic"}, "--from refine comes after --until animatic"),
    ],
)
def test_a_choice_that_is_none_is_refused(chosen: dict[str, str], said: str) -> None:
    with pytest.raises(ParameterError, match=said):
        phases_between(**chosen)


def started(folder: Path, phase: str, driver: "subprocess.Popen[bytes]") -> bool:
    """Wait until the phase is under way; False where the driver ended before."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        if folder.exists() and any(
            event["phase"] == phase for event in read_events(folder / "events.jsonl").of("phase_started")
        ):
            return True
        if driver.poll() is not None:
            return False
        time.sleep(0.002)
    raise TimeoutError(f"{phase} never started")


def children_of(pid: int) -> list[int]:
    listed = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True, check=False).stdout
    return [int(line) for line in listed.split()]


def gone(pid: int) -> bool:
    deadline = time.monotonic() + 60
    while Path(f"/proc/{pid}").exists() and time.monotonic() < deadline:
        if (Path(f"/proc/{pid}/stat")).read_text().split(")")[1].split()[0] == "Z":
            return True
        time.sleep(0.02)
    return not Path(f"/proc/{pid}").exists()


@pytest.mark.slow
def test_a_run_killed_in_every_phase_ends_with_the_same_film(made: Run, runs: Path) -> None:
    """Each start is killed with -9 in the next phase; what was done stays done, and no process is left behind."""
    run(name="killed")
    folder = runs / "killed"
    for phase in PHASES:
        command = [sys.executable, "-m", "vgkit", "resume", "killed", "--view", "quiet"]
        with subprocess.Popen(command, env=os.environ | {"VGKIT_RUNS": str(runs)}, stderr=subprocess.DEVNULL) as driver:
            if started(folder, phase, driver):
                kernels = children_of(driver.pid)
                driver.send_signal(signal.SIGKILL)
                driver.wait()
                assert all(gone(pid) for pid in kernels)
    survivor = Run.open("killed")
    run_phases(survivor)
    assert Counter(kinds(survivor, "phase_finished")) == Counter(PHASES)
    assert frame_digest(survivor.path("film.mp4")) == frame_digest(made.path("film.mp4"))
    assert not list(folder.rglob("*.part*"))


@pytest.mark.slow
def test_an_interrupted_run_stops_cleanly_and_says_how_to_go_on(runs: Path) -> None:
    run(name="stopped")
    command = [sys.executable, "-m", "vgkit", "resume", "stopped", "--view", "quiet"]
    with subprocess.Popen(
        command, env=os.environ | {"VGKIT_RUNS": str(runs)}, stderr=subprocess.PIPE, text=True
    ) as driver:
        assert started(runs / "stopped", "chunks", driver)  # type: ignore[arg-type]
        kernels = children_of(driver.pid)
        driver.send_signal(signal.SIGTERM)
        _, said = driver.communicate(timeout=60)
    assert driver.returncode == 130
    assert "Traceback" not in said
    assert all(gone(pid) for pid in kernels)
    ended = read_events(runs / "stopped" / "events.jsonl").of("run_finished")[-1]
    assert ended["state"] == "stopped"


@pytest.mark.slow
def test_a_full_disk_is_said_and_the_run_goes_on_once_there_is_room(runs: Path) -> None:
    """A limit on file size is what a full disk looks like to a writer; the lossless cut is the first to meet it."""
    run(name="full")
    command = f"ulimit -f 4000; exec {sys.executable} -m vgkit resume full --view quiet"
    tried = subprocess.run(
        ["bash", "-c", command], env=os.environ | {"VGKIT_RUNS": str(runs)}, capture_output=True, text=True, check=False
    )
    assert tried.returncode == 8, tried.stderr
    assert "cut.mkv" in tried.stderr
    assert "Make room" in tried.stderr
    assert "Traceback" not in tried.stderr
    assert not (runs / "full" / "cut.mkv").exists()
    assert not list((runs / "full").rglob("*.part*"))
    run_phases(Run.open("full"), phases=PHASES[: PHASES.index("refine")])
    assert (runs / "full" / "cut.mkv").is_file()
