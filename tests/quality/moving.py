"""Clips whose motion is known: a soft texture that is carried along, grows and turns, evenly from frame to frame."""

from fractions import Fraction

import cv2
import numpy as np
from scenery import texture

from vgkit.media.frames import Frame
from vgkit.quality.measure import Measure, Scored, score
from vgkit.quality.view import Subject

SIZE = (256, 144)
BLACK: Frame = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)


def moving(
    count: int,
    *,
    right_px: float = 0.0,
    down_px: float = 0.0,
    growth: float = 0.0,
    clockwise_deg: float = 0.0,
    seed: int = 0,
    size: tuple[int, int] = SIZE,
) -> list[Frame]:
    """Draw frames in each of which the picture has gone, grown and turned so much further, about its middle."""
    source = texture(seed, spread_px=3)
    middle = (size[0] / 2, size[1] / 2)
    seen = np.array([[1, 0, middle[0] - source.shape[1] / 2], [0, 1, middle[1] - source.shape[0] / 2], [0, 0, 1]])
    step = np.vstack([cv2.getRotationMatrix2D(middle, -clockwise_deg, np.exp(growth)), (0, 0, 1)])
    step[:2, 2] += (right_px, down_px)
    frames: list[Frame] = []
    for _ in range(count):
        frames.append(cv2.warpAffine(source, seen[:2], size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT))  # type: ignore[arg-type]
        seen = step @ seen
    return frames


def lit(frame: Frame, levels: float) -> Frame:
    """Return the frame with its contrast halved, and so much lighter: nothing is clipped within 60 levels."""
    return (frame * 0.5 + 64 + levels).round().astype(np.uint8)


def measured(frames: list[Frame], *measures: Measure, fps: int = 8) -> list[Scored]:
    """Take measures of a clip in one pass."""
    height, width = frames[0].shape[:2] if frames else (0, 0)
    return score(frames, Subject((width, height), Fraction(fps), len(frames)), measures)


def numbers(frames: list[Frame], *measures: Measure, fps: int = 8) -> list[float]:
    """Take measures of a clip that has them all."""
    found = measured(frames, *measures, fps=fps)
    assert [each.reason for each in found if each.value is None] == []
    return [each.value for each in found if each.value is not None]


def number(frames: list[Frame], measure: Measure, *, fps: int = 8) -> float:
    """Take one measure of a clip that has it."""
    return numbers(frames, measure, fps=fps)[0]
