"""Which bars of a piece to leave out or to play again, so that it lasts as long as wanted.

Every join leads from one bar line to another around which the music is alike. What whole bars can't make up is left out
of the opening, by whole beats; less than a beat remains, which the ring of the last note loses, or silence adds."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from vgkit.media.likeness import Features, Times, aligned, bar_lines, features, likeness
from vgkit.media.rhythm import find_rhythm
from vgkit.media.samples import RATE_HZ, Sound, Span, seconds

# What counts against likeness, which is 1 at best: a join at all, a bar less of the opening, a beat less of the end.
JOIN_COST, OPENING_COST, REST_COST = 0.1, 0.03, 0.1
OPENING_BARS = 4  # the most that is left out there for a better join
AHEAD_S = 0.005  # a join ends this long before its beat, so that the beat is whole
ATTACK_S = 0.04
EARLY_S = 0.3  # the most that silence adds; a film that is silent for longer is not to specification


@dataclass(frozen=True, kw_only=True)
class _Grid:
    """The beats and bar lines of a part of the piece, in seconds of the whole."""

    beats_s: Times
    bars_s: Times
    beat_s: float
    bar_s: float

    @property
    def early_s(self) -> float:
        """How much too soon the piece may end; it may end a beat less that too late."""
        return min(EARLY_S, self.beat_s / 2)


def shortened(music: Sound, *, wanted: int) -> list[Span] | None:
    """Leave out whole bars of the middle; None where no bar lines allow it."""
    heard, total_s, wanted_s = features(music), len(music) / RATE_HZ, wanted / RATE_HZ
    head, tail = (_grid(music, heard, part) for part in (Span(0, min(wanted, len(music))), Span(-wanted, len(music))))
    early_s = head.early_s
    for start_s in (0.0, *head.beats_s[head.beats_s < head.bar_s]):
        if -early_s <= total_s - start_s - wanted_s <= head.beat_s - early_s:
            return [Span(_attack(start_s), len(music))]
    alike = likeness(heard, head.bars_s, tail.beats_s, beat_s=head.beat_s)
    leave_s, enter_s = head.bars_s[:, None], tail.beats_s[None]
    kept_s = min(2 * head.bar_s, wanted_s / 3)
    best, found = -np.inf, None
    for start_s in (0.0, *head.beats_s[head.beats_s <= OPENING_BARS * head.bar_s]):
        rest_s = leave_s - start_s + total_s - enter_s - wanted_s
        allowed = (
            (rest_s >= -early_s)
            & (rest_s <= head.beat_s - early_s)
            & (leave_s - start_s >= kept_s)
            & (total_s - enter_s >= kept_s)
        )
        score = alike - OPENING_COST * start_s / head.bar_s - REST_COST * np.abs(rest_s) / head.beat_s
        score = np.where(allowed, score, -np.inf)
        if score.size and score.max() > best:
            best, found = float(score.max()), (start_s, *np.unravel_index(int(score.argmax()), score.shape))
    if found is None:
        return None
    start_s, leaving, entering = found
    return _spans(music, start_s, [(head.bars_s[leaving], tail.beats_s[entering])])


def lengthened(music: Sound, *, wanted: int, ends: bool = True) -> list[Span] | None:
    """Play bars again; None where there are no two bar lines.

    A piece that ``ends`` comes out as long as wanted to a beat, one that doesn't at least that long.
    """
    heard = features(music)
    grid = _grid(music, heard, Span(0, len(music)))
    lines_s, unit_s = _lines(grid, len(music) / RATE_HZ)
    if len(lines_s) < 2:
        return None
    missing_s = (wanted - len(music)) / RATE_HZ + (-grid.early_s if ends else grid.beat_s)
    count = max(0, math.ceil(missing_s / unit_s))
    alike = likeness(heard, lines_s, lines_s, beat_s=grid.beat_s)
    jumps = [(lines_s[leave], lines_s[enter]) for leave, enter in _jumps(alike, count)]
    spans = _spans(music, 0.0, jumps)
    if not ends:
        return spans
    over_s = (sum(span.end - span.start for span in spans) - wanted) / RATE_HZ
    latest_s = min(over_s + grid.early_s, spans[0].end / RATE_HZ)
    start_s = max((beat_s for beat_s in grid.beats_s if ATTACK_S < beat_s <= latest_s), default=0.0)
    return [Span(_attack(start_s), spans[0].end), *spans[1:]]


def _grid(music: Sound, heard: Features, part: Span) -> _Grid:
    start = part.start if part.start >= 0 else max(0, len(music) + part.start)
    rhythm = find_rhythm(music[start : part.end])
    beat_s, beats_s = 60 / rhythm.bpm, np.array(rhythm.beats_s) + start / RATE_HZ
    bars_s, meter = bar_lines(heard, beats_s, beat_s=beat_s)
    return _Grid(beats_s=beats_s, bars_s=bars_s, beat_s=beat_s, bar_s=meter * beat_s)


def _lines(grid: _Grid, total_s: float) -> tuple[Times, float]:
    """The bar lines that a join may use, which leave the ending alone; the beats where there are not two such lines."""
    ending_s = total_s - min(grid.bar_s, total_s / 3)
    bars_s, beats_s = (
        lines_s[(lines_s >= ATTACK_S) & (lines_s <= ending_s)] for lines_s in (grid.bars_s, grid.beats_s)
    )
    return (bars_s, grid.bar_s) if len(bars_s) >= 2 else (beats_s, grid.beat_s)


def _jumps(alike: Features, count: int) -> list[tuple[int, int]]:
    """Jumps back over ``count`` lines in all, as (from, to): few of them, and between lines that are alike.

    All but one go back equally far. In the order of where they leave, each is reached from where the one before lands.
    """
    if count == 0:
        return []
    best: dict[int, tuple[float, int]] = {}
    for lines in range(1, min(len(alike) - 1, count) + 1):
        diagonal = np.diagonal(alike, -lines)
        best[lines] = (1 - float(diagonal.max()) + JOIN_COST, int(diagonal.argmax()))

    def cost(lines: int) -> float:
        times, left = divmod(count, lines)
        return times * best[lines][0] + (best[left][0] if left else 0.0)

    lines = min(best, key=cost)
    times, left = divmod(count, lines)
    far = [(best[lines][1] + lines, best[lines][1])] * times
    near = [(best[left][1] + left, best[left][1])] if left else []
    return sorted(far + near)


def _spans(music: Sound, start_s: float, jumps: Iterable[tuple[float, float]]) -> list[Span]:
    """Turn jumps in seconds into stretches to play, each join moved to where the waves fit."""
    borders = [_attack(start_s)]
    for leave_s, enter_s in jumps:
        leave, enter = seconds(leave_s - AHEAD_S), seconds(enter_s - AHEAD_S)
        borders += [leave, aligned(music, leave=leave, enter=enter)]
    borders.append(len(music))
    return [Span(start, end) for start, end in list(pairwise(borders))[::2]]


def _attack(start_s: float) -> int:
    """Where to begin so that a beat is heard whole behind a short fade."""
    return max(0, seconds(start_s - ATTACK_S))
