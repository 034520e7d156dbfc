"""How loud a sound is, over time and as a whole, by ITU-R BS.1770-4 and EBU Tech 3341.

All of it rests on the power in steps of 100 ms, so that a mastering loop, a figure and a plot need one filtering."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy import signal

from vgkit.media.samples import Sound, seconds

STEP_S = 0.1
MOMENTARY_STEPS, SHORT_TERM_STEPS = 4, 30
SILENT_LUFS = -70.0  # below it nothing counts
OVERSAMPLED = 4
_BESIDE = 16  # samples; scipy's filter for four times reaches ten to either side
_STRETCH_S = 10.0
Levels = NDArray[np.float64]

# BS.1770-4, tables 1 and 2: a head's shelf, then a high pass; for 48 kHz.
_WEIGHTING = np.array(
    [
        [1.53512485958697, -2.69169618940638, 1.19839281085285, 1.0, -1.69065929318241, 0.73248077421585],
        [1.0, -2.0, 1.0, 1.0, -1.99004745483398, 0.99007225036621],
    ]
)


def stretches(length: int, *, step: int) -> Iterator[slice]:
    """Cut a sound into stretches of about ten seconds in whole steps, so that its length costs no memory."""
    longest = seconds(_STRETCH_S) // step * step
    return (slice(first, min(first + longest, length)) for first in range(0, length, longest))


def powers(samples: Sound, *, step: int) -> Levels:
    """The weighted power of both sides together in each whole ``step`` samples of (n, 2)."""
    whole = len(samples) // step * step
    total = np.zeros(whole // step)
    for side in samples.T:
        state = np.zeros((len(_WEIGHTING), 2))
        for part in stretches(whole, step=step):
            heard, state = signal.sosfilt(_WEIGHTING, side[part].astype(np.float64), zi=state)
            blocks = heard.reshape(-1, step)
            total[part.start // step : part.stop // step] += np.einsum("ij,ij->i", blocks, blocks) / step
    return total


def power_by_step(samples: Sound) -> Levels:
    """The weighted power in each 100 ms."""
    return powers(samples, step=seconds(STEP_S))


def loudness_over(power: Levels, *, steps: int) -> Levels:
    """Loudness in LUFS of each window of ``steps`` x 100 ms, one every 100 ms; -inf where there is silence."""
    if len(power) < steps:
        return np.zeros(0)
    sums = np.concatenate([[0.0], np.cumsum(power)])
    return _lufs((sums[steps:] - sums[:-steps]) / steps)


def integrated(power: Levels) -> float:
    """The loudness of the whole in LUFS, gated twice; -inf where nothing is loud enough to count."""
    blocks = loudness_over(power, steps=MOMENTARY_STEPS)
    heard = blocks[blocks > SILENT_LUFS]
    if not len(heard):
        return float("-inf")
    heard = heard[heard > _mean(heard) - 10.0]
    return _mean(heard)


def true_peaks(samples: Sound, *, step: int) -> NDArray[np.float32]:
    """The highest absolute value in each ``step`` samples, the curve between samples included."""
    peaks = np.zeros(-(-len(samples) // step), dtype=np.float32)
    for part in stretches(len(samples), step=step):
        here = peaks[part.start // step : -(-part.stop // step)]
        for side in samples.T:
            curve = np.abs(_oversampled(side, part))
            by_step = np.pad(curve, (0, len(here) * step * OVERSAMPLED - len(curve))).reshape(len(here), -1)
            np.maximum(here, by_step.max(axis=1), out=here)
    return peaks


def _oversampled(side: NDArray[np.float32], part: slice) -> NDArray[np.float32]:
    """The curve through a part of one side, as it is within the whole."""
    lead = min(part.start, _BESIDE)
    near = np.ascontiguousarray(side[part.start - lead : part.stop + _BESIDE], dtype=np.float32)
    curve = signal.resample_poly(near, OVERSAMPLED, 1)[lead * OVERSAMPLED :]
    return np.asarray(curve[: (part.stop - part.start) * OVERSAMPLED], dtype=np.float32)


def decibels(amplitude: float) -> float:
    """An amplitude in dB of full scale; -inf for nothing."""
    return 20 * float(np.log10(amplitude)) if amplitude > 0 else float("-inf")


def _lufs(power: Levels) -> Levels:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(-0.691 + 10 * np.log10(np.maximum(power, 0)), dtype=np.float64)


def _mean(lufs: Levels) -> float:
    """The loudness of the mean power, which is not the mean of the loudness."""
    return float(10 * np.log10(np.mean(10 ** (lufs / 10))))
