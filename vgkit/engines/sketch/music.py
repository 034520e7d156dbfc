"""Compose and play a film's music, whole and offline. It knows the cuts, so accents and sections land on them, which
a hosted model can't promise."""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from vgkit.engines.sketch.form import Form, Section, plan_form
from vgkit.engines.sketch.instruments import TONES, Sound, filtered, saws, seconds, shaped
from vgkit.engines.sketch.moods import IDIOMS, Idiom, nearest_mood
from vgkit.engines.sketch.percussion import STROKES, crash, impact, riser
from vgkit.engines.sketch.room import chorus, ducking, in_a_room, mastered
from vgkit.engines.sketch.score import Hit, Note, Score, write_score

PAD_CENTS = (-9.0, 6.0, -4.0, 11.0)
PAD_BANDS_HZ = (520.0, 1800.0, 6500.0)
DRUM_LEVELS = {
    **{"kick": 0.72, "taiko": 0.5, "snare": 0.75, "clap": 1.1, "rim": 0.8, "snap": 0.85},
    **{"hat": 0.27, "open_hat": 0.25, "shaker": 0.36},
}
DRUM_PANS = {"hat": 0.25, "open_hat": -0.2, "shaker": -0.3, "rim": 0.15, "taiko": -0.1}
OPENNESS = {
    "intro": (0.15, 0.35),
    "build": (0.35, 0.7),
    "full": (0.75, 0.85),
    "bridge": (0.3, 0.5),
    "break": (0.3, 0.8),
    "end": (0.7, 0.2),
}
SWELL = {
    "intro": (0.8, 0.85),
    "build": (0.8, 0.9),
    "full": (1.0, 1.0),
    "bridge": (0.85, 0.9),
    "break": (0.8, 1.0),
    "end": (1.1, 0.0),
}


@dataclass(frozen=True, kw_only=True)
class Composition:
    """Music of an exact length: ``samples`` (n, 2) float32 at 48 kHz, and where its beats, bars and sections are."""

    samples: Sound
    bpm: float
    mood: str
    beats_s: tuple[float, ...]
    bars_s: tuple[float, ...]
    sections: tuple[Section, ...]


def compose(*, mood: str, tempo_bpm: float, duration_s: float, cuts_s: Sequence[float], seed: int) -> Composition:
    """Compose for a film of ``duration_s`` with cuts at ``cuts_s``; one seed gives the same samples every time.

    The tempo may move by a few percent so that whole beats fill the length and cuts fall near beats. Raises InputError
    for a length or tempo no music fits.
    """
    name = nearest_mood(mood)
    form = plan_form(tempo_bpm=tempo_bpm, duration_s=duration_s, cuts_s=cuts_s)
    score = write_score(form, mood=IDIOMS[name], seed=seed)
    return Composition(
        samples=_Stage(form, idiom=IDIOMS[name], seed=seed, length=seconds(duration_s)).play(score),
        bpm=form.bpm,
        mood=name,
        beats_s=tuple(beat * form.beat_s for beat in range(form.beats)),
        bars_s=tuple(bar.start * form.beat_s for bar in form.bars),
        sections=form.sections(),
    )


class _Stage:
    """Plays a score: one bus a group of instruments, then ducking, room and master."""

    def __init__(self, form: Form, *, idiom: Idiom, seed: int, length: int) -> None:
        self.form, self.idiom, self.length = form, idiom, length
        self.dice = np.random.default_rng([seed, 11])

    def play(self, score: Score) -> Sound:
        kicks = [(self._sample(hit.beat), hit.velocity) for hit in score.drums["kick"]]
        duck = ducking(self.length, kicks=kicks, depth=self.idiom.ducking)
        pad = self._pad(score.pad) * duck
        keys = self._tones(score.keys, self.idiom.keys, spread=0.45) * (0.4 + 0.6 * duck)
        bowed = self.idiom.lead == "strings"
        lead = self._strings(score.lead) if bowed else self._tones(score.lead, self.idiom.lead, spread=0.1)
        bells = self._tones(score.bells, "bell", spread=0.3)
        bass = self._tones(score.bass, "bass", spread=0.0) * (0.35 + 0.65 * duck)
        drums, effects = self._drums(score.drums), self._effects()
        dry = 1.1 * pad + 0.5 * keys + 0.5 * lead + 0.25 * bells + 0.42 * bass + drums + effects
        wet = 0.7 * pad + 0.4 * keys + 0.5 * lead + 0.4 * bells + 0.2 * drums + 0.3 * effects
        return mastered(dry + 0.34 * self.idiom.room * in_a_room(wet))

    def _bus(self) -> Sound:
        return np.zeros((self.length, 2), dtype=np.float32)

    def _sample(self, beat: float) -> int:
        return min(max(0, seconds(beat * self.form.beat_s)), self.length)

    def _place(self, bus: Sound, sound: Sound, *, beat: float, gain: float, pan: float = 0.0) -> None:
        """Add ``sound`` (n,) or (n, 2) at ``beat``; what would sound past the end is left out."""
        start = self._sample(beat)
        heard = sound[: self.length - start]
        angle = (pan + 1) * np.pi / 4
        sides = np.array([np.cos(angle), np.sin(angle)], dtype=np.float32) * np.float32(gain * 2**0.5)
        bus[start : start + len(heard)] += (heard if heard.ndim == 2 else heard[:, None]) * sides

    def _played(self, beat: float) -> float:
        """Delay the off-beats by the mood's swing, and everything by a player's inaccuracy."""
        swing = self.idiom.swing / 2 if abs(beat % 1 - 0.5) < 0.01 else 0.0
        return beat + swing + float(self.dice.normal(0, 0.0035)) / self.form.beat_s if beat else 0.0

    def _tones(self, notes: Iterable[Note], instrument: str, *, spread: float) -> Sound:
        bus = self._bus()
        known: dict[tuple[int, int], Sound] = {}
        for note in notes:
            tail_s = 0.0 if instrument == "bass" else 0.25
            key = (note.pitch, seconds(note.length * self.form.beat_s + tail_s))
            if key not in known:
                known[key] = TONES[instrument](*key)
            pan = spread * float(np.sin(note.pitch * 1.7))
            beat = note.beat if instrument == "bass" else self._played(note.beat)
            self._place(bus, known[key], beat=beat, gain=note.velocity**1.4, pan=pan)
        return bus

    def _saws(self, notes: Iterable[Note], *, attack_s: float, release_s: float) -> Sound:
        bus = self._bus()
        for note in notes:
            length = seconds(note.length * self.form.beat_s + release_s)
            tone = saws(note.pitch, length, phases=self.dice.random(4), cents=PAD_CENTS, highest_hz=7000)
            tone = shaped(tone, attack_s=0.04 if note.beat == 0 else attack_s, release_s=release_s)
            self._place(bus, tone, beat=note.beat, gain=note.velocity * 0.5)
        return bus

    def _pad(self, notes: Iterable[Note]) -> Sound:
        """Detuned saws under a low-pass that opens with the piece, thickened by a slow chorus."""
        bus = self._saws(notes, attack_s=0.22, release_s=0.35)
        dark, middle, bright = (filtered(bus, low_hz=140, high_hz=edge, order=1) for edge in PAD_BANDS_HZ)
        openness = self._along(OPENNESS) * np.float32(0.4 + 0.6 * self.idiom.brightness)
        moving = dark * (1 - openness) ** 2 + middle * 2 * openness * (1 - openness) + bright * openness**2
        return chorus(moving * self._along(SWELL))

    def _strings(self, notes: Iterable[Note]) -> Sound:
        bowed = self._saws(notes, attack_s=0.09, release_s=0.22)
        return chorus(2.6 * filtered(bowed, low_hz=250, high_hz=3800, order=1))

    def _along(self, table: dict[str, tuple[float, float]]) -> Sound:
        """A curve (n, 1) through each section's first and last value."""
        times, values = list[float](), list[float]()
        for section in self.form.sections():
            times += [section.start_s, section.end_s - 0.02]
            values += table[section.name]
        clock_s = np.arange(self.length) / seconds(1.0)
        return np.interp(clock_s, times, values).astype(np.float32)[:, None]

    def _drums(self, drums: dict[str, list[Hit]]) -> Sound:
        bus = self._bus()
        for name, hits in drums.items():
            stroke = STROKES[name]()
            for hit in hits:
                beat = hit.beat if name == "kick" else self._played(hit.beat)
                gain = DRUM_LEVELS[name] * self.idiom.drums * hit.velocity**1.5
                self._place(bus, stroke, beat=beat, gain=gain, pan=DRUM_PANS.get(name, 0.0))
        return bus

    def _effects(self) -> Sound:
        """Risers into the big changes, booms and cymbals on them, and a lighter wash on every other cut."""
        bus = self._bus()
        cymbal, boom = crash(), impact()
        sizes = {"full": 1.0, "end": 0.9, "build": 0.5, "bridge": 0.45, "intro": 0.3}
        starts = {
            bar.start: sizes[bar.section] * self.idiom.drums
            for bar in self.form.bars
            if not bar.number and bar.section in sizes
        }
        for beat, size in starts.items():
            self._place(bus, boom, beat=beat, gain=0.5 * size)
            self._place(bus, cymbal, beat=beat, gain=0.6 * size if beat else 0.15)
        for before, bar in itertools.pairwise(self.form.bars):
            if bar.start in starts and starts[bar.start] > 0.6 * self.idiom.drums:
                beats = min(4, bar.start) if before.section != "break" else before.beats
                rise = riser(self._sample(bar.start) - self._sample(bar.start - beats))
                self._place(bus, rise, beat=bar.start - beats, gain=0.16 * self.idiom.drums)
        swell = cymbal[: seconds(self.form.beat_s)][::-1]
        for accent in (accent for accent in self.form.accents if accent >= 1 and accent not in starts):
            self._place(bus, swell, beat=accent - 1, gain=0.1 * self.idiom.drums)
            self._place(bus, cymbal, beat=accent, gain=0.22 * self.idiom.drums)
            self._place(bus, boom, beat=accent, gain=0.18 * self.idiom.drums)
        return bus
