"""How loud a sound is, over time and as a whole, by ITU-R BS.1770-4 and EBU Tech 3341.

All of it rests on the power in steps of 100 ms, so that a mastering loop, a figure and a plot need one filtering."""

import numpy as np
from numpy.typing import NDArray
from scipy import signal

from vgkit.media.samples import Sound, seconds

STEP_S = 0.1
MOMENTARY_STEPS, SHORT_TERM_STEPS = 4, 30
SILENT_LUFS = -70.0  # below it nothing counts
OVERSAMPLED = 4
Levels = NDArray[np.float64]

# BS.1770-4, tables 1 and 2: a head's shelf, then a high pass; for 48 kHz.
_WEIGHTING = np.array(
    [
        [1.53512485958697, -2.69169618940638, 1.19839281085285, 1.0, -1.69065929318241, 0.73248077421585],
        [1.0, -2.0, 1.0, 1.0, -1.99004745483398, 0.99007225036621],
    ]
)


def powers(samples: Sound, *, step: int) -> Levels:
    """The weighted power of both sides together in each whole ``step`` samples of (n, 2)."""
    whole = len(samples) // step * step
    total = np.zeros(whole // step)
    for side in samples.T:
        heard = signal.sosfilt(_WEIGHTING, side.astype(np.float64))[:whole].reshape(-1, step)
        total += np.einsum("ij,ij->i", heard, heard) / step
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
    padded = -len(samples) % step
    peaks = np.zeros((len(samples) + padded) // step, dtype=np.float32)
    for side in samples.T:
        curve = signal.resample_poly(np.ascontiguousarray(side, dtype=np.float32), OVERSAMPLED, 1)
        by_step = np.pad(np.abs(curve), (0, padded * OVERSAMPLED)).reshape(len(peaks), -1)
        np.maximum(peaks, by_step.max(axis=1), out=peaks)
    return peaks


def decibels(amplitude: float) -> float:
    """An amplitude in dB of full scale; -inf for nothing."""
    return 20 * float(np.log10(amplitude)) if amplitude > 0 else float("-inf")


def _lufs(power: Levels) -> Levels:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(-0.691 + 10 * np.log10(np.maximum(power, 0)), dtype=np.float64)


def _mean(lufs: Levels) -> float:
    """The loudness of the mean power, which is not the mean of the loudness."""
    return float(10 * np.log10(np.mean(10 ** (lufs / 10))))
