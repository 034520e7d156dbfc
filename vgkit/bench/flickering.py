"""What video models do to a clip, done on purpose: flicker of the whole, of its colours and of its parts, and grain.

The clip it was before is the reference, so that one can say how much of the damage a repair takes away."""

from collections.abc import Sequence
from typing import cast

import cv2
import numpy as np

from vgkit.media.frames import Frame

_WHOLE, _CHANNEL, _LOCAL = 0.03, 0.01, 0.02
_GRAIN_LEVELS = 2.0
_PATCHES = (4, 6)  # rows and columns over which the local gain is drawn, smooth in between


def flickering(frames: Sequence[Frame], seed: int) -> list[Frame]:
    """Return a damaged copy: gains of 3 % for a frame, 1 % for a channel and 2 % for a place, grain of sigma 2.

    All are standard deviations of normal noise, new in every frame.
    """
    dice = np.random.default_rng(seed)
    return [_damaged(frame, dice) for frame in frames]


def _damaged(frame: Frame, dice: np.random.Generator) -> Frame:
    height, width = frame.shape[:2]
    patches = dice.normal(0, 1, _PATCHES).astype(np.float32)
    local = cv2.resize(patches, (width, height), interpolation=cv2.INTER_CUBIC)
    gain = (
        (1 + dice.normal(0, _WHOLE)) * (1 + dice.normal(0, _CHANNEL, 3)) * (1 + _LOCAL * local / local.std())[..., None]
    )
    grained = frame * gain + dice.normal(0, _GRAIN_LEVELS, frame.shape)
    return cast(Frame, np.clip(np.rint(grained), 0, 255).astype(np.uint8))
