"""The form of a piece: tempo, bars and sections laid over a film's cuts. Settled before any note is
written, so that pictures and music agree on the beat."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from vgkit.errors import InputError

SHORTEST_S, LONGEST_S = 4.0, 600.0
SLOWEST_BPM, FASTEST_BPM = 50.0, 190.0
TEMPO_PLAY, SHORT_TEMPO_PLAY = 0.06, 0.1
SHARES = ("intro", 0.2), ("build", 0.32), ("full", 0.48)
LONG_SHARES = ("intro", 0.14), ("build", 0.22), ("full", 0.24), ("bridge", 0.14), ("full", 0.26)


@dataclass(frozen=True, kw_only=True)
class Bar:
    """A bar: its section, its number within the section, where it starts and how many beats it has."""

    section: str
    number: int
    of: int
    start: int
    beats: int


@dataclass(frozen=True, kw_only=True)
class Section:
    name: str
    start_s: float
    end_s: float


@dataclass(frozen=True, kw_only=True)
class Form:
    """Bars over the whole length; ``accents`` are the cuts in beats, snapped to the half beat, but for those that a new
    section already marks."""

    bpm: float
    beats: int
    bars: tuple[Bar, ...]
    accents: tuple[float, ...]

    @property
    def beat_s(self) -> float:
        return 60.0 / self.bpm

    @property
    def ending(self) -> Bar:
        return self.bars[-1]

    def sections(self) -> tuple[Section, ...]:
        """The sections in seconds, back to back."""
        found: list[Section] = []
        for bar in self.bars:
            start_s, end_s = bar.start * self.beat_s, (bar.start + bar.beats) * self.beat_s
            if bar.number == 0:
                found.append(Section(name=bar.section, start_s=start_s, end_s=end_s))
            else:
                found[-1] = Section(name=bar.section, start_s=found[-1].start_s, end_s=end_s)
        return tuple(found)


def plan_form(*, tempo_bpm: float, duration_s: float, cuts_s: Sequence[float]) -> Form:
    """Lay bars and sections over ``duration_s`` so that the length is a whole number of beats and cuts fall near them.

    The last cut, when it leaves time for a closing chord, is taken for the end card and gets the ending.
    Raises InputError for a length or tempo no music fits.
    """
    if not SHORTEST_S <= duration_s <= LONGEST_S:
        raise InputError(
            f"Music of {duration_s:g} s was asked for; the sketch engine plays {SHORTEST_S:g} to {LONGEST_S:g} s."
        )
    if not SLOWEST_BPM <= tempo_bpm <= FASTEST_BPM:
        raise InputError(
            f"A tempo of {tempo_bpm:g} beats a minute was asked for; choose one from "
            f"{SLOWEST_BPM:g} to {FASTEST_BPM:g}."
        )
    cuts = sorted(cut for cut in cuts_s if 0 < cut < duration_s)
    beats = _beats_that_fit(tempo_bpm=tempo_bpm, duration_s=duration_s, cuts=cuts)
    beat_s = duration_s / beats
    end = _ending_beat(beats=beats, beat_s=beat_s, cuts=cuts)
    bars = _bars(end=end, beats=beats, beat_s=beat_s, cuts=cuts)
    borders = [bar.start for bar in bars if bar.number == 0 and bar.section != "break"]
    accents = sorted({round(cut / beat_s * 2) / 2 for cut in cuts})
    apart = tuple(accent for accent in accents if min(abs(accent - border) for border in borders) >= 1)
    return Form(bpm=60.0 / beat_s, beats=beats, bars=bars, accents=apart)


def _beats_that_fit(*, tempo_bpm: float, duration_s: float, cuts: Sequence[float]) -> int:
    asked = duration_s * tempo_bpm / 60.0
    play = TEMPO_PLAY if asked > 20 else SHORT_TEMPO_PLAY
    few, many = math.ceil(asked * (1 - play)), math.floor(asked * (1 + play))

    def misfit(beats: int) -> float:
        beat_s = duration_s / beats
        off = [abs(cut / beat_s * 2 - round(cut / beat_s * 2)) for cut in cuts]
        return 4 * sum(off) / max(len(off), 1) + abs(beats / asked - 1) / play + (0.1 if beats % 4 else 0.0)

    candidates: list[int] = sorted({round(asked), *range(few, many + 1)})
    return min(candidates, key=misfit)


def _ending_beat(*, beats: int, beat_s: float, cuts: Sequence[float]) -> int:
    duration_s = beats * beat_s
    shortest_s, longest_s = max(1.4, min(2.0, duration_s / 5)), min(6.0, 0.42 * duration_s)
    if cuts and shortest_s <= duration_s - cuts[-1] <= longest_s:
        return round(cuts[-1] / beat_s)
    wanted = (duration_s - max(shortest_s, min(3.2, duration_s / 9))) / beat_s
    on_bars = [beat for beat in range(4, beats, 4) if (beats - beat) * beat_s >= shortest_s]
    return min(on_bars, key=lambda beat: abs(beat - wanted), default=max(1, math.floor(wanted)))


def _bars(*, end: int, beats: int, beat_s: float, cuts: Sequence[float]) -> tuple[Bar, ...]:
    spare = end % 4
    pause = (4, 5, 2, 3)[spare] if end >= 24 else (2 if end >= 12 else 0, 1, 1, 1)[spare]
    whole, rest = divmod(end - pause, 4)
    lengths = [4] * whole + [rest] * (rest > 0)
    names = _section_names(len(lengths), beat_s=beat_s, cuts=cuts)
    named = list(zip(names, lengths, strict=True)) + [("break", pause)] * (pause > 0) + [("end", beats - end)]
    bars: list[Bar] = []
    start = 0
    for section, group in groupby(named, key=lambda bar: bar[0]):
        members = list(group)
        for number, (_, length) in enumerate(members):
            bars.append(Bar(section=section, number=number, of=len(members), start=start, beats=length))
            start += length
    return tuple(bars)


def _section_names(bars: int, *, beat_s: float, cuts: Sequence[float]) -> list[str]:
    if bars <= 2:
        return ["full"] * bars
    if bars <= 5:
        return ["build"] * (bars // 2) + ["full"] * (bars - bars // 2)
    bar_s = 4 * beat_s
    names: list[str] = []
    wanted = 0.0
    shares = SHARES if bars < 18 else LONG_SHARES
    for name, share in shares[:-1]:
        wanted += share * bars

        def misfit(bar: int, wanted: float = wanted) -> float:
            off = min((abs(bar * bar_s - cut) / bar_s for cut in cuts), default=0.0)
            return min(off, 0.5) + 0.12 * (bar % 2) + 0.15 * abs(bar - wanted)

        border = min(range(len(names) + 1, bars), key=misfit)
        names += [name] * (border - len(names))
    return names + [shares[-1][0]] * (bars - len(names))
