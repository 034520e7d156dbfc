"""Which characters a font file can draw: its own ``cmap`` table says so, before a caption turns out as boxes."""

import struct
from pathlib import Path

_BMP_SEGMENTS, _FULL_GROUPS = 4, 12


def characters(font: Path) -> frozenset[int]:
    """The code points that ``font`` (TrueType or OpenType) has a glyph for."""
    table = _table(font.read_bytes(), b"cmap")
    (count,) = struct.unpack_from(">H", table, 2)
    offsets = {struct.unpack_from(">I", table, 8 + 8 * index)[0] for index in range(count)}
    found: set[int] = set()
    for offset in offsets:
        (kind,) = struct.unpack_from(">H", table, offset)
        if kind == _BMP_SEGMENTS:
            found |= _segments(table[offset:])
        elif kind == _FULL_GROUPS:
            found |= _groups(table[offset:])
    return frozenset(found)


def _table(font: bytes, name: bytes) -> bytes:
    (count,) = struct.unpack_from(">H", font, 4)
    for index in range(count):
        tag, _, offset, length = struct.unpack_from(">4sIII", font, 12 + 16 * index)
        if tag == name:
            return font[offset : offset + length]
    return bytes(4)


def _segments(table: bytes) -> set[int]:
    """Format 4: runs of 16-bit code points; glyph 0 means the font has none."""
    size = struct.unpack_from(">H", table, 6)[0] // 2
    ends, starts, deltas, ranges = (
        struct.unpack_from(f">{size}H", table, 14 + 2 * size * column + (2 if column else 0)) for column in range(4)
    )
    first_range = 16 + 6 * size
    found = set()
    for index, (start, end, delta, shift) in enumerate(zip(starts, ends, deltas, ranges, strict=True)):
        for code in range(start, min(end, 0xFFFE) + 1):
            if shift:
                place = first_range + 2 * index + shift + 2 * (code - start)
                (glyph,) = struct.unpack_from(">H", table, place)
            else:
                glyph = (code + delta) % 0x10000
            if glyph:
                found.add(code)
    return found


def _groups(table: bytes) -> set[int]:
    """Format 12: runs of 32-bit code points."""
    (count,) = struct.unpack_from(">I", table, 12)
    found: set[int] = set()
    for index in range(count):
        start, end, first_glyph = struct.unpack_from(">III", table, 16 + 12 * index)
        found.update(range(start if first_glyph else start + 1, end + 1))
    return found
