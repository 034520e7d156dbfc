"""Turn a cut into the film's pictures: each shot framed, made steady, graded and moved, and joined to the next.

Everything happens at the shots' own sizes: the one that is seen, the next, and one that is made ready meanwhile are in
memory. Making ready, drawing and encoding each have a thread, so that none of them waits while there is work.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate, islice, pairwise
from pathlib import Path

from vgkit.errors import NotAClip
from vgkit.media.ahead import Ahead, ahead
from vgkit.media.finish import SHARPEN, sharpened
from vgkit.media.flow import Motion
from vgkit.media.framing import framed
from vgkit.media.grade import Lut, graded_picture
from vgkit.media.intake import read_pictures
from vgkit.media.memory import keep_memory
from vgkit.media.picture import Picture, resized
from vgkit.media.retime import retime
from vgkit.media.steady import Steadied, Steadying, steadied
from vgkit.media.transitions import INK, Rgb, Side, joined
from vgkit.template import Framing, Transition

log = logging.getLogger(__name__)

_SLOWEST = 0.6
_PICTURES_AHEAD, _SHOTS_AHEAD = 24, 1


@dataclass(frozen=True)
class Segment:
    """A run of the cut's frames and its place in the film.

    ``first`` and ``frames`` count the cut's own frames; ``film_frames`` is how many frames of the film it owns.
    ``transition`` leads into the next segment and lasts ``transition_frames`` film frames around their border; the
    next one comes from ``side``. ``fps`` is the rate of its frames where that is not the cut's,
    ``start`` the source frame, from its first, at which it begins to be shown; the middle of the clip is, if None.
    """

    first: int
    frames: int
    film_frames: int
    transition: Transition = "cut"
    transition_frames: int = 0
    side: Side = "right"
    fps: Fraction | None = None
    start: Fraction | None = None


@dataclass(frozen=True)
class Treatment:
    """What is done to every shot: how steady it is made and how much of that, its framing, look and sharpness.

    ``dip`` is the colour that dips go through.
    """

    look: Lut | None = None
    steadying: Steadying = "auto"
    strength: float = 1.0
    framing: Framing = "fill"
    sharpen: float = SHARPEN
    dip: Rgb = INK


AS_IT_IS = Treatment(steadying="off", sharpen=0.0)


@dataclass(frozen=True)
class Reach:
    """How many film frames a segment shows before and after those it owns, for its transitions."""

    before: int
    after: int


def film_pictures(
    cut: Path | Iterable[list[Picture]],
    segments: Sequence[Segment],
    *,
    size: tuple[int, int] = (1920, 1080),
    fps: Fraction = Fraction(30),
    native_fps: Fraction,
    treatment: Treatment = AS_IT_IS,
    on_shot: Callable[[int, Steadied], None] | None = None,
) -> Ahead[Picture]:
    """Yield the film's pictures, as many as the segments own together, in the shape of ``size``.

    Each is as large as its shot's clip gives. ``cut`` is a file in which the segments follow each other, or each
    segment's pictures in turn; work begins at once. ``on_shot`` hears how steady each was and is, from another thread.
    Raise NotAClip where the cut is shorter than they say.
    """
    check_segments(segments)
    keep_memory()
    shots = shots_of(cut, segments) if isinstance(cut, Path) else cut
    film = _Film(shots, segments, size, fps, native_fps, treatment, on_shot)
    # Whenever the encoder can work it should, as nothing else takes as long.
    return ahead(film.pictures(), depth=_PICTURES_AHEAD, modest=True)


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


def reaches(segments: Sequence[Segment]) -> list[Reach]:
    """Say for each segment how far its transitions reach into its neighbours' time."""
    overlaps = [0, *map(_overlap, segments)]
    return [Reach(before=entering // 2, after=leaving - leaving // 2) for entering, leaving in pairwise(overlaps)]


def dips_s(segments: Sequence[Segment], *, fps: int) -> tuple[tuple[float, float], ...]:
    """Say, in seconds, where a film dips through a colour, which may be as dark as black."""
    borders = accumulate(segment.film_frames for segment in segments)
    starts = [
        (border - segment.transition_frames // 2, segment.transition_frames)
        for border, segment in zip(borders, segments, strict=True)
        if segment.transition == "dip"
    ]
    return tuple((first / fps, (first + length) / fps) for first, length in starts)


def source_times(
    segment: Segment, reach: Reach, *, fps: Fraction, native_fps: Fraction, name: str = "a segment"
) -> list[Fraction]:
    """Return, for each film frame a segment shows, the moment in its source, in source frames from its first.

    At normal speed the middle of the clip is used; a clip too short for that is slowed, never looped, held or
    extrapolated, and never played faster than it was made.
    """
    shown = reach.before + segment.film_frames + reach.after
    step, full = source_step(segment, reach, fps=fps, native_fps=native_fps), (segment.fps or native_fps) / fps
    if shown > 1 and step < full * Fraction(_SLOWEST).limit_denominator(100):
        log.warning("%s is slowed to %.2f of its speed: %d frames for %d", name, step / full, segment.frames, shown)
    middle = (Fraction(segment.frames - 1) - step * (shown - 1)) / 2
    start = middle if segment.start is None else segment.start
    return [start + step * number for number in range(shown)]


def source_step(segment: Segment, reach: Reach, *, fps: Fraction, native_fps: Fraction) -> Fraction:
    """Return how many source frames pass in a film frame: as many as at normal speed, or less for a short clip."""
    following = reach.before + segment.film_frames + reach.after - 1
    full = (segment.fps or native_fps) / fps
    return min(full, Fraction(segment.frames - 1, following)) if following else full


def shots_of(cut: Path, segments: Sequence[Segment]) -> Iterator[list[Picture]]:
    """Read each segment's pictures from the cut, which is decoded once. Raises NotAClip where it ends early."""
    source, at = read_pictures(cut), 0
    for number, segment in enumerate(segments):
        kept = list(islice(source, segment.first - at, segment.first - at + segment.frames))
        if len(kept) < segment.frames:
            raise NotAClip(
                f"{cut} ends early: segment {number} wants its frames {segment.first} to "
                f"{segment.first + segment.frames - 1}, {len(kept)} of them are there. Join the cut again."
            )
        at = segment.first + segment.frames
        yield kept


@dataclass(frozen=True)
class _Film:
    shots: Iterable[list[Picture]]
    segments: Sequence[Segment]
    size: tuple[int, int]
    fps: Fraction
    native_fps: Fraction
    treatment: Treatment
    on_shot: Callable[[int, Steadied], None] | None

    def pictures(self) -> Iterator[Picture]:
        shots = self._shots()
        leaving = next(shots)
        for number, segment in enumerate(self.segments):
            yield from islice(leaving, segment.film_frames - _inside(self.segments, number))
            entering, overlap = next(shots, leaving), _overlap(segment)
            for moment in range(1, overlap + 1):
                yield self._joined(next(leaving), next(entering), segment, moment / (overlap + 1))
            leaving = entering

    def _joined(self, leaving: Picture, entering: Picture, segment: Segment, share: float) -> Picture:
        step = 1 / (segment.transition_frames + 1)
        larger = max(leaving.size, entering.size)
        return joined(
            resized(leaving, larger),
            resized(entering, larger),
            segment.transition,
            share,
            colour=self.treatment.dip,
            side=segment.side,
            step=step,
        )

    def _shots(self) -> Iterator[Iterator[Picture]]:
        """Yield each segment's film pictures; its source frames are read when it is asked for."""
        placed = zip(self.segments, reaches(self.segments), ahead(self._ready(), depth=_SHOTS_AHEAD), strict=True)
        for number, (segment, reach, ready) in enumerate(placed):
            times = source_times(segment, reach, fps=self.fps, native_fps=self.native_fps, name=f"segment {number}")
            yield self._moved(ready, times)

    def _ready(self) -> Iterator["_Shot"]:
        """Treat each shot's pictures as one clip: framed, steadied, graded, sharpened."""
        treatment, look = self.treatment, self._look_on_clips
        for number, pictures in enumerate(self.shots):
            shaped = framed(pictures, self.size, framing=treatment.framing)
            steady = steadied(shaped, how=treatment.steadying, strength=treatment.strength)
            if self.on_shot:
                self.on_shot(number, steady)
            graded = (graded_picture(picture, look) if look else picture for picture in steady.pictures)
            yield _Shot([sharpened(picture, treatment.sharpen) for picture in graded], steady.motions)

    def _moved(self, shot: "_Shot", times: list[Fraction]) -> Iterator[Picture]:
        """Draw a shot's film frames; a look with hard steps comes last, for moving would smear them."""
        moved = retime(shot.pictures, times, motion=lambda at, near, far: shot.motions[at])
        late = self.treatment.look
        return (graded_picture(p, late) for p in moved) if late and not late.is_smooth else moved

    @property
    def _look_on_clips(self) -> Lut | None:
        look = self.treatment.look
        return look if look and look.is_smooth else None


@dataclass(frozen=True)
class _Shot:
    pictures: list[Picture]
    motions: list[Motion]
