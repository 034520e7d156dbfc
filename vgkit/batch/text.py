"""A batch's file as text: in UTF-8 and of a size that can be checked, or refused with the line where it is not."""

import codecs
from pathlib import Path

from vgkit.batch.wrong import listed
from vgkit.errors import BatchError

MOST_ROWS = 100_000
_MOST_BYTES = 200_000_000
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def read_text(path: Path, *, wanted: str) -> str:
    """Read a file, without the mark that Excel puts first. Raises BatchError, which says what is ``wanted``."""
    try:
        size = path.stat().st_size
        if not (path.is_file() or path.is_dir()):
            raise BatchError(f"{path} is a device or a pipe, which may never end. Give {wanted}.")
        if size > _MOST_BYTES:
            raise BatchError(f"{path} has {size / 1e6:,.0f} MB; the most is {_MOST_BYTES / 1e6:,.0f} MB. Split it.")
        raw = path.read_bytes()
    except (OSError, ValueError) as error:
        said = getattr(error, "strerror", None) or str(error)
        raise BatchError(f"{path} can't be read: {said}. Give {wanted}.") from error
    if raw.startswith(_UTF_16):
        raise BatchError(
            f"{path} is UTF-16. Save it as UTF-8, in Excel as “CSV UTF-8”, or convert it: {_iconv('UTF-16', path)}"
        )
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BatchError(_not_utf8(path, raw, error)) from error
    if (place := text.find("\0")) >= 0:
        line = text.count("\n", 0, place) + 1
        at = len(text[:place].encode()) + 1
        raise BatchError(f"{path} line {line} holds a NUL (byte {at:,}): it is damaged, or no text. Remove it there.")
    return text


def more_than_most(source: Path | str, *, films: int = 0) -> BatchError:
    """Say that a batch is larger than what can be checked, and how large it is where that is known."""
    asked = f"{films:,} films; {MOST_ROWS:,} is" if films else f"more than {MOST_ROWS:,} films,"
    return BatchError(f"{source} asks for {asked} the most for one batch. Split it.")


def _not_utf8(path: Path, raw: bytes, error: UnicodeDecodeError) -> str:
    lines = raw.split(b"\n")
    broken = [number for number, line in enumerate(lines, 1) if not _is_utf8(line)]
    mixed = any(not line.isascii() for number, line in enumerate(lines, 1) if _is_utf8(line))
    where = f"{path} is not text in UTF-8 in line{'s'[: len(broken) > 1]} {listed(broken)}"
    first = f"the first time at byte {error.start + 1:,} (0x{raw[error.start]:02X})"
    if mixed:
        return f"{where}, {first}, but is elsewhere: it mixes encodings. Write those lines anew, in UTF-8."
    return f"{where}, {first}. Save it as UTF-8, in Excel as “CSV UTF-8”, or convert it: {_iconv('WINDOWS-1252', path)}"


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _iconv(encoding: str, path: Path) -> str:
    return f"iconv -f {encoding} -t UTF-8 '{path.name}' > new{path.suffix}"
