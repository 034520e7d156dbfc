"""Each step of the film's making alone, on one file: steadied, moved to another rate, or graded.

The sound of the file goes along unchanged in time. What is long is worked on in pieces, so that memory does not grow
with it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import chain
from pathlib import Path

from vgkit.errors import AssetError, ParameterError
from vgkit.media.encode import encode_film
from vgkit.media.footage import Footage, read_footage
from vgkit.media.formats import FILMS, MASTERS, Format
from vgkit.media.grade import Lut, graded_picture
from vgkit.media.picture import Picture, from_rgb
from vgkit.media.retime import retime
from vgkit.media.samples import Sound
from vgkit.media.sound import read_sound
from vgkit.media.steady import Steadied, Steadying, steadied

_FORMATS = {".mp4": FILMS["delivery"], ".mov": MASTERS["prores"], ".mkv": MASTERS["lossless"]}
_PIECE, _MARGIN = 120, 8  # pictures; a piece sees that many of its neighbours', so that no seam shows


@dataclass(frozen=True)
class Done:
    """What was made of a clip: how many frames it has now, what had to be done to read it, and what was steadied.

    ``pieces`` tells of each 120 pictures what was found and done.
    """

    frames: int
    notes: tuple[str, ...]
    pieces: tuple[Steadied, ...] = ()


def smooth_file(source: Path, out: Path, *, fps: Fraction | None = None, how: Steadying = "auto") -> Done:
    """Even a clip's light and calm its grain."""
    footage, found = read_footage(source, fps=fps), list[Steadied]()

    def pictures() -> Iterator[Picture]:
        for piece, first, last in _pieces(footage):
            steady = steadied(piece, how=how)
            found.append(replace(steady, pictures=[], motions=[]))
            yield from steady.pictures[first:last]

    done = _write(pictures(), out, source=footage, fps=footage.fps)
    return replace(done, pieces=tuple(found))


def interpolate_file(source: Path, out: Path, *, fps: Fraction | None = None, to_fps: Fraction = Fraction(30)) -> Done:
    """Draw a clip at another rate, in the same time."""
    if not 1 <= to_fps <= 240:
        raise ParameterError(f"to: {float(to_fps):g} frames a second are not possible; 1 to 240 are.")
    footage = read_footage(source, fps=fps)
    step, last = footage.fps / to_fps, Fraction(footage.count - 1)
    times = [number * step for number in range(int(last / step) + 1)]
    return _write(retime(map(from_rgb, footage.frames()), times), out, source=footage, fps=to_fps)


def grade_file(source: Path, out: Path, lut: Lut, *, fps: Fraction | None = None, strength: float = 1.0) -> Done:
    """Lay a look over a clip."""
    if not 0 <= strength <= 1:
        raise ParameterError(f"strength: {strength:g} is out of range; 0 changes nothing, 1 is the whole look.")
    footage, chosen = read_footage(source, fps=fps), lut.at_strength(strength)
    pictures = (graded_picture(from_rgb(frame), chosen) for frame in footage.frames())
    return _write(pictures, out, source=footage, fps=footage.fps)


def format_of(out: Path) -> Format:
    """Choose how to write a file by its name: .mp4 H.264, .mov ProRes, .mkv without loss. Raises ParameterError."""
    if out.suffix.lower() not in _FORMATS:
        raise ParameterError(f"{out.name}: the name must end in one of {', '.join(_FORMATS)}.")
    return _FORMATS[out.suffix.lower()]


def _pieces(footage: Footage) -> Iterator[tuple[list[Picture], int, int]]:
    """Yield pieces of a clip with a margin of their neighbours' pictures, and from where to where they are new."""
    supply, kept, done = map(from_rgb, footage.frames()), list[Picture](), 0
    for picture in supply:
        kept.append(picture)
        if len(kept) == done + _PIECE + _MARGIN:
            yield kept, done, done + _PIECE
            kept, done = kept[_PIECE + done - _MARGIN :], _MARGIN
    if len(kept) > done:
        yield kept, done, len(kept)


def _write(pictures: Iterable[Picture], out: Path, *, source: Footage, fps: Fraction) -> Done:
    form = format_of(out)
    supply = iter(pictures)
    first = next(supply)
    sound = _sound(source)
    frames = encode_film(chain([first], supply), audio=sound, out=out, form=form, size=first.size, fps=fps)
    return Done(frames, source.notes)


def _sound(source: Footage) -> Sound | None:
    """The clip's own sound; None where it has none, or none that can be used."""
    try:
        return read_sound(source.path) if source.path.is_file() else None
    except AssetError:
        return None
