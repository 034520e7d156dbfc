"""Find the beat of somebody's own music. Only what a film needs: a steady tempo and where the beats are, good to a few
hundredths of a second; music that we generate brings its own grid."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import fft, signal

from vgkit.media.samples import RATE_HZ, Sound, checked

WINDOW, HOP = 2048, 480
SLOWEST_BPM, FASTEST_BPM, USUAL_BPM = 60.0, 180.0, 115.0
LATENCY_S = 0.002
_BLOCK = 512  # frames at a time, so that ten minutes need no more memory than one


@dataclass(frozen=True, kw_only=True)
class Rhythm:
    """A tempo and its beats; ``clarity`` is the autocorrelation at the beat, near 0 where there is no pulse."""

    bpm: float
    beats_s: tuple[float, ...]
    clarity: float


def find_rhythm(samples: Sound) -> Rhythm:
    """Estimate tempo and beats of (n, 2) from the onsets' autocorrelation; tempo between 60 and 180."""
    onsets = _onsets(checked(samples))
    period, clarity = _period(onsets)
    frames = np.arange(_phase(onsets, period), len(onsets), period)
    beats = frames * HOP / RATE_HZ + LATENCY_S
    return Rhythm(bpm=60.0 * RATE_HZ / (period * HOP), beats_s=tuple(float(beat) for beat in beats), clarity=clarity)


def _onsets(samples: Sound) -> NDArray[np.float64]:
    """Spectral flux: how much louder each band became since the frame before, summed; a value every 10 ms."""
    flux, before = [], None
    for block in spectra(samples.mean(axis=1), window=WINDOW, hop=HOP):
        loud = np.log1p(1000 * block)
        rises = np.diff(loud, axis=0, prepend=loud[:1] if before is None else before)
        flux.append(np.maximum(rises, 0).sum(axis=1))
        before = loud[-1:]
    whole = np.concatenate(flux).astype(np.float64)
    slow = np.convolve(whole, np.ones(51) / 51, mode="same")
    return np.maximum(whole - slow, 0)


def spectra(mono: NDArray[np.float32], *, window: int, hop: int) -> Iterator[NDArray[np.float32]]:
    """The amplitude of each frequency around every ``hop``-th sample, in blocks of (frames, window / 2 + 1)."""
    frames = np.lib.stride_tricks.sliding_window_view(np.pad(mono, window // 2), window)[::hop]
    shape = (signal.windows.hann(window, sym=False) * 2 / window).astype(np.float32)
    for first in range(0, len(frames), _BLOCK):
        yield np.abs(fft.rfft(frames[first : first + _BLOCK] * shape, axis=1)).astype(np.float32)


def _period(onsets: NDArray[np.float64]) -> tuple[float, float]:
    """The beat in frames, refined between lags by a parabola, and how strongly it repeats."""
    full = signal.correlate(onsets, onsets, method="fft")[len(onsets) - 1 :]
    if full[0] <= 0:
        return 60.0 / USUAL_BPM * RATE_HZ / HOP, 0.0
    repeats = full / full[0]
    lags = np.arange(len(repeats))
    frames_a_minute = 60.0 * RATE_HZ / HOP
    allowed = (lags >= frames_a_minute / FASTEST_BPM) & (lags <= frames_a_minute / SLOWEST_BPM) & (lags < len(lags) - 3)
    octaves = np.log2(frames_a_minute / np.maximum(lags, 1) / USUAL_BPM)
    doubled = np.where(2 * lags < len(lags), repeats[np.minimum(2 * lags, len(lags) - 1)], 0)
    score = np.where(allowed, (repeats + 0.5 * doubled) * np.exp(-0.5 * (octaves / 0.8) ** 2), 0)
    best = int(score.argmax())
    # The fourth repetition of the beat says four times as precisely how long one is.
    lag = 4 * best if 4 * best + 3 < len(lags) else best
    near = np.arange(lag - 3, lag + 4)
    peak = int(near[repeats[near].argmax()])
    left, top, right = (float(repeats[peak + step]) for step in (-1, 0, 1))
    bend = left - 2 * top + right
    return (peak + (0.5 * (left - right) / bend if bend else 0.0)) / (lag // best), float(repeats[best])


def _phase(onsets: NDArray[np.float64], period: float) -> float:
    shifts = np.arange(0, period, 0.5)
    frames = np.arange(len(onsets))
    hits = [np.interp(np.arange(shift, len(onsets), period), frames, onsets).mean() for shift in shifts]
    return float(shifts[int(np.argmax(hits))])
