"""What a folder and a bucket have in common, as far as a film is concerned."""

import base64
import hashlib
import html
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

LONGEST_LINK_DAYS = 7  # SigV4: docs.aws.amazon.com/cli/latest/reference/s3/presign.html
_BLOCK = 1 << 20


@dataclass(frozen=True)
class Content:
    """A file on this machine and what tells it from any other: its size in bytes and its digests, in hex."""

    path: Path
    size: int
    sha256: str
    md5: str

    @property
    def sha256_base64(self) -> str:
        """The SHA-256 as hosts write it."""
        return base64.b64encode(bytes.fromhex(self.sha256)).decode()

    @property
    def md5_base64(self) -> str:
        """The MD5 as hosts write it."""
        return base64.b64encode(bytes.fromhex(self.md5)).decode()


@dataclass(frozen=True)
class Stored:
    """A file that was verified at its address; ``kept`` where the same bytes lay there before."""

    key: str
    address: str
    content: Content
    kept: bool


@dataclass(frozen=True)
class Link:
    """An address that a browser opens. One that is signed carries the right to read: it is shown, never recorded."""

    address: str
    expires_at: datetime | None = None
    warning: str = ""

    @property
    def until(self) -> str:
        """When it ends, in words; empty where it does not, or where no one can say."""
        return f" until {self.expires_at:%Y-%m-%d %H:%M} UTC" if self.expires_at else ""

    def __str__(self) -> str:
        return "\n".join(filter(None, (self.address, self.until.strip(), self.warning)))

    def _repr_html_(self) -> str:
        address = html.escape(self.address, quote=True)
        return f"<p><a href='{address}'>{address}</a>{self.until}</p><p>{html.escape(self.warning)}</p>"


class Place(Protocol):
    """Somewhere files are stored by key, a relative path with forward slashes."""

    @property
    def replaces(self) -> bool:
        """Whether a newer film takes the place of the one before, instead of a number of its own."""

    def address(self, key: str) -> str:
        """Where a key lies, in words that may be recorded."""

    def holds(self, content: Content, key: str) -> bool | None:
        """Whether this very content lies at a key: None where nothing does, False where something else does."""

    def put(self, content: Content, key: str, *, intermediate: bool = False) -> Stored | None:
        """Store content and verify it in place; None where something else lies there, which is left as it is.

        Raises StoreError where the disk or host refuses, or holds other bytes than were sent.
        """

    def read(self, key: str) -> tuple[bytes, str] | None:
        """What lies at a key and its tag, which changes with it; None where nothing does, or where that is hidden."""

    def swap(self, key: str, content: bytes, tag: str) -> str | None:
        """Write content where a key still has ``tag`` (empty: where nothing lies); its new tag, None where it hasn't.

        Raises StoreError where the disk or host refuses, and where a store can't hold to such a condition.
        """

    def fetch(self, key: str, out: Path) -> bool:
        """Copy what lies at a key to a file; False where nothing does. Raises StoreError."""

    def remove_intermediates(self, keys: list[str]) -> int:
        """Remove those of the keys that were put as intermediates; return how many. Raises StoreError."""

    def link(self, key: str, *, lasts: timedelta, name: str) -> Link:
        """An address to open or pass on. Raises StoreError where nothing lies at the key."""


def content_of(path: Path) -> Content:
    """Read a file's size and digests."""
    sha256, md5, size = hashlib.sha256(), hashlib.md5(usedforsecurity=False), 0
    with path.open("rb") as opened:
        while block := opened.read(_BLOCK):
            sha256.update(block)
            md5.update(block)
            size += len(block)
    return Content(path, size, sha256.hexdigest(), md5.hexdigest())
