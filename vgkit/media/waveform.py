"""A picture of music: waveform above, spectrogram below, cuts and beats marked, so that a notebook
shows whether they meet."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import signal

from vgkit.media.samples import RATE_HZ, Sound, checked

Picture = NDArray[np.uint8]

BACKGROUND = (17, 19, 26)
WAVE, BODY = (70, 96, 150), (128, 178, 255)
BEAT, CUT, TEXT = (58, 64, 82), (255, 176, 72), (150, 158, 178)
HEAT: tuple[tuple[float, tuple[int, int, int]], ...] = (
    (0.0, (17, 19, 26)),
    (0.35, (44, 46, 92)),
    (0.6, (124, 58, 130)),
    (0.8, (232, 98, 92)),
    (1.0, (255, 226, 150)),
)
LOWEST_HZ, HIGHEST_HZ = 40.0, 16_000.0
RANGE_DB = 66.0
MARGIN_PX = 8


def waveform_picture(
    samples: Sound,
    *,
    width_px: int,
    height_px: int,
    beats_s: Sequence[float] = (),
    cuts_s: Sequence[float] = (),
) -> Picture:
    """Draw (n, 2) at 48 kHz as RGB (height, width, 3): beats as faint ticks, cuts as lines, seconds written below."""
    checked(samples)
    picture: Picture = np.full((height_px, width_px, 3), BACKGROUND, dtype=np.uint8)
    left, right = MARGIN_PX, width_px - MARGIN_PX
    border, floor = int(height_px * 0.48), height_px - 18
    duration_s = len(samples) / RATE_HZ

    def column(second_s: float) -> int:
        return left + round(min(max(second_s / duration_s, 0.0), 1.0) * (right - left - 1))

    for beat_s in beats_s:
        picture[MARGIN_PX:border, column(beat_s)] = BEAT
    _draw_wave(picture[MARGIN_PX:border, left:right], samples)
    picture[border + 4 : floor, left:right] = _spectrogram(samples, width_px=right - left, height_px=floor - border - 4)
    for cut_s in cuts_s:
        picture[MARGIN_PX:floor, column(cut_s)] = CUT
    every_s = next(step for step in (1, 2, 5, 10, 30, 60) if duration_s / step <= max(width_px / 60, 2) or step == 60)
    for second_s in range(0, int(duration_s) + 1, every_s):
        place = (min(column(second_s), width_px - 30), height_px - 5)
        cv2.putText(picture, f"{second_s} s", place, cv2.FONT_HERSHEY_SIMPLEX, 0.34, TEXT, 1, cv2.LINE_AA)
    return picture


def _draw_wave(area: Picture, samples: Sound) -> None:
    """Peaks as a dark body, the loudness within as a bright one; ``area`` is drawn into."""
    height, width = area.shape[:2]
    edges = np.linspace(0, len(samples), width + 1).astype(int)[:-1]
    mono = np.abs(samples).max(axis=1)
    peaks = np.maximum.reduceat(mono, edges)
    bodies = np.sqrt(
        np.add.reduceat(samples.mean(axis=1) ** 2, edges) / np.maximum(np.diff(edges, append=len(mono)), 1)
    )
    scale = 0.5 * height / max(float(peaks.max()), 1e-6)
    rows = np.abs(np.arange(height)[:, None] - (height - 1) / 2)
    area[rows <= np.maximum(peaks * scale, 0.5)] = WAVE
    area[rows <= bodies * scale] = BODY


def _spectrogram(samples: Sound, *, width_px: int, height_px: int) -> Picture:
    frequencies, _, spectrum = signal.stft(samples.mean(axis=1), RATE_HZ, nperseg=4096, noverlap=4096 - 1200)
    rows_hz = np.geomspace(HIGHEST_HZ, LOWEST_HZ, height_px)
    # Rising by 3 dB an octave shows the highs of music as the ear hears them, not as the physics has them.
    loud = 20 * np.log10(np.abs(spectrum) + 1e-7) + 10 * np.log10(np.maximum(frequencies, 20) / 1000)[:, None]
    bins = np.interp(rows_hz, frequencies, np.arange(len(frequencies)))
    columns = np.linspace(0, loud.shape[1] - 1, width_px)
    grid_x, grid_y = np.meshgrid(columns.astype(np.float32), bins.astype(np.float32))
    sampled = cv2.remap(loud.astype(np.float32), grid_x, grid_y, cv2.INTER_LINEAR)
    heat = np.clip((sampled - sampled.max() + RANGE_DB) / RANGE_DB, 0, 1)
    stops = [stop for stop, _ in HEAT]
    channels = [np.interp(heat, stops, [colour[channel] for _, colour in HEAT]) for channel in range(3)]
    return np.asarray(np.stack(channels, axis=-1), dtype=np.uint8)
