"""Pictures and clips to judge by their looks: flat ones, one as rich as a photograph, and what is done to it."""

from collections.abc import Sequence
from fractions import Fraction
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from scenery import texture

from vgkit.media.footage import read_footage
from vgkit.media.frames import Frame
from vgkit.quality.measure import Measure, Scored, score
from vgkit.quality.view import Subject


def found(measure: Measure, frames: Sequence[Frame], *, keyframe: Frame | None = None, at: int = 0) -> Scored:
    """What one measure says of a clip at 8 fps."""
    height, width = frames[0].shape[:2] if frames else (0, 0)
    return score(frames, Subject((width, height), Fraction(8), len(frames), keyframe, at), [measure])[0]


def number(measure: Measure, *frames: Frame) -> float:
    """The number that a measure gives a clip of these frames."""
    answer = found(measure, frames)
    assert answer.value is not None, answer.reason
    return answer.value


def plain(*rgb: int, size: tuple[int, int] = (96, 64)) -> Frame:
    """A frame of one colour; ``size`` is (width, height)."""
    return np.full((size[1], size[0], 3), rgb, np.uint8)


@cache
def rich() -> Frame:
    """Detail of all sizes, the larger the stronger as in photographs; (320, 576, 3)."""
    layers = [texture(seed, spread_px=2**seed).astype(np.float32) * 2 ** (0.8 * seed) for seed in range(5)]
    whole = cv2.normalize(np.sum(layers, axis=0), None, 0, 255, cv2.NORM_MINMAX)  # type: ignore[call-overload]
    picture = np.ascontiguousarray(whole[:320, :576].astype(np.uint8))
    picture.setflags(write=False)
    return picture


def coded(frame: Frame, quality: int) -> Frame:
    """A frame as a JPEG of a quality from 1 to 100 shows it."""
    return np.asarray(cv2.imdecode(cv2.imencode(".jpg", frame, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], 1), np.uint8)


def blurred(frame: Frame, sigma_px: float) -> Frame:
    return np.asarray(cv2.GaussianBlur(frame, (0, 0), sigma_px), np.uint8)


def grainy(frame: Frame, sigma: float) -> Frame:
    """A frame with white noise in its light."""
    noise = np.random.default_rng(1).standard_normal(frame.shape[:2])[..., None] * sigma
    return (frame + noise).round().clip(0, 255).astype(np.uint8)


def muted(frame: Frame) -> Frame:
    """A frame with a third of its contrast, around the middle, so that nothing done to it runs into the ends."""
    return (frame // 3 + 85).astype(np.uint8)


def along(measure: Measure, paths: Sequence[Path]) -> list[float]:
    """What a measure says of each of some clips."""
    return [number(measure, *read_footage(path).frames()) for path in paths]
