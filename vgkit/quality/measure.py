"""What a measure is: one number about a clip, with all that makes it comparable, or the reason why there is none.

A number without its unit, its direction and what made it can't be compared a year later; so it goes on record with
them."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from vgkit.errors import NotMeasured
from vgkit.media.frames import Frame
from vgkit.quality.view import Subject, View, views

Direction = Literal["higher", "lower", "target", "neither"]


class Watcher(Protocol):
    """A measure at work on one clip."""

    def see(self, view: View) -> None:
        """Take in the next frame."""

    def value(self) -> float:
        """Return the number once all frames were seen. Raises NotMeasured, with the reason, where there is none."""


@dataclass(frozen=True)
class Measure:
    """A measure of clips.

    ``direction`` says which way is better, ``neither`` where more is only different. ``span`` is the least and the most
    it can be. ``reads`` says in a few words what it looks at; ``version`` is raised with every change of its numbers.
    """

    name: str
    unit: str
    direction: Direction
    span: tuple[float, float]
    reads: str
    implementation: str
    version: str
    begin: Callable[[Subject], Watcher] = field(repr=False, compare=False)


@dataclass(frozen=True)
class Scored:
    """What a measure found: ``value`` is None where it could not be taken, and then ``reason`` says why."""

    measure: Measure
    value: float | None
    reason: str = ""


def score(frames: Iterable[Frame], subject: Subject, measures: Sequence[Measure]) -> list[Scored]:
    """Take all measures in one pass over RGB uint8 frames. A measure that fails costs the others nothing."""
    at_work: list[tuple[Measure, Watcher]] = []
    found: dict[str, Scored] = {}
    for measure in measures:
        try:
            at_work.append((measure, measure.begin(subject)))
        except NotMeasured as why:
            found[measure.name] = Scored(measure, None, str(why))
    for view in views(frames):
        for measure, watcher in list(at_work):
            try:
                watcher.see(view)
            except NotMeasured as why:
                found[measure.name] = Scored(measure, None, str(why))
                at_work.remove((measure, watcher))
    for measure, watcher in at_work:
        found[measure.name] = _ended(measure, watcher)
    return [found[measure.name] for measure in measures]


def _ended(measure: Measure, watcher: Watcher) -> Scored:
    try:
        value = watcher.value()
    except NotMeasured as why:
        return Scored(measure, None, str(why))
    if not math.isfinite(value):
        return Scored(measure, None, f"it came out as {value}")
    return Scored(measure, float(value))
