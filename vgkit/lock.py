"""One process at a time works in a run's folder; two would pay twice for a chunk and overwrite each other's takes.

The system drops an flock when its holder ends, however it ends, so a crash never leaves a run locked. The file's text
only says who holds it, for people.

The driver takes the lock and its phases run in a kernel, which is its child: whoever finds the lock held by its own
parent, or by its own thread, works under that lock and takes none. Another thread of the same process is refused."""

import contextlib
import fcntl
import json
import os
import socket
import threading
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from vgkit.errors import RunBusy, RunNotFound
from vgkit.files import refused

_NAME = ".lock"
_LOOKS = 10
_BETWEEN_LOOKS_S = 0.02


@dataclass(frozen=True)
class Owner:
    """Who works in a run's folder, and since when."""

    pid: int
    thread: int
    host: str
    since: datetime

    def lends(self) -> bool:
        """True for the owner's own thread and for its child processes, which work under its lock."""
        if self.host != socket.gethostname():
            return False
        return self.pid == os.getppid() or (self.pid, self.thread) == (os.getpid(), threading.get_native_id())

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host} since {self.since:%H:%M:%S} UTC on {self.since:%d %B %Y}"


class RunLock:
    """Holds a run's folder for the length of a ``with`` block; RunBusy says who else does.

    ``make`` makes the folder where it is missing; StoreError says that it can't be.
    """

    def __init__(self, folder: Path, *, make: bool = False) -> None:
        self.folder, self._make = folder, make
        self._descriptor: int | None = None

    def __enter__(self) -> Self:
        if self._make:
            _make(self.folder)
        descriptor = _opened(self.folder)
        try:
            if _taken(descriptor, self.folder):
                _write(descriptor, _ourselves())
                self._descriptor = descriptor
        finally:
            if self._descriptor is None:
                os.close(descriptor)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._descriptor is not None:
            os.ftruncate(self._descriptor, 0)
            os.close(self._descriptor)
            self._descriptor = None


def held_by(folder: Path) -> Owner | None:
    """Say who works in the run's folder now; None where nobody does, or where whoever did has crashed."""
    with contextlib.suppress(FileNotFoundError), (folder / _NAME).open("rb") as file:
        owner = _owner(file.fileno())
        if owner and not _lock(file.fileno(), fcntl.LOCK_SH):
            return owner
    return None


def lives(pid: int) -> bool:
    """Whether this machine has such a process; one that has ended and is only not yet taken note of is none."""
    try:
        return Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _taken(descriptor: int, folder: Path) -> bool:
    """Take the lock, or find it lent to us. Raises RunBusy."""
    owner = None
    # A free lock may be held for an instant, by someone who looks or who has not yet written a name.
    for _ in range(_LOOKS):
        if _lock(descriptor, fcntl.LOCK_EX):
            return True
        owner = _owner(descriptor)
        if owner and owner.lends():
            return False
        if owner and (owner.host != socket.gethostname() or lives(owner.pid)):
            break
        time.sleep(_BETWEEN_LOOKS_S)
    stop = f"stop it with `kill {owner.pid}`" if owner and owner.host == socket.gethostname() else "stop it there"
    raise RunBusy(
        f"Run {folder.name} is in use: {owner or 'another process'} works in it. Wait until it ends or {stop}, "
        "then try again."
    )


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise refused(folder, error) from error


def _opened(folder: Path) -> int:
    path = folder / _NAME
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except FileNotFoundError as error:
        raise RunNotFound(f"There is no run folder {folder}. Check its name.") from error
    except OSError as error:
        raise refused(path, error) from error


def _lock(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _ourselves() -> Owner:
    return Owner(os.getpid(), threading.get_native_id(), socket.gethostname(), datetime.now(UTC))


def _write(descriptor: int, owner: Owner) -> None:
    text = json.dumps(asdict(owner) | {"since": owner.since.isoformat(timespec="seconds")})
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, text.encode(), 0)


def _owner(descriptor: int) -> Owner | None:
    try:
        stated = json.loads(os.pread(descriptor, 1000, 0))
        return Owner(**stated | {"since": datetime.fromisoformat(stated["since"])})
    except (ValueError, KeyError, TypeError):
        return None
