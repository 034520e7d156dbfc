"""Addresses of pictures, clips, films and sounds, for the pages that show them.

A page's kernel signs the address of a file with a key that only its server knows too; so a page reaches what its kernel
has shown to it, and no one reaches anything by changing an address."""

import hashlib
import hmac
import os
import secrets
from pathlib import Path, PurePosixPath
from typing import BinaryIO
from urllib.parse import quote

from vgkit.places import runs_dir

PREFIX = "vgkit/files"
KEY_VARIABLE = "VGKIT_FILES_KEY"

# What a page may show, and as what a browser takes it. Never SVG or HTML, which may hold scripts.
CONTENT_TYPES = {
    ".gif": "image/gif",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".mov": "video/quicktime",
    ".mp4": "video/mp4",
    ".png": "image/png",
    ".wav": "audio/wav",
    ".webm": "video/webm",
    ".webp": "image/webp",
}
_MANIFEST = "manifest.json"


def new_key() -> None:
    """Make a fresh key for a server and for the kernels it starts from here on."""
    os.environ[KEY_VARIABLE] = secrets.token_hex(32)


def address_of(path: Path, *, save_as: str = "") -> str:
    """The address of a file of a run, relative to the base address of the server that started this kernel.

    ``save_as`` makes it a download under that name. Empty where no server serves files here, and for what no page may
    show: what is not in the runs folder, is hidden, or is of another kind. The address stands for the file as it is:
    once that has been replaced, the address leads nowhere and a new one is due.
    """
    place = _place_of(path)
    if not os.environ.get(KEY_VARIABLE) or place is None:
        return ""
    try:
        mark = _mark(place, path.stat(), save_as)
    except OSError:
        return ""
    query = f"?save_as={quote(save_as, safe='')}" if save_as else ""
    return f"{PREFIX}/{mark}/{quote(place)}{query}"


def opened(mark: str, place: str, *, save_as: str = "") -> BinaryIO | None:
    """Open the file that an address stands for; None where it stands for none, whatever the reason.

    It is held open from before it is checked, so that what is read is what was checked, even if another takes its name.
    """
    path = runs_dir() / place
    if not os.environ.get(KEY_VARIABLE) or _place_of(path) != place:
        return None
    try:
        file = path.open("rb")
    except OSError:
        return None
    if hmac.compare_digest(mark.encode(), _mark(place, os.fstat(file.fileno()), save_as).encode()):
        return file
    file.close()
    return None


def content_type(name: str) -> str:
    """What a browser is told that a file is."""
    return CONTENT_TYPES.get(PurePosixPath(name).suffix.lower(), "application/json")


def _place_of(path: Path) -> str | None:
    """Where a file truly lies within the runs folder, links followed; None for what no page may show."""
    try:
        place = path.resolve(strict=True).relative_to(runs_dir().resolve())
    except (OSError, ValueError):
        return None
    shown = place.suffix.lower() in CONTENT_TYPES or place.name == _MANIFEST
    hidden = any(part.startswith(".") for part in place.parts)
    return place.as_posix() if shown and not hidden and len(place.parts) > 1 else None


def _mark(place: str, found: os.stat_result, save_as: str) -> str:
    said = "\0".join((place, str(found.st_size), str(found.st_mtime_ns), save_as))
    key = os.environ[KEY_VARIABLE].encode()
    return hmac.new(key, said.encode(errors="surrogateescape"), hashlib.sha256).hexdigest()
