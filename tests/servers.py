"""Servers as processes of their own, for tests, with their settings in a folder of the test's.

They are asked to end as a terminal would, and none outlives its test: not one that hangs, nor where pytest is ended."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

_START_S = 90
_STOP_S = 30


def free_port() -> int:
    """Find a port on loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    """A server as a process of its own: ``pid``, what it ``said``, and the ``port`` it named as its own."""

    def __init__(self, command: Sequence[str], *, cwd: Path, environment: Mapping[str, str]) -> None:
        # It ends with this process even where that is killed, and so has no time to put anything away.
        tied = ["setpriv", "--pdeathsig", "TERM"] if shutil.which("setpriv") else []
        self._process = subprocess.Popen(
            [*tied, *command],
            cwd=cwd,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        self.pid, self.said, self.port = self._process.pid, "", 0
        self._told = threading.Event()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.said += line
            if not self.port and (named := re.search(r"http://(?:127\.0\.0\.1|localhost):(\d+)/", line)):
                self.port = int(named[1])
                self._told.set()
        self._told.set()

    def wait_until_ready(self) -> None:
        """Wait for its address, which a server names when it listens."""
        self._told.wait(_START_S)
        assert self.port, f"{' '.join(map(str, self._process.args))} did not start:\n{self.said}"

    def stop(self) -> None:
        """Ask it to end as a terminal would, and end what is left of its group."""
        self._process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_STOP_S)
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()
        self._reader.join(_STOP_S)


@contextmanager
def serving(command: Sequence[str], *, cwd: Path, environment: Mapping[str, str]) -> Iterator[Server]:
    """Run a server for the length of a block, from when it is ready."""
    server = Server(command, cwd=cwd, environment=environment)
    try:
        server.wait_until_ready()
        yield server
    finally:
        server.stop()


def jupyter_environment(home: Path) -> dict[str, str]:
    """Folders for Jupyter's settings and traces, so that a person's own neither matter nor change."""
    settings = home / "config" / "labconfig"
    settings.mkdir(parents=True)
    quiet = {
        "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False},
        # A cell that is not in the window would otherwise have no widget to look at.
        "@jupyterlab/notebook-extension:tracker": {"windowingMode": "none"},
    }
    (settings / "default_setting_overrides.json").write_text(json.dumps(quiet), "utf-8")
    return {
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_DATA_DIR": str(home / "data"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "IPYTHONDIR": str(home / "ipython"),
    }


def page_of(*sources: str) -> str:
    """Write a notebook of some code cells as JSON; it names its kernel, or JupyterLab would ask which."""
    about = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None}
    cells = [{**about, "id": f"c{number}", "source": source} for number, source in enumerate(sources)]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": kernel}, "cells": cells})
