"""Pictures of a film's sound, so that a notebook shows what can't be read off figures: whether beats and cuts meet, and
whether the loudness holds."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import signal

from vgkit.media.meter import (
    MOMENTARY_STEPS,
    SHORT_TERM_STEPS,
    STEP_S,
    Levels,
    integrated,
    loudness_over,
    power_by_step,
)
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
TARGET_LUFS, QUIETEST_LUFS, LOUDEST_LUFS = -14.0, -44.0, -4.0
MOMENTARY, SHORT_TERM, GRID = (92, 124, 184), (255, 226, 150), (34, 38, 50)
_FINER = 4  # bits of a pixel's fraction that lines are drawn to


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
    scale = _Seconds(MARGIN_PX, width_px - MARGIN_PX, len(samples) / RATE_HZ)
    border, floor = int(height_px * 0.48), height_px - 18
    for beat_s in beats_s:
        picture[MARGIN_PX:border, scale.column(beat_s)] = BEAT
    _draw_wave(picture[MARGIN_PX:border, scale.left : scale.right], samples)
    spectrum = _spectrogram(samples, width_px=scale.right - scale.left, height_px=floor - border - 4)
    picture[border + 4 : floor, scale.left : scale.right] = spectrum
    for cut_s in cuts_s:
        picture[MARGIN_PX:floor, scale.column(cut_s)] = CUT
    scale.write(picture)
    return picture


def loudness_picture(samples: Sound, *, width_px: int, height_px: int, cuts_s: Sequence[float] = ()) -> Picture:
    """Draw the loudness of (n, 2) at 48 kHz over time as RGB (height, width, 3).

    Momentary (400 ms) as a thin line, short-term (3 s) as a thick one, each where its window ends; -14 LUFS is marked.
    """
    power = power_by_step(checked(samples))
    picture: Picture = np.full((height_px, width_px, 3), BACKGROUND, dtype=np.uint8)
    scale = _Seconds(MARGIN_PX + 34, width_px - MARGIN_PX, len(samples) / RATE_HZ)
    ceiling, floor = MARGIN_PX + 22, height_px - 22

    def rows(lufs: Levels) -> Levels:
        share = (LOUDEST_LUFS - np.clip(lufs, QUIETEST_LUFS, LOUDEST_LUFS)) / (LOUDEST_LUFS - QUIETEST_LUFS)
        return np.asarray(ceiling + share * (floor - ceiling))

    for level in range(int(QUIETEST_LUFS), int(LOUDEST_LUFS) + 1, 10):
        row = round(float(rows(np.array([level]))[0]))
        picture[row, scale.left : scale.right] = CUT if level == TARGET_LUFS else GRID
        _write(picture, f"{level:>4}", (MARGIN_PX, row + 4), colour=CUT if level == TARGET_LUFS else TEXT)
    for cut_s in cuts_s:
        picture[ceiling:floor, scale.column(cut_s)] = BEAT
    for steps, colour, thickness in ((MOMENTARY_STEPS, MOMENTARY, 1), (SHORT_TERM_STEPS, SHORT_TERM, 2)):
        levels = loudness_over(power, steps=steps)
        columns = scale.columns((np.arange(len(levels)) + steps) * STEP_S)
        line = np.round(np.stack([columns, rows(levels)], axis=1) * 2**_FINER).astype(np.int32)
        cv2.polylines(picture, [line], False, colour, thickness, cv2.LINE_AA, _FINER)
    _write_legend(picture, scale.left, integrated(power))
    scale.write(picture)
    return picture


@dataclass(frozen=True)
class _Seconds:
    """Where on a picture's columns its seconds lie."""

    left: int
    right: int
    duration_s: float

    def columns(self, times_s: NDArray[Any]) -> NDArray[Any]:
        return self.left + np.clip(times_s / self.duration_s, 0.0, 1.0) * (self.right - self.left - 1)

    def column(self, time_s: float) -> int:
        return round(float(self.columns(np.array([time_s]))[0]))

    def write(self, picture: Picture) -> None:
        height, width = picture.shape[:2]
        widest = max(width / 60, 2)
        steps_s = (1, 2, 5, 10, 30, 60)
        every_s = next((step for step in steps_s if self.duration_s / step <= widest), steps_s[-1])
        for second_s in range(0, int(self.duration_s) + 1, every_s):
            _write(picture, f"{second_s} s", (min(self.column(second_s), width - 30), height - 5))


def _write(
    picture: Picture, text: str, place: tuple[int, int], *, colour: tuple[int, int, int] = TEXT, scale: float = 0.34
) -> None:
    cv2.putText(picture, text, place, cv2.FONT_HERSHEY_SIMPLEX, scale, colour, 1, cv2.LINE_AA)


def _write_legend(picture: Picture, left: int, whole_lufs: float) -> None:
    column = left
    legend = (
        ("momentary, 400 ms", MOMENTARY),
        ("short-term, 3 s", SHORT_TERM),
        (f"wanted: {TARGET_LUFS:g} LUFS", CUT),
        (f"integrated: {whole_lufs:.1f} LUFS", TEXT),
    )
    for text, colour in legend:
        _write(picture, text, (column, MARGIN_PX + 9), colour=colour, scale=0.38)
        column += 24 + cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, 0.38, 1)[0][0]


def _draw_wave(area: Picture, samples: Sound) -> None:
    """Peaks as a dark body, the loudness within as a bright one; ``area`` is drawn into."""
    height, width = area.shape[:2]
    edges = np.linspace(0, len(samples), width + 1).astype(int)[:-1]
    mono = np.maximum(*np.abs(samples).T)
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
