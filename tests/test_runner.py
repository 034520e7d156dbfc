"""Notebooks run in real kernels, and whatever happens no process outlives its driver and the record tells the truth."""

import asyncio
import json
import os
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from vgkit.errors import BudgetExceeded, Interrupted, KernelDied, ParameterError, PhaseFailed
from vgkit.runner import NotebookRunner

PIDS_THEN_HANG = """\
import os, subprocess, threading
child = subprocess.Popen(["sleep", "300"])
with open(report, "w") as pipe: pipe.write(f"{os.getpid()} {child.pid}")
threading.Event().wait()"""


def write_notebook(path: Path, *cells: str, parameters: str = "") -> Path:
    tagged = [(parameters, ["parameters"])] if parameters else []
    shown = [
        {
            "cell_type": "code",
            "id": f"c{number}",
            "metadata": {"tags": tags},
            "source": source,
            "outputs": [],
            "execution_count": None,
        }
        for number, (source, tags) in enumerate([*tagged, *((cell, []) for cell in cells)])
    ]
    path.write_text(json.dumps({"cells": shown, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
    return path


def outputs(record: Path) -> list[Any]:
    cells = json.loads(record.read_text())["cells"]
    return [output for cell in cells for output in cell.get("outputs", [])]


def printed(record: Path) -> str:
    return "".join("".join(output.get("text", "")) for output in outputs(record))


def statuses(record: Path) -> list[str]:
    return [cell["metadata"]["papermill"]["status"] for cell in json.loads(record.read_text())["cells"]]


class Pipe:
    """A named pipe a notebook writes its process ids to; reading waits, but never for ever."""

    def __init__(self, path: Path) -> None:
        os.mkfifo(path)
        self.path = path
        self._open = os.open(path, os.O_RDWR)

    def processes(self) -> list[int]:
        """Handles of the kernel and its child, taken while both live."""
        ready, _, _ = select.select([self._open], [], [], 30)
        assert ready, "the notebook never reported"
        return [os.pidfd_open(int(pid)) for pid in os.read(self._open, 100).split()]


def all_gone(processes: list[int]) -> bool:
    return all(select.select([each], [], [], 10)[0] for each in processes)


@pytest.fixture
def pipe(tmp_path: Path) -> Pipe:
    return Pipe(tmp_path / "pids")


@pytest.fixture(scope="module")
def warm() -> Iterator[NotebookRunner]:
    with NotebookRunner() as runner:
        runner.warm_up()
        yield runner


def test_the_record_holds_the_parameters_and_the_outputs(warm: NotebookRunner, tmp_path: Path) -> None:
    notebook = write_notebook(tmp_path / "n.ipynb", "print(word * takes)", parameters="word: str = ''\ntakes: int = 1")
    done = warm.run(notebook, tmp_path / "made/n.ipynb", {"word": "ab", "takes": 2}, cwd=tmp_path)
    assert printed(done.out) == "abab\n"
    assert json.loads(done.out.read_text())["metadata"]["papermill"]["parameters"] == {"word": "ab", "takes": 2}
    assert set(statuses(done.out)) == {"completed"}
    assert [each.name for each in done.out.parent.iterdir()] == ["n.ipynb"]
    assert 0 < done.kernel_start_s < done.seconds


def test_a_wrong_parameter_is_refused_before_anything_is_written(warm: NotebookRunner, tmp_path: Path) -> None:
    notebook = write_notebook(tmp_path / "n.ipynb", "1", parameters="takes: int = 1")
    with pytest.raises(ParameterError, match="Did you mean takes"):
        warm.run(notebook, tmp_path / "made/n.ipynb", {"tales": 2}, cwd=tmp_path)
    assert not (tmp_path / "made").exists()


def test_a_folder_that_is_not_there_is_refused_before_anything_is_written(warm: NotebookRunner, tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="which is no folder"):
        warm.run(write_notebook(tmp_path / "n.ipynb", "1"), tmp_path / "made/n.ipynb", {}, cwd=tmp_path / "none")
    assert not (tmp_path / "made").exists()


def test_a_run_says_nothing_on_the_terminal(
    warm: NotebookRunner, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    notebook = write_notebook(tmp_path / "n.ipynb", "import sys; print('loud'); print('loud', file=sys.stderr)")
    warm.run(notebook, tmp_path / "out.ipynb", {}, cwd=tmp_path)
    assert capfd.readouterr() == ("", "")


def test_a_warm_kernel_forgets_variables_folder_and_environment(warm: NotebookRunner, tmp_path: Path) -> None:
    messy = "import os; left = 1; os.environ['LEFT'] = '1'; os.environ.pop('PATH'); os.chdir('/'); print(os.getpid())"
    first = warm.run(write_notebook(tmp_path / "a.ipynb", messy), tmp_path / "a.out.ipynb", {}, cwd=tmp_path)
    look = "import os; print(os.getpid()); print('left' in dir(), 'LEFT' in os.environ, 'PATH' in os.environ)"
    second = warm.run(
        write_notebook(tmp_path / "b.ipynb", f"{look}; print(os.getcwd())"), tmp_path / "b.out.ipynb", {}, cwd=tmp_path
    )
    assert printed(second.out) == f"{printed(first.out)}False False True\n{tmp_path.resolve()}\n"


def test_a_warm_kernel_sees_the_environment_the_driver_has_now(
    warm: NotebookRunner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SAID_LATER", "yes")
    monkeypatch.delenv("HOME", raising=False)
    notebook = write_notebook(tmp_path / "n.ipynb", "import os; print(os.environ['SAID_LATER'], 'HOME' in os.environ)")
    assert printed(warm.run(notebook, tmp_path / "out.ipynb", {}, cwd=tmp_path).out) == "yes False\n"


def test_a_fresh_kernel_is_another_process_each_time(tmp_path: Path) -> None:
    notebook = write_notebook(tmp_path / "n.ipynb", "import os; print(os.getpid())")
    with NotebookRunner(kernel="fresh") as runner:
        records = [runner.run(notebook, tmp_path / f"{n}.ipynb", {}, cwd=tmp_path).out for n in (1, 2)]
    assert printed(records[0]) != printed(records[1])


def test_a_kernel_imports_what_it_is_told_to_and_leaves_the_rest_to_the_notebook(tmp_path: Path) -> None:
    # It imports 0.1 s after it is up, which on a busy machine may be later than the notebook comes.
    look = "import asyncio, sys; await asyncio.sleep(0.2); print('colorsys' in sys.modules, 'chunk' in sys.modules)"
    with NotebookRunner(modules=("no.such.module", "colorsys")) as runner:
        done = runner.run(write_notebook(tmp_path / "n.ipynb", look), tmp_path / "out.ipynb", {}, cwd=tmp_path)
    assert printed(done.out) == "True False\n"


def test_what_a_notebook_asks_for_at_the_end_of_its_process_is_done(tmp_path: Path) -> None:
    ask = "import atexit, pathlib; _ = atexit.register(pathlib.Path('bye').touch)"
    with NotebookRunner() as runner:
        runner.run(write_notebook(tmp_path / "n.ipynb", ask), tmp_path / "out.ipynb", {}, cwd=tmp_path)
        assert not (tmp_path / "bye").exists()
    assert (tmp_path / "bye").exists()


def test_the_record_has_what_earlier_cells_said_while_a_later_one_runs(warm: NotebookRunner, tmp_path: Path) -> None:
    look = "record = __import__('json').load(open('out.ipynb'))['cells']"
    tell = "print([cell['metadata']['papermill']['status'] for cell in record], record[0]['outputs'][0]['text'])"
    notebook = write_notebook(tmp_path / "n.ipynb", "print('said')", f"{look}; {tell}", "print('later')")
    done = warm.run(notebook, tmp_path / "out.ipynb", {}, cwd=tmp_path)
    assert "['completed', 'running', 'pending'] ['said\\n']" in printed(done.out)


def test_an_error_in_a_cell_is_told_with_its_place_and_the_partial_record(warm: NotebookRunner, tmp_path: Path) -> None:
    notebook = write_notebook(tmp_path / "04_chunks.ipynb", "print('before')", "1 / 0", "print('after')")
    with pytest.raises(PhaseFailed) as failure:
        warm.run(notebook, tmp_path / "out.ipynb", {}, cwd=tmp_path)
    assert "04_chunks stopped in cell [2] with ZeroDivisionError: division by zero" in str(failure.value)
    assert (failure.value.error_name, failure.value.notebook) == ("ZeroDivisionError", tmp_path / "out.ipynb")
    assert printed(tmp_path / "out.ipynb") == "before\n"
    assert "An Exception was encountered" in (tmp_path / "out.ipynb").read_text()


def test_an_error_of_ours_comes_out_of_the_kernel_as_itself(warm: NotebookRunner, tmp_path: Path) -> None:
    raising = "from vgkit.errors import BudgetExceeded\nraise BudgetExceeded('$1.94 of $2.00 is spent.')"
    with pytest.raises(BudgetExceeded, match="is spent") as failure:
        warm.run(write_notebook(tmp_path / "n.ipynb", raising), tmp_path / "out.ipynb", {}, cwd=tmp_path)
    assert str(failure.value) == "$1.94 of $2.00 is spent."
    assert failure.value.__notes__ == [f"notebook: {tmp_path / 'out.ipynb'}"]


def test_a_dead_kernel_is_told_and_the_next_notebook_gets_a_new_one(warm: NotebookRunner, tmp_path: Path) -> None:
    deadly = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
    with pytest.raises(KernelDied, match="died with SIGKILL: often memory ran out") as failure:
        warm.run(write_notebook(tmp_path / "n.ipynb", "1", deadly, "2"), tmp_path / "out.ipynb", {}, cwd=tmp_path)
    assert statuses(failure.value.notebook or Path()) == ["completed", "failed", "pending"]
    after = warm.run(write_notebook(tmp_path / "m.ipynb", "print(1)"), tmp_path / "m.out.ipynb", {}, cwd=tmp_path)
    assert printed(after.out) == "1\n"


def test_past_the_deadline_the_kernel_and_its_children_end_and_the_record_says_why(
    warm: NotebookRunner, tmp_path: Path, pipe: Pipe
) -> None:
    ready = write_notebook(tmp_path / "m.ipynb", "print(1)")
    warm.run(ready, tmp_path / "m.out.ipynb", {}, cwd=tmp_path)
    notebook = write_notebook(tmp_path / "04_chunks.ipynb", PIDS_THEN_HANG, "2", parameters="report: str = ''")
    with ThreadPoolExecutor(1) as watcher:
        processes = watcher.submit(pipe.processes)
        with pytest.raises(PhaseFailed, match="04_chunks was stopped at its deadline of 3 s"):
            warm.run(notebook, tmp_path / "out.ipynb", {"report": pipe.path}, cwd=tmp_path, deadline_s=3)
    assert all_gone(processes.result())
    assert statuses(tmp_path / "out.ipynb") == ["completed", "completed", "failed", "pending"]
    assert "at its deadline of 3 s" in outputs(tmp_path / "out.ipynb")[-1]["evalue"]
    assert printed(warm.run(ready, tmp_path / "m.out.ipynb", {}, cwd=tmp_path).out) == "1\n"


def test_stopped_from_another_thread_it_ends_kernel_and_children(tmp_path: Path, pipe: Pipe) -> None:
    notebook = write_notebook(tmp_path / "n.ipynb", PIDS_THEN_HANG, parameters="report: str = ''")
    with ThreadPoolExecutor(1) as batch, NotebookRunner() as runner:
        job = batch.submit(runner.run, notebook, tmp_path / "out.ipynb", {"report": pipe.path}, cwd=tmp_path)
        processes = pipe.processes()
        runner.stop()
        with pytest.raises(Interrupted, match="asked to stop"):
            job.result(timeout=30)
        with pytest.raises(Interrupted, match="asked to stop"):
            runner.run(notebook, tmp_path / "again.ipynb", {}, cwd=tmp_path)
    assert all_gone(processes)


def test_it_runs_where_an_event_loop_already_runs(warm: NotebookRunner, tmp_path: Path) -> None:
    notebook = write_notebook(tmp_path / "n.ipynb", "print('within')")

    async def as_in_jupyter() -> Path:
        return warm.run(notebook, tmp_path / "out.ipynb", {}, cwd=tmp_path).out

    assert printed(asyncio.run(as_in_jupyter())) == "within\n"


def test_braces_in_a_folder_name_are_taken_as_they_are(warm: NotebookRunner, tmp_path: Path) -> None:
    folder = tmp_path / "{shoe}"
    folder.mkdir()
    notebook = write_notebook(folder / "n.ipynb", "print(1)")
    assert warm.run(notebook, folder / "out.ipynb", {}, cwd=folder).out.is_file()


# A shell starts background jobs with Ctrl-C ignored, and children inherit that; a person's terminal does not.
DRIVER = """\
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from pathlib import Path
from vgkit.errors import Interrupted
from vgkit.runner import NotebookRunner
notebook, out, report = map(Path, sys.argv[1:])
try:
    with NotebookRunner() as runner:
        runner.run(notebook, out, {"report": report}, cwd=out.parent)
except Interrupted as stop:
    sys.exit(f"{type(stop).__name__}: {stop}")
"""


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=lambda s: s.name)
def test_however_the_driver_ends_its_kernel_and_children_end_and_the_record_is_whole(
    tmp_path: Path, pipe: Pipe, how: signal.Signals
) -> None:
    notebook, out, temporary = tmp_path / "n.ipynb", tmp_path / "out.ipynb", tmp_path / "t"
    write_notebook(notebook, PIDS_THEN_HANG, "2", parameters="report: str = ''")
    temporary.mkdir()
    driver = subprocess.Popen(
        [sys.executable, "-c", DRIVER, str(notebook), str(out), str(pipe.path)],
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(temporary)},
    )
    processes = pipe.processes()
    driver.send_signal(how)
    _, said = driver.communicate(timeout=30)
    assert all_gone(processes)
    if how == signal.SIGKILL:
        assert statuses(out)[-2:] == ["running", "pending"]
    else:
        assert said.startswith("Interrupted: n was stopped. What it finished is kept")
        assert statuses(out)[-2:] == ["failed", "pending"]
    assert not list(temporary.iterdir())


def test_no_thread_or_descriptor_is_left_behind(tmp_path: Path) -> None:
    notebook = write_notebook(tmp_path / "n.ipynb", "1")

    def left() -> tuple[int, int]:
        return threading.active_count(), len(list(Path("/proc/self/fd").iterdir()))

    def once() -> tuple[int, int]:
        with NotebookRunner() as runner:
            runner.run(notebook, tmp_path / "out.ipynb", {}, cwd=tmp_path)
        return left()

    assert once() == once()
