"""Open a clip from anywhere and give its frames as even steps, with what had to be done to it.

What a header says of the rate is often wrong and what the times say often uneven, while every step after this one
counts in frames; so it is settled here, once, and told.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import partial
from itertools import islice
from pathlib import Path

from vgkit.errors import InputError
from vgkit.media.decoding import Timetable, first_frame, has_palette, timed_frames, timetable, usual_step
from vgkit.media.holds import held
from vgkit.media.pictures import is_animated, picture_files, sequence, webp_frames, webp_notes, webp_timetable
from vgkit.media.pixels import BLACK, Frame, Rgb, undithered

_RATES = (Fraction(25, 2), *(Fraction(rate) for rate in (8, 10, 12, 15, 16, 20, 24, 25, 30, 48, 50, 60)))
_NTSC = tuple(Fraction(rate * 1000, 1001) for rate in (24, 30, 60))
_MOST_FPS = 240
_STILL_FPS = Fraction(8)

_Timed = Callable[[], Iterator[tuple[Fraction | None, Frame]]]


@dataclass(frozen=True)
class Footage:
    """A clip in even steps: ``size`` is (width, height) of its frames, ``count`` how many there will be.

    ``notes`` say in a person's words what is done to it: "rotated by 90°", "variable rate evened to 8 fps".
    """

    path: Path
    size: tuple[int, int]
    fps: Fraction
    count: int
    notes: tuple[str, ...]
    _steps: Callable[[], Iterator[Frame]] = field(repr=False, compare=False)

    @property
    def duration_s(self) -> float:
        return float(self.count / self.fps)

    def frames(self) -> Iterator[Frame]:
        """Yield the frames, RGB uint8 (h, w, 3), one at a time and from the beginning at every call."""
        return self._steps()


@dataclass(frozen=True)
class _Source:
    """A clip as it is: its frames with their times, and its timetable; None where it has no times."""

    path: Path
    frames: _Timed
    times: Timetable | None
    count: int
    notes: tuple[str, ...]


def read_footage(path: Path, *, fps: Fraction | None = None, ground: Rgb = BLACK, undither: bool = True) -> Footage:
    """Open a clip, an animated picture, or pictures in a folder or by a pattern.

    With ``fps`` each frame is one step at that rate, whatever the header says. Without, the clip's own rate is taken,
    and a variable one evened to the rate at which most of its frames come. Transparency is laid on ``ground``, and the
    dither of a GIF's palette, which would be enlarged to a pattern, is smoothed out unless ``undither`` is false.

    Raises NotAClip where the clip is not whole or can't be shown right, InputError where a rate must be given.
    """
    if fps is not None and not 0 < fps <= _MOST_FPS:
        raise InputError(f"A rate of {float(fps):g} fps is not possible. Give more than 0 and at most {_MOST_FPS}.")
    given = _source(path, ground)
    source = _without_holds(given)
    height, width = next(source.frames())[1].shape[:2]
    rate, slots = _pace(source, fps)
    notes = (*source.notes, *_told(source, rate, slots))
    if fps is not None and given.times:
        notes += _overruled(given.times, rate)

    smooth = undither and has_palette(path)
    if smooth:
        notes += ("the dither of its palette is smoothed out",)

    def steps() -> Iterator[Frame]:
        even = _evened(source.frames(), rate, slots) if slots else (frame for _, frame in source.frames())
        return map(undithered, even) if smooth else even

    return Footage(path, (width, height), rate, slots or source.count, notes, steps)


def _source(path: Path, ground: Rgb) -> _Source:
    if (files := picture_files(path)) is not None:
        notes = first_frame(files[0], ground=ground)[1]
        return _Source(path, partial(_untimed, files, ground), None, len(files), notes)
    if is_animated(path):
        table, notes = webp_timetable(path), webp_notes(path, ground=ground)
        return _Source(path, partial(_with_times, path, table, ground), table, len(table.times), notes)
    notes = first_frame(path, ground=ground)[1]
    table = timetable(path)
    return _Source(path, partial(timed_frames, path, ground=ground), table, len(table.times), notes)


def _with_times(path: Path, table: Timetable, ground: Rgb) -> Iterator[tuple[Fraction, Frame]]:
    return zip(table.times, webp_frames(path, ground=ground), strict=True)


def _untimed(files: list[Path], ground: Rgb) -> Iterator[tuple[None, Frame]]:
    return ((None, frame) for frame in sequence(files, ground=ground))


def _without_holds(source: _Source) -> _Source:
    """The same with each frame once, where each comes several times."""
    if source.times is None or (times := held(frame for _, frame in source.frames())) == 1:
        return source
    table, count = source.times, -(-source.count // times)
    return replace(
        source,
        frames=lambda: islice(source.frames(), 0, None, times),
        times=Timetable(table.times[::times], table.end, tuple(rate / times for rate in table.said)),
        count=count,
        notes=(*source.notes, f"each frame comes {times} times and is taken once ({source.count} made {count})"),
    )


def _pace(source: _Source, fps: Fraction | None) -> tuple[Fraction, int]:
    """The rate, and into how many even steps the frames have to be sorted; 0 where each is a step as it is."""
    if fps is not None:
        return fps, 0
    if source.times is None:
        if source.count > 1:
            raise InputError(f"{source.path} is {source.count} pictures and names no rate. Give one, such as 8 fps.")
        return _STILL_FPS, 0
    usual = _common(1 / usual_step(source.times.times)) if source.count > 1 else _STILL_FPS
    for rate in (*source.times.said, usual):
        if rate <= _MOST_FPS and _slots(source.times, rate) == list(range(source.count)):
            return rate, 0
    rate = min(usual, Fraction(60))
    return rate, max(1, _nearest(source.times.end * rate))


def _told(source: _Source, rate: Fraction, slots: int) -> Iterator[str]:
    if slots:
        yield f"variable rate evened to {_fps(rate)} fps ({source.count} frames made {slots})"
    if source.count == 1:
        yield "one frame: a still"


def _overruled(times: Timetable, rate: Fraction) -> tuple[str, ...]:
    says = times.said[-1] if times.said else rate
    return (f"taken at {_fps(rate)} fps; its header says {_fps(says)}",) if abs(says - rate) > rate / 100 else ()


def _evened(frames: Iterator[tuple[Fraction | None, Frame]], rate: Fraction, slots: int) -> Iterator[Frame]:
    """In each step the frame whose time is nearest before; one that is passed over in a crowd is left out."""
    at, shown = 0, None
    for number, (time, frame) in enumerate(frames):
        slot = _nearest(time * rate) if time is not None else number
        while shown is not None and at < min(slot, slots):
            yield shown
            at += 1
        shown = frame
    while shown is not None and at < slots:
        yield shown
        at += 1


def _slots(times: Timetable, rate: Fraction) -> list[int]:
    return [_nearest(time * rate) for time in times.times]


def _nearest(steps: Fraction) -> int:
    return int(steps + Fraction(1, 2))


def _common(rate: Fraction) -> Fraction:
    """The rate that is meant: one in use within 2 %, as times are rounded to ticks; else a short fraction."""
    near = min((*_RATES, *_NTSC), key=lambda known: abs(known - rate))
    return near if abs(near - rate) <= rate / 50 else rate.limit_denominator(100)


def _fps(rate: Fraction) -> str:
    return f"{float(rate):.4g}"
