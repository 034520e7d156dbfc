"""Pictures in a folder, and an animated WebP, as if they were a clip.

The first have no rate of their own; the second libav does not decode, and Pillow does.
"""

import re
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageSequence

from vgkit.errors import NotAClip
from vgkit.media.decoding import LARGEST_PX, Timetable, first_frame
from vgkit.media.pixels import Frame, Rgb, ground_note, laid

SUFFIXES = frozenset((".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".bmp"))


def picture_files(path: Path) -> list[Path] | None:
    """Return the pictures that ``path`` names, in the order of their numbers; None where it names no sequence.

    A folder names all pictures in it; ``shot/*.png`` and ``shot/%04d.png`` name those that match. A single picture
    is a sequence of one.
    """
    if path.is_dir():
        found = [file for file in path.iterdir() if file.suffix.lower() in SUFFIXES]
        if not found:
            raise NotAClip(
                f"{path} holds no pictures among its {len(list(path.iterdir()))} files. "
                "Give a folder of PNG, JPEG, WebP, TIFF or BMP, or a clip."
            )
        return sorted(found, key=_by_number)
    pattern = re.sub(r"%\d*d", "*", path.name)
    if not path.exists() and any(mark in pattern for mark in "*?["):
        found = [file for file in path.parent.glob(pattern) if file.suffix.lower() in SUFFIXES]
        if not found:
            raise NotAClip(f"{path} matches no picture. Look at the folder's name and the pattern.")
        return sorted(found, key=_by_number)
    return [path] if path.suffix.lower() in SUFFIXES and not is_animated(path) else None


def sequence(files: list[Path], *, ground: Rgb) -> Iterator[Frame]:
    """Yield pictures as RGB frames; raise NotAClip naming the one whose size is another."""
    size: tuple[int, int] | None = None
    for file in files:
        frame, _ = first_frame(file, ground=ground)
        height, width = frame.shape[:2]
        size = size or (width, height)
        if size != (width, height):
            raise NotAClip(
                f"{file} is {width}x{height}, {files[0].name} is {size[0]}x{size[1]}. Give all pictures one size."
            )
        yield frame


def is_animated(path: Path) -> bool:
    """Whether a file is an animated WebP."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        head = file.read(64)
    return head[:4] == b"RIFF" and head[8:12] == b"WEBP" and b"ANIM" in head


def webp_frames(path: Path, *, ground: Rgb) -> Iterator[Frame]:
    """Yield the frames of an animated WebP as RGB."""
    for _, picture in _walked(path):
        yield laid(np.asarray(picture.convert("RGBA")), ground)


def webp_notes(path: Path, *, ground: Rgb) -> tuple[str, ...]:
    """Say what is done to each frame, in a person's words."""
    _, picture = next(_walked(path))
    opaque = np.asarray(picture.convert("RGBA"))[..., 3].min() == 255
    return () if opaque else (ground_note(ground),)


def webp_timetable(path: Path) -> Timetable:
    """Return when its frames come, by the durations that it gives in milliseconds."""
    times, end = [], Fraction(0)
    for lasts_ms, _ in _walked(path):
        times.append(end)
        end += Fraction(lasts_ms or 100, 1000)
    return Timetable(tuple(times), end, (len(times) / end,))


def _walked(path: Path) -> Iterator[tuple[int, Any]]:
    """Each frame with its duration; Pillow's complaints as ours."""
    count = 0
    try:
        with Image.open(path) as pictures:
            if max(pictures.size) > LARGEST_PX:
                raise NotAClip(f"{path} is {pictures.width}x{pictures.height}; up to {LARGEST_PX} a side is possible.")
            for picture in ImageSequence.Iterator(pictures):
                picture.load()
                yield int(picture.info.get("duration", 0)), picture
                count += 1
    except (OSError, EOFError, SyntaxError) as reason:
        raise NotAClip(
            f"{path} does not decode after {count} frames: {reason} ({path.stat().st_size:,} bytes). "
            "Make or download it again."
        ) from reason


def _by_number(path: Path) -> list[tuple[bool, int, str]]:
    """Sort 2 before 10, and what has no number as text."""
    return [(part.isdigit(), int(part) if part.isdigit() else 0, part) for part in re.split(r"(\d+)", path.name)]
