"""The last picture of an ad: who it is, what it promises, what to do now. It stands over the film, dimmed behind it."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from vgkit.errors import AssetError
from vgkit.media.adstyle import CaptionStyle
from vgkit.media.lines import PlacedLine, Stage, plate, rising
from vgkit.media.motion import Entrance, Sprite
from vgkit.media.overlay import Overlay
from vgkit.media.scrims import full_scrim
from vgkit.media.svg import Rgba
from vgkit.media.textblock import TextBlock, TextRule, set_block
from vgkit.media.typeset import Hand

_DIM = 0.56
_STAGGER_S = 0.16


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
    stage = Stage(size, first, last, fps)
    parts = list(_parts(brand, tagline, call_to_action, logo, stage, style))
    gaps = [part.gap for part in parts[1:]] + [0.0]
    high = sum(part.height for part in parts) + sum(gaps)
    top = (stage.safe.top + stage.safe.bottom - high) / 2
    entrance = stage.entrance(fade_out_s=0)
    overlays: list[Overlay] = [
        Sprite(first=first, last=last, paint=lambda: (full_scrim(size, strength=_DIM), 0, 0), entrance=_still(entrance))
    ]
    for index, (part, gap) in enumerate(zip(parts, gaps, strict=True)):
        overlays += part.sprites(top, stage, entrance.later(round((index + 1) * stage.frames(_STAGGER_S))))
        top += part.height + gap
    return overlays


@dataclass(frozen=True)
class _Text:
    block: TextBlock
    gap: float

    @property
    def height(self) -> float:
        # Scripts that are set with more leading also reach further below their baseline.
        return self.block.height_px + self.block.leading_px - 1.08 * self.block.size_px

    def sprites(self, top: float, stage: Stage, entrance: Entrance) -> list[Sprite]:
        place = partial(PlacedLine, self.block, side="centre", safe=stage.safe)
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

    def sprites(self, top: float, stage: Stage, entrance: Entrance) -> list[Sprite]:
        x = stage.safe.corner(self.pixels.shape[1], "centre")
        paint = lambda: (self.pixels, x, round(top))  # noqa: E731
        return [Sprite(first=stage.first, last=stage.last, paint=paint, entrance=entrance)]


def _parts(
    brand: str, tagline: str, call_to_action: str, logo: Path | None, stage: Stage, style: CaptionStyle
) -> Iterator[_Text | _Picture]:
    unit, width = stage.unit, stage.safe.width
    if logo is not None:
        yield _Picture(_logo(logo, most=(round(0.6 * width), round(0.17 * unit))), gap=0.0)
    if brand.strip():
        rule = TextRule(Hand(800, -0.03), 0.16 * unit, 0.06 * unit, width, lines=2)
        yield _Text(set_block(brand, rule), gap=0.062 * unit)
    if tagline.strip():
        rule = TextRule(Hand(600, -0.008), 0.051 * unit, 0.034 * unit, 0.9 * width, lines=2)
        yield _Text(set_block(tagline, rule), gap=0.055 * unit)
    if call_to_action.strip():
        yield _Picture(_pill(call_to_action, stage, style), gap=0.075 * unit)


def _pill(text: str, stage: Stage, style: CaptionStyle) -> Rgba:
    """The call to action in black or white on a pill in the accent colour."""
    unit = stage.unit
    rule = TextRule(Hand(700, 0.0, style.ink_on_accent), 0.04 * unit, 0.028 * unit, 0.7 * stage.safe.width, lines=1)
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


def _still(entrance: Entrance) -> Entrance:
    return Entrance(fade_in=entrance.fade_in)
