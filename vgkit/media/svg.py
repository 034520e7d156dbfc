"""Drawings from SVG text to pixels. resvg comes as a wheel of its own, so all machines draw alike."""

import re
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import resvg_py
from numpy.typing import NDArray

from vgkit.errors import AssetError

Rgba = NDArray[np.uint8]

_ROOT = re.compile(r"<svg\b[^>]*>", re.DOTALL)
_SIZE = re.compile(r"""\s(width|height)\s*=\s*["']\s*([\d.]+)[^"']*["']""")


def render_svg(svg: str, *, width: int, height: int, font_files: Sequence[Path] = ()) -> Rgba:
    """Draw ``svg`` on exactly ``width`` x ``height`` pixels; (height, width, 4) RGBA uint8, straight alpha.

    A drawing of another aspect is placed as its ``preserveAspectRatio`` says (by default whole and centred).
    System fonts are never used: text is drawn only in ``font_files``, whose families it must name.
    Raises AssetError where the text is no drawing.
    """
    try:
        png = resvg_py.svg_to_bytes(
            svg_string=_sized(svg, width=width, height=height),
            skip_system_fonts=True,
            font_files=[str(file) for file in font_files],
        )
    except ValueError as error:
        raise AssetError(f"This SVG can't be drawn: {error}. It begins with {svg[:60]!r}; check it.") from error
    pixels = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_UNCHANGED)
    if pixels is None or pixels.shape != (height, width, 4):
        raise AssetError(f"This SVG gave no {width}x{height} picture. It begins with {svg[:60]!r}; check it.")
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGRA2RGBA), np.uint8)


def _sized(svg: str, *, width: int, height: int) -> str:
    # resvg's own width and height keep the drawing's aspect: the picture would come out smaller than asked.
    root = _ROOT.search(svg)
    if root is None:
        return svg
    tag = root.group()
    own: dict[str, str] = dict(_SIZE.findall(tag))
    resized = _SIZE.sub("", tag)
    if "viewBox" not in tag and len(own) == 2:
        resized = resized.replace("<svg", f'<svg viewBox="0 0 {own["width"]} {own["height"]}"', 1)
    resized = resized.replace("<svg", f'<svg width="{width}" height="{height}"', 1)
    return svg[: root.start()] + resized + svg[root.end() :]
