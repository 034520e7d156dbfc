"""Lines of text as pixels. resvg shapes letters and orders right-to-left text; we choose the face of each line.

Left to itself resvg sets a whole line in the face that has its rarest character, so one star would change every
letter. What the line's face lacks is therefore drawn apart, and an invisible bullet keeps its room and order.
"""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from itertools import groupby
from pathlib import Path
from xml.sax.saxutils import escape

import numpy as np

from vgkit.media.emoji import split_emoji
from vgkit.media.fonts import Face, main_face, printable
from vgkit.media.linebreak import words
from vgkit.media.svg import Rgba, render_svg

_REFERENCE_PX = 64
_BEARINGS_EM = 0.05
_EMOJI_EM, _EMOJI_ROOM_EM, _EMOJI_CENTRE_EM = 1.3, 1.14, 0.36
_BULLET = "•"
_RIGHT_TO_LEFT, _END_RIGHT_TO_LEFT, _ISOLATED, _END_ISOLATED = "\u202b", "\u202c", "\u2066", "\u2069"
_SHAPED_ALONE = ("THAI", "DEVANAGARI")


@dataclass(frozen=True)
class Hand:
    """How letters are set: CSS weight, extra space between letters in em, fill colour."""

    weight: int = 800
    tracking_em: float = 0.0
    colour: str = "#ffffff"


@dataclass(frozen=True, eq=False)
class Ink:
    """A line's picture, cropped: (h, w, 4) RGBA, and where its corner is from the start of the baseline, in pixels."""

    pixels: Rgba
    left: int
    top: int

    @property
    def width(self) -> int:
        return int(self.pixels.shape[1])


@dataclass(frozen=True)
class _Run:
    """Neighbouring characters from ``start`` on: letters of the line's face, an emoji, or what the face lacks."""

    string: str
    start: int
    drawn_apart: bool = False
    picture: Path | None = None


def reads_right_to_left(text: str) -> bool:
    """Whether the first letter with a direction is Hebrew, Arabic or the like."""
    directions = map(unicodedata.bidirectional, text)
    return next((way for way in directions if way in ("L", "R", "AL")), "L") != "L"


def set_line(text: str, *, size_px: float, hand: Hand, right_to_left: bool = False) -> Ink:
    """Draw one line; characters that no font of ours has are left out."""
    return _Line(text, size_px=size_px, hand=hand, right_to_left=right_to_left).ink


def word_edges(text: str, *, size_px: float, hand: Hand, right_to_left: bool = False) -> list[tuple[int, int]]:
    """Where each word of a line lies, from the start of the baseline: (left, right) in pixels, in reading order."""
    line = _Line(text, size_px=size_px, hand=hand, right_to_left=right_to_left)
    marks: dict[int, int] = {}
    place = 0
    for index, word in enumerate(words(line.string)):
        place = line.string.index(word.text, place)
        marks |= dict.fromkeys(range(place, place + len(word.text)), index)
        place += len(word.text)
    return [edges for _, edges in sorted(line.marked(marks).items())]


@lru_cache(maxsize=512)
def width_em(word: str, hand: Hand) -> float:
    """How wide a word is, in em. Measured on its ink, as only the shaper knows how its letters join."""
    ink = set_line(word, size_px=_REFERENCE_PX, hand=hand, right_to_left=reads_right_to_left(word))
    return ink.width / _REFERENCE_PX + _BEARINGS_EM + hand.tracking_em


class _Line:
    """One line's runs, and how to draw them: in its colour, or each part in a colour of its own to find it."""

    def __init__(self, text: str, *, size_px: float, hand: Hand, right_to_left: bool) -> None:
        self.string = printable(text)
        self.size_px = size_px
        self.hand = hand
        self.right_to_left = right_to_left
        self.face = main_face(self.string, weight=hand.weight)
        self.runs = list(_runs(self.string, self.face))

    @cached_property
    def ink(self) -> Ink:
        baseline = round(1.7 * self.size_px)
        spans = [self._span(run, "none" if run.drawn_apart else self.hand.colour) for run in self.runs]
        drawing = self._text(spans, baseline) + "".join(self._apart(baseline))
        picture = self._draw(drawing, height=baseline + round(0.9 * self.size_px))
        return _cropped(picture, left=-round(self.size_px), top=-baseline)

    def marked(self, marks: dict[int, int]) -> dict[int, tuple[int, int]]:
        """Draw the characters at each place of ``marks`` in their mark's colour; find where it is: (left, right)."""
        colours = {mark: f"#{mark // 200 + 1:02x}{mark % 200 + 20:02x}80" for mark in marks.values()}
        parts = [part for run in self.runs for part in _split(run, marks)]
        spans = [self._span(part, colours.get(marks.get(part.start, -1), "none")) for part in parts]
        # A bullet as wide as a word is also as high.
        baseline = round(self.size_px * (1 + max(1, *(self._bullet_size(run) for run in self.runs), 1)))
        picture = self._draw(self._text(spans, baseline), height=baseline + round(self.size_px))
        found = {}
        for mark, colour in colours.items():
            wanted = np.array([*bytes.fromhex(colour[1:]), 255], np.uint8)
            columns = np.flatnonzero((picture == wanted).all(axis=2).any(axis=0))
            if columns.size:
                found[mark] = (int(columns[0] - self.size_px), int(columns[-1] + 1 - self.size_px))
        return found

    def _apart(self, baseline: int) -> Iterator[str]:
        """What the face lacks, each centred on its bullet."""
        apart = [run for run in self.runs if run.drawn_apart]
        edges = self.marked({run.start: index for index, run in enumerate(apart)}) if apart else {}
        for index, (left, right) in edges.items():
            centre, run = (left + right) / 2 + self.size_px, apart[index]
            if run.picture:
                yield _emoji(run.picture, centre, baseline, self.size_px)
            else:
                face = main_face(run.string, weight=self.hand.weight)
                anchor = f'x="{centre:.2f}" y="{baseline}" text-anchor="middle"'
                yield f'<text {anchor} {self._letters(face)} fill="{self.hand.colour}">{escape(run.string)}</text>'

    def _letters(self, face: Face) -> str:
        return f'font-family="{face.family}" font-weight="{face.weight}" font-size="{self.size_px:g}"'

    def _text(self, spans: list[str], baseline: int) -> str:
        level = (_RIGHT_TO_LEFT, _END_RIGHT_TO_LEFT) if self.right_to_left else ("", "")
        return (
            f'<text xml:space="preserve" x="{self.size_px:g}" y="{baseline}" {self._letters(self.face)} '
            f'letter-spacing="{self.hand.tracking_em * self.size_px:.3f}">{"".join(spans).join(level)}</text>'
        )

    def _span(self, run: _Run, fill: str) -> str:
        if run.drawn_apart:
            size_px = self._bullet_size(run) * self.size_px
            return f'<tspan fill="{fill}" font-size="{size_px:.2f}">{_BULLET}</tspan>'
        # resvg shapes one level of direction as one script; an isolate gives Thai or Devanagari a level of its own.
        alone = unicodedata.name(run.string[0], "").startswith(_SHAPED_ALONE)
        string = f"{_ISOLATED}{run.string}{_END_ISOLATED}" if alone else run.string
        return f'<tspan fill="{fill}">{escape(string)}</tspan>'

    def _bullet_size(self, run: _Run) -> float:
        if not run.drawn_apart:
            return 0.0
        room_em = _EMOJI_ROOM_EM if run.picture else width_em(run.string, self.hand)
        return room_em / _bullet_em(self.face)

    def _draw(self, drawing: str, *, height: int) -> Rgba:
        room = sum(max(1.4 * len(run.string), self._bullet_size(run)) for run in self.runs)
        width = round((room + 3) * self.size_px)
        weight = self.hand.weight
        lacking = {
            main_face(run.string, weight=weight).file for run in self.runs if run.drawn_apart and not run.picture
        }
        svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}">{drawing}</svg>'
        return render_svg(svg, width=width, height=height, font_files=sorted({self.face.file} | lacking))


def _runs(string: str, face: Face) -> Iterator[_Run]:
    place = 0
    for piece, picture in split_emoji(string):
        if picture is not None:
            yield _Run(piece, place, drawn_apart=True, picture=picture)
            place += len(piece)
            continue
        for kind, chars in groupby(piece, key=lambda char: _kind(char, face)):
            run = "".join(chars)
            parts = run if kind == "symbol" else [run]
            for part in parts:
                yield _Run(part, place, drawn_apart=kind in ("symbol", "foreign"))
                place += len(part)


def _kind(char: str, face: Face) -> str:
    if char.isspace() or face.draws(char) or unicodedata.category(char) in ("Cf", "Mn"):
        alone = next((script for script in _SHAPED_ALONE if unicodedata.name(char, "").startswith(script)), "")
        return alone or "own"
    return "foreign" if char.isalnum() else "symbol"


def _split(run: _Run, marks: dict[int, int]) -> Iterator[_Run]:
    if run.drawn_apart:
        yield run
        return
    for _, group in groupby(enumerate(run.string, run.start), key=lambda place: marks.get(place[0], -1)):
        places = list(group)
        yield _Run("".join(char for _, char in places), places[0][0])


@cache
def _bullet_em(face: Face) -> float:
    """How wide this face's bullet is with its room, in em: how far two of them stand apart."""
    size = 200
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 600 300"><text x="50" y="250" font-size="{size}" '
        f'font-family="{face.family}" font-weight="{face.weight}">{_BULLET}{_BULLET}</text></svg>'
    )
    inked = (render_svg(svg, width=600, height=300, font_files=[face.file])[..., 3] > 0).any(axis=0)
    starts = np.flatnonzero(np.diff(inked.astype(np.int8)) == 1)
    return float(starts[1] - starts[0]) / size


def _emoji(picture: Path, centre: float, baseline: int, size_px: float) -> str:
    side = _EMOJI_EM * size_px
    x, y = centre - side / 2, baseline - _EMOJI_CENTRE_EM * size_px - side / 2
    drawing = picture.read_text(encoding="utf-8")
    inside = drawing[drawing.index("<svg") + len("<svg") :]
    return f'<svg x="{x:.2f}" y="{y:.2f}" width="{side:.2f}" height="{side:.2f}"{inside}'


def _cropped(picture: Rgba, *, left: int, top: int) -> Ink:
    alpha = picture[..., 3] > 0
    rows, columns = np.flatnonzero(alpha.any(axis=1)), np.flatnonzero(alpha.any(axis=0))
    if not rows.size:
        return Ink(np.zeros((1, 1, 4), np.uint8), 0, 0)
    y, x = int(rows[0]), int(columns[0])
    return Ink(np.ascontiguousarray(picture[y : rows[-1] + 1, x : columns[-1] + 1]), left + x, top + y)
