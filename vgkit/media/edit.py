"""Turn a cut into the film's frames: grade each segment, retime it to cover its place, join them with transitions.

Everything happens at the cut's own size, one frame after another: two segments are in memory at most. The work runs
in a thread of its own, ahead of whoever reads the frames, so that drawing and encoding share the machine.
"""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice, pairwise
from pathlib import Path
from typing import Literal, cast

import cv2
import numpy as np

from vgkit.errors import NotAClip
from vgkit.media.ahead import ahead
from vgkit.media.flow import retime
from vgkit.media.frames import Frame, read_frames
from vgkit.media.grade import Lut, apply_lut

log = logging.getLogger(__name__)

Transition = Literal["cut", "dissolve", "wipe"]

_SLOWEST = 0.6
_FRAMES_AHEAD = 32
_FEATHER = 0.06


@dataclass(frozen=True)
class Segment:
    """A run of the cut's frames and its place in the film.

    ``first`` and ``frames`` count the cut's own frames; ``film_frames`` is how many frames of the film it owns.
    ``transition`` leads into the next segment and lasts ``transition_frames`` film frames around their border.
    """

    first: int
    frames: int
    film_frames: int
    transition: Transition = "cut"
    transition_frames: int = 0


@dataclass(frozen=True)
class Reach:
    """How many film frames a segment shows before and after those it owns, for its transitions."""

    before: int
    after: int


def film_frames(
    cut: Path,
    segments: Sequence[Segment],
    *,
    fps: Fraction = Fraction(30),
    native_fps: Fraction,
    look: Lut | None = None,
) -> Iterator[Frame]:
    """Yield the film's frames, as many as the segments own together, RGB at the cut's size.

    Segments must follow each other in the cut. Raise NotAClip where the cut is shorter than they say.
    """
    check_segments(segments)
    return ahead(_film(cut, segments, fps=fps, native_fps=native_fps, look=look), depth=_FRAMES_AHEAD)


def check_segments(segments: Sequence[Segment]) -> None:
    """Raise ValueError where segments overlap in the cut or their transitions do not fit them."""
    for number, segment in enumerate(segments):
        if min(segment.frames, segment.film_frames) < 1 or segment.transition_frames < 0:
            raise ValueError(f"segment {number} is empty or has a negative transition: {segment}")
        if _inside(segments, number) > segment.film_frames:
            raise ValueError(f"the transitions of segment {number} share more than its {segment.film_frames} frames")
    for number, (segment, following) in enumerate(pairwise(segments), start=1):
        if following.first < segment.first + segment.frames:
            raise ValueError(f"segment {number} starts at frame {following.first}, inside the one before it")
    if not segments or _overlap(segments[-1]):
        raise ValueError("a film needs segments, and nothing follows the last for a transition to lead to")


def _overlap(segment: Segment) -> int:
    return 0 if segment.transition == "cut" else segment.transition_frames


def _inside(segments: Sequence[Segment], number: int) -> int:
    """Return how many of a segment's own frames are shared with its neighbours."""
    entering = _overlap(segments[number - 1]) if number else 0
    return (entering - entering // 2) + _overlap(segments[number]) // 2


def _reaches(segments: Sequence[Segment]) -> list[Reach]:
    overlaps = [0, *map(_overlap, segments)]
    return [Reach(before=entering // 2, after=leaving - leaving // 2) for entering, leaving in pairwise(overlaps)]


def source_times(
    segment: Segment, reach: Reach, *, fps: Fraction, native_fps: Fraction, name: str = "a segment"
) -> list[Fraction]:
    """Return, for each film frame a segment shows, the moment in its source, in source frames from its first.

    At normal speed the middle of the clip is used; a clip too short for that is slowed, never looped, held or
    extrapolated, and never played faster than it was made.
    """
    shown = reach.before + segment.film_frames + reach.after
    span = Fraction(segment.frames - 1)
    step = native_fps / fps
    if shown == 1:
        return [span / 2]
    slowed = min(step, span / (shown - 1))
    if slowed < step * Fraction(_SLOWEST).limit_denominator(100):
        log.warning("%s is slowed to %.2f of its speed: %d frames for %d", name, slowed / step, segment.frames, shown)
    start = (span - slowed * (shown - 1)) / 2
    return [start + slowed * number for number in range(shown)]


def _film(
    cut: Path, segments: Sequence[Segment], *, fps: Fraction, native_fps: Fraction, look: Lut | None
) -> Iterator[Frame]:
    shots = _shots(cut, segments, fps=fps, native_fps=native_fps, look=look)
    leaving = next(shots)
    for number, segment in enumerate(segments):
        yield from islice(leaving, segment.film_frames - _inside(segments, number))
        entering, overlap = next(shots, leaving), _overlap(segment)
        for moment in range(1, overlap + 1):
            yield _joined(next(leaving), next(entering), segment.transition, moment / (overlap + 1))
        leaving = entering


def _shots(
    cut: Path, segments: Sequence[Segment], *, fps: Fraction, native_fps: Fraction, look: Lut | None
) -> Iterator[Iterator[Frame]]:
    """Yield each segment's film frames; its source frames are read when it is asked for."""
    source, at = read_frames(cut), 0
    for number, (segment, reach) in enumerate(zip(segments, _reaches(segments), strict=True)):
        wanted = islice(source, segment.first - at, segment.first - at + segment.frames)
        kept = [apply_lut(frame, look) if look else frame for frame in wanted]
        if len(kept) < segment.frames:
            raise NotAClip(
                f"{cut} ends early: segment {number} wants its frames {segment.first} to "
                f"{segment.first + segment.frames - 1}, {len(kept)} of them are there. Join the cut again."
            )
        at = segment.first + segment.frames
        times = source_times(segment, reach, fps=fps, native_fps=native_fps, name=f"segment {number}")
        yield retime(kept, times)


def _joined(leaving: Frame, entering: Frame, transition: Transition, share: float) -> Frame:
    """Return a moment of a transition; ``share`` runs from 0 to 1 and is eased at both ends."""
    eased = share * share * (3 - 2 * share)
    if transition == "wipe":
        return _wiped(leaving, entering, eased)
    return cast(Frame, cv2.addWeighted(leaving, 1 - eased, entering, eased, 0))


def _wiped(leaving: Frame, entering: Frame, share: float) -> Frame:
    """Move a soft vertical edge from left to right."""
    height, width = leaving.shape[:2]
    places = (np.arange(width, dtype=np.float32) + 0.5) / width
    edge = share * (1 + 2 * _FEATHER) - _FEATHER
    distance = np.clip((edge - places) / (2 * _FEATHER) + 0.5, 0, 1)
    weight = np.broadcast_to(distance * distance * (3 - 2 * distance), (height, width))
    weight = np.ascontiguousarray(weight, np.float32)
    return cast(Frame, cv2.blendLinear(entering, leaving, weight, 1 - weight))
