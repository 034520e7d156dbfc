"""Kernel processes, started and ended by us.

Jupyter's own manager leaves a kernel's children alive when the driver is killed, needs an installed kernelspec, and
talks over TCP ports that two drivers can pick at once; ours uses this interpreter and sockets in a private folder."""

import contextlib
import logging
import os
import signal
import sys
import tempfile
import time
from collections.abc import Awaitable, Sequence
from pathlib import Path
from typing import Any

from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from jupyter_core.utils import ensure_event_loop

from vgkit import kernel_main
from vgkit.errors import KernelDied
from vgkit.ledger.redaction import redact_text

log = logging.getLogger(__name__)

_START_S = 60.0
_GONE_S = 0.01  # between two looks whether it is; Jupyter looks ten times a second
_LONGEST_SOCKET_PATH = 90  # the system allows 104 to 108, and a port number is appended
_TURN_PAGE = "__import__('vgkit.kernel_main').kernel_main.turn_page({cwd!r}, {changed!r}, {removed!r})"


class Kernel:
    """One kernel process, with ``modules`` imported. Everything but `kill` belongs to the thread that started it: its
    sockets live there."""

    def __init__(self, modules: Sequence[str] = ()) -> None:
        self._modules = modules
        self._folder = tempfile.TemporaryDirectory(prefix="vgkit-", ignore_cleanup_errors=True)
        self._log = Path(self._folder.name) / "log"
        self._lifeline: int | None = None
        self._environment = dict(os.environ)
        self._closed = False
        self.killed_for: Exception | None = None
        # A blocking manager would stop the loop while it polls: a death or a deadline would never be seen.
        self.manager = AsyncKernelManager(kernel_spec_manager=_OurSpec(), **_transport(Path(self._folder.name)))
        self.client: Any = None

    @property
    def pid(self) -> int | None:
        """The process, which leads its own group; None before it is started and after it is closed."""
        return None if self._closed else getattr(self.manager.provisioner, "pid", None)

    def start(self) -> None:
        """Start the process and wait until it answers; raise KernelDied where it does not."""
        started = time.monotonic()
        try:
            _wait(self._start())
        except (OSError, RuntimeError) as error:
            said = self.last_words()
            self.close()
            raise KernelDied(
                f"The notebook kernel did not start: {error}.{said} "
                f"Check that `{sys.executable} -m ipykernel --version` answers, and that memory is free."
            ) from error
        log.debug("kernel %s is ready after %.2f s", self.pid, time.monotonic() - started)

    def turn_page(self, cwd: Path) -> None:
        """Make it as good as new for the next notebook: no variables, in ``cwd``, with this process's environment."""
        changed = {key: value for key, value in os.environ.items() if self._environment.get(key) != value}
        removed = [key for key in self._environment if key not in os.environ]
        code = _TURN_PAGE.format(cwd=str(cwd), changed=changed, removed=removed)
        reply = _wait(
            self.client.execute_interactive(
                code, silent=True, store_history=False, timeout=_START_S, output_hook=lambda _: None
            )
        )
        if reply["content"]["status"] != "ok":
            raise KernelDied(
                f"The kernel could not be reset: {reply['content']['evalue']}. Use a fresh kernel instead."
            )

    def is_alive(self) -> bool:
        return bool(self.manager.has_kernel and _wait(self.manager.is_alive()))

    def kill(self, reason: Exception) -> None:
        """End the process and its children at once, from any thread; `reason` is what its notebook will show."""
        self.killed_for = reason
        self._kill_group()

    def last_words(self) -> str:
        """What the process wrote outside of notebooks, its crash above all, as the end of a sentence."""
        with contextlib.suppress(OSError):
            if lines := self._log.read_text("utf-8", "replace").strip().splitlines()[-3:]:
                return redact_text(f" Its last words: {' | '.join(lines)}")
        return ""

    def ended_by(self) -> str:
        """Say how the process ended and what that most often means."""
        process = getattr(self.manager.provisioner, "process", None)
        code = process.poll() if process else None
        if code is None:
            return "for no known reason"
        if code >= 0:
            return f"with exit code {code}: something in the notebook ended the process"
        often = "memory ran out; close other programs" if code == -signal.SIGKILL else "a native library crashed"
        return f"with {signal.Signals(-code).name}: often {often}"

    def close(self) -> None:
        """End the process politely if it still lives, its children in any case, and clean up after it."""
        with contextlib.suppress(RuntimeError):
            _wait(self._close())
        self._kill_group()
        self._closed = True
        if self._lifeline is not None:
            os.close(self._lifeline)
            self._lifeline = None
        self._folder.cleanup()

    def _kill_group(self) -> None:
        if pid := self.pid:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)

    async def _start(self) -> None:
        read_end, self._lifeline = os.pipe()
        asked = [str(read_end), ",".join(self._modules), "-f", self.manager.connection_file, *_QUIET]
        try:
            with self._log.open("wb") as words:
                await self.manager.start_kernel(
                    extra_arguments=asked,
                    pass_fds=(read_end,),
                    stdout=words,
                    stderr=words,
                )
        finally:
            os.close(read_end)
        if self.killed_for:  # it came while there was no process yet
            self._kill_group()
        self.client = self.manager.client()
        self.client.start_channels()
        self.client.allow_stdin = False
        await self.client.wait_for_ready(timeout=_START_S)

    async def _close(self) -> None:
        try:
            if self.killed_for is None:
                await self.manager.request_shutdown()
                await self.manager.finish_shutdown(pollinterval=_GONE_S)
                await self.manager.cleanup_resources()
            else:
                await self.manager.shutdown_kernel(now=True)
        finally:
            if self.client:
                self.client.stop_channels()
                self.client.context.destroy(linger=0)


_QUIET = ["--HistoryManager.hist_file=:memory:", "--IPKernelApp.log_level=CRITICAL"]


class _OurSpec(KernelSpecManager):
    def get_kernel_spec(self, kernel_name: str) -> Any:
        return KernelSpec(
            argv=[sys.executable, kernel_main.__file__],
            display_name=kernel_name,
            language="python",
            metadata={"supported_encryption": ["curve"]},
        )


def _transport(folder: Path) -> dict[str, Any]:
    common = {"connection_file": str(folder / "kernel.json"), "shutdown_wait_time": 4.0}
    if len(str(folder)) > _LONGEST_SOCKET_PATH:
        return common | {"transport_encryption": "auto"}
    return common | {"transport": "ipc", "ip": str(folder / "k")}


def _wait(task: Awaitable[Any]) -> Any:
    return ensure_event_loop().run_until_complete(task)


def close_loop() -> None:
    """Give back the calling thread's event loop, which kernels of this thread have used."""
    ensure_event_loop().close()
