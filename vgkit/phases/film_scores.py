"""What is measured on the film itself: its joins, its beat, its detail, and what encoding took from it.

Detail is seen on the frames as they go into the encoder, because there it costs nothing to come by them."""

from collections.abc import Callable, Sequence
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vgkit.brief import FILM_FPS
from vgkit.cut import beats_of
from vgkit.errors import EncodeFailed, NotMeasured
from vgkit.run import Run

if TYPE_CHECKING:
    from vgkit.media.conform import Conformance
    from vgkit.media.edit import Segment
    from vgkit.media.samples import Sound

_EXCERPT = 30  # frames from the middle of the film: a second of VMAF takes two of a core
_VERSION = "1"


class Watched:
    """What is seen of a film's frames on their way into the encoder; an excerpt is kept where VMAF is wanted."""

    def __init__(self, frames: int, size: tuple[int, int], *, excerpt: Path | None = None) -> None:
        from vgkit.quality.film import Detail

        self.detail, self.size = Detail(), size
        self.first = max((frames - _EXCERPT) // 2, 0)
        self.kept, self._excerpt = 0, excerpt

    def __call__(self, number: int, frame: Any) -> None:
        """Take in frame ``number``, yuv420p."""
        from vgkit.media.frames import planes

        seen = planes(frame)
        self.detail.see(number, seen[0])
        if self._excerpt and self.first <= number < self.first + _EXCERPT:
            with self._excerpt.open("ab" if self.kept else "wb") as out:
                for plane in seen:
                    out.write(plane.tobytes())
            self.kept += 1

    def vmaf(self, film: Path) -> float:
        """Return the VMAF of the film's excerpt against what went in. Raises NotMeasured where none was kept."""
        from vgkit.media.vmaf import film_input, raw_input, vmaf

        if self._excerpt is None or not self.kept:
            raise NotMeasured("it is measured with quality=delivery only, as it takes time")
        try:
            seen = film_input(film, first=self.first, frames=self.kept, fps=FILM_FPS)
            return vmaf(seen, raw_input(self._excerpt, self.size, fps=FILM_FPS))
        except EncodeFailed as why:
            raise NotMeasured(str(why)) from why
        finally:
            self._excerpt.unlink(missing_ok=True)


def record_film(
    run: Run, found: "Conformance", *, segments: "Sequence[Segment]", watched: Watched, sound: "Sound"
) -> None:
    """Put on record how a film's shots are joined, how far they are from the beat, and what its picture holds."""
    film = found.film
    borders = list(accumulate(segment.film_frames for segment in segments))[:-1]
    passed = sum(check.passed for check in found.checks) / len(found.checks)
    measures: list[tuple[str, str, str, Callable[[], float]]] = [
        ("seam_step", "ratio", "lower", lambda: _seam_step(found, segments, borders)),
        ("beat_offset", "ms", "lower", lambda: _beat_offset_ms(borders, sound)),
        ("spatial_information", "levels", "neither", watched.detail.spatial_information),
        ("temporal_information", "levels", "neither", watched.detail.temporal_information),
        ("sound_apart", "s", "lower", lambda: _sound_apart_s(film)),
        ("conformance", "share", "higher", lambda: passed),
        ("vmaf", "VMAF", "higher", lambda: watched.vmaf(film)),
    ]
    for name, unit, direction, measure in measures:
        value, reason = _taken(measure)
        run.events.write(
            "metric",
            phase="refine",
            subject="film",
            name=name,
            value=value,
            unit=unit,
            direction=direction,
            implementation=f"vgkit.{'media.vmaf' if name == 'vmaf' else 'quality.film'}",
            version=_VERSION,
            scored={"frames": run.storyboard.frames, "size": list(watched.size)},
            reason=reason,
        )


def _taken(measure: Callable[[], float]) -> tuple[float | None, str | None]:
    try:
        return round(measure(), 6), None
    except NotMeasured as why:
        return None, str(why)


def _seam_step(found: "Conformance", segments: "Sequence[Segment]", borders: Sequence[int]) -> float:
    from vgkit.quality.film import Join, seam_step

    lasting = (0 if segment.transition == "cut" else segment.transition_frames for segment in segments)
    return seam_step(found.steps, [Join(*each) for each in zip(borders, lasting, strict=False)])


def _beat_offset_ms(borders: Sequence[int], sound: "Sound") -> float:
    from vgkit.quality.film import beat_offset_ms

    return beat_offset_ms([border / FILM_FPS for border in borders], beats_of(sound))


def _sound_apart_s(film: Path) -> float:
    from vgkit.media.probe import probe

    found = probe(film)
    if found.audio_duration_s is None:
        raise NotMeasured("the film has no sound")
    return abs(found.audio_duration_s - found.duration_s)
