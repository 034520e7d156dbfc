"""How a page reaches a run's pictures and films: by addresses of its server, or in the page where none serves them."""

import base64
import functools
import html
import io
from dataclasses import dataclass
from pathlib import Path

from vgkit.serving.addresses import address_of, content_type

_MOST_EMBEDDED_BYTES = 40_000_000


@dataclass(frozen=True)
class Media:
    """Addresses for one page; ``base`` is its server's base URL, which only the browser knows."""

    base: str = "/"

    def address(self, path: Path | None, *, save_as: str = "") -> str:
        """Where a page finds a file, or as what it holds it; empty for a file there is not, or too large to hold."""
        if path is None or not path.is_file():
            return ""
        signed = address_of(path, save_as=save_as)
        return self.base + signed if signed else _embedded(path)

    def video(self, path: Path | None, label: str) -> str:
        """A player of one film as HTML; empty where there is none."""
        address = self.address(path)
        if not address:
            return ""
        return (
            f"<video class='vg-video' controls playsinline preload='metadata' src='{html.escape(address)}'"
            f" aria-label='{html.escape(label)}'></video>"
        )

    def picture(self, path: Path | None, label: str, *, width_px: int = 1120) -> str:
        """A picture as HTML; empty where there is none."""
        address = thumbnail(path, width_px=width_px)
        return f"<img class='vg-picture' src='{address}' alt='{html.escape(label)}'>" if address else ""

    def download(self, path: Path | None, words: str, *, save_as: str) -> str:
        """A button that saves a file under a name; empty where there is no such file."""
        address = self.address(path, save_as=save_as)
        if not address:
            return ""
        name = html.escape(save_as)
        return (
            f"<a class='vg-button vg-primary vg-download' href='{html.escape(address)}' download='{name}'>"
            f"{html.escape(words)}</a>"
        )


def thumbnail(path: Path | None, *, width_px: int = 320) -> str:
    """A small copy of a picture, as an address that holds it; empty where there is none, or none that can be read."""
    try:
        return "" if path is None else _thumbnail(path, path.stat().st_mtime_ns, width_px)
    except OSError:
        return ""


@functools.lru_cache(maxsize=256)
def _thumbnail(path: Path, _changed_ns: int, width_px: int) -> str:
    # Imported here: a page without pictures need not load what reads them.
    from PIL import Image, ImageOps

    with Image.open(path) as picture, io.BytesIO() as jpeg:
        small = ImageOps.contain(picture.convert("RGB"), (width_px, 4 * width_px))
        small.save(jpeg, format="JPEG", quality=82)
        return "data:image/jpeg;base64," + base64.b64encode(jpeg.getvalue()).decode()


def _embedded(path: Path) -> str:
    if path.stat().st_size > _MOST_EMBEDDED_BYTES:
        return ""
    return f"data:{content_type(path.name)};base64,{base64.b64encode(path.read_bytes()).decode()}"
