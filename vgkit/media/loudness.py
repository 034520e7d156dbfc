"""How loud a sound is, and the master that a film carries. Measured: limiting to -2.5 dBTP before AAC leaves the
encoded film under -1 dBTP, while ffmpeg's loudnorm misses the target or lets peaks through."""

from dataclasses import dataclass

import numpy as np
import pyloudnorm
from numpy.typing import NDArray
from scipy import ndimage, signal

from vgkit.errors import MediaError
from vgkit.media.samples import RATE_HZ, Sound, checked, seconds

SILENCE_LUFS = -60.0
OVERSAMPLED = 4
MISS_LU = 0.05
ALLOWED_MISS_LU = 0.5
ROUNDS = 8
HARDEST_DB = 24.0  # pressing a peak harder than this would bring up noise, not music
# AAC overshoots by up to 3 dB in its first block when music starts at full force; over 30 ms it does not.
FADE_IN_S, FADE_OUT_S = 0.03, 0.2
LOOK_AHEAD_S = 0.004
RELEASE_DB_S = 70.0
_STEP = 16  # the limiter's gain moves on this grid of samples


@dataclass(frozen=True, kw_only=True)
class Loudness:
    """Integrated loudness by ITU-R BS.1770-4 (-inf for silence) and true peak, oversampled four times."""

    integrated_lufs: float
    true_peak_dbtp: float


@dataclass(frozen=True, kw_only=True)
class Finished:
    """A master: ``samples`` (n, 2) float32 at 48 kHz and what they measure."""

    samples: Sound
    loudness_lufs: float
    true_peak_dbtp: float


def measure(samples: Sound) -> Loudness:
    """Measure loudness and true peak of (n, 2) at 48 kHz."""
    return Loudness(integrated_lufs=_integrated(checked(samples)), true_peak_dbtp=_true_peak(samples))


def finish(samples: Sound, *, loudness_lufs: float = -14.0, ceiling_dbtp: float = -2.5) -> Finished:
    """Fade the ends, then raise or lower to ``loudness_lufs`` with no peak over ``ceiling_dbtp``.

    Raises MediaError for sound that is silent, constant, or so spiky that the two wishes contradict.
    """
    ready = _faded(_without_rumble(checked(samples)))
    before = _integrated(ready)
    if before < SILENCE_LUFS:
        raise MediaError(
            f"The music is silent: {before:.0f} LUFS, too little to be made loud (from {SILENCE_LUFS:.0f} on). "
            "Choose another file."
        )
    peaks = _peaks_by_step(ready)
    most_db = ceiling_dbtp + HARDEST_DB - _decibels(float(peaks.max()))
    gain_db, best, reached = loudness_lufs - before, ready, before
    for _ in range(ROUNDS):
        gain_db = min(gain_db, most_db)
        best = _limited(ready, peaks, gain_db=gain_db, ceiling_dbtp=ceiling_dbtp)
        reached = _integrated(best)
        if abs(reached - loudness_lufs) <= MISS_LU:
            break
        gain_db += loudness_lufs - reached
    if abs(reached - loudness_lufs) > ALLOWED_MISS_LU:
        raise MediaError(
            f"The music reaches {reached:.1f} LUFS under a ceiling of {ceiling_dbtp:g} dBTP, not {loudness_lufs:g}: "
            "it is short peaks over near silence. Choose fuller music or ask for less loudness."
        )
    return Finished(samples=best, loudness_lufs=reached, true_peak_dbtp=_true_peak(best))


def _decibels(amplitude: float) -> float:
    return 20 * float(np.log10(amplitude)) if amplitude > 0 else float("-inf")


def _true_peak(samples: Sound) -> float:
    return _decibels(float(_between(samples).max()))


def _integrated(samples: Sound) -> float:
    meter = pyloudnorm.Meter(RATE_HZ)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = float(meter.integrated_loudness(samples.astype(np.float64)))
    return found if np.isfinite(found) else float("-inf")


def _without_rumble(samples: Sound) -> Sound:
    """Take off the constant part and what no loudspeaker plays, which would only cost headroom."""
    sections = signal.butter(2, 20.0, "highpass", fs=RATE_HZ, output="sos")
    return np.asarray(signal.sosfilt(sections, samples - samples.mean(axis=0), axis=0), dtype=np.float32)


def _faded(samples: Sound) -> Sound:
    out = samples.copy()
    rise, fall = seconds(FADE_IN_S), seconds(FADE_OUT_S)
    out[:rise] *= np.sin(np.linspace(0, np.pi / 2, rise, dtype=np.float32))[:, None] ** 2
    out[-fall:] *= np.cos(np.linspace(0, np.pi / 2, fall, dtype=np.float32))[:, None]
    return out


def _between(samples: Sound) -> NDArray[np.float32]:
    """The highest absolute value in and after each sample, the curve between samples included; (n,)."""
    waves = signal.resample_poly(samples.astype(np.float32), OVERSAMPLED, 1, axis=0)
    return np.asarray(np.abs(waves).reshape(len(samples), -1).max(axis=1), dtype=np.float32)


def _peaks_by_step(samples: Sound) -> NDArray[np.float32]:
    peaks = _between(samples)
    return np.asarray(np.pad(peaks, (0, -len(peaks) % _STEP)).reshape(-1, _STEP).max(axis=1), dtype=np.float32)


def _limited(samples: Sound, peaks: NDArray[np.float32], *, gain_db: float, ceiling_dbtp: float) -> Sound:
    """Apply a gain and turn down around what would pass the ceiling: smoothly, ahead of time, steady release.

    Reductions are in dB. A maximum over the look-ahead comes before the smoothing, which is no longer than it, so no
    peak is met by less than its own reduction.
    """
    over_db = np.maximum(0.0, 20 * np.log10(np.maximum(peaks, 1e-9)) + gain_db - ceiling_dbtp)
    ahead = max(2, seconds(LOOK_AHEAD_S) // _STEP)
    held = ndimage.maximum_filter1d(over_db, 4 * ahead + 3)
    fallen = RELEASE_DB_S * _STEP / RATE_HZ * np.arange(len(held))
    released = np.maximum.accumulate(held + fallen) - fallen
    smooth = ndimage.uniform_filter1d(ndimage.uniform_filter1d(released, 2 * ahead + 1), 2 * ahead + 1)
    centres = (np.arange(len(smooth)) + 0.5) * _STEP
    reduction_db = np.interp(np.arange(len(samples)), centres, smooth)
    gain = 10 ** ((gain_db - reduction_db) / 20)
    return np.asarray(samples * gain[:, None], dtype=np.float32)
