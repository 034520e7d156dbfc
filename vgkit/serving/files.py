"""Serves the files that addresses stand for, in parts where a player asks for parts.

Whoever asks must be logged in to the server and have an address that a kernel of it signed. Anything else is not found,
whether it exists or not."""

import os
import re
from collections.abc import Iterator
from typing import BinaryIO
from urllib.parse import quote

from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.utils import url_path_join
from tornado.iostream import StreamClosedError
from tornado.web import HTTPError

from vgkit.serving.addresses import PREFIX, content_type, opened

_PART = re.compile(r"bytes=([0-9]*)-([0-9]*)")
_CHUNK_BYTES = 1 << 18


class FilesHandler(JupyterHandler):
    """Answer for one address."""

    async def prepare(self) -> None:  # type: ignore[override]  # the base is a coroutine that claims otherwise
        """Refuse who is not logged in: a player can't do anything with a login page."""
        await super().prepare(_redirect_to_login=False)
        if self.current_user is None:
            raise HTTPError(403)

    async def get(self, mark: str, place: str) -> None:
        """Send the file, or the part that was asked for."""
        await self._answer(mark, place)

    async def head(self, mark: str, place: str) -> None:
        """Send what there is to say about the file."""
        await self._answer(mark, place)

    async def _answer(self, mark: str, place: str) -> None:
        save_as = self.get_query_argument("save_as", "", strip=False)
        file = opened(mark, place, save_as=save_as)
        if file is None:
            raise HTTPError(404)
        with file:
            self._describe(mark, place, save_as)
            if self.check_etag_header():
                self.set_status(304)
                return
            size = os.fstat(file.fileno()).st_size
            part = self._part(mark, size)
            if part is None:
                self.set_status(416)
                self.set_header("Content-Range", f"bytes */{size}")
                return
            self.set_header("Content-Length", str(len(part)))
            if len(part) < size:
                self.set_status(206)
                self.set_header("Content-Range", f"bytes {part.start}-{part.stop - 1}/{size}")
            if self.request.method == "GET":
                await self._send(file, part)

    def _describe(self, mark: str, place: str, save_as: str) -> None:
        self.set_header("Content-Type", content_type(place))
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Cross-Origin-Resource-Policy", "same-origin")
        self.set_header("Accept-Ranges", "bytes")
        # A browser may keep it, but must ask each time: a run that was deleted is to be gone.
        self.set_header("Cache-Control", "private, no-cache")
        self.set_header("Etag", f'"{mark}"')
        if save_as:
            self.set_header("Content-Disposition", f"attachment; filename*=UTF-8''{quote(save_as, safe='')}")

    def _part(self, mark: str, size: int) -> range | None:
        asked = self.request.headers.get("Range", "")
        if self.request.headers.get("If-Range", f'"{mark}"') != f'"{mark}"':
            asked = ""
        return part_of(asked, size)

    async def _send(self, file: BinaryIO, part: range) -> None:
        try:
            for chunk in _chunks(file, part):
                self.write(chunk)
                await self.flush()
        except StreamClosedError:
            self.log.debug("a player has what it wanted of %s", self.request.path)


def part_of(asked: str, size: int) -> range | None:
    """The bytes that a ``Range`` header asks for: all where it asks for no single part, None where there are none."""
    match = _PART.fullmatch(asked.strip())
    first, last = match.groups() if match else ("", "")
    if not first and not last:
        return range(size)
    if not first:
        return range(max(size - int(last), 0), size) or None
    if last and int(last) < int(first):
        return range(size)  # no part at all, which is to be passed over (RFC 9110, 14.1.1)
    return range(int(first), min(int(last) + 1, size) if last else size) or None


def route(base_url: str) -> tuple[str, type[FilesHandler]]:
    """Where a server answers for addresses."""
    return url_path_join(base_url, PREFIX, r"([0-9a-f]{64})/(.+)"), FilesHandler


def _chunks(file: BinaryIO, part: range) -> Iterator[bytes]:
    file.seek(part.start)
    for start in range(part.start, part.stop, _CHUNK_BYTES):
        yield file.read(min(_CHUNK_BYTES, part.stop - start))
