"""Drums and effects from noise and falling sines. Each stroke is made once a piece and then only placed."""

from collections.abc import Callable
from functools import partial

import numpy as np

from vgkit.engines.sketch.instruments import RATE_HZ, Sound, filtered, noise, ring, seconds, shaped


def _falling(length: int, fade_s: float) -> Sound:
    return np.asarray(np.exp(-np.arange(length, dtype=np.float32) / np.float32(fade_s * RATE_HZ)), dtype=np.float32)


def _sweep(length: int, *, from_hz: float, to_hz: float, fall_s: float) -> Sound:
    frequency = to_hz + (from_hz - to_hz) * np.exp(-np.arange(length) / (fall_s * RATE_HZ))
    return np.sin(2 * np.pi * np.cumsum(frequency) / RATE_HZ).astype(np.float32)


def kick() -> Sound:
    length = seconds(0.42)
    body = _sweep(length, from_hz=190, to_hz=50, fall_s=0.028) * _falling(length, 0.12)
    click = filtered(noise(length, seed=1), low_hz=1500, high_hz=6000) * _falling(length, 0.004)
    return shaped(np.tanh(1.5 * body) * 0.8 + click * 0.25, attack_s=0.001, release_s=0.1)


def snare() -> Sound:
    length = seconds(0.32)
    shell = _sweep(length, from_hz=260, to_hz=182, fall_s=0.02) * _falling(length, 0.06)
    wires = filtered(noise(length, seed=2), low_hz=900, high_hz=9500, order=1) * _falling(length, 0.075)
    return shaped(0.5 * shell + 0.42 * wires, attack_s=0.001, release_s=0.1)


def clap() -> Sound:
    length = seconds(0.34)
    hands = filtered(noise(length, seed=3), low_hz=750, high_hz=5200, order=1)
    envelope = 0.7 * _falling(length, 0.075)
    for late_s in (0.0, 0.011, 0.021):
        start = seconds(late_s)
        envelope[start : start + seconds(0.009)] = _falling(seconds(0.009), 0.005)
    return shaped(np.tanh(hands * envelope * 0.8) * np.float32(0.7), attack_s=0.001, release_s=0.1)


def rim() -> Sound:
    length = seconds(0.12)
    wood = ring(
        np.array([480.0, 1120.0, 1740.0, 2650.0]),
        np.array([0.7, 0.5, 0.6, 0.2]),
        np.array([0.02, 0.02, 0.014, 0.008]),
        length,
    )
    return shaped(
        wood + 0.1 * noise(length, seed=4) * _falling(length, 0.012), attack_s=0.001, release_s=0.03
    ) * np.float32(0.6)


def snap() -> Sound:
    length = seconds(0.2)
    fingers = filtered(noise(length, seed=5), low_hz=1600, high_hz=4200) * _falling(length, 0.022)
    return shaped(fingers * 0.9, attack_s=0.001, release_s=0.05)


def hat(*, fade_s: float = 0.032) -> Sound:
    length = seconds(fade_s * 6 + 0.02)
    metal = filtered(noise(length, seed=6), low_hz=6800, high_hz=12500)
    return shaped(metal * _falling(length, fade_s) * 0.5, attack_s=0.001, release_s=0.02)


def shaker() -> Sound:
    length = seconds(0.13)
    swell = np.minimum(np.arange(length, dtype=np.float32) / seconds(0.022), 1.0)
    grains = filtered(noise(length, seed=8), low_hz=4200, high_hz=11000)
    return shaped(grains * swell * _falling(length, 0.035) * 0.75, attack_s=0.004, release_s=0.03)


def taiko() -> Sound:
    length = seconds(0.9)
    skin = _sweep(length, from_hz=125, to_hz=68, fall_s=0.05) * _falling(length, 0.22)
    stick = filtered(noise(length, seed=9), high_hz=900) * _falling(length, 0.03)
    return shaped(np.tanh(1.3 * skin) * 0.8 + stick * 0.7, attack_s=0.001, release_s=0.2)


def crash() -> Sound:
    """A cymbal, wide; (n, 2)."""
    length = seconds(2.2)
    sides = np.stack([noise(length, seed=10), noise(length, seed=11)], axis=1)
    wash = filtered(sides, low_hz=2800, high_hz=14000, order=1)
    return wash * (0.75 * _falling(length, 0.45) + 0.25 * _falling(length, 0.06))[:, None] * np.float32(0.32)


def impact() -> Sound:
    """A deep boom that opens a section; (n,)."""
    length = seconds(2.0)
    drop = _sweep(length, from_hz=96, to_hz=38, fall_s=0.16) * _falling(length, 0.42)
    air = filtered(noise(length, seed=12), low_hz=60, high_hz=700, order=1) * _falling(length, 0.16)
    return shaped(np.tanh(1.3 * drop) * 0.8 + air * 0.5, attack_s=0.002, release_s=0.4)


def riser(length: int) -> Sound:
    """Noise that climbs and grows towards what follows; (length, 2)."""
    sides = np.stack([noise(length, seed=13), noise(length, seed=14)], axis=1)
    climb = np.linspace(0, 1, length, dtype=np.float32)[:, None]
    low, middle, high = (filtered(sides, low_hz=edge, high_hz=edge * 2.2, order=1) for edge in (350, 1400, 4800))
    swept = low * (1 - climb) ** 2 + middle * 2 * climb * (1 - climb) + high * climb**2
    return np.asarray(swept * climb**2.2 * 0.5, dtype=np.float32)


STROKES: dict[str, Callable[[], Sound]] = {
    "kick": kick,
    "snare": snare,
    "clap": clap,
    "rim": rim,
    "snap": snap,
    "hat": hat,
    "open_hat": partial(hat, fade_s=0.11),
    "shaker": shaker,
    "taiko": taiko,
}
