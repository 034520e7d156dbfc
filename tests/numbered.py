"""Clips that carry the number of each frame in their pixels, so that what a browser paints tells which frame it is."""

from fractions import Fraction
from pathlib import Path

import numpy as np
from scenery import texture

from vgkit.media.frames import Frame, write_clip

BITS = 10
SIZE = (320, 180)
_SIDE = SIZE[0] // BITS

# Reads the numbers in some pictures as a person sees them now: ten blocks over their opposites, else -1.
READ_NUMBERS = f"""(pictures) => {{
    window.copy ??= Object.assign(document.createElement('canvas'), {{ width: {SIZE[0]} }})
    const pen = window.copy.getContext('2d', {{ willReadFrequently: true }})
    return pictures.map(picture => {{
        pen.drawImage(picture, 0, 0, {SIZE[0]}, {SIZE[0]} * picture.height / picture.width)
        const pixels = pen.getImageData(0, 0, {SIZE[0]}, {2 * _SIDE}).data
        const isLit = (bit, row) => pixels[4 * ({SIZE[0]} * {_SIDE} * (row + 0.5) + {_SIDE} * (bit + 0.5)) + 1] > 128
        const bits = Array.from({{ length: {BITS} }}, (_, bit) => [isLit(bit, 0), isLit(bit, 1)])
        const isBroken = bits.some(([lit, opposite]) => lit === opposite)
        return isBroken ? -1 : bits.reduce((sum, [lit], bit) => sum + (lit << bit), 0)
    }})
}}"""


def numbered_frame(number: int, *, ground: int, size: tuple[int, int] = SIZE) -> Frame:
    """Draw a frame's number over a plain grey ``ground``."""
    width, height = size
    frame: Frame = np.full((height, width, 3), ground, np.uint8)
    side = width // BITS
    for bit in range(BITS):
        lit = bool(number >> bit & 1)
        across = slice(bit * side, (bit + 1) * side)
        frame[:side, across] = 255 * lit
        frame[side : 2 * side, across] = 255 * (not lit)
    return frame


def numbered_clip(
    path: Path, *, frames: int, fps: Fraction | int = 30, ground: int = 80, size: tuple[int, int] = SIZE
) -> Path:
    """Write a clip of numbered frames."""
    write_clip((numbered_frame(number, ground=ground, size=size) for number in range(frames)), path, fps=fps)
    return path


def two_scenes(path: Path, *, frames: int, cut_at: int) -> Path:
    """Write a clip of two standing views with a cut between them, at 8 frames a second."""
    scenes = [texture(seed, spread_px=3)[:256, :456] for seed in (1, 2)]
    write_clip((scenes[number >= cut_at] for number in range(frames)), path, fps=8)
    return path
