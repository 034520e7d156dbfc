"""Whether a run has a process of its own, and how the last one ended where the run's events can't tell.

The parent takes the lock and the child inherits it, so that there is no moment between a click and the process in which
a second click could launch another. The system drops it when the child ends, however it ends."""

import contextlib
import fcntl
import json
import os
import socket
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from vgkit.errors import RunBusy, RunNotFound
from vgkit.files import refused

LOG = "launch.log"
_NAME = ".launch"
_LOOKS = 10
_BETWEEN_LOOKS_S = 0.02


@dataclass(frozen=True)
class Launch:
    """A process that was launched for a run: since when, whether its turn has come, and the error it ended with where
    the run's events hold none."""

    since: str
    host: str
    only: str = ""
    approved: bool = False
    pid: int = 0  # not known until it says so itself
    turn_at: str = ""
    ended_at: str = ""
    error: str = ""
    message: str = ""


def now() -> str:
    """The time as launches keep it."""
    return datetime.now(UTC).isoformat(timespec="microseconds")


@contextlib.contextmanager
def taken(folder: Path) -> Iterator[int]:
    """Hold a run for one launch; the descriptor, passed on to a child, holds it for as long as the child lives.

    Raises RunBusy where a launched process works in the run or waits to, RunNotFound where there is no such folder.
    """
    try:
        descriptor = os.open(folder / _NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except FileNotFoundError as error:
        raise RunNotFound(f"There is no run folder {folder}. It may have been deleted.") from error
    except OSError as error:
        raise refused(folder / _NAME, error) from error
    try:
        _lock(descriptor, folder)
        yield descriptor
    finally:
        os.close(descriptor)


def begin(descriptor: int, *, only: str, approved: bool) -> None:
    """Write down what is to be launched, and forget the launch before."""
    _write(descriptor, Launch(now(), socket.gethostname(), only, approved))


def add(descriptor: int, **fields: Any) -> Launch:
    """Lay fields over what a launch's file says; for whoever holds it."""
    launch = replace(_read(descriptor) or Launch(now(), socket.gethostname()), **fields)
    _write(descriptor, launch)
    return launch


def launch_of(folder: Path) -> tuple[Launch | None, bool]:
    """The last launch of a run, if there was one, and whether its process is still there."""
    try:
        descriptor = os.open(folder / _NAME, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None, False
    try:
        return _read(descriptor), not _free(descriptor)
    finally:
        os.close(descriptor)


def _lock(descriptor: int, folder: Path) -> None:
    # Someone who only looks holds it for an instant.
    for _ in range(_LOOKS):
        with contextlib.suppress(BlockingIOError):
            return fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        time.sleep(_BETWEEN_LOOKS_S)
    raise RunBusy(f"{folder.name} is being made already. Watch it, or stop it first.")


def _free(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _read(descriptor: int) -> Launch | None:
    """What the file says; None where it says nothing yet, or where another version wrote it."""
    try:
        launch = Launch(**json.loads(os.pread(descriptor, 1 << 20, 0)))
        datetime.fromisoformat(launch.since)
    except (ValueError, TypeError):
        return None
    return launch


def _write(descriptor: int, launch: Launch) -> None:
    """Write it with one call and never shorter than it was, so that whoever looks meanwhile finds it whole."""
    text = json.dumps(asdict(launch), ensure_ascii=False).encode()
    os.pwrite(descriptor, text.ljust(os.fstat(descriptor).st_size), 0)
