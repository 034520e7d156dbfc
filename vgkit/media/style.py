"""The style guide: colours, words and product on one page, for people and for engines that take a reference."""

from collections.abc import Mapping, Sequence

import cv2
import numpy as np

from vgkit.media.frames import Frame
from vgkit.media.textblock import TextRule, set_block
from vgkit.media.typeset import Hand, set_line

_GROUND = (244, 242, 238)
_DARK, _SOFT = Hand(weight=800, tracking_em=-0.02, colour="#1c1d21"), Hand(weight=500, colour="#6b6e76")
_WIDTH, _HEIGHT, _MARGIN = 1280, 720, 64
_SWATCH_TOP, _SWATCH_HEIGHT = 400, 170
_PRODUCT = (_WIDTH - 460, 96, 396, 528)  # left, top, width, height


def style_sheet(*, title: str, colours: Mapping[str, str], words: Sequence[str], product: Frame | None = None) -> Frame:
    """Draw the page as RGB (720, 1280, 3). ``colours`` maps names to hex; ``product`` is RGB or RGBA of any size."""
    page = np.empty((_HEIGHT, _WIDTH, 3), np.uint8)
    page[:] = _GROUND
    right = _PRODUCT[0] - 40 if product is not None else _WIDTH - _MARGIN
    block = set_block(title, TextRule(_DARK, 84, 40, right - _MARGIN, lines=2))
    baseline = 150
    for line in block.lines:
        _write(page, line, x=_MARGIN, baseline=baseline, size_px=block.size_px, hand=_DARK)
        baseline += round(1.05 * block.size_px)
    _write(page, "  ·  ".join(words), x=_MARGIN, baseline=baseline + 10, size_px=27, hand=_SOFT)
    _draw_swatches(page, colours, right=right)
    if product is not None:
        _place(page, product, *_PRODUCT)
    return page


def _draw_swatches(page: Frame, colours: Mapping[str, str], *, right: int) -> None:
    width = (right - _MARGIN) // len(colours)
    for number, (name, colour) in enumerate(colours.items()):
        left = _MARGIN + number * width
        page[_SWATCH_TOP : _SWATCH_TOP + _SWATCH_HEIGHT, left : left + width - 10] = _rgb(colour)
        _write(page, name, x=left, baseline=_SWATCH_TOP + _SWATCH_HEIGHT + 34, size_px=20, hand=_DARK)
        _write(page, colour, x=left, baseline=_SWATCH_TOP + _SWATCH_HEIGHT + 62, size_px=17, hand=_SOFT)


def _place(page: Frame, picture: Frame, left: int, top: int, width: int, height: int) -> None:
    share = min(width / picture.shape[1], height / picture.shape[0])
    size = (max(1, round(picture.shape[1] * share)), max(1, round(picture.shape[0] * share)))
    scaled: Frame = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
    if scaled.shape[2] == 3:
        scaled = np.dstack([scaled, np.full(scaled.shape[:2], 255, np.uint8)])
    _blend(page, scaled, x=left + (width - size[0]) // 2, y=top + (height - size[1]) // 2)


def _write(page: Frame, text: str, *, x: int, baseline: int, size_px: float, hand: Hand) -> None:
    ink = set_line(text, size_px=size_px, hand=hand)
    _blend(page, ink.pixels, x=x, y=baseline + ink.top)


def _blend(page: Frame, rgba: Frame, *, x: int, y: int) -> None:
    there = page[y : y + rgba.shape[0], x : x + rgba.shape[1]]
    upper = rgba[: there.shape[0], : there.shape[1]]
    share = upper[..., 3:].astype(np.float32) / 255
    there[:] = np.rint(there * (1 - share) + upper[..., :3] * share)


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
