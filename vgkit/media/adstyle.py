"""What all words of a film share: accent colour, entrance, and where they stand.

One place, so that captions and end card agree, and so that whoever places a product can keep it clear of them.
"""

import re
from dataclasses import dataclass, replace
from typing import Literal, get_args

from vgkit.errors import InputError

EntranceKind = Literal["rise", "type"]
Side = Literal["left", "right", "centre"]
WordsKind = Literal["caption", "end_card"]

_DARK_INK, _LIGHT_INK = "#111114", "#ffffff"
_LEAST_LUMINANCE = 0.5
# Two lines and a kicker at their largest, in any script, as a share of the film's shorter side.
_CAPTION_HEIGHT = 0.27
_CAPTION_RIGHT, _CARD_RIGHT, _CARD_BOTTOM = 0.54, 0.48, 0.4


@dataclass(frozen=True)
class CaptionStyle:
    """The accent colour, as #rrggbb, and how a headline comes in. Raises InputError where either is unknown."""

    accent: str = "#ffb454"
    entrance: EntranceKind = "rise"

    def __post_init__(self) -> None:
        if not re.fullmatch(r"#[0-9a-fA-F]{6}", self.accent):
            raise InputError(f"The accent {self.accent!r} is no colour. Write it as #rrggbb, such as #ffb454.")
        if self.entrance not in get_args(EntranceKind):
            raise InputError(f"There is no entrance {self.entrance!r}. Choose one of: rise, type.")

    @property
    def accent_on_dark(self) -> str:
        """The accent, lightened as far as needed to read on a shaded picture."""
        channels = _channels(self.accent)
        while luminance(_hex(channels)) < _LEAST_LUMINANCE:
            channels = [channel + 0.08 * (255 - channel) for channel in channels]
        return _hex(channels)

    @property
    def ink_on_accent(self) -> str:
        """Black or white, whichever reads better on the accent."""
        bright = luminance(self.accent)
        return _DARK_INK if (bright + 0.05) / 0.055 >= 1.05 / (bright + 0.05) else _LIGHT_INK


@dataclass(frozen=True)
class SafeArea:
    """Where words may stand, in pixels: a tenth from every edge, and on upright films clear of an app's buttons."""

    left: int
    top: int
    right: int
    bottom: int

    @classmethod
    def of(cls, size: tuple[int, int]) -> "SafeArea":
        """The safe area of a film of ``size`` (width, height)."""
        width, height = size
        above, below = (0.12, 0.18) if is_upright(size) else (0.1, 0.1)
        return cls(round(0.1 * width), round(above * height), round(0.9 * width), round((1 - below) * height))

    @property
    def width(self) -> int:
        return self.right - self.left

    def corner(self, width: int, side: Side) -> int:
        """Where something ``width`` pixels wide begins to stand at ``side``."""
        return {"left": self.left, "right": self.right - width, "centre": (self.left + self.right - width) // 2}[side]


def words_area(size: tuple[int, int], kind: WordsKind) -> SafeArea:
    """The part of the safe area that words of this ``kind`` take, in pixels of a film of ``size``.

    On wide films words keep to the left and leave the right to the product; on others a caption has the foot and
    the end card the head. A caption is taken to be a headline of two lines with a kicker, at its usual place;
    written from right to left, it stands as far from the right edge.
    """
    (width, height), safe = size, SafeArea.of(size)
    if kind == "caption":
        right = round(_CAPTION_RIGHT * width) if is_wide(size) else safe.right
        return replace(safe, right=right, top=safe.bottom - round(_CAPTION_HEIGHT * min(size)))
    if is_wide(size):
        return replace(safe, right=round(_CARD_RIGHT * width))
    return replace(safe, bottom=round(_CARD_BOTTOM * height))


def words_box(size: tuple[int, int], kind: WordsKind) -> tuple[float, float, float, float]:
    """Where words of this ``kind`` stand, as shares of the frame: left, top, right, bottom."""
    (width, height), area = size, words_area(size, kind)
    return area.left / width, area.top / height, area.right / width, area.bottom / height


def is_wide(size: tuple[int, int]) -> bool:
    """Whether a film of ``size`` is for screens that lie."""
    return size[0] > 1.2 * size[1]


def is_upright(size: tuple[int, int]) -> bool:
    """Whether a film of ``size`` is for phones held upright."""
    return size[1] > 1.2 * size[0]


def luminance(colour: str) -> float:
    """Relative luminance of #rrggbb, 0 to 1 (WCAG 2.2)."""
    linear = [
        share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4
        for share in (channel / 255 for channel in _channels(colour))
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _channels(colour: str) -> list[float]:
    return [float(channel) for channel in bytes.fromhex(colour[1:])]


def _hex(channels: list[float]) -> str:
    return "#" + bytes(round(channel) for channel in channels).hex()
