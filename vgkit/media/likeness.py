"""Where in a piece of music one may leave and go on elsewhere.

Two moments are alike when what comes before and after them is: harmony (twelve pitch classes) and colour (how loud each
octave's thirds are) are compared through a bar around both, so that a join keeps chord, groove and loudness."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from vgkit.media.rhythm import spectra
from vgkit.media.samples import RATE_HZ, Sound, seconds

Features = NDArray[np.float32]
Times = NDArray[np.float64]

_HOP = 2400
_PITCH_WINDOW, _COLOUR_WINDOW = 8192, 2048
_LOWEST_HZ, _HIGHEST_PITCH_HZ, _HIGHEST_HZ = 100.0, 2000.0, 12_000.0
_HARMONY, _COLOURS = 12, 12
_BEFORE, _AFTER = 2, 4  # beats around a moment that count
_PARTS = 4  # of a beat
_FEWEST_BEATS, _THREE_CLEARER = 10, 0.05
_REFINE_S, _AROUND_S = 0.03, 0.1


def features(samples: Sound) -> Features:
    """What is heard every 50 ms, (n, 24): each column has mean 0 and variance 1 over the piece."""
    mono = samples.mean(axis=1)
    pitches = _loudness(mono, _pitch_classes(), window=_PITCH_WINDOW)
    colours = _loudness(mono, _colour_bands(), window=_COLOUR_WINDOW)
    # Of harmony only the proportions count: loudness is colour's business.
    heard = np.concatenate([pitches - pitches.mean(axis=1, keepdims=True), colours], axis=1)
    heard -= heard.mean(axis=0)
    return np.asarray(heard / np.maximum(heard.std(axis=0), 1e-3), dtype=np.float32)


def likeness(heard: Features, leave_s: Times, enter_s: Times, *, beat_s: float) -> Features:
    """How alike moments are, (leave, enter): 1 for the same, about 0 for strangers."""
    leaving, entering = (_around(heard, times_s, beat_s=beat_s) for times_s in (leave_s, enter_s))
    size = leaving.shape[1]
    apart = (leaving**2).sum(axis=1)[:, None] + (entering**2).sum(axis=1)[None] - 2 * leaving @ entering.T
    return np.asarray(1 - apart / (2 * size), dtype=np.float32)


def bar_lines(heard: Features, beats_s: Times, *, beat_s: float) -> tuple[Times, int]:
    """Which beats begin a bar, and how many beats a bar has: 3 where that repeats clearly better, else 4."""
    if len(beats_s) < _FEWEST_BEATS:
        return beats_s, 1
    # The groove tells, which is colour without its slow drift; both sets of lags are as far apart on average.
    groove = heard[:, _HARMONY:] - ndimage.uniform_filter1d(heard[:, _HARMONY:], 61, axis=0)
    alike = likeness(groove / np.maximum(groove.std(axis=0), 1e-3), beats_s, beats_s, beat_s=beat_s)
    three, four = (np.mean([np.diagonal(alike, lag).mean() for lag in lags]) for lags in ((3, 6, 9), (4, 8)))
    meter = 3 if three > four + _THREE_CLEARER else 4
    changes = _changes(heard, beats_s, beat_s=beat_s)
    changes[:_BEFORE] = changes[-_AFTER:] = np.nan  # a beginning and an ending are new to everything
    first = int(np.argmax([np.nanmean(changes[start::meter]) for start in range(meter)]))
    return beats_s[first::meter], meter


def aligned(samples: Sound, *, leave: int, enter: int) -> int:
    """Move ``enter`` by up to 30 ms to where the waves after it fit those after ``leave`` best."""
    around, most = seconds(_AROUND_S), seconds(_REFINE_S)
    most = min(most, enter, len(samples) - enter)
    wave = samples[max(0, leave - around) : leave + around].mean(axis=1)
    first = enter - min(around, leave) - most
    wider = samples[max(0, first) : first + len(wave) + 2 * most].mean(axis=1)
    if first < 0 or len(wider) < len(wave) + 2 * most:
        return enter
    wave, wider = wave - wave.mean(), wider - wider.mean()
    sums = np.concatenate([[0.0], np.cumsum(wider.astype(np.float64) ** 2)])
    power = np.maximum(sums[len(wave) :] - sums[: -len(wave)], 1e-9)
    fit = _correlated(wider, wave) / np.sqrt(power)
    return enter + int(np.argmax(fit)) - most


def _correlated(wider: NDArray[np.float32], wave: NDArray[np.float32]) -> NDArray[np.float64]:
    size = len(wider)
    spectrum = np.fft.rfft(wider, size) * np.conj(np.fft.rfft(wave, size))
    return np.fft.irfft(spectrum, size)[: size - len(wave) + 1]


def _around(heard: Features, times_s: Times, *, beat_s: float) -> Features:
    steps = np.arange(-_BEFORE * _PARTS, _AFTER * _PARTS) + 0.5
    wanted = (times_s[:, None] + steps * beat_s / _PARTS) * RATE_HZ / _HOP
    frames = np.clip(np.round(wanted).astype(int), 0, len(heard) - 1)
    return np.asarray(heard[frames].reshape(len(times_s), -1))


def _changes(heard: Features, beats_s: Times, *, beat_s: float) -> NDArray[np.float64]:
    """How much is new at each beat: harmony and colour of the two beats after it against the two before."""
    half = np.arange(0.25, 2, 0.25) * beat_s

    def mean(times_s: Times) -> Features:
        frames = np.clip(np.round(times_s * RATE_HZ / _HOP).astype(int), 0, len(heard) - 1)
        return np.asarray(heard[frames].mean(axis=1))

    before, after = mean(beats_s[:, None] - half), mean(beats_s[:, None] + half)
    return np.asarray(np.abs(after - before).mean(axis=1), dtype=np.float64)


def _loudness(mono: NDArray[np.float32], bands: Features, *, window: int) -> Features:
    # What lies 60 dB under the loudest does not count, or silence would be the most eventful of all.
    energies = np.concatenate([block**2 @ bands for block in spectra(mono, window=window, hop=_HOP)])
    return np.log10(energies + 1e-6 * max(float(energies.max()), 1e-12))


def _pitch_classes() -> Features:
    hertz = np.fft.rfftfreq(_PITCH_WINDOW, 1 / RATE_HZ)
    inside = (hertz >= _LOWEST_HZ) & (hertz <= _HIGHEST_PITCH_HZ)
    pitch = np.round(12 * np.log2(np.maximum(hertz, 1) / 440)).astype(int) % _HARMONY
    return np.asarray((pitch[:, None] == np.arange(_HARMONY)) & inside[:, None], dtype=np.float32)


def _colour_bands() -> Features:
    hertz = np.fft.rfftfreq(_COLOUR_WINDOW, 1 / RATE_HZ)
    edges = np.geomspace(40, _HIGHEST_HZ, _COLOURS + 1)
    return np.asarray((hertz[:, None] >= edges[:-1]) & (hertz[:, None] < edges[1:]), dtype=np.float32)
