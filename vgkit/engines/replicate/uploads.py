"""Makes files known to Replicate: small ones travel inside the order, larger ones are uploaded once.

An upload lasts a day by what was recorded and an hour by the document, so its address is used for less than that."""

import base64
import threading
from collections import defaultdict
from pathlib import Path

from vgkit.engines.replicate.replies import refusal
from vgkit.engines.replicate.wire import Wire
from vgkit.engines.waiting import now_s
from vgkit.errors import OrderRejected
from vgkit.files import sha256_of

_MOST_INLINE_BYTES = 256_000
_MOST_BYTES = 100_000_000
_GOOD_FOR_S = 45 * 60.0
_TIMEOUT_S = 180.0
# Our own table: the system's differs between machines, and a call is known again by these very bytes.
_KINDS = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".webp": "image/webp",
    ".gif": "image/gif",
    ".mp4": "video/mp4",
    ".webm": "video/webm",
    ".wav": "audio/wav",
    ".mp3": "audio/mpeg",
}


class Uploads:
    """What this process has uploaded, by bytes."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._addresses: dict[str, tuple[str, float]] = {}
        self._turns: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)

    def address(self, path: Path) -> str:
        """A ``data:`` address up to 256 kB, else that of an upload. Raises OrderRejected beyond 100 MB."""
        size = path.stat().st_size
        if size <= _MOST_INLINE_BYTES:
            return f"data:{kind_of(path)};base64,{base64.b64encode(path.read_bytes()).decode()}"
        if size >= _MOST_BYTES:
            raise OrderRejected(
                f"{path.name} has {size / 1e6:,.1f} MB, and replicate takes less than {_MOST_BYTES / 1e6:,.0f} MB. "
                "Use a smaller picture or a shorter clip."
            )
        digest = f"{self._wire.base} {sha256_of(path)}{path.suffix.lower()}"
        with self._turns[digest]:
            address, since_s = self._addresses.get(digest, ("", 0.0))
            if not address or now_s() - since_s > _GOOD_FOR_S:
                address = self._upload(path)
                self._addresses[digest] = address, now_s()
            return address

    def _upload(self, path: Path) -> str:
        with path.open("rb") as opened:
            reply = self._wire.read(
                # A name of our own: how a person calls a file is no business of the host.
                lambda client: client.files.create(
                    opened, filename=f"input{path.suffix.lower()}", content_type=kind_of(path)
                ),
                usable=lambda told: bool(_address(told)),
                timeout_s=_TIMEOUT_S,
            )
        if not reply.good:
            raise refusal(reply, what=f"the file {path.name} ({path.stat().st_size / 1e6:,.1f} MB)")
        return _address(reply.fields)


def kind_of(path: Path) -> str:
    """The media type of a file, by its suffix."""
    return _KINDS.get(path.suffix.lower(), "application/octet-stream")


def _address(told: object) -> str:
    urls = told.get("urls") if isinstance(told, dict) else None
    address = urls.get("get") if isinstance(urls, dict) else None
    return address if isinstance(address, str) else ""
