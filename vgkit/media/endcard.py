"""The last picture of an ad: who it is, what it promises, what to do now.

The words stand beside the product, or above it, and only their part of the picture is shaded: the product stays bright.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from vgkit.errors import AssetError
from vgkit.media.adstyle import CaptionStyle, SafeArea, Side, is_upright, is_wide, words_area, words_box
from vgkit.media.lines import PlacedLine, Stage, plate, rising
from vgkit.media.motion import Entrance, Sprite
from vgkit.media.overlay import Overlay
from vgkit.media.scrims import edge_scrim
from vgkit.media.svg import Rgba
from vgkit.media.textblock import TextBlock, TextRule, set_block
from vgkit.media.typeset import Hand

__all__ = ["end_card_overlays", "words_box"]

_SHADE = 0.68
_SHADE_ENDS_WIDE, _SHADE_ENDS = 0.62, 0.54  # of the width on wide films, of the height on others
_STAGGER_S = 0.16
_SHRINK, _LEAST_SCALE = 0.95, 0.35


def end_card_overlays(
    brand: str,
    tagline: str,
    call_to_action: str,
    *,
    logo: Path | None,
    first: int,
    last: int,
    fps: int,
    size: tuple[int, int],
    style: CaptionStyle,
) -> list[Overlay]:
    """The end card over film frames ``first`` to ``last`` (half-open); it stays to its last frame.

    What is empty is left out. ``logo`` is a picture, best with alpha. Raises AssetError where it can't be read.
    """
    stage, column = Stage(size, first, last, fps), _Column.of(size)
    parts = _fitting(column, brand=brand, tagline=tagline, call_to_action=call_to_action, logo=logo, style=style)
    top = (column.area.top + column.area.bottom - _height(parts)) / 2
    entrance = stage.entrance(fade_out_s=0)
    shade = partial(_shade, column, parts, foot=top + _height(parts), size=size)
    overlays: list[Overlay] = [Sprite(first=first, last=last, paint=shade, entrance=Entrance(fade_in=entrance.fade_in))]
    for index, part in enumerate(parts):
        later = entrance.later(round((index + 1) * stage.frames(_STAGGER_S)))
        overlays += part.sprites(top, stage, column, later)
        top += part.height + _gap_below(parts, index)
    return overlays


@dataclass(frozen=True)
class _Column:
    """Where the words stand, to which side they keep, and their measure in pixels: what sizes are shares of."""

    area: SafeArea
    side: Side
    unit: float

    @classmethod
    def of(cls, size: tuple[int, int]) -> "_Column":
        unit = min(size) * (1.15 if is_upright(size) else 1.0)
        return cls(words_area(size, "end_card"), "left" if is_wide(size) else "centre", unit)


@dataclass(frozen=True)
class _Text:
    block: TextBlock
    gap: float

    @property
    def height(self) -> float:
        # Scripts that are set with more leading also reach further below their baseline.
        return self.block.height_px + self.block.leading_px - 1.08 * self.block.size_px

    @property
    def width(self) -> float:
        return max(self.block.ink(index).width for index in range(len(self.block.lines)))

    def sprites(self, top: float, stage: Stage, column: _Column, entrance: Entrance) -> list[Sprite]:
        place = partial(PlacedLine, self.block, side=column.side, safe=column.area)
        baseline = top + self.block.cap_height_px
        leading = self.block.leading_px
        return rising([place(i, baseline + i * leading) for i in range(len(self.block.lines))], stage, entrance)


@dataclass(frozen=True, eq=False)
class _Picture:
    pixels: Rgba
    gap: float

    @property
    def height(self) -> float:
        return float(self.pixels.shape[0])

    @property
    def width(self) -> float:
        return float(self.pixels.shape[1])

    def sprites(self, top: float, stage: Stage, column: _Column, entrance: Entrance) -> list[Sprite]:
        x = column.area.corner(self.pixels.shape[1], column.side)
        paint = lambda: (self.pixels, x, round(top))  # noqa: E731
        return [Sprite(first=stage.first, last=stage.last, paint=paint, entrance=entrance)]


_Part = _Text | _Picture


def _fitting(
    column: _Column, *, brand: str, tagline: str, call_to_action: str, logo: Path | None, style: CaptionStyle
) -> list[_Part]:
    """All parts, together as large as the column's height allows."""
    least, room = _LEAST_SCALE * column.unit, column.area.bottom - column.area.top
    while True:
        parts = list(_parts(column, brand, tagline, call_to_action, logo, style))
        if _height(parts) <= room or column.unit < least:
            return parts
        column = replace(column, unit=_SHRINK * column.unit)


def _height(parts: Sequence[_Part]) -> float:
    return sum(part.height + _gap_below(parts, index) for index, part in enumerate(parts))


def _gap_below(parts: Sequence[_Part], index: int) -> float:
    return parts[index + 1].gap if index + 1 < len(parts) else 0.0


def _shade(column: _Column, parts: Sequence[_Part], *, foot: float, size: tuple[int, int]) -> tuple[Rgba, int, int]:
    """Shade from the side that the words are on, as strong as white letters need up to where these words end."""
    if column.side == "left":
        words_end, end = column.area.left + max((part.width for part in parts), default=0), _SHADE_ENDS_WIDE * size[0]
        return edge_scrim(size, edge="left", words_end=words_end, end=end, strength=_SHADE)
    return edge_scrim(size, edge="top", words_end=foot, end=_SHADE_ENDS * size[1], strength=_SHADE)


def _parts(
    column: _Column, brand: str, tagline: str, call_to_action: str, logo: Path | None, style: CaptionStyle
) -> Iterator[_Part]:
    unit, width = column.unit, column.area.width
    brand_px = (0.15 if logo is None else 0.115) * unit
    if logo is not None:
        yield _Picture(_logo(logo, most=(round(0.6 * width), round(0.12 * unit))), gap=0.0)
    if brand.strip():
        rule = TextRule(Hand(800, -0.03), brand_px, 0.06 * unit, width, lines=2)
        yield _Text(set_block(brand, rule), gap=0.06 * unit)
    if tagline.strip():
        rule = TextRule(Hand(600, -0.008), 0.05 * unit, 0.034 * unit, width, lines=2)
        yield _Text(set_block(tagline, rule), gap=0.066 * unit)
    if call_to_action.strip():
        yield _Picture(_pill(call_to_action, column, style), gap=0.07 * unit)


def _pill(text: str, column: _Column, style: CaptionStyle) -> Rgba:
    """The call to action in black or white on a pill in the accent colour."""
    unit, most = column.unit, 0.8 * column.area.width
    rule = TextRule(Hand(700, 0.0, style.ink_on_accent), 0.04 * unit, 0.028 * unit, most, lines=1)
    block = set_block(" ".join(text.split()), rule)
    inks = [block.ink(index) for index in range(len(block.lines))]
    room = 2.0 * block.size_px
    pill = plate(
        round(max(ink.width for ink in inks) + 1.5 * room), round(block.height_px + 0.85 * room), colour=style.accent
    )
    for index, ink in enumerate(inks):
        baseline = (pill.shape[0] - block.height_px) / 2 + block.cap_height_px + index * block.leading_px
        _paste(pill, ink.pixels, x=(pill.shape[1] - ink.width) // 2, y=round(baseline) + ink.top)
    return pill


def _paste(under: Rgba, over: Rgba, *, x: int, y: int) -> None:
    """Lay ``over`` on an opaque place of ``under``."""
    there = under[y : y + over.shape[0], x : x + over.shape[1]]
    over = over[: there.shape[0], : there.shape[1]]
    share = over[..., 3:].astype(np.float32) / 255
    there[..., :3] = np.rint(there[..., :3] * (1 - share) + over[..., :3] * share)


def _logo(path: Path, *, most: tuple[int, int]) -> Rgba:
    """The logo cut to its ink and scaled to fit into ``most`` (width, height)."""
    try:
        with Image.open(path) as picture:
            rgba = np.asarray(picture.convert("RGBA"), np.uint8)
    except (OSError, ValueError) as error:
        raise AssetError(f"The logo {path} can't be read: {error}. Give a PNG, WebP or JPEG picture.") from error
    rows, columns = np.nonzero(rgba[..., 3].max(axis=1))[0], np.nonzero(rgba[..., 3].max(axis=0))[0]
    if not rows.size:
        raise AssetError(f"The logo {path} is empty: every pixel is transparent. Export it again.")
    inked = rgba[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    scale = min(most[0] / inked.shape[1], most[1] / inked.shape[0])
    return _scaled(inked, scale)


def _scaled(rgba: Rgba, scale: float) -> Rgba:
    # Colours are scaled by their alpha, or the unseen colour of transparent pixels would bleed into the edges.
    alpha = rgba[..., 3:].astype(np.float32)
    solid = np.concatenate([rgba[..., :3] * (alpha / 255), alpha], axis=2)
    size = (max(1, round(rgba.shape[1] * scale)), max(1, round(rgba.shape[0] * scale)))
    small = cv2.resize(solid, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC).clip(0, 255)
    small[..., :3] *= 255 / np.maximum(small[..., 3:], 1)
    return np.asarray(np.rint(small.clip(0, 255)), np.uint8)
