"""A text set to a width: in few, even lines, as large as it may be. Phase 1 asks the same code whether it fits."""

from dataclasses import dataclass, replace
from functools import lru_cache
from unicodedata import east_asian_width

import cv2
import numpy as np

from vgkit.media.fonts import main_face, printable
from vgkit.media.linebreak import Word, balanced, joined, line_width, words
from vgkit.media.typeset import Hand, Ink, reads_right_to_left, set_line, width_em, word_edges

_SHRINK = 0.96
_MOST_LINES = 4
# Line height and space between words in em. Vowel signs and tone marks need more air than Latin capitals.
_LEADING = {"Manrope": 1.08, "FiraGO": 1.3, "Noto Sans CJK JP": 1.22}
_SPACE_EM = 0.25


@dataclass(frozen=True)
class TextRule:
    """What a text may be: its hand, largest and least size, its width and how many lines."""

    hand: Hand
    size_px: float
    least_px: float
    width_px: float
    lines: int


@dataclass(frozen=True)
class TextBlock:
    """A text in lines of one size; ``within_rule`` is False where it had to be smaller or longer than allowed."""

    lines: tuple[str, ...]
    size_px: float
    leading_px: float
    hand: Hand
    right_to_left: bool
    within_rule: bool

    @property
    def cap_height_px(self) -> float:
        return 0.73 * self.size_px

    @property
    def height_px(self) -> float:
        """From the top of the first line's capitals to the last baseline."""
        return self.cap_height_px + self.leading_px * (len(self.lines) - 1)

    def ink(self, line: int) -> Ink:
        return set_line(self.lines[line], size_px=self.size_px, hand=self.hand, right_to_left=self.right_to_left)

    def word_edges(self, line: int) -> list[tuple[int, int]]:
        return word_edges(self.lines[line], size_px=self.size_px, hand=self.hand, right_to_left=self.right_to_left)


@lru_cache(maxsize=256)
def set_block(text: str, rule: TextRule) -> TextBlock:
    """Set ``text`` by ``rule``: the largest size at which it fits in the fewest lines, evenly broken.

    What can't fit is set smaller than the rule's least size rather than cut off.
    """
    paragraphs = [words(part) for part in text.split("\n") if printable(part).strip()]
    face = main_face(printable(text), weight=rule.hand.weight).family
    # Letters of other scripts are drawn to stand closer already, or to join.
    hand = rule.hand if face == "Manrope" else replace(rule.hand, tracking_em=max(0.0, rule.hand.tracking_em / 3))
    widths = {word.text: _width_em(word.text, hand) for part in paragraphs for word in part}
    size, within_rule = rule.size_px, True
    most = max(rule.lines, len(paragraphs))
    while True:
        lines = _lines(paragraphs, widths, most=most, room_em=rule.width_px / size)
        if lines is not None:
            break
        size *= _SHRINK
        if size < rule.least_px:
            within_rule, most = False, max(most, _MOST_LINES)
    return TextBlock(
        lines=tuple(joined(line) for line in lines),
        size_px=size,
        leading_px=_LEADING[face] * size,
        hand=hand,
        right_to_left=reads_right_to_left(text),
        within_rule=within_rule and len(lines) <= rule.lines,
    )


def _width_em(word: str, hand: Hand) -> float:
    # Chinese and Japanese characters have one width, so a long line of them costs no measuring.
    is_square = len(word) == 1 and east_asian_width(word) in "WF"
    return 1 + hand.tracking_em if is_square else width_em(word, hand)


def _lines(
    paragraphs: list[list[Word]], widths: dict[str, float], *, most: int, room_em: float
) -> list[list[Word]] | None:
    """All lines, each paragraph in as few as possible and ``most`` together; None if that is too little room."""
    lines: list[list[Word]] = []
    for index, part in enumerate(paragraphs):
        left_over = most - len(lines) - (len(paragraphs) - index - 1)
        options = (balanced(part, widths, lines=count, space=_SPACE_EM) for count in range(1, left_over + 1))
        fitting = (rows for rows in options if rows and _widest(rows, widths) <= room_em)
        chosen = next(fitting, None)
        if chosen is None:
            return None
        lines += chosen
    return lines


def _widest(rows: list[list[Word]], widths: dict[str, float]) -> float:
    return max(line_width(row, widths, space=_SPACE_EM) for row in rows)


def with_shadow(ink: Ink, *, size_px: float, strength: float = 0.42) -> Ink:
    """The line with a soft shadow of its own: the last help where a picture is bright and busy."""
    pad = round(0.4 * size_px)
    letters = np.pad(ink.pixels, ((pad, pad), (pad, pad), (0, 0)))
    alpha = letters[..., 3].astype(np.float32) / 255
    shade = strength * cv2.GaussianBlur(np.roll(alpha, round(0.03 * size_px), axis=0), (0, 0), 0.11 * size_px)
    total = alpha + shade * (1 - alpha)
    colour = letters[..., :3] * (alpha / np.maximum(total, 1e-6))[..., None]
    pixels = np.dstack([np.rint(colour), np.rint(255 * total)]).astype(np.uint8)
    return Ink(pixels, ink.left - pad, ink.top - pad)
