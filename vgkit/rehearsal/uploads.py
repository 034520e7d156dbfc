"""Files that clients upload, and the bytes behind whatever a prediction's input names.

The model of a real host reads uploads from inside its own network; so does this one, without any HTTP."""

import base64
import binascii
import hashlib
import json
import mimetypes
import secrets
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from email.message import Message
from email.parser import BytesHeaderParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

from vgkit.rehearsal.listening import Request

KEPT_S = 24 * 3600.0
LARGEST_BYTES = 100_000_000
_SUFFIXES = {"image/jpeg": ".jpg", "audio/wav": ".wav", "audio/x-wav": ".wav"}


@dataclass(frozen=True)
class Upload:
    """One uploaded file. ``created`` is wall time; its bytes lie in the store under its id."""

    id: str
    name: str
    content_type: str
    size: int
    sha256: str
    md5: str
    metadata: Mapping[str, Any]
    created: float


class Uploads:
    """The uploads of a folder. They are gone a day of the world's time after they came."""

    def __init__(self, folder: Path, *, speed: float) -> None:
        self.folder = folder
        self.folder.mkdir(parents=True, exist_ok=True)
        self.speed = speed
        self._lock = threading.Lock()
        kept = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))]
        self._uploads = {fields["id"]: Upload(**fields) for fields in kept}

    def add(self, *, name: str, content_type: str, content: bytes, metadata: Mapping[str, Any]) -> Upload:
        """Keep a file's bytes."""
        upload = Upload(
            id=secrets.token_urlsafe(32).replace("-", "a").replace("_", "b"),
            name=name,
            content_type=content_type,
            size=len(content),
            sha256=hashlib.sha256(content).hexdigest(),
            md5=hashlib.md5(content, usedforsecurity=False).hexdigest(),
            metadata=metadata,
            created=time.time(),
        )
        self.path(upload).write_bytes(content)
        (self.folder / f"{upload.id}.json").write_text(json.dumps(asdict(upload)), encoding="utf-8")
        with self._lock:
            self._uploads[upload.id] = upload
        return upload

    def find(self, upload: str) -> Upload | None:
        """The upload of an id, while it is kept."""
        with self._lock:
            known = self._uploads.get(upload)
        return known if known and time.time() < self.expires(known) else None

    def all(self) -> list[Upload]:
        """What is kept, the newest first."""
        with self._lock:
            known = list(self._uploads.values())
        return [each for each in sorted(known, key=lambda each: -each.created) if time.time() < self.expires(each)]

    def remove(self, upload: Upload) -> None:
        """Forget an upload. Its bytes stay for predictions that were given it."""
        (self.folder / f"{upload.id}.json").unlink(missing_ok=True)
        with self._lock:
            self._uploads.pop(upload.id, None)

    def path(self, upload: Upload) -> Path:
        """Where its bytes lie."""
        return self.folder / f"{upload.id}{suffix_for(upload.content_type, upload.name)}"

    def expires(self, upload: Upload) -> float:
        """When it goes, in wall time."""
        return upload.created + KEPT_S / self.speed

    def resolve(self, address: str) -> Path | None:
        """The bytes behind an address in an input: an upload's or a ``data:`` one; None where there are none."""
        if address.startswith("data:"):
            return self.embedded(address)
        known = self.find(address.rpartition("/v1/files/")[2])
        return self.path(known) if known else None

    def embedded(self, address: str) -> Path | None:
        """Keep the bytes of a ``data:`` address as a file named by what it holds; None where they can't be read."""
        head, _, body = address.removeprefix("data:").partition(",")
        try:
            content = base64.b64decode(body, validate=True) if head.endswith(";base64") else unquote_to_bytes(body)
        except (binascii.Error, ValueError):
            return None
        path = self.folder / f"{hashlib.sha256(content).hexdigest()}{suffix_for(head.split(';')[0])}"
        if not path.exists():
            draft = path.with_name(f".{secrets.token_hex(4)}{path.suffix}")
            draft.write_bytes(content)
            draft.replace(path)
        return path


def suffix_for(content_type: str, name: str = "") -> str:
    """The ending of a file of this kind."""
    return _SUFFIXES.get(content_type) or mimetypes.guess_extension(content_type) or Path(name).suffix


def parts_of(request: Request) -> Iterator[tuple[Message, bytes]]:
    """The parts of a multipart body, each with its headers (RFC 7578)."""
    kind = Message()
    kind["Content-Type"] = request.headers.get("content-type", "")
    boundary = str(kind.get_param("boundary", ""))
    if kind.get_content_maintype() != "multipart" or not boundary:
        return
    for part in (b"\r\n" + request.body).split(b"\r\n--" + boundary.encode())[1:]:
        if part.startswith(b"--"):
            return
        head, _, content = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        yield BytesHeaderParser().parsebytes(head + b"\r\n\r\n"), content
