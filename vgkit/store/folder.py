"""A folder as the place a film goes to."""

import contextlib
import fcntl
import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from urllib.parse import unquote, urlsplit

from vgkit.errors import ParameterError, StoreError
from vgkit.files import copy_file, refused, sha256_of, whole
from vgkit.places import top_dir
from vgkit.store.place import Content, Link, Stored


@dataclass(frozen=True)
class Folder:
    """A folder. One that ``replaces`` is a run's own, where a newer film takes the place of the one before."""

    path: Path
    replaces: bool = False

    def address(self, key: str) -> str:
        """Where a key lies, as ``file://``."""
        return (self.path / key).as_uri()

    def holds(self, content: Content, key: str) -> bool | None:
        """Whether this very content lies at a key: None where nothing does, False where something else does."""
        target = self.path / key
        if not target.is_file():
            return False if target.exists() else None
        return target.stat().st_size == content.size and sha256_of(target) == content.sha256

    def put(self, content: Content, key: str, *, intermediate: bool = False) -> Stored | None:
        """Copy content to a key and read it back; None where something else lies there. Raises StoreError."""
        standing = self.holds(content, key)
        if standing is False and not self.replaces:
            return None
        if not standing:
            self._write(content, key)
        return Stored(key, self.address(key), content, kept=bool(standing))

    def _write(self, content: Content, key: str) -> None:
        try:
            (self.path / key).parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(
                f"destination: {self.path} can't be made ({error.strerror}). Choose another folder."
            ) from error
        copy_file(content.path, self.path / key, shared=True)
        if not self.holds(content, key):
            raise StoreError(
                f"{self.path / key} does not hold what was written to it. Check the disk and export again."
            )

    def read(self, key: str) -> tuple[bytes, str] | None:
        """What lies at a key, and its digest as its tag; None where nothing does. Raises StoreError."""
        try:
            content = (self.path / key).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StoreError(f"Can't read {self.path / key}: {error.strerror}. Allow reading it there.") from error
        return content, hashlib.sha256(content).hexdigest()

    def swap(self, key: str, content: bytes, tag: str) -> str | None:
        """Write content where a key still has ``tag``, among all processes that see the folder. Raises StoreError."""
        target = self.path / key
        with _alone(target):
            there = self.read(key)
            if (there[1] if there else "") != tag:
                return None
            with whole(target) as draft:
                draft.write_bytes(content)
        return hashlib.sha256(content).hexdigest()

    def fetch(self, key: str, out: Path) -> bool:
        """Copy what lies at a key to a file; False where nothing does. Raises StoreError."""
        if not (self.path / key).is_file():
            return False
        copy_file(self.path / key, out)
        return True

    def remove_intermediates(self, keys: list[str]) -> int:
        """Remove the keys that are there, and the folders that are empty then; return how many."""
        there = [self.path / key for key in keys if (self.path / key).is_file()]
        for file in there:
            file.unlink()
        for folder in sorted({folder for file in there for folder in file.parents}, reverse=True):
            if folder != self.path and folder.is_relative_to(self.path):
                with contextlib.suppress(OSError):  # something else lies in it
                    folder.rmdir()
        return len(there)

    def link(self, key: str, *, lasts: timedelta, name: str) -> Link:
        """The file's own address; it needs no signature and does not expire."""
        if not (self.path / key).is_file():
            raise StoreError(f"{self.path / key} is not there any more. Export again with --force.")
        return Link(self.address(key))


@contextlib.contextmanager
def _alone(target: Path) -> Iterator[None]:
    """Hold the lock beside a file that is swapped."""
    lock = target.with_name(f".{target.name}.lock")
    try:
        lock.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    except OSError as error:
        raise refused(lock, error) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def folder_at(destination: str) -> Path:
    """The folder a destination means: a path, relative to the top folder, or a ``file://`` address.

    Raises ParameterError for any other.
    """
    address = urlsplit(destination)
    if address.scheme not in ("", "file") or address.netloc or not address.path:
        raise ParameterError(
            f"destination: {destination!r} can't be written to. Give a folder or s3://bucket/prefix, or leave it "
            "empty to export into the run's own folder."
        )
    # Not from the working folder: a notebook's kernel works in another one than the command that started it.
    return (top_dir() / Path(unquote(address.path) if address.scheme else destination).expanduser()).resolve()
