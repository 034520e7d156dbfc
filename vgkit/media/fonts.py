"""The letters our films are set in. They come as packages, never from the system, so a film looks alike everywhere."""

import functools
import logging
import os
import tempfile
import unicodedata
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from vgkit.media.cmap import characters
from vgkit.media.emoji import split_emoji

logger = logging.getLogger(__name__)

_MANROPE = {500: "Medium", 600: "SemiBold", 700: "Bold", 800: "ExtraBold"}
_FIRAGO = {400: "figo", 700: "figbo"}


@dataclass(frozen=True)
class Face:
    """One font file: its family and weight as CSS names them."""

    family: str
    weight: int
    file: Path

    @cached_property
    def characters(self) -> frozenset[int]:
        return characters(self.file)

    def draws(self, char: str) -> bool:
        return ord(char) in self.characters


@cache
def faces(weight: int) -> tuple[Face, ...]:
    """Our faces nearest to ``weight``, the preferred first: Manrope, FiraGO, Noto Sans CJK JP."""
    manrope = min(_MANROPE, key=lambda own: abs(own - weight))
    firago = 700 if weight >= 600 else 400
    return (
        Face("Manrope", manrope, _folder("font_manrope") / "files" / f"Manrope-{_MANROPE[manrope]}.ttf"),
        Face("FiraGO", firago, _firago(_FIRAGO[firago])),
        Face("Noto Sans CJK JP", 700, _folder("noto_cjk_sans_jp_bold") / "NotoSansCJKjp-Bold.otf"),
    )


def main_face(text: str, *, weight: int) -> Face:
    """The first of our faces with all letters of ``text``, or else the one with most of them."""
    letters = [char for char in text if char.isalnum() or unicodedata.category(char).startswith("M")]
    return max(faces(weight), key=lambda face: sum(map(face.draws, letters or text)))


def printable(text: str) -> str:
    """``text`` as we can set it: composed, on one line, plain spaces, without what no font of ours shows."""
    missing = unsupported(text)
    return "".join(_plain(char) for char in unicodedata.normalize("NFC", text) if char not in missing)


def _plain(char: str) -> str:
    if char == "\u202f":
        return "\u00a0"
    return " " if char == "\n" or (unicodedata.category(char) == "Zs" and char != "\u00a0") else char


def unsupported(text: str) -> list[str]:
    """The characters of ``text`` that would not show, each once: no glyph in our fonts, or a control character."""
    return list(_missing(text))


@functools.lru_cache(maxsize=256)
def _missing(text: str) -> tuple[str, ...]:
    """See ``unsupported``; the films of a batch have their template's words in common."""
    bare = "".join(piece for piece, picture in split_emoji(text) if picture is None)
    return tuple(dict.fromkeys(char for char in unicodedata.normalize("NFC", bare) if not _shows(char)))


@functools.lru_cache(maxsize=4096)
def _shows(char: str) -> bool:
    kind = unicodedata.category(char)
    if char == "\n" or kind in ("Cf", "Zs") or "\ufe00" <= char <= "\ufe0f":
        return True
    return kind not in ("Cc", "Cs", "Cn", "Co", "Zl", "Zp") and any(face.draws(char) for face in faces(800))


def _folder(package: str) -> Path:
    # find_spec and not import: the packages' own code does nothing we need.
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(f"{package} is not installed. Run: pip install -e . in vgkit's folder.")
    return Path(spec.submodule_search_locations[0])


def _firago(name: str) -> Path:
    """FiraGO as a file: its package holds bytes, resvg reads files."""
    stored = _cache_folder() / f"{name}-{version('pymupdf-fonts')}.ttf"
    if not stored.is_file():
        from pymupdf_fonts import myfont  # unpacks 0.8 MB of source for each face: only when there is no file yet

        _write_atomically(stored, myfont(name))
    return stored


def _write_atomically(target: Path, content: bytes) -> None:
    # Several films may be made at once: each process writes its own file and moves it into place whole.
    descriptor, name = tempfile.mkstemp(dir=target.parent)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    Path(name).replace(target)


@cache
def _cache_folder() -> Path:
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    try:
        folder = home / "vgkit" / "fonts"
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError as error:
        logger.info("no cache folder for fonts (%s); using a temporary one", error)
        return Path(_temporary_folder().name)


@cache
def _temporary_folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="vgkit-fonts-")  # held by the cache until this process ends
