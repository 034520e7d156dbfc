"""Pictures to try things on: a soft texture, seen through a window that moves."""

import cv2
import numpy as np

from vgkit.media.deflicker import brightened
from vgkit.media.frames import Frame
from vgkit.media.picture import Picture, from_rgb

SIZE = (256, 144)


def texture(seed: int = 0, *, spread_px: float = 4) -> Frame:
    """A cloudy picture of all colours, (400, 600, 3)."""
    noise = np.random.default_rng(seed).integers(0, 255, (400, 600, 3), np.uint8)
    soft = cv2.GaussianBlur(noise, (0, 0), spread_px)
    return cv2.normalize(soft, None, 0, 255, cv2.NORM_MINMAX)  # type: ignore[call-overload,no-any-return]


def view(shift_px: float = 0.0, *, seed: int = 0, size: tuple[int, int] = SIZE) -> Picture:
    """Look at a texture through a window of ``SIZE`` that went to the right and half as far down, grown to ``size``."""
    move = np.array([[1, 0, -60 - shift_px], [0, 1, -60 - shift_px / 2]], np.float32)
    seen = cv2.warpAffine(texture(seed), move, SIZE, flags=cv2.INTER_CUBIC)
    return from_rgb(cv2.resize(seen, size).astype(np.uint8))


def pan(count: int, *, step_px: float = 2.0, seed: int = 0) -> list[Picture]:
    """A clip in which the window moves evenly."""
    return [view(step_px * number, seed=seed) for number in range(count)]


def elsewhere(count: int, *, step_px: float = 2.0) -> list[Picture]:
    """A clip of something else, far darker: between it and a ``pan`` of another seed is a cut."""
    return [brightened(picture, 0.3) for picture in pan(count, step_px=step_px, seed=4)]


def same(one: Picture, other: Picture) -> bool:
    """Whether two pictures are equal to the last bit."""
    return np.array_equal(one.luma, other.luma) and np.array_equal(one.chroma, other.chroma)


def psnr(one: Picture, other: Picture, *, border: int = 16) -> float:
    """Return how near two pictures' luma is, in dB, without a border in which a view may not know what comes in."""
    inside = (slice(border, -border), slice(border, -border))
    return float(10 * np.log10(255**2 / np.mean((one.luma[inside] - other.luma[inside]) ** 2)))
