"""What measures see: a clip's frames in order, each with what several measures need worked out once.

They see one frame at a time and never a whole clip, so that a film of any length takes the memory of three frames."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any, TypeVar, cast

from vgkit.media.flow import Motion, motion_between
from vgkit.media.frames import Frame
from vgkit.media.picture import Picture, Plane, from_rgb

T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Subject:
    """What is scored: ``size`` is (width, height), ``count`` the number of frames.

    ``keyframe`` is the still that the clip was to grow from, RGB uint8 (h, w, 3) of any size, and ``keyframe_at`` the
    frame that was to show it. ``prompt`` is what it was to show, in words; empty where nobody said.
    """

    size: tuple[int, int]
    fps: Fraction
    count: int
    keyframe: Frame | None = None
    keyframe_at: int = 0
    prompt: str = ""


class View:
    """One frame, RGB uint8 (h, w, 3), and the one before it, which knows its own; further back nothing is kept."""

    def __init__(self, number: int, frame: Frame, before: "View | None") -> None:
        self.number, self.frame, self.before = number, frame, before
        self._worked_out: dict[Any, Any] = {}

    @cached_property
    def picture(self) -> Picture:
        """BT.709 luma and half-size chroma in 8-bit steps."""
        return from_rgb(self.frame)

    @property
    def luma(self) -> Plane:
        """(h, w) float32 in limited-range 8-bit steps, 16 to 235."""
        return self.picture.luma

    @cached_property
    def motion(self) -> Motion | None:
        """What moved from the frame before to this one; None for the first."""
        return None if self.before is None else motion_between(self.before.picture, self.picture)

    def of(self, work: "Callable[[View], T]") -> T:
        """Return ``work(self)``, done once however many measures ask for it."""
        if work not in self._worked_out:
            self._worked_out[work] = work(self)
        return cast(T, self._worked_out[work])


def views(frames: Iterable[Frame]) -> Iterator[View]:
    """Yield a view of each frame."""
    before = None
    for number, frame in enumerate(frames):
        view = View(number, frame, before)
        if before is not None and before.before is not None:
            before.before.before = None
        yield view
        before = view
