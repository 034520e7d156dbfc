"""Where a clip jumps from one picture to another, and how measures of motion keep away from there.

A jump is told by the flow, which hardly minds a lamp going on, and by how far the step stands out from the clip's
others: a clip that boils from end to end is bad all the same, but it is not cut.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean, median

from vgkit.errors import NotMeasured
from vgkit.media.flow import Motion, motion_between
from vgkit.quality.view import Subject, View
from vgkit.quality.watchers import Begin

# On 41 clips of Zeroscope and AnimateDiff neighbours agree on 0.31 or more and differ by at most 2.6 times the clip's
# median; at 500 joins of one of them to another 95 % agree on 0.28 or less, and none on more than 0.42.
_STRANGE, _DOUBTFUL = 0.25, 0.5
_LEAST_LEVELS = 10.0
_STANDS_OUT = 2.5


@dataclass(frozen=True)
class _Step:
    """What the flow says of the step to frame ``number``; ``passed`` where the frame after shows the one before."""

    number: int
    agreement: float
    difference: float
    passed: bool = False

    @property
    def is_doubtful(self) -> bool:
        return self.agreement < _DOUBTFUL and self.difference > _LEAST_LEVELS


def leap(view: View) -> Motion | None:
    """What moved from the frame before the last to this one; None for the first two."""
    before = view.before and view.before.before
    return motion_between(before.picture, view.picture) if before else None


class Cuts:
    """Finds the frames of a clip that show something else than the frame before them."""

    def __init__(self) -> None:
        self._steps: list[_Step] = []

    def see(self, view: View) -> None:
        """Take in the next frame."""
        if view.motion is None:
            return
        step = _Step(view.number, view.motion.agreement, view.motion.difference)
        if self._steps and self._steps[-1].is_doubtful and step.is_doubtful and _returns(view):
            last = self._steps[-1]
            self._steps[-1] = _Step(last.number, last.agreement, last.difference, passed=True)
            step = _Step(step.number, step.agreement, step.difference, passed=True)
        self._steps.append(step)

    def starts(self) -> frozenset[int]:
        """Return the numbers of the frames after a cut.

        A step is a cut where the two pictures differ by more than 10 levels of luma, and less than 25 % of their flow
        comes home; or less than 50 %, where they also differ at least 2.5 times as much as at the median of the other
        steps. A single frame after which the clip goes on as before is a flash and no cut.
        """
        return frozenset(step.number for step in self._steps if step.is_doubtful and self._is_cut(step))

    def _is_cut(self, step: _Step) -> bool:
        if step.passed:
            return False
        others = [each.difference for each in self._steps if each is not step]
        stands_out = bool(others) and step.difference >= _STANDS_OUT * median(others)
        return step.agreement < _STRANGE or stands_out


def _returns(view: View) -> bool:
    motion = view.of(leap)
    return motion is not None and motion.agreement >= _DOUBTFUL


class AwayFromCuts:
    """The mean of what ``work`` finds at frames that no cut comes before by less than ``reach`` steps."""

    def __init__(
        self,
        work: Callable[[View], float | None],
        reach: int,
        lacking: str,
        mean: Callable[[Sequence[float]], float],
    ) -> None:
        self._work, self._reach, self._lacking, self._mean = work, reach, lacking, mean
        self._cuts, self._found = Cuts(), dict[int, float]()

    def see(self, view: View) -> None:
        """Take in the next frame."""
        self._cuts.see(view)
        number = self._work(view)
        if number is not None:
            self._found[view.number] = number

    def value(self) -> float:
        """Return the mean. Raises NotMeasured where no frame counts."""
        marred = {start + later for start in self._cuts.starts() for later in range(self._reach)}
        found = [number for at, number in self._found.items() if at not in marred]
        if not found:
            raise NotMeasured(self._lacking)
        return self._mean(found)


def away_from_cuts(
    work: Callable[[View], float | None],
    *,
    reach: int,
    lacking: str,
    mean: Callable[[Sequence[float]], float] = fmean,
) -> Begin:
    """Begin a watcher that averages ``work``, which looks back over ``reach`` steps, where no cut is among them."""
    return lambda _: AwayFromCuts(work, reach, lacking, mean)


def per_second(work: Callable[[View], float | None], *, lacking: str) -> Begin:
    """The same for what a single step holds, times the clip's frame rate."""

    def begin(subject: Subject) -> AwayFromCuts:
        return AwayFromCuts(work, 1, lacking, lambda found: fmean(found) * float(subject.fps))

    return begin
