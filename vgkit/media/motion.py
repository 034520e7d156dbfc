"""Pictures that come and go over a film. Each is drawn once; a frame only costs a shift and a scaled alpha."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from vgkit.media.svg import Rgba


@dataclass(frozen=True, kw_only=True)
class Entrance:
    """When and how something comes and goes, in frames and pixels of the film."""

    delay: int = 0
    fade_in: int = 0
    fade_out: int = 0
    rise_px: float = 0.0

    def later(self, frames: int) -> "Entrance":
        """The same, ``frames`` later."""
        return Entrance(delay=self.delay + frames, fade_in=self.fade_in, fade_out=self.fade_out, rise_px=self.rise_px)


@dataclass(frozen=True, eq=False, kw_only=True)
class Sprite:
    """A picture from film frame ``first`` up to, not including, ``last``; an ``Overlay``.

    ``paint`` gives its (h, w, 4) RGBA pixels and the corner where it comes to rest; it is asked once.
    """

    first: int
    last: int
    paint: Callable[[], tuple[Rgba, int, int]]
    entrance: Entrance

    @cached_property
    def painted(self) -> tuple[Rgba, int, int]:
        return self.paint()

    def draw(self, frame_index: int) -> tuple[Rgba, int, int] | None:
        """The picture as it stands in this frame and its corner; None where it can't be seen."""
        stays = self.staying(frame_index)
        came = _share(self._since(frame_index), self.entrance.fade_in)
        if came <= 0 or stays <= 0:
            return None
        pixels, x, y = self.painted
        # Movement may start at once; brightness may not: a shade at full speed in its first frame is a blink.
        return faded(pixels, ease_both(came) * stays), x, y + round(self.entrance.rise_px * (1 - ease_out(came)))

    def staying(self, frame_index: int) -> float:
        """1 while it stays, falling while it goes, 0 outside its frames."""
        if not self.first <= frame_index < self.last:
            return 0.0
        return _share(self.last - frame_index, self.entrance.fade_out + 1)

    def _since(self, frame_index: int) -> int:
        return frame_index + 1 - self.first - self.entrance.delay


@dataclass(frozen=True, eq=False, kw_only=True)
class TypedLine(Sprite):
    """A line whose words come one after the other; ``words`` gives the columns of its picture that each takes."""

    words: Callable[[], Sequence[tuple[int, int]]]
    frames_per_word: float

    @cached_property
    def columns(self) -> Sequence[tuple[int, int]]:
        return self.words()

    def draw(self, frame_index: int) -> tuple[Rgba, int, int] | None:
        """The line as far as it is written."""
        stays, since = self.staying(frame_index), self._since(frame_index)
        if since <= 0 or stays <= 0:
            return None
        (pixels, x, y), count = self.painted, len(self.columns)
        came = [_share(since - index * self.frames_per_word, self.entrance.fade_in) for index in range(count)]
        if all(share == 1 for share in came):
            return faded(pixels, stays), x, y
        weights = np.zeros(pixels.shape[1], np.float32)
        for (left, right), share in zip(self.columns, came, strict=True):
            weights[left:right] = ease_out(share) * stays
        return _weighted(pixels, weights), x, y


def ease_both(share: float) -> float:
    """Slow at both ends."""
    return share * share * (3 - 2 * share)


def ease_out(share: float) -> float:
    """Fast first, then settling: 1 - (1 - t)^3."""
    return 1 - (1 - share) ** 3


def faded(pixels: Rgba, share: float) -> Rgba:
    """``pixels`` with its alpha scaled; at 1 the very same array, which the painter need not prepare again."""
    if share >= 1:
        return pixels
    thinner = pixels.copy()
    cv2.insertChannel(cv2.convertScaleAbs(cv2.extractChannel(pixels, 3), alpha=share), thinner, 3)
    return thinner


def _weighted(pixels: Rgba, weights: NDArray[np.float32]) -> Rgba:
    thinner = pixels.copy()
    thinner[..., 3] = (pixels[..., 3] * weights).astype(np.uint8)
    return thinner


def _share(part: float, whole: float) -> float:
    return 1.0 if whole <= 0 and part > 0 else min(1.0, max(0.0, part / max(whole, 1e-9)))
