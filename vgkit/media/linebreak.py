"""Where a text may turn to the next line, and where it does so best: two even lines read in one glance."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

# Japanese rules (kinsoku): these never begin, or never end, a line.
_NOT_FIRST = set("、。，．・：；？！ゝゞーァィゥェォッャュョヮぁぃぅぇぉっゃゅょゎ々」』】〉》〕）)]}!?,.:;%％…’”\"'")
_NOT_LAST = set("「『【〈《〔（([{‘“#＃¥$€£")
# Thai vowels written before their consonant, and signs that follow one.
_THAI_FIRST, _THAI_LATER = set("เแโใไ"), set("ะาำๅๆฯ")
# Joiner, emoji selector, and the sign that binds Devanagari consonants.
_JOINERS = set("\u200d\ufe0f\u20e3\u094d\u2060\u00a0")
# A line that ends in one of these leaves its noun behind.
_SHORT = re.compile(r"(?i:a|an|the|of|to|in|on|at|by|for|and|or|&|de|la|le|el|der|die|das|und|et|y|i|w|z|–|—)")
# A line that begins with one of these begins a thought.
_LEADING = re.compile(r"(?i:of|to|in|on|at|by|for|from|with|without|and|or|but|&|–|—)")
_PAUSE = tuple("、。，！？：；.,!?:;—–…")
# How much wider the widest line may as well be for a break at a better place, or without a short word left alone.
_AFTER_PAUSE, _BEFORE_SHORT, _AFTER_SHORT, _INSIDE_PHRASE = 0.85, 0.95, 1.15, 1.4
_ALONE, _SHORT_SHARE = 1.25, 0.4


@dataclass(frozen=True)
class Word:
    """What stays together on a line, and whether a space stands before it."""

    text: str
    spaced: bool


def words(paragraph: str) -> list[Word]:
    """The unbreakable parts of ``paragraph``: words, and single characters of Chinese and Japanese."""
    return [
        Word(part, spaced=index == 0)
        for chunk in paragraph.replace("\u00a0", "\u2060").split()
        for index, part in enumerate(_parts(chunk.replace("\u2060", "\u00a0")))
    ]


def clusters(word: Word) -> list[Word]:
    """``word`` in pieces that may be torn apart where nothing else helps: Thai, and words longer than a line.

    Thai writes no spaces, and where its words end only a dictionary knows; but a vowel sign stays with its letter.
    """
    pieces: list[str] = []
    for before, char in pairwise("\0" + word.text):
        if pieces and _clings(before, char):
            pieces[-1] += char
        else:
            pieces.append(char)
    return [Word(piece, spaced=word.spaced and index == 0) for index, piece in enumerate(pieces)]


def filled(text: Sequence[Word], widths: Mapping[str, float], *, room: float, space: float) -> list[list[Word]]:
    """Break ``text`` into lines that are as full as may be: how a text too long for a headline is set."""
    lines: list[list[Word]] = [[]]
    left = room
    for word in text:
        width = widths[word.text] + (space if word.spaced and lines[-1] else 0)
        if lines[-1] and width > left:
            lines.append([])
            left, width = room, widths[word.text]
        lines[-1].append(word)
        left -= width
    return lines


def joined(line: Sequence[Word]) -> str:
    """A line's words as text."""
    return "".join((" " if word.spaced and index else "") + word.text for index, word in enumerate(line))


def line_width(line: Sequence[Word], widths: Mapping[str, float], *, space: float) -> float:
    """How wide a line is, in the unit of ``widths``."""
    spaces = sum(word.spaced for word in line[1:])
    return sum(widths[word.text] for word in line) + spaces * space


def balanced(text: Sequence[Word], widths: Mapping[str, float], *, lines: int, space: float) -> list[list[Word]] | None:
    """Break ``text`` into ``lines`` even lines, at good places; None if it has too few words."""
    if len(text) < lines:
        return None

    @cache
    def best(start: int, lines: int) -> tuple[float, tuple[int, ...]]:
        """The least cost of the words from ``start`` in so many lines, and the ends of those lines."""
        if lines == 1:
            return width_of(start, len(text)), (len(text),)
        return min(broken(start, end, lines) for end in range(start + 1, len(text) - lines + 2))

    def broken(start: int, end: int, lines: int) -> tuple[float, tuple[int, ...]]:
        below, ends = best(end, lines - 1)
        here, next_end = width_of(start, end), ends[0]
        widest = max(here, below)
        # A line of one short word, above or below, looks left behind.
        alone = (end - start == 1 and here < _SHORT_SHARE * widest) or (
            next_end - end == 1 and width_of(end, next_end) < _SHORT_SHARE * widest
        )
        return widest * _tear(text[end - 1], text[end]) * (_ALONE if alone else 1), (end, *ends)

    def width_of(start: int, end: int) -> float:
        return line_width(text[start:end], widths, space=space)

    return [list(text[start:end]) for start, end in pairwise((0, *best(0, lines)[1]))]


def _tear(before: Word, after: Word) -> float:
    if before.text.endswith(_PAUSE):
        return _AFTER_PAUSE
    if after.spaced:
        if _SHORT.fullmatch(before.text):
            return _AFTER_SHORT
        return _BEFORE_SHORT if _LEADING.fullmatch(after.text) else 1
    if after.text[0] in _THAI_FIRST:
        return 1
    # A Japanese phrase ends in hiragana; the next begins with another kind of letter.
    return 1 if _is_hiragana(before.text[-1]) and not _is_hiragana(after.text[0]) else _INSIDE_PHRASE


def _clings(before: str, char: str) -> bool:
    """Whether two neighbours are one letter to a reader, or may not be parted by a line's end."""
    if before in _THAI_FIRST or char in _THAI_LATER or before in _NOT_LAST or char in _NOT_FIRST:
        return True
    joins = before in _JOINERS or char in _JOINERS or "\U0001f3fb" <= char <= "\U0001f3ff"
    return joins or unicodedata.category(char)[0] == "M" or (_is_flag(before) and _is_flag(char))


def _is_flag(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"


def _is_hiragana(char: str) -> bool:
    return "\u3041" <= char <= "\u309f"


def _parts(chunk: str) -> list[str]:
    parts = [chunk[0]]
    for before, char in pairwise(chunk):
        wide = _breaks_anywhere(before) or _breaks_anywhere(char)
        if wide and char not in _NOT_FIRST and before not in _NOT_LAST and not unicodedata.combining(char):
            parts.append(char)
        else:
            parts[-1] += char
    return parts


def _breaks_anywhere(char: str) -> bool:
    # Hangul is wide too, but Korean puts spaces between its words.
    is_hangul = "\uac00" <= char <= "\ud7a3"
    is_symbol = not char.isalpha() and char not in _NOT_FIRST | _NOT_LAST
    return not is_hangul and not is_symbol and unicodedata.east_asian_width(char) in "WF"
