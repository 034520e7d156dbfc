"""What a measure is: one number about a clip, with all that makes it comparable, or the reason why there is none.

A number without its unit, its direction and what made it can't be compared a year later; so it goes on record with
them."""

import logging
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeVar

from vgkit.errors import NotMeasured
from vgkit.media.frames import Frame
from vgkit.quality.view import Subject, View, views

log = logging.getLogger(__name__)

T = TypeVar("T")
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
    trials = [_Trial(measure, subject) for measure in measures]
    for view in views(frames):
        for trial in trials:
            trial.see(view)
    return [trial.ended() for trial in trials]


class _Trial:
    """A measure at work on a clip; from the first thing that goes wrong on it only keeps the reason."""

    def __init__(self, measure: Measure, subject: Subject) -> None:
        self._measure, self._reason = measure, ""
        self._watcher: Watcher | None = self._tried(lambda: measure.begin(subject))

    def see(self, view: View) -> None:
        if (watcher := self._watcher) and not self._reason:
            self._tried(lambda: watcher.see(view))

    def ended(self) -> Scored:
        value = self._tried(self._watcher.value) if self._watcher and not self._reason else None
        if value is None or self._reason:
            return Scored(self._measure, None, self._reason)
        if not math.isfinite(value):
            return Scored(self._measure, None, f"it came out as {value}")
        return Scored(self._measure, float(value))

    def _tried(self, work: Callable[[], T]) -> T | None:
        try:
            return work()
        except NotMeasured as why:
            self._reason = str(why)
        except Exception as fault:  # a clip may have cost money, and the other measures are right all the same
            log.warning("%s failed", self._measure.name, exc_info=True)
            self._reason = f"it failed with {type(fault).__name__}: {fault}"
        return None
