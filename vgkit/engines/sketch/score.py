"""Write the notes of a piece: chords, voices, bass, figures, melody and drums. Only beats and pitches here, so that
harmony can be tested without sound."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from vgkit.engines.sketch.form import Bar, Form
from vgkit.engines.sketch.moods import Idiom

PAD_LOW, PAD_HIGH = 53, 76
BASS_LOW = 32
KEYS_LOW = 57
LEAD_LOW = 67
TONIC, SUBDOMINANT = 0, 3
SLOW_BEAT_S = 0.86
ANCHORS = (4, 5, 6, 4), (2, 4, 5, 4), (7, 6, 5, 4), (4, 4, 7, 5)
CONTOURS = (0, -1, 0, 2), (0, 1, 2, 1), (0, -1, -2, 0), (0, 2, 1, 0), (0, 1, -1, 2)


@dataclass(frozen=True)
class Note:
    """A note: when and how long in beats, MIDI pitch, velocity 0..1."""

    beat: float
    length: float
    pitch: int
    velocity: float


@dataclass(frozen=True)
class Hit:
    beat: float
    velocity: float


@dataclass(frozen=True, kw_only=True)
class Chord:
    """A chord: scale degree of its root, its tones as degrees above the tonic (root first), where it stands."""

    root: int
    tones: tuple[int, ...]
    beat: float
    beats: float
    bar: Bar


@dataclass(kw_only=True)
class Score:
    """Who plays what: notes by voice, hits by drum."""

    chords: list[Chord]
    pad: list[Note] = field(default_factory=list)
    bass: list[Note] = field(default_factory=list)
    keys: list[Note] = field(default_factory=list)
    lead: list[Note] = field(default_factory=list)
    bells: list[Note] = field(default_factory=list)
    drums: dict[str, list[Hit]] = field(default_factory=dict)


def write_score(form: Form, *, mood: Idiom, seed: int) -> Score:
    """Write every voice for ``form``; one seed gives one piece."""
    dice = np.random.default_rng([seed, 7])
    tonic = int(dice.choice(mood.tonics))
    score = Score(chords=_chords(form, mood=mood, dice=dice))
    tuning = Tuning(tonic=tonic, scale=mood.scale)
    score.pad = list(_pad(score.chords, tuning=tuning))
    score.bass = list(_bass(score.chords, mood=mood, tuning=tuning, dice=dice))
    score.keys = list(_keys(score.chords, mood=mood, tuning=tuning, dice=dice))
    score.lead = list(_lead(score.chords, mood=mood, tuning=tuning, dice=dice))
    score.bells = list(_bells(form, score.chords, tuning=tuning))
    score.drums = _drums(form, mood=mood, dice=dice)
    return score


@dataclass(frozen=True, kw_only=True)
class Tuning:
    """Where scale degrees sound: degree 0 is ``tonic``, seven degrees make an octave."""

    tonic: int
    scale: tuple[int, ...]

    def pitch(self, degree: int) -> int:
        return self.tonic + self.scale[degree % 7] + 12 * (degree // 7)

    def at_least(self, degree: int, low: int) -> int:
        """The lowest pitch of this degree, in any octave, from ``low`` up."""
        return low + (self.pitch(degree) - low) % 12


def _chords(form: Form, *, mood: Idiom, dice: np.random.Generator) -> list[Chord]:
    first, second = (mood.progressions[i] for i in dice.permutation(len(mood.progressions))[:2])
    split = form.beat_s > SLOW_BEAT_S
    chords: list[Chord] = []
    turn = 0
    for index, bar in enumerate(form.bars):
        turn = 0 if bar.number == 0 else turn
        progression = second if bar.section == "bridge" else first
        halves = (
            [(0, 2), (2, bar.beats - 2)]
            if split and bar.beats > 2 and bar.section not in ("break", "end")
            else [(0, bar.beats)]
        )
        for offset, beats in halves:
            root = progression[turn % len(progression)]
            turn += 1
            if bar.section == "end":
                root = TONIC
            elif form.bars[index + 1].section == "end":
                root = mood.cadence[1]
            elif form.bars[index + 1].section == "break":
                root = mood.cadence[0]
            tones = (0, 2, 4, *(() if bar.section == "end" else mood.colour))
            chords.append(
                Chord(
                    root=root,
                    tones=tuple(root + tone for tone in tones),
                    beat=bar.start + offset,
                    beats=beats,
                    bar=bar,
                )
            )
    return chords


def _pad(chords: list[Chord], *, tuning: Tuning) -> Iterator[Note]:
    """Lead four voices from chord to chord by the smallest movement, as a choir would."""
    before: tuple[int, ...] = ()
    for chord in chords:
        voicings = list(_voicings(chord, tuning=tuning))
        before = min(voicings, key=lambda voicing: _unease(voicing, before))
        for pitch in before:
            yield Note(chord.beat, chord.beats, pitch, 0.7)


def _voicings(chord: Chord, *, tuning: Tuning) -> Iterator[tuple[int, ...]]:
    pitches = [tuning.at_least(tone, PAD_LOW) for tone in chord.tones]
    pitches = pitches if len(pitches) > 3 else [*pitches, pitches[0]]
    for octaves in itertools.product((0, 12), repeat=len(pitches)):
        voicing = tuple(sorted(pitch + octave for pitch, octave in zip(pitches, octaves, strict=True)))
        if voicing[-1] <= PAD_HIGH and len(set(voicing)) == len(voicing):
            yield voicing


def _unease(voicing: tuple[int, ...], before: tuple[int, ...]) -> float:
    gaps = [high - low for low, high in itertools.pairwise(voicing)]
    crowded = sum(gap < 3 for gap in gaps) + sum(max(0, gap - 9) for gap in gaps)
    moved = (
        sum(abs(a - b) for a, b in zip(voicing, before, strict=False))
        if before
        else abs(sum(voicing) / len(voicing) - 64)
    )
    return moved + 2.0 * crowded


def _bass(chords: list[Chord], *, mood: Idiom, tuning: Tuning, dice: np.random.Generator) -> Iterator[Note]:
    pattern = mood.bass[int(dice.integers(len(mood.bass)))]
    for chord in chords:
        section = chord.bar.section
        pitch = tuning.at_least(chord.root, BASS_LOW)
        if section in ("intro", "bridge", "break", "end") or chord.beats < 4:
            yield Note(chord.beat, chord.beats, pitch, 0.6 if section == "intro" else 0.85)
            continue
        for beat, length in pattern:
            fifth = beat >= 3 and chord.bar.number % 2 == 1
            other = tuning.at_least(chord.root + 4, BASS_LOW) if fifth else pitch
            yield Note(chord.beat + beat, length, other, 0.95 if beat == 0 else 0.8)


def _keys(chords: list[Chord], *, mood: Idiom, tuning: Tuning, dice: np.random.Generator) -> Iterator[Note]:
    figure = mood.arpeggios[int(dice.integers(len(mood.arpeggios)))]
    loudness = {"intro": 0.55, "build": 0.7, "full": 0.85, "bridge": 0.6, "break": 0.5}
    for chord in chords:
        section = chord.bar.section
        ladder = _ladder(chord, tuning=tuning)
        if section == "end":
            yield from (Note(chord.beat + 0.04 * i, chord.beats, pitch, 0.8) for i, pitch in enumerate(ladder[:4]))
            continue
        per_beat = mood.steps_per_beat if section != "intro" else min(mood.steps_per_beat, 2)
        for step in range(round(chord.beats * per_beat)):
            if section == "intro" and mood.steps_per_beat > 1 and chord.bar.number == 0 and step % 2:
                continue
            accent = 1.0 if step % (2 * per_beat) == 0 else 0.84 if step % per_beat == 0 else 0.68
            velocity = loudness[section] * accent * float(dice.uniform(0.92, 1.06))
            yield Note(chord.beat + step / per_beat, 1.6, ladder[figure[step % len(figure)]], velocity)


def _ladder(chord: Chord, *, tuning: Tuning) -> list[int]:
    """The chord's triad upwards over two octaves, from its lowest tone above ``KEYS_LOW``."""
    triad = sorted(tuning.at_least(tone, KEYS_LOW) for tone in chord.tones[:3])
    return triad + [pitch + 12 for pitch in triad]


def _lead(chords: list[Chord], *, mood: Idiom, tuning: Tuning, dice: np.random.Generator) -> Iterator[Note]:
    """One motif, answered and varied: bars go A A' A B, as tunes that stay in the ear do."""
    motif = mood.motifs[int(dice.integers(len(mood.motifs)))]
    answer = mood.motifs[int(dice.integers(len(mood.motifs)))]
    anchors = ANCHORS[int(dice.integers(len(ANCHORS)))]
    contour = CONTOURS[int(dice.integers(len(CONTOURS)))]
    for chord in (chord for chord in chords if chord.beats >= 2):
        section, number = chord.bar.section, chord.bar.number
        if section in ("end", "break") or (section in ("intro", "bridge") and number % 2 == 0):
            continue
        rhythm = answer if number % 4 == 3 else motif
        rhythm = rhythm[:1] if section in ("intro", "bridge") else rhythm
        velocity = {"intro": 0.5, "bridge": 0.55, "build": 0.65}.get(section, 0.9)
        for index, (beat, length) in enumerate(note for note in rhythm if note[0] < chord.beats):
            wanted = anchors[number % 4] + contour[index % len(contour)]
            degree = _sing(wanted, chord=chord, strong=beat % 2 == 0)
            sounding = min(length, chord.beats - beat) * 0.96
            yield Note(
                chord.beat + beat, sounding, _in_lead_range(tuning, degree), velocity * (1.0 if beat == 0 else 0.86)
            )


def _sing(degree: int, *, chord: Chord, strong: bool) -> int:
    degree = min(max(degree, 0), 9)
    if not strong:
        return degree
    tones = {tone % 7 for tone in chord.tones[:3]}
    return min((d for d in range(10) if d % 7 in tones), key=lambda d: abs(d - degree))


def _in_lead_range(tuning: Tuning, degree: int) -> int:
    return tuning.at_least(0, LEAD_LOW - 5) + tuning.pitch(degree) - tuning.tonic


def _bells(form: Form, chords: list[Chord], *, tuning: Tuning) -> Iterator[Note]:
    """A sparkle on every cut, and over the last chord a short signature that comes to rest on the tonic."""
    for accent in form.accents:
        chord = next(chord for chord in reversed(chords) if chord.beat <= accent)
        yield Note(accent, 2.0, tuning.at_least(chord.root, 76), 0.5)
        yield Note(accent, 2.0, tuning.at_least(chord.root + 4, 79), 0.35)
    end = form.ending
    home = tuning.at_least(TONIC, 72)
    rise = (tuning.pitch(degree) - tuning.tonic for degree in (0, 4, 2, 7))
    pace = 0.5 if end.beats * form.beat_s < 3.5 else 1.0
    for index, interval in enumerate(rise):
        yield Note(end.start + index * pace * 0.5, end.beats, home + interval, 0.75 if index else 0.9)


def _drums(form: Form, *, mood: Idiom, dice: np.random.Generator) -> dict[str, list[Hit]]:
    groove = mood.groove
    parts = (
        ("kick", groove.kick, {"build": 0.85, "full": 1.0}),
        (groove.back_sound, groove.back, {"build": 0.8, "full": 1.0}),
        (groove.hat_sound, groove.hats, {"intro": 0.35, "build": 0.75, "full": 1.0, "bridge": 0.5}),
        (groove.extra_sound, groove.extra, {"full": 1.0}),
    )
    drums: dict[str, list[Hit]] = {}
    for sound, patterns, levels in parts:
        pattern = patterns[int(dice.integers(len(patterns)))]
        hits = [
            hit
            for bar in form.bars
            for hit in _bar_hits(bar, pattern=pattern, level=levels.get(bar.section, 0.0), dice=dice)
        ]
        drums.setdefault(sound, []).extend(hits)
    halfway = {bar.start for bar in form.bars if bar.section == "build" and bar.number < bar.of // 2}
    drums[groove.back_sound] = [h for h in drums[groove.back_sound] if not any(b <= h.beat < b + 4 for b in halfway)]
    fill_sound = groove.extra_sound if groove.extra_sound == "taiko" else groove.back_sound
    drums[fill_sound].extend(_fills(form, dice=dice))
    return drums


def _bar_hits(bar: Bar, *, pattern: str, level: float, dice: np.random.Generator) -> Iterator[Hit]:
    if level <= 0:
        return
    for step in range(bar.beats * 4):
        strength = {"X": 1.0, "x": 0.8, "-": 0.42}.get(pattern[step % 16], 0.0)
        if strength:
            yield Hit(bar.start + step / 4, level * strength * float(dice.uniform(0.9, 1.05)))


def _fills(form: Form, *, dice: np.random.Generator) -> Iterator[Hit]:
    """A fill in the last beats before the full section and before the ending."""
    for bar, following in itertools.pairwise(form.bars):
        if following.section == "full" != bar.section or following.section == "end":
            length = min(2 if following.section == "full" else 1, bar.beats)
            for step in range(length * 4):
                rise = 0.3 + 0.55 * (step + 1) / (length * 4)
                yield Hit(bar.start + bar.beats - length + step / 4, rise * float(dice.uniform(0.92, 1.05)))
