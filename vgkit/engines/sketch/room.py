"""Room, movement and loudness of the mix: what turns separate sounds into a recording."""

from collections.abc import Iterable

import numpy as np
from scipy import ndimage, signal

from vgkit.engines.sketch.instruments import RATE_HZ, Sound, filtered, noise, seconds

PEAK = 10 ** (-3 / 20)
END_FADE_S = 0.3
GLUE = 1.6
AIR_HZ, AIR = 3500.0, 0.5


def in_a_room(sound: Sound) -> Sound:
    """What a hall answers: convolution with noise that dies away, the highs sooner than the lows."""
    length = seconds(2.4)
    clock_s = np.arange(length, dtype=np.float32)[:, None] / RATE_HZ
    sides = np.stack([noise(length, seed=21), noise(length, seed=22)], axis=1)
    answer = sum(
        filtered(sides, low_hz=low, high_hz=high, order=1) * np.exp(-clock_s / fade_s)
        for low, high, fade_s in ((220, 700, 0.5), (700, 2500, 0.4), (2500, 8000, 0.2))
    )
    answer = np.pad(answer * (1 - np.exp(-clock_s / 0.012)), ((seconds(0.018), 0), (0, 0))).astype(np.float32)
    answer /= np.sqrt((answer**2).sum(axis=0, keepdims=True))
    return signal.oaconvolve(sound, answer, axes=0)[: len(sound)].astype(np.float32)


def chorus(sound: Sound) -> Sound:
    """Add a slowly wandering copy, opposite on the two sides; (n, 2)."""
    length = len(sound)
    clock = np.arange(length)
    out = sound.copy()
    for side in (0, 1):
        late = (0.013 + 0.004 * np.sin(2 * np.pi * (0.31 * clock / RATE_HZ + side / 2))) * RATE_HZ
        out[:, side] += 0.55 * np.interp(clock - late, clock, sound[:, 1 - side]).astype(np.float32)
    return out


def ducking(length: int, *, kicks: Iterable[tuple[int, float]], depth: float) -> Sound:
    """A gain (length, 1) that makes way for each kick (sample, velocity) and comes back within a third of a second."""
    dip = depth * np.exp(-np.arange(seconds(0.32)) / seconds(0.09)).astype(np.float32)
    gain = np.ones(length + len(dip), dtype=np.float32)
    for start, velocity in kicks:
        if 0 <= start < length:
            around = slice(start, start + len(dip))
            gain[around] = np.minimum(gain[around], 1 - velocity * dip)
    return ndimage.uniform_filter1d(gain[:length], seconds(0.008))[:, None]


def mastered(sound: Sound) -> Sound:
    """Take off rumble, add air, press the peaks together softly, set the peak to -3 dBFS and close the end."""
    clean = filtered(sound, low_hz=30)
    clean += AIR * filtered(clean, low_hz=AIR_HZ, order=1)
    loud = np.quantile(np.abs(clean[::7]), 0.995)
    pressed = np.tanh(clean * (GLUE / 2 / max(float(loud), 1e-6))).astype(np.float32)
    pressed -= pressed.mean(axis=0, keepdims=True)
    fade = seconds(END_FADE_S)
    pressed[-fade:] *= np.cos(np.linspace(0, np.pi / 2, fade, dtype=np.float32))[:, None]
    opening = seconds(0.002)
    pressed[:opening] *= np.linspace(0, 1, opening, dtype=np.float32)[:, None]
    return np.asarray(pressed * (PEAK / max(float(np.abs(pressed).max()), 1e-6)), dtype=np.float32)
