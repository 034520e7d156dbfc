"""One process works in a run at a time, and a crash leaves no run locked."""

import contextlib
import fcntl
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from vgkit.errors import RunBusy, RunNotFound
from vgkit.lock import RunLock, held_by

HOLD = """\
import sys
from pathlib import Path
from vgkit.lock import RunLock
with RunLock(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""
# The taker is a grandchild of the test, so that the test's own lock is not lent to it.
TRY = """\
import subprocess, sys
code = '''
import sys
from pathlib import Path
from vgkit.errors import RunBusy
from vgkit.lock import RunLock
try:
    with RunLock(Path(sys.argv[1])):
        print("taken")
except RunBusy as busy:
    print(busy)
'''
sys.stdout.write(subprocess.run([sys.executable, "-c", code, sys.argv[1]], stdout=-1, text=True).stdout)
"""


@pytest.fixture
def run(tmp_path: Path) -> Path:
    folder = tmp_path / "shoe-launch"
    folder.mkdir()
    return folder


@contextlib.contextmanager
def another_holds(run: Path) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(run)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == "held\n"
        yield holder
        holder.kill()


def said_by_a_stranger(run: Path) -> str:
    return subprocess.run([sys.executable, "-c", TRY, str(run)], stdout=subprocess.PIPE, text=True, check=True).stdout


def test_the_second_is_told_who_holds_the_run_and_what_to_do(run: Path) -> None:
    with another_holds(run) as holder, pytest.raises(RunBusy) as busy, RunLock(run):
        pass
    assert f"Run shoe-launch is in use: process {holder.pid} on " in str(busy.value)
    assert f"stop it with `kill {holder.pid}`, then try again." in str(busy.value)


def test_when_the_holder_is_killed_the_run_is_free(run: Path) -> None:
    with another_holds(run) as holder:
        holder.kill()
        holder.wait()
        assert held_by(run) is None
        with RunLock(run):
            owner = held_by(run)
    assert owner is not None
    assert owner.pid == os.getpid()


def test_a_look_at_a_run_whose_holder_was_just_killed_is_waited_for(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with another_holds(run) as holder, (run / ".lock").open("rb") as look:
        holder.kill()
        os.waitid(os.P_PID, holder.pid, os.WEXITED | os.WNOWAIT)  # ended, and not yet taken note of
        fcntl.flock(look, fcntl.LOCK_SH)
        monkeypatch.setattr(time, "sleep", lambda _: fcntl.flock(look, fcntl.LOCK_UN))  # it ends meanwhile
        with RunLock(run):
            assert held_by(run) is not None


def test_a_child_of_the_holder_works_under_its_lock_and_a_stranger_does_not(run: Path) -> None:
    with RunLock(run):
        ours = subprocess.run(
            [sys.executable, "-c", HOLD, str(run)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
        )
        assert (ours.returncode, ours.stdout) == (0, "held\n")
        assert "is in use" in said_by_a_stranger(run)
    assert said_by_a_stranger(run) == "taken\n"


def test_the_holder_may_take_it_again_in_the_same_thread_and_keeps_it_until_the_outer_block_ends(run: Path) -> None:
    with RunLock(run):
        with RunLock(run):
            pass
        assert held_by(run) is not None
    assert held_by(run) is None


def test_another_thread_of_the_same_process_is_refused(run: Path) -> None:
    def take() -> None:
        with RunLock(run):
            pass

    with ThreadPoolExecutor(1) as batch:
        with RunLock(run), pytest.raises(RunBusy):
            batch.submit(take).result()
        batch.submit(take).result()


def test_a_run_nobody_works_in_has_no_owner(run: Path) -> None:
    assert held_by(run) is None


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(RunNotFound, match="There is no run folder"), RunLock(tmp_path / "none"):
        pass


def test_a_lock_file_with_other_text_in_it_does_no_harm(run: Path) -> None:
    (run / ".lock").write_text("torn {")
    with RunLock(run):
        assert held_by(run) is not None
