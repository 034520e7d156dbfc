"""The orchestra: each function plays one tone. Tones are sums of decaying partials, which cost no more
than one small matrix product."""

from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy import signal

RATE_HZ = 48_000
Sound = NDArray[np.float32]
_BLOCK = 512
_TABLE = 8192


def hertz(pitch: float) -> float:
    return float(440.0 * 2.0 ** ((pitch - 69) / 12))


def seconds(sound_s: float) -> int:
    """The number of samples in ``sound_s``."""
    return round(sound_s * RATE_HZ)


def ring(
    frequencies_hz: NDArray[np.float64], levels: NDArray[np.float64], fades_s: NDArray[np.float64], length: int
) -> Sound:
    """Sum partials that each start at ``levels`` and fall by 1/e every ``fades_s``; (length,) float32."""
    heard = frequencies_hz < 0.42 * RATE_HZ
    turns = (2j * np.pi * frequencies_hz[heard] - 1.0 / fades_s[heard]) / RATE_HZ
    blocks = -(-length // _BLOCK)
    coarse = np.exp(np.outer(np.arange(blocks) * _BLOCK, turns)) * levels[heard]
    fine = np.exp(np.outer(turns, np.arange(_BLOCK)))
    # The imaginary part of a complex product, written as one real product in single precision: four times as fast.
    left = np.hstack([coarse.real, coarse.imag]).astype(np.float32)
    right = np.vstack([fine.imag, fine.real]).astype(np.float32)
    return np.asarray((left @ right).reshape(-1)[:length], dtype=np.float32)


def shaped(sound: Sound, *, attack_s: float, release_s: float) -> Sound:
    """Round off the start and the end of (n,) or (n, 2), so that no tone clicks."""
    length = len(sound)
    rise, fall = min(seconds(attack_s), length // 2), min(seconds(release_s), length // 2)
    envelope = np.ones(length, dtype=np.float32)
    envelope[:rise] = np.sin(np.linspace(0, np.pi / 2, rise, dtype=np.float32)) ** 2
    envelope[length - fall :] = np.cos(np.linspace(0, np.pi / 2, fall, dtype=np.float32)) ** 2
    return (sound.T * envelope).T


def piano(pitch: int, length: int) -> Sound:
    """Struck strings: slightly sharp upper partials, two strings a hair apart, a hammer's thump."""
    order = np.arange(1, 15, dtype=np.float64)
    base = hertz(pitch)
    stretched = base * order * np.sqrt(1 + 0.00035 * order**2)
    levels = np.abs(np.sin(np.pi * order / 7.3)) / order**1.15 * np.exp(-order * base / 9000)
    fades = 1.5 * (220 / base) ** 0.45 / (1 + 0.32 * order)
    strings = ring(np.r_[stretched, stretched * 1.0006], np.r_[levels, levels * 0.7], np.r_[fades, fades * 1.8], length)
    thump = noise(min(length, seconds(0.03)), seed=pitch) * np.exp(-np.linspace(0, 6, min(length, seconds(0.03))))
    strings[: len(thump)] += 0.05 * filtered(thump.astype(np.float32), high_hz=2400)
    return shaped(strings * 0.55, attack_s=0.003, release_s=0.25)


def plucked(pitch: int, length: int, *, order: int, slope: float, fade_s: float, closing: float) -> Sound:
    """A plucked or gated tone: high partials fade ``closing`` times sooner for each step up."""
    steps = np.arange(1, order + 1, dtype=np.float64)
    base = hertz(pitch)
    levels = steps**-slope * np.exp(-steps * base / 14000)
    fades = fade_s / (1 + closing * (steps - 1))
    tone = ring(np.r_[base * steps, base * steps * 1.004], np.r_[levels, levels * 0.8], np.r_[fades, fades], length)
    return shaped(tone * 0.42, attack_s=0.003, release_s=0.08)


def bell(pitch: int, length: int) -> Sound:
    """A celesta: few partials, most of them out of tune with the octave."""
    ratios = np.array([1.0, 2.0, 3.01, 4.16, 5.43, 8.2])
    levels = np.array([1.0, 0.32, 0.22, 0.12, 0.06, 0.03])
    fades = np.array([0.85, 0.6, 0.4, 0.22, 0.12, 0.05])
    return shaped(ring(hertz(pitch) * ratios, levels, fades, length) * 0.5, attack_s=0.002, release_s=0.3)


def bass(pitch: int, length: int) -> Sound:
    """A round bass with enough second and third partial to be heard on a phone."""
    steps = np.arange(1, 10, dtype=np.float64)
    levels = np.array([1.0, 0.75, 0.45, 0.25, 0.15, 0.08, 0.05, 0.03, 0.02])
    fades = 1.8 / (1 + 0.5 * (steps - 1))
    tone = np.tanh(2.2 * ring(hertz(pitch) * steps, levels, fades, length)).astype(np.float32)
    return shaped(tone * 0.5, attack_s=0.006, release_s=0.05)


def saws(pitch: int, length: int, *, phases: NDArray[np.float64], cents: tuple[float, ...], highest_hz: float) -> Sound:
    """Detuned saw waves spread left and right; (length, 2). ``phases`` are where each starts, in turns."""
    spectrum = np.zeros(_TABLE // 2 + 1, dtype=np.complex128)
    order = np.arange(1, max(2, int(highest_hz / hertz(pitch))))
    spectrum[order] = -0.5j * _TABLE / order * np.exp(-order * hertz(pitch) / highest_hz)
    table = np.fft.irfft(spectrum).astype(np.float32) / np.pi
    out = np.zeros((length, 2), dtype=np.float32)
    clock = np.arange(length, dtype=np.float64)
    for index, (cent, phase) in enumerate(zip(cents, phases, strict=False)):
        turn = hertz(pitch + cent / 100) / RATE_HZ
        wave = table[((phase + clock * turn) * _TABLE).astype(np.int64) & (_TABLE - 1)]
        right = (index + 0.5) / len(cents)
        out += wave[:, None] * np.array([np.cos(right * np.pi / 2), np.sin(right * np.pi / 2)], dtype=np.float32)
    return out * np.float32(0.5 / len(cents) ** 0.5)


def noise(length: int, *, seed: int) -> Sound:
    return np.random.default_rng([seed, 99]).standard_normal(length, dtype=np.float32)


def filtered(sound: Sound, *, low_hz: float = 0.0, high_hz: float = 0.0, order: int = 2) -> Sound:
    """Keep what lies between ``low_hz`` and ``high_hz``; 0 leaves that side open."""
    if low_hz and high_hz:
        sections = signal.butter(order, (low_hz, high_hz), "bandpass", fs=RATE_HZ, output="sos")
    elif low_hz:
        sections = signal.butter(order, low_hz, "highpass", fs=RATE_HZ, output="sos")
    else:
        sections = signal.butter(order, high_hz, "lowpass", fs=RATE_HZ, output="sos")
    return np.asarray(signal.sosfilt(sections.astype(np.float32), sound, axis=0), dtype=np.float32)


TONES: dict[str, Callable[[int, int], Sound]] = {
    "piano": piano,
    "bell": bell,
    "bass": bass,
    "pluck": partial(plucked, order=24, slope=0.95, fade_s=0.38, closing=0.35),
    "nylon": partial(plucked, order=14, slope=1.3, fade_s=0.75, closing=0.55),
    "spiccato": partial(plucked, order=18, slope=1.0, fade_s=0.16, closing=0.12),
    "lead": partial(plucked, order=20, slope=1.1, fade_s=0.6, closing=0.2),
}
