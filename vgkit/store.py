"""Where a finished film goes: a folder. What is stored is verified in place before anyone is told that it is there."""

from pathlib import Path
from urllib.parse import urlsplit

from vgkit.errors import ParameterError, StoreError
from vgkit.files import copy_file, sha256_of


def folder_for(destination: str) -> Path:
    """The folder a destination means: a path or a ``file://`` address. Raises ParameterError for any other."""
    address = urlsplit(destination)
    if address.scheme not in ("", "file") or address.netloc:
        raise ParameterError(
            f"destination: {destination!r} can't be written to; this version exports to a folder. "
            "Give a path, or leave it empty to export into the run's own folder."
        )
    return Path(address.path if address.scheme else destination).expanduser().resolve()


def put(source: Path, folder: Path, name: str) -> str:
    """Copy a file into a folder and return its address once its bytes are verified there. Raises StoreError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"destination: {folder} can't be made ({error.strerror}). Choose another folder.") from error
    target = folder / name
    copy_file(source, target)
    if sha256_of(target) != sha256_of(source):
        raise StoreError(f"{target} does not hold what was written to it. Check the disk and export again.")
    return target.as_uri()
