"""Takes a picture from a person's browser, chunk by chunk into a temporary file, and looks whether it is one."""

import base64
import io
import re
import shutil
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from vgkit.errors import AssetError

MOST_BYTES = 25_000_000
_THUMBNAIL_PX = 168
_UNFINISHED = ".part"


class Upload(anywidget.AnyWidget):
    """A field for one picture. ``path`` is where it lies, None before one is there; ``on_change`` is called after.

    The file goes with this process, unless ``keep_in`` has said where it is to stay.
    """

    _esm = Path(__file__).with_name("upload.js")
    _css = Path(__file__).with_name("upload.css")
    label = traitlets.Unicode("Picture").tag(sync=True)
    hint = traitlets.Unicode("").tag(sync=True)
    most_bytes = traitlets.Int(MOST_BYTES).tag(sync=True)
    name = traitlets.Unicode("").tag(sync=True)
    thumbnail = traitlets.Unicode("").tag(sync=True)
    complaint = traitlets.Unicode("").tag(sync=True)
    checking = traitlets.Bool(False).tag(sync=True)

    def __init__(self, *, on_change: Callable[[], None], **traits: Any) -> None:
        super().__init__(**traits)
        self.path: Path | None = None
        self._on_change = on_change
        self._passing = tempfile.TemporaryDirectory(prefix="vgkit-upload-", ignore_cleanup_errors=True)
        self._folder = Path(self._passing.name)
        self._coming: Path | None = None
        self._expected = 0
        self.checker: threading.Thread | None = None
        self.on_msg(self._heard)

    def keep_in(self, folder: Path) -> None:
        """Keep the picture in a folder, and take up one that was kept there before."""
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        for unfinished in folder.glob(f"*/*{_UNFINISHED}"):
            shutil.rmtree(unfinished.parent, ignore_errors=True)
        kept = max(folder.glob("*/*"), key=lambda path: path.stat().st_mtime_ns, default=None)
        if kept is not None and self.path is None:
            self._look_at(kept)

    def _heard(self, _: Any, said: Mapping[str, Any], buffers: Sequence[memoryview]) -> None:
        kind = said.get("kind")
        if kind == "begin":
            self._begin(str(said.get("name") or ""), said.get("bytes"))
        elif kind == "chunk" and buffers:
            self._take(bytes(buffers[0]))
        elif kind == "remove":
            self._let_go()
            self._on_change()

    def _begin(self, name: str, count: object) -> None:
        # A page's script is not believed what it says of the size: it is told the limit, and held to it here.
        if not isinstance(count, int) or not 0 < count <= self.most_bytes:
            self._end(f"{name} can't be taken; the most is {self.most_bytes / 1e6:g} MB. Save it smaller.")
            return
        self._coming = Path(tempfile.mkdtemp(dir=self._folder)) / f"{_plain_name(name)}{_UNFINISHED}"
        self._coming.touch()
        self._expected, self.complaint = count, ""
        self.send({"kind": "more"})

    def _take(self, chunk: bytes) -> None:
        if self._coming is None:
            return
        with self._coming.open("ab") as file:
            file.write(chunk)
        there = self._coming.stat().st_size
        if there < self._expected:
            self.send({"kind": "more"})
            return
        came, self._coming = self._coming.rename(self._coming.with_suffix("")), None
        self.send({"kind": "done"})
        self._look_at(came)

    def _look_at(self, came: Path) -> None:
        self.checking = True
        # A picture of 40 megapixels takes a second to read, in which no control of the page would answer.
        self.checker = threading.Thread(target=self._check, args=(came,), daemon=True)
        self.checker.start()

    def _check(self, came: Path) -> None:
        try:
            thumbnail = _looked_at(came)
        except AssetError as refusal:
            shutil.rmtree(came.parent, ignore_errors=True)
            self._end(str(refusal))
            return
        self._let_go()
        self.path, self.name, self.thumbnail = came, came.name, thumbnail
        self._end("")
        self._on_change()

    def _end(self, complaint: str) -> None:
        self._coming, self.checking, self.complaint = None, False, complaint
        self.send({"kind": "done"})

    def _let_go(self) -> None:
        if self.path is not None:
            shutil.rmtree(self.path.parent, ignore_errors=True)
        self.path, self.name, self.thumbnail, self.complaint = None, "", "", ""


def _plain_name(name: str) -> str:
    """A file name that stays where it is put, and that its owner still knows."""
    return re.sub(r"[^\w. ()-]", "_", Path(name).name)[-80:].lstrip(". ") or "picture"


def _looked_at(path: Path) -> str:
    """Read a picture and make it small, as an address that holds it. Raises AssetError where it is none."""
    # Imported here, as they load the libraries of pictures, which a page without one need not wait for.
    from PIL import Image

    from vgkit.media.cutout import load_picture

    small = Image.fromarray(load_picture(path))
    small.thumbnail((_THUMBNAIL_PX, _THUMBNAIL_PX))
    with io.BytesIO() as png:
        small.save(png, format="PNG")
        return "data:image/png;base64," + base64.b64encode(png.getvalue()).decode()
