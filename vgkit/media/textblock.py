"""A text set to a width: in few, even lines, as large as it may be. Phase 1 asks the same code whether it fits."""

from dataclasses import dataclass, replace
from functools import lru_cache
from unicodedata import east_asian_width

import cv2
import numpy as np

from vgkit.media.fonts import main_face, printable
from vgkit.media.linebreak import Word, balanced, clusters, filled, joined, line_width, words
from vgkit.media.typeset import Hand, Ink, reads_right_to_left, set_line, width_em, word_edges

_SHRINK = 0.96
_MOST_LINES = 4
# No word that is longer is measured whole, for it is none: a row of emoji, or a text without spaces.
_LONGEST_WORD = 60
# Line height and space between words in em. Vowel signs and tone marks need more air than Latin capitals.
_LEADING = {"Manrope": 1.08, "FiraGO": 1.3, "Noto Sans CJK JP": 1.22}
_SPACE_EM = 0.25


@dataclass(frozen=True)
class TextRule:
    """What a text may be: its hand, largest and least size, its width and how many lines.

    ``height_px`` is what a text that is too long for all that may take; 0 stands for four lines.
    """

    hand: Hand
    size_px: float
    least_px: float
    width_px: float
    lines: int
    height_px: float = 0


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

    What can't fit is set smaller than the rule's least size, on more lines, and torn inside its words, in this order,
    rather than cut off.
    """
    face = main_face(printable(text), weight=rule.hand.weight).family
    # Letters of other scripts are drawn to stand closer already, or to join.
    hand = rule.hand if face == "Manrope" else replace(rule.hand, tracking_em=max(0.0, rule.hand.tracking_em / 3))
    paragraphs = _Paragraphs(text, hand, even_lines=rule.lines)
    size, most, loose = rule.size_px, max(rule.lines, paragraphs.count), 1.0
    while True:
        if size < rule.least_px:
            if paragraphs.tear(room_em=rule.width_px / rule.least_px):
                size = rule.size_px
            else:
                most = max(most, int(rule.height_px / (_LEADING[face] * size)) if rule.height_px else _MOST_LINES)
        lines = paragraphs.lines(most=most, room_em=loose * rule.width_px / size)
        if lines is None:
            size *= _SHRINK
            continue
        block = TextBlock(
            lines=tuple(joined(line) for line in lines),
            size_px=size,
            leading_px=_LEADING[face] * size,
            hand=hand,
            right_to_left=reads_right_to_left(text),
            within_rule=size >= rule.least_px and len(lines) <= rule.lines and not paragraphs.torn,
        )
        # Words were measured one by one, and drawn together they may take more room, such as those with CJK stops.
        widest = max(block.ink(index).width for index in range(len(lines)))
        if widest <= rule.width_px + 1:
            return block
        loose *= min(0.99, rule.width_px / widest)


class _Paragraphs:
    """A text's paragraphs as words with their widths, and its lines for any number and room."""

    def __init__(self, text: str, hand: Hand, *, even_lines: int) -> None:
        self._parts = [words(part) for part in text.split("\n") if printable(part).strip()]
        self.torn = False
        self._hand = hand
        self._even_lines = even_lines
        self._even: dict[tuple[int, int], list[list[Word]] | None] = {}
        if not self._tear({word.text for part in self._parts for word in part if len(word.text) > _LONGEST_WORD}):
            self._measure()

    @property
    def count(self) -> int:
        return len(self._parts)

    def tear(self, *, room_em: float) -> bool:
        """Let words be broken inside that are wider than a line; tell whether there were any."""
        return self._tear({text for text, width in self._widths.items() if width > room_em})

    def _tear(self, wide: set[str]) -> bool:
        before = sum(map(len, self._parts))
        self._parts = [
            [piece for word in part for piece in (clusters(word) if word.text in wide else [word])]
            for part in self._parts
        ]
        if sum(map(len, self._parts)) == before:
            return False
        self.torn = True
        self._even.clear()
        self._measure()
        return True

    def lines(self, *, most: int, room_em: float) -> list[list[Word]] | None:
        """All lines, each paragraph in as few as possible and ``most`` together; None if that is too little room."""
        lines: list[list[Word]] = []
        for index in range(self.count):
            left_over = most - len(lines) - (self.count - index - 1)
            chosen = self._broken(index, left_over, room_em)
            if chosen is None:
                return None
            lines += chosen
        return lines

    def _broken(self, index: int, most: int, room_em: float) -> list[list[Word]] | None:
        for count in range(1, min(most, self._even_lines) + 1):
            if (index, count) not in self._even:
                self._even[index, count] = balanced(self._parts[index], self._widths, lines=count, space=_SPACE_EM)
            rows = self._even[index, count]
            if rows and self._widest(rows) <= room_em:
                return rows
        rows = filled(self._parts[index], self._widths, room=room_em, space=_SPACE_EM)
        return rows if self._even_lines < len(rows) <= most and self._widest(rows) <= room_em else None

    def _measure(self) -> None:
        self._widths = {word.text: _width_em(word.text, self._hand) for part in self._parts for word in part}

    def _widest(self, rows: list[list[Word]]) -> float:
        return max(line_width(row, self._widths, space=_SPACE_EM) for row in rows)


def _width_em(word: str, hand: Hand) -> float:
    # Chinese and Japanese characters have one width, so a long line of them costs no measuring.
    is_square = len(word) == 1 and east_asian_width(word) in "WF"
    return 1 + hand.tracking_em if is_square else width_em(word, hand)


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
