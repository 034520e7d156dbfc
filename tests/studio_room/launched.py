"""What tests of launched films share: waiting for another process, and finding what is left of one."""

import os
import time
from collections.abc import Callable
from pathlib import Path

from builders import SMALLEST, brief

from vgkit.run import Run
from vgkit.start import check_brief, make_run


def until(happened: Callable[[], object], *, within_s: float = 300.0) -> None:
    """Wait for what another process does; fail where it does not."""
    end = time.monotonic() + within_s
    while not happened():
        assert time.monotonic() < end, f"it did not happen within {within_s:g} s"
        time.sleep(0.02)


def processes_of(runs: Path) -> list[str]:
    """The command lines of all processes that were started to work in a folder of runs: its name is handed down."""
    mark = f"VGKIT_RUNS={runs}".encode()
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if int(process.name) != os.getpid() and mark in (process / "environ").read_bytes().split(b"\0"):
                found.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        except OSError:
            continue
    return found


def owned_run(*, owner: str = "", name: str = "", **fields: object) -> Run:
    """Make a run of the smallest film that nobody has launched."""
    return make_run(check_brief(brief(**SMALLEST | fields)), name=name, owner=owner)
