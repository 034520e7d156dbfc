"""Results of finished calls, by fingerprint, shared by all runs.

What lies here was paid for once and is not paid for again."""

import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vgkit.errors import Interrupted
from vgkit.files import copy_file, refused

_LOOK_EVERY_S = 0.1


class Cache:
    """A folder of results. A name is there whole or not at all, and whoever makes one claims its mark first."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, mark: str, suffix: str) -> Path:
        """Where the result of a mark lies, or will lie."""
        return self.folder / mark[:2] / f"{mark}{suffix}"

    def find(self, mark: str, suffix: str) -> Path | None:
        """The result of a mark, if there is one."""
        path = self.path(mark, suffix)
        return path if path.is_file() else None

    def keep(self, made: Path, mark: str) -> Path:
        """Put a result in; where another process was quicker, the two are alike."""
        kept = self.path(mark, made.suffix)
        copy_file(made, kept, shared=True)
        return kept

    @contextmanager
    def claim(self, mark: str, stopping: threading.Event) -> Iterator[bool]:
        """Hold a mark for one block, against threads and processes, so that no two pay for the same call.

        The block is told whether anybody has held it before, and may have left something. A claim ends with its
        process, however that ends. Raises StoreError where the folder can't be written, and
        Interrupted where it is stopped while somebody else makes the call.
        """
        lock = self.folder / mark[:2] / f".{mark}.claim"
        try:
            lock.parent.mkdir(parents=True, exist_ok=True)
            descriptor, held_before = _opened(lock)
        except OSError as error:
            raise refused(lock, error) from error
        try:
            while not _taken(descriptor):
                if stopping.wait(_LOOK_EVERY_S):
                    raise Interrupted("Another run makes the same call; this one was stopped while it waited for that.")
            yield held_before
        finally:
            os.close(descriptor)


def _opened(lock: Path) -> tuple[int, bool]:
    """A lock file that is never removed, and whether it was there."""
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
    try:
        return os.open(lock, flags | os.O_EXCL, 0o644), False
    except FileExistsError:
        return os.open(lock, flags, 0o644), True


def _taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
