"""A Dask scheduler as a process of its own: workers and drivers wait a few seconds for one to answer, and no longer."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from servers import free_port

_PATIENCE_S = 120.0


@dataclass(frozen=True)
class Scheduler:
    """Where it answers, and its process."""

    address: str
    process: "subprocess.Popen[bytes]"


@contextmanager
def scheduler(environment: Mapping[str, str]) -> Iterator[Scheduler]:
    """Run one for the length of a block, from when it answers."""
    port = free_port()
    address = f"tcp://127.0.0.1:{port}"
    command = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--host", address, "--no-dashboard"]
    nowhere = subprocess.DEVNULL
    with subprocess.Popen(command, env=environment, stdout=nowhere, stderr=nowhere) as one:
        try:
            _wait_for(port, one)
            yield Scheduler(address, one)
        finally:
            one.kill()


def _wait_for(port: int, one: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + _PATIENCE_S
    while time.monotonic() < until and one.poll() is None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    raise TimeoutError("the scheduler does not answer")
