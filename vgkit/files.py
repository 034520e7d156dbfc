"""Files that are whole or not there. A reader never sees half of one, whatever is killed when, and a disk that refuses
says so in our words."""

import contextlib
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from vgkit.errors import StoreError

_BLOCK = 1 << 20


@contextlib.contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Hand out a temporary name beside ``path``; what was written there takes its place when the block ends well.

    Raises StoreError, with the space that is left, when the disk refuses.
    """
    draft = path.with_name(f".{path.stem}.{os.getpid()}.tmp{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield draft
        with draft.open("rb") as written:
            os.fsync(written.fileno())
        draft.replace(path)
    except OSError as error:
        raise refused(path, error) from error
    finally:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)


def refused(path: Path, error: OSError) -> StoreError:
    """Say in our words that the disk would not take ``path``."""
    try:
        room = f" {shutil.disk_usage(_standing(path)).free / 1e6:,.0f} MB are free there."
    except OSError:
        room = ""
    return StoreError(f"Can't write {path}: {error.strerror or error}.{room} Make room or allow writing, then resume.")


def write_text(path: Path, text: str) -> None:
    """Write text in UTF-8, whole or not at all."""
    with whole(path) as draft:
        draft.write_text(text, encoding="utf-8")


def write_json(path: Path, value: Any) -> None:
    """Write a JSON value for people and programs: indented, with a last newline."""
    write_text(path, json.dumps(value, indent=2, ensure_ascii=False, default=str) + "\n")


def copy_file(source: Path, path: Path) -> None:
    """Copy a file's bytes, whole or not at all."""
    with whole(path) as draft:
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
