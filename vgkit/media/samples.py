"""Sound as numbers: (n, 2) float32 at 48 kHz everywhere, so that no function has to ask for a rate or a layout."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vgkit.errors import MediaError

RATE_HZ = 48_000
AAC_BITS_PER_S = 192_000  # of the film's sound
SHORTEST_S = 0.5
Sound = NDArray[np.float32]


class Span(NamedTuple):
    """A stretch of a sound, in samples."""

    start: int
    end: int


def seconds(length_s: float) -> int:
    """The number of samples in ``length_s``."""
    return round(length_s * RATE_HZ)


def checked(samples: Sound) -> Sound:
    """Return ``samples`` when they are a sound that can be measured; else MediaError."""
    if samples.ndim != 2 or samples.shape[1] != 2:
        raise MediaError(f"A sound must have the shape (samples, 2); this one has {samples.shape}.")
    if len(samples) < seconds(SHORTEST_S):
        raise MediaError(
            f"The sound lasts {len(samples) / RATE_HZ:.2f} s; at least {SHORTEST_S:g} s are needed to measure it."
        )
    if not np.isfinite(samples).all():
        raise MediaError(
            "The sound holds values that are not numbers; it was damaged on the way here. Read or make it again."
        )
    return samples
