"""Files that are whole or not there. A reader never sees half of one, whatever is killed when, and a disk that refuses
says so in our words."""

import contextlib
import errno
import hashlib
import json
import os
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from vgkit.errors import StoreError

_BLOCK = 1 << 20
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@contextlib.contextmanager
def whole(path: Path, *, expected_bytes: int | None = None, shared: bool = False) -> Iterator[Path]:
    """Hand out a temporary name beside ``path``; what was written there takes its place when the block ends well.

    The name is fixed, so a killed writer leaves at most one file, which the next overwrites; where several threads or
    processes may write the same ``path`` (``shared``) each has its own. Raises StoreError with the figures where the
    disk refuses.
    """
    own = f".{threading.get_native_id()}" if shared else ""
    draft = path.with_name(f".{path.stem}{own}.part{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield draft
        with draft.open("rb") as written:
            os.fsync(written.fileno())
        draft.replace(path)
    except Exception as error:
        if isinstance(error, OSError) or getattr(error, "errno", None) in _NO_ROOM:
            raise refused(path, error, draft=draft, expected_bytes=expected_bytes) from error
        raise
    finally:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)


def refused(
    path: Path, error: Exception, *, draft: Path | None = None, expected_bytes: int | None = None
) -> StoreError:
    """Say in our words that the disk would not take ``path``: what it took, what is needed, what is free."""
    said = getattr(error, "strerror", None) or str(error)
    folder = _standing(path)
    try:
        free = f"{shutil.disk_usage(folder).free / 1e6:,.1f} MB are free there"
    except OSError:
        free = "how much is free there can't be told"
    if getattr(error, "errno", None) not in _NO_ROOM:
        return StoreError(f"Can't write {path}: {said}. Check the folder and its permissions, then run again.")
    taken = draft.stat().st_size if draft and draft.exists() else 0
    needed = f"about {expected_bytes / 1e6:,.0f} MB" if expected_bytes else f"more than {taken / 1e6:,.1f} MB"
    return StoreError(f"Can't write {path}: {said}. It needs {needed}; {free}. Make room in {folder}, then run again.")


def write_text(path: Path, text: str) -> None:
    """Write text in UTF-8, whole or not at all."""
    with whole(path) as draft:
        draft.write_text(text, encoding="utf-8")


def write_json(path: Path, value: Any) -> None:
    """Write a JSON value for people and programs: indented, with a last newline."""
    write_text(path, json.dumps(value, indent=2, ensure_ascii=False, default=str) + "\n")


def copy_file(source: Path, path: Path, *, shared: bool = False) -> None:
    """Copy a file's bytes, whole or not at all; ``shared`` as for ``whole``."""
    with whole(path, shared=shared) as draft:
        shutil.copyfile(source, draft)


def sha256_of(path: Path) -> str:
    """Digest a file's bytes."""
    digest = hashlib.sha256()
    with path.open("rb") as opened:
        while block := opened.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def free_bytes(path: Path) -> int:
    """Tell how much room there is where ``path`` lies or will lie."""
    return shutil.disk_usage(_standing(path)).free


def _standing(path: Path) -> Path:
    """The nearest folder on the way up that is there."""
    return next((folder for folder in (path, *path.parents) if folder.is_dir()), Path("/"))
