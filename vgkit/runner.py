# ruff: noqa: E402 (what keeps papermill's import short must come before it)
"""Runs one notebook after another with papermill and turns whatever goes wrong into our errors.

The only module that imports papermill: its record looks finished when a kernel died or was stopped, it waits for ever
on a hanging cell, and leaves processes behind when the driver is killed; all of that is put right here."""

import contextlib
import logging
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, NoReturn, Self

# jsonschema would build this package's grammar on import, 2 s in every process, for formats no notebook uses.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]

import papermill
from nbclient.exceptions import CellExecutionError, DeadKernelError
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import Engine, NotebookExecutionManager, papermill_engines
from papermill.iorw import write_ipynb

from vgkit.errors import Interrupted, KernelDied, ParameterError, PhaseFailed, VgkitError
from vgkit.kernels import Kernel, close_loop
from vgkit.ledger.redaction import redact
from vgkit.notebook_failures import asked_to_stop, cell_failed, died, late, not_run
from vgkit.parameters import check_parameters, notebook_parameters

__all__ = ["Executed", "NotebookRunner", "check_parameters", "notebook_parameters"]

log = logging.getLogger(__name__)

_OUTPUT_S = 60  # papermill allows a loaded machine 4 s to deliver the outputs of a finished cell
_STOP_S = 5.0


@dataclass(frozen=True)
class Executed:
    """A notebook that ran to its end: where its record is, how long it took, and how long it waited for a kernel."""

    out: Path
    seconds: float
    kernel_start_s: float


class NotebookRunner:
    """Runs notebooks in one kernel that is reset between them ("warm") or in a new one each ("fresh").

    ``modules`` are what the notebooks will import: a kernel does so while it starts. Use it in a ``with`` block. There,
    in the main thread, SIGTERM and a closed terminal count as Ctrl-C.
    """

    def __init__(self, *, kernel: Literal["warm", "fresh"] = "warm", modules: Sequence[str] = ()) -> None:
        self._reuse = kernel == "warm"
        self._modules = modules
        self._kernel: Kernel | None = None
        self._stop_reason: Exception | None = None
        # Sockets and event loop belong to one thread, and the caller's may already run a loop, as in Jupyter.
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="vgkit-kernel")
        self._signals = contextlib.ExitStack()

    def __enter__(self) -> Self:
        self._signals.enter_context(_termination_as_interrupt())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._signals:
            if kind is not None:
                self.stop()
            self._worker.submit(self._close)
            self._worker.submit(close_loop)
            self._worker.shutdown()
        if isinstance(error, KeyboardInterrupt):
            raise Interrupted("Stopped. What is finished is kept; run it again to go on from there.") from error

    def warm_up(self) -> None:
        """Start the kernel in the background; the next `run` waits for it and says if it failed."""
        self._worker.submit(self._ready_kernel)

    def stop(self) -> None:
        """End the kernel and its children at once, from any thread; what is running or still asked for raises."""
        self._kill(Interrupted("The run was asked to stop. What is finished is kept; run it again to go on."))

    def run(
        self,
        notebook: Path,
        out: Path,
        parameters: Mapping[str, object],
        *,
        cwd: Path,
        deadline_s: float | None = None,
    ) -> Executed:
        """Execute `notebook` with `parameters` in `cwd`, and leave its record, finished or partial, at `out`.

        Raises ParameterError before anything starts, the phase's own VgkitError where it raised one, PhaseFailed for
        any other error and past the deadline, KernelDied, and Interrupted. `notebook` on the error says where to look.
        """
        ready = check_parameters(notebook, parameters)
        if not cwd.is_dir():
            raise ParameterError(f"{notebook.stem} can't run in {cwd}, which is no folder. Check the path.")
        if isinstance(self._stop_reason, PhaseFailed):  # a deadline that passed was an earlier notebook's
            self._stop_reason = None
        out.parent.mkdir(parents=True, exist_ok=True)
        job = self._worker.submit(self._execute, notebook.resolve(), out.resolve(), ready, cwd.resolve())
        try:
            wait([job], timeout=deadline_s)
            if not job.done():
                self._give_up(job, late(notebook, out, deadline_s=deadline_s or 0.0))
            return job.result()
        except KeyboardInterrupt as error:
            self._give_up(job, asked_to_stop(notebook, out), cause=error)
        except BaseException:
            if not job.done():
                self._kill(Interrupted("The driver ended."))
            raise

    def _execute(self, notebook: Path, out: Path, parameters: dict[str, Any], cwd: Path) -> Executed:
        started = time.monotonic()
        kernel = self._ready_kernel()
        try:
            kernel.turn_page(cwd)
            kernel_start_s = time.monotonic() - started
            _papermill(notebook, out, parameters, kernel)
        except papermill.PapermillExecutionError as error:
            raise cell_failed(notebook, out, error) from error
        except VgkitError:
            raise
        except Exception as error:
            # A kernel that goes away shows as many things: nbclient's error, a time-out, a closed socket.
            if kernel.killed_for:
                raise kernel.killed_for from error
            if isinstance(error, DeadKernelError) or not kernel.is_alive():
                ended, last_words = kernel.ended_by(), kernel.last_words()
                raise died(notebook, out, ended=ended, last_words=last_words) from error
            raise not_run(notebook, out, error) from error
        finally:
            if not (self._reuse and kernel.is_alive()):
                self._close()
        seconds = time.monotonic() - started
        log.debug("%s took %.2f s, of which %.2f s for its kernel", notebook.stem, seconds, kernel_start_s)
        return Executed(out, seconds, kernel_start_s)

    def _ready_kernel(self) -> Kernel:
        if self._kernel and not self._kernel.is_alive():
            self._close()
        if self._kernel is None:
            kernel = self._kernel = Kernel(self._modules)
            try:
                kernel.start()
            except KernelDied as error:
                self._kernel = None
                raise (kernel.killed_for or error) from error
        if self._stop_reason:  # it came before there was a kernel to kill
            raise self._stop_reason
        return self._kernel

    def _close(self) -> None:
        if kernel := self._kernel:
            self._kernel = None
            kernel.close()

    def _kill(self, reason: Exception) -> None:
        self._stop_reason = reason
        if kernel := self._kernel:
            kernel.kill(reason)

    def _give_up(self, job: Future[Executed], error: VgkitError, *, cause: BaseException | None = None) -> NoReturn:
        job.cancel()
        self._kill(error)
        wait([job], timeout=_STOP_S)  # for the record to be written
        raise error from cause


def _papermill(notebook: Path, out: Path, parameters: dict[str, Any], kernel: Kernel) -> None:
    # papermill writes the last version in place; a driver killed then would leave half a file, so we move it there.
    draft = out.with_name(f".{out.stem}.draft.ipynb")
    try:
        papermill.execute_notebook(
            _unformatted(notebook),
            _unformatted(draft),
            parameters,
            engine_name=_ENGINE,
            kernel_name="python3",
            language="python",
            progress_bar=False,
            kernel=kernel,
            record=out,
        )
    finally:
        if draft.exists():
            draft.replace(out)


def _unformatted(path: Path) -> str:
    """Write braces so that papermill, which formats every path, gives back the same one."""
    return str(path).replace("{", "{{").replace("}", "}}")


class _Record(NotebookExecutionManager):  # type: ignore[misc]
    """The executed notebook on disk: whole at every moment, and true where papermill would say "completed".

    papermill writes all of it before and after each cell, prose too; here once as a cell of code begins, with what is
    known by then, and at the end."""

    _due = True

    def cell_start(self, cell: Any, cell_index: int | None = None, **more: Any) -> None:
        self._due = cell.cell_type == "code"
        super().cell_start(cell, cell_index, **more)

    def cell_complete(self, cell: Any, cell_index: int | None = None, **more: Any) -> None:
        self._due = False
        super().cell_complete(cell, cell_index, **more)

    def notebook_complete(self, **more: Any) -> None:
        self._due = True
        super().notebook_complete(**more)

    def save(self, **_: object) -> None:
        if not self._due:
            return
        out = Path(self.output_path)
        draft = out.with_name(f".{out.stem}.saving.ipynb")
        try:
            write_ipynb(self.nb, str(draft))
            draft.replace(out)
        finally:
            draft.unlink(missing_ok=True)
        self.last_save_time = self.now()

    def cell_stopped(self, index: int, reason: Exception) -> None:
        """Mark the cell that was running when its kernel went away, as its own error would have."""
        cell = self.nb.cells[index]
        name, words = type(reason).__name__, str(reason)
        cell.outputs.append(type(cell)(output_type="error", ename=name, evalue=words, traceback=[words]))
        self.cell_exception(cell, cell_index=index)


class _Client(PapermillNotebookClient):  # type: ignore[misc]
    def execute_cell(self, cell: Any, cell_index: int, **more: Any) -> Any:
        try:
            return super().execute_cell(cell, cell_index, **more)
        except CellExecutionError:
            raise
        except Exception as error:
            self.nb_man.cell_stopped(cell_index, self.killed_for() or error)
            raise

    def process_message(self, msg: Any, *more: Any, **named: Any) -> Any:
        # A person may print a key, and a host's error may quote it; the record of a notebook is shared.
        return super().process_message({**msg, "content": redact(msg["content"])}, *more, **named)

    killed_for: Callable[[], Exception | None]


class _OurEngine(Engine):  # type: ignore[misc]
    """papermill's way to bring a kernel of one's own; it hands `kernel` and `record` through to here."""

    @classmethod
    def execute_notebook(cls, nb: Any, _name: str, *, kernel: Kernel, record: Path, **_: Any) -> Any:
        nb.metadata.papermill["output_path"] = str(record)
        page = _Record(nb, output_path=str(record), progress_bar=False)
        client = _Client(page, km=kernel.manager, iopub_timeout=_OUTPUT_S, log=_silent)
        client.kc, client.killed_for = kernel.client, lambda: kernel.killed_for
        page.notebook_start()
        try:
            client.execute()
        finally:
            page.notebook_complete()
        return page.nb


_ENGINE = "vgkit"
papermill_engines.register(_ENGINE, _OurEngine)
_silent = logging.getLogger(f"{__name__}.client")
_silent.setLevel(logging.CRITICAL + 1)  # it logs each failure that it raises as well


@contextlib.contextmanager
def _termination_as_interrupt() -> Any:
    """Let SIGTERM and SIGHUP end a run like Ctrl-C; whoever asked for them to be ignored or handled is respected."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    ours = [each for each in (signal.SIGTERM, signal.SIGHUP) if signal.getsignal(each) is signal.SIG_DFL]
    for each in ours:
        signal.signal(each, signal.default_int_handler)
    try:
        yield
    finally:
        for each in ours:
            signal.signal(each, signal.SIG_DFL)
