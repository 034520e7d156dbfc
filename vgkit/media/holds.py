"""Find out whether a clip shows each of its frames several times over.

Clips of 8 fps are often kept at 24, each frame three times, as AnimateDiff's own pages do; held frames would make every
step that looks from frame to frame see a stop and a jump.
"""

from collections.abc import Iterable
from itertools import islice, pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from vgkit.media.pixels import Frame

_LOOKED_AT = 96
_MOST = 12
# Mean difference in levels: a held frame differs by its compression only, and much less than one that moves.
_HELD, _TIMES_LESS = 0.6, 8


def held(frames: Iterable[Frame]) -> int:
    """Return how often each frame comes, by the first 96 of them: 1 where they differ, or do not keep to a count."""
    steps = []
    for before, after in pairwise(map(_small, islice(frames, _LOOKED_AT))):
        steps.append(float(np.abs(after - before).mean()))
        if steps[0] > _HELD:
            return 1
    return next((times for times in range(2, _MOST + 1) if _keeps_to(np.array(steps), times)), 1)


def _keeps_to(steps: NDArray[np.float64], times: int) -> bool:
    moves = np.arange(1, len(steps) + 1) % times == 0
    if moves.sum() < 2:
        return False
    still = steps[~moves].max()
    return bool(still <= _HELD and np.median(steps[moves]) > _TIMES_LESS * max(still, 0.02))


def _small(frame: Frame) -> NDArray[np.float32]:
    grey = cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY)
    return cv2.resize(grey, (96, 96), interpolation=cv2.INTER_AREA).astype(np.float32)
