"""Lines of a text block as moving pictures: where each stands, and how the words come."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from vgkit.media.adstyle import SafeArea, Side
from vgkit.media.linebreak import words
from vgkit.media.motion import Entrance, Sprite, TypedLine
from vgkit.media.svg import Rgba, render_svg
from vgkit.media.textblock import TextBlock, with_shadow
from vgkit.media.typeset import Ink


@dataclass(frozen=True)
class Stage:
    """Where and when things stand: the film's size, frames ``first`` to ``last`` (half-open), and its tempo."""

    size: tuple[int, int]
    first: int
    last: int
    fps: int

    @property
    def safe(self) -> SafeArea:
        return SafeArea.of(self.size)

    @property
    def unit(self) -> int:
        """The shorter side: what sizes are shares of."""
        return min(self.size)

    def frames(self, seconds: float) -> int:
        """So many seconds in frames, less where the whole stay is short."""
        return max(1, round(min(seconds * self.fps, 0.3 * (self.last - self.first))))

    def entrance(self, *, fade_out_s: float) -> Entrance:
        """The common entrance: fade in and a small rise in 0.4 s."""
        fade_out = self.frames(fade_out_s) if fade_out_s else 0
        return Entrance(fade_in=self.frames(0.4), fade_out=fade_out, rise_px=0.028 * self.unit)


@dataclass(frozen=True)
class PlacedLine:
    """One line of a block on its baseline, at a side of the safe area."""

    block: TextBlock
    index: int
    baseline: float
    side: Side
    safe: SafeArea

    def paint(self) -> tuple[Rgba, int, int]:
        """The line with its shadow, and its corner."""
        bare = self.block.ink(self.index)
        shaded = with_shadow(bare, size_px=self.block.size_px)
        x = self.safe.corner(bare.width, self.side) + shaded.left - bare.left
        return shaded.pixels, x, round(self.baseline) + shaded.top

    def word_columns(self) -> list[tuple[int, int]]:
        """Which columns of the painted line each word takes, in reading order; together they cover it all."""
        ink: Ink = with_shadow(self.block.ink(self.index), size_px=self.block.size_px)
        edges = [(left - ink.left, right - ink.left) for left, right in self.block.word_edges(self.index)]
        return _widened(edges, ink.width)


def rising(lines: Sequence[PlacedLine], stage: Stage, entrance: Entrance) -> list[Sprite]:
    """Each line rises into place, a moment after the one above."""
    step = max(1, round(0.07 * stage.fps))
    return [
        Sprite(first=stage.first, last=stage.last, paint=line.paint, entrance=entrance.later(step * index))
        for index, line in enumerate(lines)
    ]


def typed(lines: Sequence[PlacedLine], stage: Stage, entrance: Entrance) -> list[Sprite]:
    """The words come one after the other, all within the first half of the stay."""
    counts = [len(words(line.block.lines[line.index])) for line in lines]
    per_word = min(0.16 * stage.fps, 0.5 * (stage.last - stage.first) / max(1, sum(counts)))
    return [
        TypedLine(
            first=stage.first,
            last=stage.last,
            paint=line.paint,
            entrance=entrance.later(round(per_word * sum(counts[:index]))),
            words=line.word_columns,
            frames_per_word=per_word,
        )
        for index, line in enumerate(lines)
    ]


def plate(width: int, height: int, *, colour: str) -> Rgba:
    """A bar or pill with round ends; (height, width, 4) RGBA."""
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}">'
        f'<rect width="{width}" height="{height}" rx="{height / 2}" fill="{colour}"/></svg>'
    )
    return render_svg(svg, width=width, height=height)


def _widened(edges: list[tuple[int, int]], width: int) -> list[tuple[int, int]]:
    """The same parts, meeting halfway between neighbours, so that shadows belong to their words."""
    order = np.argsort([left for left, _ in edges])
    middles = [(edges[before][1] + edges[after][0]) // 2 for before, after in pairwise(order)]
    bounds = [0, *middles, width]
    rank = {int(part): place for place, part in enumerate(order)}
    return [(bounds[rank[part]], bounds[rank[part] + 1]) for part in range(len(edges))]
