"""Captions set as an ad sets them: a white headline in two even lines at most, shaded softly, inside the safe area.

Everything is laid out at once and drawn when its first frame comes. Text is only ever text: whatever is in it, it is
shown and not obeyed.
"""

from collections.abc import Iterator
from functools import partial
from typing import Literal

from vgkit.media.adstyle import CaptionStyle, SafeArea, Side, is_upright, words_area, words_box
from vgkit.media.endcard import end_card_overlays
from vgkit.media.lines import PlacedLine, Stage, plate, rising, typed
from vgkit.media.motion import Entrance, Sprite
from vgkit.media.overlay import Overlay
from vgkit.media.scrims import local_scrim
from vgkit.media.svg import Rgba
from vgkit.media.textblock import TextBlock, TextRule, set_block
from vgkit.media.typeset import Hand

__all__ = ["CaptionStyle", "Position", "caption_overlays", "end_card_overlays", "fits", "words_box"]

Position = Literal["lower-left", "lower-centre", "centre"]

_FADE_OUT_S = 0.3
_SHADE = 0.66
# How much of the safe area's height a headline may take that is too long to be one.
_MOST_OF_SAFE = 0.55


def caption_overlays(
    text: str,
    *,
    first: int,
    last: int,
    fps: int,
    size: tuple[int, int],
    style: CaptionStyle,
    position: Position = "lower-left",
    kicker: str = "",
    subline: str = "",
) -> list[Overlay]:
    """The caption ``text`` over film frames ``first`` to ``last`` (half-open): a scrim, an accent, and its lines.

    ``kicker`` stands small above in the accent colour (without one, a short bar does), ``subline`` below. A line
    break in ``text`` is kept. What does not fit (see ``fits``) is set smaller, never cut off.
    """
    if not text.strip():
        return []
    stage = Stage(size, first, last, fps)
    return list(_Caption(text, stage, style, position, kicker=kicker, subline=subline).overlays())


def fits(text: str, *, size: tuple[int, int], position: Position = "lower-left") -> bool:
    """Whether ``text`` fits as a headline: in two lines, at a size that still reads."""
    return set_block(text, _headline(size, position)).within_rule


class _Caption:
    """Where everything of one caption stands, from its accent down to its subline."""

    def __init__(
        self, text: str, stage: Stage, style: CaptionStyle, position: Position, *, kicker: str, subline: str
    ) -> None:
        self.stage, self.style, self.position = stage, style, position
        self.headline = set_block(text, _headline(stage.size, position))
        self.kicker = _block(kicker.upper(), _kicker(stage, style))
        self.subline = _block(subline, _subline(stage, position))
        lower_side: Side = "right" if self.headline.right_to_left else "left"
        self.side: Side = lower_side if position == "lower-left" else "centre"
        last = self.headline.ink(len(self.headline.lines) - 1)
        # Arabic and Thai reach further below their baseline than a Latin g.
        self.descent: float = max(0.24 * self.headline.size_px, last.top + last.pixels.shape[0])
        self.gap = 0.022 * stage.unit + 0.14 * self.headline.size_px
        self.top = round(self._foot() - self._height())

    @property
    def bar_height(self) -> int:
        return max(2, round(0.0065 * self.stage.unit))

    @property
    def first_baseline(self) -> float:
        above = self.kicker.height_px if self.kicker else self.bar_height
        return self.top + above + self.gap + self.headline.cap_height_px

    @property
    def last_baseline(self) -> float:
        return self.first_baseline + self.headline.height_px - self.headline.cap_height_px

    def overlays(self) -> Iterator[Overlay]:
        """The scrim first, as it lies lowest, then the rest in the order in which it comes."""
        entrance = self.stage.entrance(fade_out_s=_FADE_OUT_S)
        yield Sprite(
            first=self.stage.first,
            last=self.stage.last,
            paint=self._shade,
            entrance=Entrance(fade_in=entrance.fade_in, fade_out=entrance.fade_out),
        )
        yield from self._accent(entrance)
        follows = entrance.later(max(1, round(0.07 * self.stage.fps)))
        come = typed if self.style.entrance == "type" else rising
        yield from come(self._lines(self.headline, self.first_baseline), self.stage, follows)
        if self.subline:
            baseline = self.last_baseline + self._below() - self.subline.height_px + self.subline.cap_height_px
            last = follows.later(round(0.2 * self.stage.fps))
            yield from rising(self._lines(self.subline, baseline), self.stage, last)

    def _accent(self, entrance: Entrance) -> Iterator[Overlay]:
        if self.kicker:
            yield from rising(self._lines(self.kicker, self.top + self.kicker.cap_height_px), self.stage, entrance)
        else:
            yield Sprite(first=self.stage.first, last=self.stage.last, paint=self._bar, entrance=entrance)

    def _bar(self) -> tuple[Rgba, int, int]:
        width = round(0.062 * self.stage.unit)
        bar = plate(width, self.bar_height, colour=self.style.accent_on_dark)
        return bar, self.stage.safe.corner(width, self.side), self.top

    def _shade(self) -> tuple[Rgba, int, int]:
        blocks = [block for block in (self.kicker, self.headline, self.subline) if block]
        wide = max(block.ink(index).width for block in blocks for index in range(len(block.lines)))
        left = self.stage.safe.corner(wide, self.side)
        right, width = left + wide, self.stage.size[0]
        if self.side == "left":
            left = -width
        elif self.side == "right":
            right = 2 * width
        # A coloured kicker is less bright than the headline, so the shade has to reach further above it.
        top = self.top - (0.05 * self.stage.unit if self.kicker else 0)
        foot, height = self.last_baseline + self._below(), self.stage.size[1]
        if self.position == "lower-left" and width > 1.2 * height:
            foot = 1.1 * height  # a corner in shadow looks natural; ended above the edge it would look like a box
        box = (left, top, right, foot)
        return local_scrim(self.stage.size, box=box, strength=_SHADE)

    def _lines(self, block: TextBlock, baseline: float) -> list[PlacedLine]:
        place = partial(PlacedLine, block, side=self.side, safe=self.stage.safe)
        return [place(index, baseline + index * block.leading_px) for index in range(len(block.lines))]

    def _below(self) -> float:
        """From the headline's last baseline to the caption's foot."""
        if self.subline is None:
            return self.descent
        return self.descent + self.gap + self.subline.height_px

    def _height(self) -> float:
        above = self.kicker.height_px if self.kicker else self.bar_height
        return above + self.gap + self.headline.height_px + self._below()

    def _foot(self) -> float:
        safe: SafeArea = self.stage.safe
        return (safe.top + safe.bottom + self._height()) / 2 if self.position == "centre" else safe.bottom


def _block(text: str, rule: TextRule) -> TextBlock | None:
    return set_block(text, rule) if text.strip() else None


def _headline(size: tuple[int, int], position: Position) -> TextRule:
    unit = min(size)
    safe = SafeArea.of(size)
    area = words_area(size, "caption") if position == "lower-left" else safe
    return TextRule(
        hand=Hand(weight=800, tracking_em=-0.024),
        size_px=(0.094 if is_upright(size) else 0.086) * unit,
        least_px=0.052 * unit,
        width_px=area.width,
        lines=2,
        height_px=_MOST_OF_SAFE * (safe.bottom - safe.top),
    )


def _kicker(stage: Stage, style: CaptionStyle) -> TextRule:
    hand = Hand(weight=700, tracking_em=0.12, colour=style.accent_on_dark)
    return TextRule(hand, 0.034 * stage.unit, 0.024 * stage.unit, stage.safe.width, lines=1)


def _subline(stage: Stage, position: Position) -> TextRule:
    width = _headline(stage.size, position).width_px
    return TextRule(Hand(weight=500, colour="#f2f2f2"), 0.038 * stage.unit, 0.028 * stage.unit, width, lines=2)
