"""Score a clip from anywhere by all measures.

A measure sees frames and knows no files; here a file becomes frames, so that a clip from the record and one from a
stranger's disk are scored the same way."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from vgkit.media.footage import Footage, read_footage
from vgkit.media.pixels import Frame
from vgkit.quality.measure import Measure, Scored, score
from vgkit.quality.registry import clip_measures
from vgkit.quality.view import Subject


@dataclass(frozen=True)
class ScoredClip:
    """A clip as it was opened, and what each measure found, in the order of the measures."""

    footage: Footage
    scores: tuple[Scored, ...]


def score_clip(
    path: Path,
    *,
    fps: Fraction | None = None,
    keyframe: Frame | None = None,
    prompt: str = "",
    measures: Sequence[Measure] | None = None,
) -> ScoredClip:
    """Score a clip, an animated picture, or pictures in a folder or by a pattern, as it is: a GIF keeps its dither.

    ``fps`` overrules the clip's header. ``keyframe`` is the still that the clip was to begin with, RGB uint8 of any
    size, and ``prompt`` what it was to show; ``measures`` are all where none are named. Raises NotAClip where the clip
    is not whole or can't be shown right, InputError where a rate must be given.
    """
    footage = read_footage(path, fps=fps, undither=False)
    subject = Subject(footage.size, footage.fps, footage.count, keyframe, prompt=prompt)
    chosen = clip_measures() if measures is None else measures
    return ScoredClip(footage, tuple(score(footage.frames(), subject, chosen)))


def shown(value: float | None) -> str:
    """Write a number with the four digits that are worth reading, or a dash where there is none."""
    if value is None:
        return "–"
    return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.4g}"
