"""The plainest way to watch a clip: one number for each frame, and their mean."""

from collections.abc import Callable

from vgkit.errors import NotMeasured
from vgkit.quality.measure import Watcher
from vgkit.quality.view import Subject, View

Begin = Callable[[Subject], Watcher]


class MeanOf:
    """The mean over all frames for which ``work`` gives a number; None leaves a frame out."""

    def __init__(self, work: Callable[[View], float | None], lacking: str) -> None:
        self._work, self._lacking = work, lacking
        self._found: list[float] = []

    def see(self, view: View) -> None:
        """Take in the next frame."""
        number = self._work(view)
        if number is not None:
            self._found.append(number)

    def value(self) -> float:
        """Return the mean. Raises NotMeasured where no frame gave a number."""
        if not self._found:
            raise NotMeasured(self._lacking)
        return sum(self._found) / len(self._found)


def mean_of(work: Callable[[View], float | None], *, lacking: str = "there are no frames") -> Begin:
    """Begin a watcher that averages ``work``; ``lacking`` is the reason given where no frame has a number."""
    return lambda _: MeanOf(work, lacking)
