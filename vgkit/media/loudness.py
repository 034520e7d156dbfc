"""The master that a film carries: faded, at the loudness wanted, under a ceiling. Measured: limiting to -2.5 dBTP
before AAC leaves most encoded films under -1 dBTP, while ffmpeg's loudnorm misses the target or lets peaks through."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, signal

from vgkit.errors import MediaError
from vgkit.media.meter import SILENT_LUFS, STEP_S, decibels, integrated, power_by_step, powers, stretches, true_peaks
from vgkit.media.samples import RATE_HZ, Sound, checked, seconds

MISS_LU = 0.05
ALLOWED_MISS_LU = 0.5
ROUNDS = 20
HARDEST_DB = 24.0  # pressing a peak harder than this would bring up noise, not music
# AAC overshoots by up to 3 dB in its first block when music starts at full force; over 30 ms it does not.
FADE_IN_S, FADE_OUT_S = 0.03, 0.2
LOOK_AHEAD_S = 0.004
RELEASES_DB_S = (70.0, 250.0, 1000.0)  # the faster ones pump, and are for beats with little between them
STEP = 16  # samples; the limiter's gain moves on this grid
Steps = NDArray[np.float64]


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
    loudness_lufs = integrated(power_by_step(checked(samples)))
    return Loudness(integrated_lufs=loudness_lufs, true_peak_dbtp=_true_peak(samples))


def finish(samples: Sound, *, loudness_lufs: float = -14.0, ceiling_dbtp: float = -2.5) -> Finished:
    """Fade the ends, then raise or lower to ``loudness_lufs`` with no peak over ``ceiling_dbtp``.

    Raises MediaError for sound that is silent, constant, or so spiky that the two wishes contradict.
    """
    return Mastering(samples).finish(loudness_lufs=loudness_lufs, ceiling_dbtp=ceiling_dbtp)


class Mastering:
    """A sound on its way to a master. Its peaks and its power are found once, however often it is limited."""

    def __init__(self, samples: Sound) -> None:
        self._ready = _faded(without_rumble(checked(samples)))
        self._power = powers(self._ready, step=STEP)
        self._before_lufs = integrated(_by_tenth(self._power))
        if self._before_lufs < SILENT_LUFS:
            raise MediaError(f"The sound is silent: nothing in it reaches {SILENT_LUFS:.0f} LUFS. Choose another file.")
        self._peaks_db = 20 * np.log10(np.maximum(true_peaks(self._ready, step=STEP), 1e-9).astype(np.float64))

    def finish(
        self, *, loudness_lufs: float = -14.0, ceiling_dbtp: float = -2.5, spared_db: Steps | float = 0.0
    ) -> Finished:
        """Bring it to ``loudness_lufs`` under ``ceiling_dbtp``, turned down by ``spared_db`` more where that says so.

        ``spared_db`` has a value for every ``STEP`` samples. Raises MediaError for a sound too spiky to be that loud.
        """
        aim_lufs = loudness_lufs
        for _ in range(3):
            gain_db = self._gain_db(aim_lufs, ceiling_dbtp, spared_db)
            out = self._played(gain_db)
            reached = integrated(power_by_step(out))
            if abs(reached - loudness_lufs) <= MISS_LU:
                break
            aim_lufs += loudness_lufs - reached
        if abs(reached - loudness_lufs) > ALLOWED_MISS_LU:
            raise MediaError(
                f"The sound reaches {reached:.1f} LUFS under a ceiling of {ceiling_dbtp:g} dBTP, not {loudness_lufs:g}:"
                " it is short peaks over near silence. Choose fuller music or ask for less loudness."
            )
        return Finished(samples=out, loudness_lufs=reached, true_peak_dbtp=_true_peak(out))

    def _gain_db(self, aim_lufs: float, ceiling_dbtp: float, spared_db: Steps | float) -> Steps:
        for release_db_s in RELEASES_DB_S:
            gain_db, reached = self._foretold(aim_lufs, ceiling_dbtp, spared_db, release_db_s=release_db_s)
            if abs(reached - aim_lufs) <= MISS_LU:
                break
        return gain_db

    def _foretold(
        self, aim_lufs: float, ceiling_dbtp: float, spared_db: Steps | float, *, release_db_s: float
    ) -> tuple[Steps, float]:
        """The gain of every step, and where it leads: a gain that moves slowly passes the meter's filter."""
        most_db = ceiling_dbtp + HARDEST_DB - float(self._peaks_db.max())
        raised_db = aim_lufs - self._before_lufs
        for _ in range(ROUNDS):
            raised_db = min(raised_db, most_db)
            over_db = np.maximum(0.0, self._peaks_db + raised_db - ceiling_dbtp) + spared_db
            gain_db: Steps = raised_db - _smoothed(over_db, release_db_s=release_db_s)
            reached = integrated(_by_tenth(self._power * 10 ** (gain_db[: len(self._power)] / 10)))
            if abs(reached - aim_lufs) <= MISS_LU / 5:
                break
            raised_db += aim_lufs - reached
        return gain_db, reached

    def _played(self, gain_db: Steps) -> Sound:
        centres, factors = (np.arange(len(gain_db)) + 0.5) * STEP, 10 ** (gain_db / 20)
        played = np.empty_like(self._ready)
        for part in stretches(len(played), step=STEP):
            gain = np.interp(np.arange(part.start, part.stop), centres, factors).astype(np.float32)
            np.multiply(self._ready[part], gain[:, None], out=played[part])
        return played


def without_rumble(samples: Sound, *, lowest_hz: float = 20.0) -> Sound:
    """Take off the constant part and what no loudspeaker plays, which would only cost headroom."""
    sections = signal.butter(2, lowest_hz, "highpass", fs=RATE_HZ, output="sos")
    return np.asarray(signal.sosfilt(sections, samples - samples.mean(axis=0), axis=0), dtype=np.float32)


def _true_peak(samples: Sound) -> float:
    return decibels(float(true_peaks(samples, step=STEP).max()))


def _by_tenth(power: Steps) -> Steps:
    """From the limiter's steps to the meter's."""
    steps = seconds(STEP_S) // STEP
    return np.asarray(power[: len(power) // steps * steps].reshape(-1, steps).mean(axis=1), dtype=np.float64)


def _faded(samples: Sound) -> Sound:
    rise, fall = seconds(FADE_IN_S), seconds(FADE_OUT_S)
    samples[:rise] *= np.sin(np.linspace(0, np.pi / 2, rise, dtype=np.float32))[:, None] ** 2
    samples[-fall:] *= np.cos(np.linspace(0, np.pi / 2, fall, dtype=np.float32))[:, None]
    return samples


def _smoothed(over_db: Steps, *, release_db_s: float) -> Steps:
    """Reductions in dB that come smoothly and ahead of time and leave at a steady pace.

    A maximum over the look-ahead comes before the smoothing, which is no longer than it, so no peak is met by less
    than its own reduction.
    """
    ahead = max(2, seconds(LOOK_AHEAD_S) // STEP)
    held = ndimage.maximum_filter1d(over_db, 4 * ahead + 3)
    fallen = release_db_s * STEP / RATE_HZ * np.arange(len(held))
    released = np.maximum.accumulate(held + fallen) - fallen
    smooth = ndimage.uniform_filter1d(ndimage.uniform_filter1d(released, 2 * ahead + 1), 2 * ahead + 1)
    return np.asarray(smooth, dtype=np.float64)
