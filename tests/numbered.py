"""Clips that carry the number of each frame in their pixels, so that what a browser paints tells which frame it is."""

from fractions import Fraction
from pathlib import Path

import numpy as np

from vgkit.media.frames import Frame, write_clip

BITS = 10
SIZE = (320, 180)
_SIDE = SIZE[0] // BITS

# Draws a video as it is painted now and reads its number: ten blocks over their opposites, or -1 where they are not.
READ_NUMBER = f"""(video) => {{
    const [width, height, side] = [{SIZE[0]}, {SIZE[1]}, {_SIDE}]
    const canvas = (window.reading ??= Object.assign(document.createElement('canvas'), {{ width, height }}))
    const pen = canvas.getContext('2d', {{ willReadFrequently: true }})
    pen.drawImage(video, 0, 0, width, height)
    const isLit = (bit, row) => pen.getImageData(side * (bit + 0.5), side * (row + 0.5), 1, 1).data[1] > 128
    const bits = Array.from({{ length: {BITS} }}, (_, bit) => [isLit(bit, 0), isLit(bit, 1)])
    const isBroken = bits.some(([lit, opposite]) => lit === opposite)
    return isBroken ? -1 : bits.reduce((sum, [lit], bit) => sum + (lit << bit), 0)
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
