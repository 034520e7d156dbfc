"""Sounds that carry one shot into the next, made of filtered noise.

They are synthesised, not samples: nobody's licence is needed, each fits its transition's length, and a seed gives the
same sound every time."""

from typing import Literal

import numpy as np
from scipy import fft, ndimage, signal

from vgkit.media.samples import RATE_HZ, Sound, seconds

Effect = Literal["whoosh", "swell"]

# A dissolve's or a dip's swell, a wipe's or a push's whoosh; a cut speaks for itself.
EFFECTS: dict[str, Effect] = {"wipe": "whoosh", "push": "whoosh", "dissolve": "swell", "dip": "swell"}
_WINDOW, _HOP = 1024, 256
_ROOM_S = {"whoosh": 0.5, "swell": 1.1}  # how much longer than its transition
_OCTAVES = {"whoosh": 0.9, "swell": 1.3}  # the width of what is heard at a time


def effect(kind: Effect, *, transition_s: float, seed: int) -> tuple[Sound, float]:
    """Make a sound of peak 1 for a transition; also where in it, in seconds, the transition's middle falls."""
    length_s = transition_s + _ROOM_S[kind]
    middle = 0.5 if kind == "whoosh" else 0.65
    clock = (np.arange(seconds(length_s)) / seconds(length_s)).astype(np.float32)
    sides = np.random.default_rng([seed, 41]).standard_normal((seconds(length_s), 2)).astype(np.float32)
    # What is the same on both sides is heard in front, what differs around.
    sides = 0.8 * sides[:, :1] + 0.45 * sides
    sound = (
        np.stack([_swept(side, kind, middle=middle) for side in sides.T], axis=1) * _envelope(clock, middle)[:, None]
    )
    if kind == "whoosh":
        sound = sound * _passing(clock, middle, to_right=bool(seed % 2))
    return np.asarray(sound / max(float(np.abs(sound).max()), 1e-9), dtype=np.float32), middle * length_s


def _swept(noise: Sound, kind: Effect, *, middle: float) -> Sound:
    """Let through about an octave of noise that rises to the middle and, for a whoosh, falls after it."""
    plan = signal.ShortTimeFFT(signal.windows.hann(_WINDOW, sym=False), _HOP, RATE_HZ, fft_mode="onesided")
    spectrum = plan.stft(noise)
    at = np.clip(plan.t(len(noise)) * RATE_HZ / len(noise), 0, 1)
    near = 1 - np.abs(at - middle) / np.where(at < middle, middle, 1 - middle)
    hertz = {"whoosh": 350 * 2 ** (2.8 * near), "swell": 260 * 2 ** (3.2 * np.minimum(at / middle, 1))}[kind]
    octaves = np.log2(np.maximum(fft.rfftfreq(_WINDOW, 1 / RATE_HZ), 20)[:, None] / hertz[None])
    gain = np.exp(-0.5 * (octaves / _OCTAVES[kind]) ** 2) * np.minimum(1, (300 / hertz)[None]) ** 0.3
    return np.asarray(plan.istft(spectrum * gain, k1=len(noise)), dtype=np.float32)


def _envelope(clock: Sound, middle: float) -> Sound:
    """Rise to the middle and fall from it, ever faster towards it and silent at both ends."""
    near = 1 - np.abs(clock - middle) / np.where(clock < middle, middle, 1 - middle)
    rounded = ndimage.uniform_filter1d(np.clip(near, 0, 1) ** 2, max(1, seconds(0.04)))
    return np.asarray(rounded * np.sin(np.pi * np.clip(clock, 0, 1)) ** 0.5, dtype=np.float32)


def _passing(clock: Sound, middle: float, *, to_right: bool) -> Sound:
    """The gains of both sides of what passes by, from one to the other; (n, 2)."""
    place = np.tanh(6 * (clock - middle)) * (0.8 if to_right else -0.8)
    angle = (place + 1) * np.pi / 4
    return np.asarray(np.stack([np.cos(angle), np.sin(angle)], axis=1), dtype=np.float32)
