"""Results of finished calls, by fingerprint, shared by all runs.

What lies here was paid for once and is not paid for again."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vgkit.files import copy_file, refused


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
    def claim(self, mark: str) -> Iterator[None]:
        """Hold a mark for one block, against threads and processes, so that no two pay for the same call.

        A claim ends with its process, however that ends. Raises StoreError where the folder can't be written.
        """
        lock = self.folder / mark[:2] / f".{mark}.claim"
        try:
            lock.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise refused(lock, error) from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)
