"""Where a clip jumps from one picture to another, and how measures of motion keep away from there.

A jump is told by the flow, which hardly minds a lamp going on, and by how far the step stands out from the clip's
others: a clip that boils from end to end is bad all the same, but it is not cut.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from statistics import fmean, median_low

from vgkit.errors import NotMeasured
from vgkit.media.flow import Motion, motion_between
from vgkit.quality.view import Subject, View
from vgkit.quality.watchers import Begin

# On 41 clips of Zeroscope and AnimateDiff neighbours agree on 0.31 or more, and those that differ by 10 levels do so by
# at most 2.1 times the clip's median. At 500 joins of two of them 95 % agree on 0.28 or less, none on over 0.42.
_STRANGE, _STRANGE_LEVELS = 0.25, 4.0
_DOUBTFUL, _DOUBTFUL_LEVELS, _STANDS_OUT = 0.5, 10.0, 2.5


@dataclass(frozen=True)
class _Step:
    """What the flow says of the step to frame ``number``; ``passed`` where it leads to a single odd frame or back."""

    number: int
    agreement: float
    difference: float
    passed: bool = False

    @property
    def is_doubtful(self) -> bool:
        return self.agreement < _DOUBTFUL and self.difference > _DOUBTFUL_LEVELS

    @property
    def is_strange(self) -> bool:
        return self.agreement < _STRANGE and self.difference > _STRANGE_LEVELS

    @property
    def may_jump(self) -> bool:
        return self.is_strange or self.is_doubtful


def leap(view: View) -> Motion | None:
    """What moved from the frame before the last to this one; None for the first two."""
    before = view.before and view.before.before
    return motion_between(before.picture, view.picture) if before else None


class Cuts:
    """Finds the frames of a clip that show something else than the frame before them: a cut, or a single odd frame."""

    def __init__(self) -> None:
        self._steps: list[_Step] = []

    def see(self, view: View) -> None:
        """Take in the next frame."""
        if view.motion is None:
            return
        step = _Step(view.number, view.motion.agreement, view.motion.difference)
        if self._steps and self._steps[-1].may_jump and step.may_jump and _returns(view):
            self._steps[-1], step = replace(self._steps[-1], passed=True), replace(step, passed=True)
        self._steps.append(step)

    def jumps(self) -> frozenset[int]:
        """Return the numbers of the frames that the flow can't have come to from the frame before.

        Less than 25 % of the flow comes home, and the two differ by more than 4 levels of luma; or less than 50 %, and
        they differ by more than 10, which is also at least 2.5 times the median of the clip's steps.
        """
        if not self._steps:
            return frozenset()
        # The lower of two medians: of two steps one is a cut if it is by far the larger.
        outstanding = _STANDS_OUT * median_low(step.difference for step in self._steps)
        return frozenset(
            step.number
            for step in self._steps
            if step.is_strange or (step.is_doubtful and step.difference >= outstanding)
        )

    def starts(self) -> frozenset[int]:
        """Return those jumps that start another view: all but to a single frame, and back to where the clip was."""
        return self.jumps() - {step.number for step in self._steps if step.passed}


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
        least: float = 0.0,
    ) -> None:
        self._work, self._reach, self._lacking, self._mean, self._least = work, reach, lacking, mean, least
        self._cuts, self._found, self._frames = Cuts(), dict[int, float](), 0

    def see(self, view: View) -> None:
        """Take in the next frame."""
        self._cuts.see(view)
        self._frames += 1
        number = self._work(view)
        if number is not None:
            self._found[view.number] = number

    def value(self) -> float:
        """Return the mean. Raises NotMeasured where no frame counts, or fewer than a share ``least`` of the steps."""
        starts = self._cuts.starts()
        marred = {start + later for start in starts for later in range(self._reach)}
        found = [number for at, number in self._found.items() if at not in marred]
        if not found or len(found) < self._least * (self._frames - 1 - len(starts)):
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
    """The same for what a single step holds, times the frame rate; half of the steps must have it."""

    def begin(subject: Subject) -> AwayFromCuts:
        return AwayFromCuts(work, 1, lacking, lambda found: fmean(found) * float(subject.fps), least=0.5)

    return begin
