import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from launched import owned_run, processes_of, until
from rehearsed import billed, booked, created_twice, files_with, rehearsed_run
from turn_taking import turn_of

from vgkit.errors import ParameterError, PhaseNotReady, RunBusy, RunNotFound
from vgkit.ledger import read_events
from vgkit.lock import RunLock, held_by
from vgkit.places import rehearsal_dir
from vgkit.run import Run
from vgkit.studio import launches
from vgkit.studio.form import Draft
from vgkit.studio.handing import export_to, film_address
from vgkit.studio.history import past_runs
from vgkit.studio.launches import launch_of
from vgkit.studio.launching import environment, go_on, launch, start
from vgkit.studio.stopping import stop
from vgkit.studio.watching import Sight, Watch

DRAFT = Draft(prompt="A red kite over dunes. Folds to a sleeve.", product="Kite One", duration_s="6", aspect="1:1")


@pytest.fixture(autouse=True)
def _few_at_once(runs: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """One film at a time, and none that goes on after its test, however that ends."""
    monkeypatch.setenv("VGKIT_AT_ONCE", "1")
    yield
    for path in runs.glob("*/run.json"):
        stop(Run.open(path.parent))


def seen(run: Run) -> Sight:
    return Watch(run).look()


def pid_of(run: Run) -> int:
    """The process of a launch, once it has said which it is."""
    until(lambda: (found := launch_of(run.folder)[0]) and found.pid)
    found, _ = launch_of(run.folder)
    assert found is not None
    return found.pid


def at_work_on(watch: Watch, phase: str, *, done: int = 0) -> bool:
    """Whether a phase has got so far; an end that comes before it fails the test at once."""
    sight = watch.look()
    assert sight.state in ("queued", "running"), f"{sight.state} before {phase}: {sight.said}"
    own = next(each for each in sight.phases if each.phase == phase)
    return own.state == "running" and own.done >= done


def test_two_clicks_launch_one_process_and_the_second_is_told(runs: Path) -> None:
    run = owned_run()
    with turn_of("another"):
        launch(run)
        with pytest.raises(RunBusy, match=f"{run.name} is being made already"):
            launch(run)
        pid_of(run)
        assert len(processes_of(runs)) == 1
        stop(run)


def test_a_film_that_waits_for_its_turn_says_so_and_can_be_stopped(runs: Path) -> None:
    run = owned_run()
    with turn_of("another"):
        launch(run)
        pid_of(run)
        sight = seen(run)
        assert sight.state == "queued"
        assert sight.at_work
        assert sight.said == "Waits for its turn: 1 film is made at once, it is next."
        stop(run)
        assert processes_of(runs) == []
    assert seen(run).state == "stopped"
    assert seen(run).trouble is None


def test_what_goes_wrong_before_the_first_event_reaches_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    run = owned_run()
    monkeypatch.setenv("VGKIT_AT_ONCE", "several")
    launch(run)
    until(lambda: not launch_of(run.folder)[1])
    sight = seen(run)
    assert sight.state == "failed"
    assert sight.trouble is not None
    assert sight.trouble.name == "ParameterError"
    assert sight.trouble.fact == "VGKIT_AT_ONCE: 'several' is no number of films."
    assert sight.trouble.cure == "Say 1 or more."


def test_an_error_that_is_none_of_ours_is_told_and_its_whole_text_kept_without_keys(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = owned_run()
    key = f"r8_{'k' * 37}"
    (tmp_path / "papermill.py").write_text(f"raise RuntimeError('broken by {key}')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    launch(run)
    until(lambda: not launch_of(run.folder)[1])
    found = seen(run).trouble
    assert found is not None
    assert found.fact.startswith("RuntimeError: broken by [redacted")
    assert "Traceback" in run.path("launch.log").read_text()
    assert files_with(key, run.folder) == []


def test_a_new_launch_forgets_how_the_last_one_ended() -> None:
    run = owned_run()
    with launches.taken(run.folder) as descriptor:
        launches.begin(descriptor, only="", approved=False)
        launches.add(descriptor, error="StoreError", message="The disk is full. " * 20)
        launches.begin(descriptor, only="export", approved=True)
    found, alive = launch_of(run.folder)
    assert found is not None
    assert (found.only, found.approved, found.error, found.message, alive) == ("export", True, "", "", False)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"since": "when", "host": "here"}', '{"other": 1}'])
def test_a_launch_that_can_not_be_read_is_none(text: str) -> None:
    run = owned_run()
    run.path(".launch").write_text(text)
    assert launch_of(run.folder) == (None, False)
    assert seen(run).state == "waiting"


def test_a_launched_film_outlives_the_process_that_launched_it(runs: Path) -> None:
    run = owned_run()
    imports = "from vgkit.run import Run; from vgkit.studio.launching import launch"
    with turn_of("another"):
        subprocess.run([sys.executable, "-c", f"{imports}; launch(Run.open({run.name!r}))"], check=True)
        assert seen(run).state == "queued"
        assert os.getsid(pid_of(run)) == pid_of(run)
        stop(run)
        assert processes_of(runs) == []


def test_a_launched_process_that_is_killed_leaves_the_film_interrupted_and_free() -> None:
    run = owned_run()
    with turn_of("another"):
        launch(run)
        os.kill(pid_of(run), signal.SIGKILL)
        until(lambda: not launch_of(run.folder)[1])
        assert seen(run).state == "interrupted"
        launch(run)
        stop(run)


def test_one_that_does_not_listen_is_stopped_all_the_same(runs: Path) -> None:
    run = owned_run()
    with turn_of("another"):
        launch(run)
        os.kill(pid_of(run), signal.SIGSTOP)
        stop(run)
        assert processes_of(runs) == []
    assert seen(run).state == "stopped"


def test_a_run_that_someone_else_makes_is_neither_launched_nor_stopped() -> None:
    run = owned_run()
    with RunLock(run.folder):
        assert seen(run).state == "running"
        with pytest.raises(RunBusy, match=f"{run.name} is being made already, by process {os.getpid()}"):
            launch(run)
        with pytest.raises(RunBusy, match="was not launched from here"):
            stop(run)


def test_to_stop_what_is_not_at_work_does_nothing() -> None:
    run = owned_run()
    stop(run)
    assert seen(run).state == "waiting"


def test_a_run_that_was_deleted_is_not_launched(runs: Path) -> None:
    run = owned_run()
    run.folder.rename(runs / "elsewhere")
    with pytest.raises(RunNotFound, match="It may have been deleted"):
        launch(run)


def test_what_belongs_to_the_pages_server_is_not_handed_down() -> None:
    given = {
        "PATH": "/bin",
        "VGKIT_FILES_KEY": "secret",
        "VOILA_BASE_URL": "/",
        "JPY_PARENT_PID": "1",
        "JUPYTER_TOKEN": "secret",
        "REPLICATE_API_TOKEN": "kept",
    }
    handed = environment(given)
    assert {name for name in given if name in handed} == {"PATH", "REPLICATE_API_TOKEN"}


def test_an_export_is_refused_where_there_is_no_film_and_to_no_place() -> None:
    run = owned_run()
    with pytest.raises(PhaseNotReady):
        export_to(run, "")
    with pytest.raises(ParameterError):
        export_to(run, "ftp://somewhere/else")
    with pytest.raises(PhaseNotReady):
        film_address(run)


@pytest.mark.slow
def test_a_film_is_made_watched_listed_and_handed_over(runs: Path, tmp_path: Path) -> None:
    run = start(DRAFT, owner="ada")
    watch, sights = Watch(run), [Watch(run).look()]
    until(lambda: sights.append(watch.look()) or not sights[-1].at_work)
    sight = sights[-1]
    assert sight.state == "success"
    assert sight.film == run.path("film.mp4")
    assert sight.poster == run.path("poster.jpg")
    assert [phase.state for phase in sight.phases] == ["done"] * 6
    assert {shot.clip_state for shot in sight.shots} == {"made"}
    assert all(shot.still and shot.clip for shot in sight.shots)
    assert {"waiting", "asked"} <= {shot.clip_state for earlier in sights for shot in earlier.shots}
    (past,) = past_runs("ada")
    assert (past.name, past.state, past.owner, past.film) == (run.name, "success", "ada", sight.film)
    export_to(run, str(tmp_path / "handed"))
    until(lambda: not watch.look().at_work)
    assert watch.look().state == "success"
    assert [phase.state for phase in watch.look().phases] == ["kept"] * 5 + ["done"]
    assert Path(film_address(run).address.removeprefix("file://")).parent == tmp_path / "handed"
    until(lambda: processes_of(runs) == [])


@pytest.mark.slow
@pytest.mark.parametrize("phase", ["animatic", "chunks", "refine"])
def test_a_film_that_is_stopped_leaves_no_process_and_goes_on_later(phase: str, runs: Path) -> None:
    run = start(DRAFT, owner="ada")
    watch = Watch(run)
    until(lambda: at_work_on(watch, phase))
    stop(run)
    assert processes_of(runs) == []
    sight = watch.look()
    assert sight.state == "stopped"
    assert "failed" not in [each.state for each in sight.phases]
    assert sight.trouble is None
    go_on(run)
    until(lambda: next(each for each in watch.look().phases if each.phase == "validate").state == "kept")


@pytest.mark.slow
def test_a_driver_that_does_not_listen_takes_its_kernel_along_and_its_end_is_put_on_record(runs: Path) -> None:
    run = start(DRAFT)
    watch = Watch(run)
    until(lambda: at_work_on(watch, "refine"))
    os.kill(pid_of(run), signal.SIGSTOP)
    stop(run)
    until(lambda: processes_of(runs) == [])
    end = read_events(run.events.path).of("run_finished")[-1]
    assert end["state"] == "stopped"
    assert watch.look().state == "stopped"


# Of a killed process the system closes one file after the other; here a second process stands for the last of them.
DEAF = """\
import os, signal, subprocess, sys
from pathlib import Path
from vgkit.studio import launches
HOLD = '''
import sys, time
from pathlib import Path
from vgkit.lock import RunLock
with RunLock(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
    time.sleep(0.5)
'''
signal.signal(signal.SIGTERM, signal.SIG_IGN)
folder = Path(sys.argv[1])
with launches.taken(folder) as launch:
    launches.begin(launch, only="", approved=False)
    holder = subprocess.Popen([sys.executable, "-c", HOLD, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    holder.stdout.readline()
    launches.add(launch, pid=os.getpid())
    print("at work", flush=True)
    signal.pause()
"""


def test_a_stop_waits_until_a_killed_process_has_let_go_of_the_run() -> None:
    run = owned_run()
    with subprocess.Popen([sys.executable, "-c", DEAF, str(run.folder)], stdout=subprocess.PIPE) as deaf:
        assert deaf.stdout
        assert deaf.stdout.readline() == b"at work\n"
        stop(run)
        assert deaf.wait() == -signal.SIGKILL
    assert held_by(run.folder) is None
    assert seen(run).state == "stopped"


@pytest.mark.slow
def test_the_stills_wait_for_a_yes_which_is_kept() -> None:
    run = start(Draft(**{**vars(DRAFT), "approve_stills": True}))
    watch = Watch(run)
    until(lambda: not watch.look().at_work)
    sight = watch.look()
    assert sight.state == "approval"
    assert sight.sheet is not None
    assert sight.animatic is not None
    launch(run, approved=True)
    until(lambda: at_work_on(watch, "references") or at_work_on(watch, "chunks"))
    stop(run)
    assert watch.look().state == "stopped"
    assert not Run.open(run.folder).needs_approval


@pytest.mark.slow
def test_hosted_calls_that_a_stop_leaves_open_are_told_and_taken_up_not_paid_twice(runs: Path) -> None:
    run = rehearsed_run(name="halted", speed=6.0)  # slow enough that no call comes home before the stop
    launch(run)
    watch = Watch(run)
    until(lambda: at_work_on(watch, "chunks") and watch.look().open_calls)
    stop(run)
    assert processes_of(runs) == []
    sight = watch.look()
    assert sight.state == "stopped"
    assert sight.open_calls > 0
    assert sight.open_usd > 0
    assert f"up to ${sight.open_usd:.2f}" in sight.said
    go_on(run)
    until(lambda: not watch.look().at_work)
    sight = watch.look()
    assert sight.state == "success", sight.said
    assert (sight.open_calls, sight.rehearsed) == (0, True)
    assert created_twice(rehearsal_dir("halted")) == {}
    bill = sum((charge.usd for charge in billed(rehearsal_dir("halted"))), Decimal(0))
    assert abs(sum(booked(run).values()) - bill) < Decimal("0.01")
