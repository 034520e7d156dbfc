"""Who may make a film now: a few at once, as many as the machine bears, in the order in which they were launched.

A ticket is a file that its process holds locked, so that one of a process that is gone counts no more, however it
went."""

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path

from vgkit.errors import ParameterError
from vgkit.files import refused
from vgkit.places import runs_dir

_FOLDER = ".turns"
_FILM_BYTES = 2 << 30  # a film's processes were seen to take 1.5 GiB
_LIMIT = Path("/sys/fs/cgroup/memory.max")
_LOOK_EVERY_S = 0.25


def at_once() -> int:
    """How many launched films are made side by side: VGKIT_AT_ONCE, else by cores and memory.

    Raises ParameterError for a value that is no number from 1 on.
    """
    stated = os.environ.get("VGKIT_AT_ONCE", "")
    if not stated:
        return max(1, min(os.cpu_count() or 1, _memory_bytes() // _FILM_BYTES))
    if not (stated.isdecimal() and int(stated) >= 1):
        raise ParameterError(f"VGKIT_AT_ONCE: {stated!r} is no number of films. Say 1 or more.")
    return int(stated)


def _memory_bytes() -> int:
    """What this machine has, or as much of it as this container may use."""
    has = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    try:
        limit = _LIMIT.read_text("utf-8").strip()
    except OSError:
        return has
    return min(has, int(limit)) if limit.isdecimal() else has


@contextlib.contextmanager
def ticket(run: str) -> Iterator[tuple[Path, int]]:
    """Take a ticket for a run: its file, and the descriptor that holds it and is passed on to the run's process.

    So a film has its place from the click on. Where the block fails, the ticket is taken back. Raises StoreError where
    tickets can't be kept.
    """
    folder = runs_dir() / _FOLDER
    path = folder / f"{time.time_ns():020d}-{run}"
    draft = path.with_name(f".{path.name}")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise refused(path, error) from error
    try:
        # Locked before it has its name: a ticket that is seen and not held is one of a process that is gone.
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        draft.rename(path)
        yield path, descriptor
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def turn(held: Path) -> Iterator[None]:
    """Wait until it is a ticket's turn, and use it up with the block. For the process that holds it."""
    most = at_once()
    try:
        while len(_living(before=held)) >= most:
            time.sleep(_LOOK_EVERY_S)
        yield
    finally:
        held.unlink(missing_ok=True)


def before(run: str) -> int:
    """Count the films that wait before a waiting run; 0 where it is next or has no ticket yet."""
    own = next((ticket for ticket in reversed(_tickets()) if _run_of(ticket) == run), None)
    return max(len(_living(before=own)) - at_once(), 0) if own else 0


def _tickets() -> list[Path]:
    return sorted(path for path in (runs_dir() / _FOLDER).glob("[0-9]*"))


def _run_of(ticket: Path) -> str:
    return ticket.name.partition("-")[2]


def _living(*, before: Path) -> list[Path]:
    """The tickets before one that some process holds; those that nobody holds any more are removed."""
    return [ticket for ticket in _tickets() if ticket < before and _held(ticket)]


def _held(ticket: Path) -> bool:
    try:
        descriptor = os.open(ticket, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        ticket.unlink(missing_ok=True)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False
