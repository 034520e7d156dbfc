"""The sketch engine's music: exact, in key, on the beat, with a beginning and an end."""

import itertools

import numpy as np
import pytest
from scipy import signal

from vgkit.engines.sketch.form import plan_form
from vgkit.engines.sketch.moods import IDIOMS, nearest_mood
from vgkit.engines.sketch.music import Composition, compose
from vgkit.engines.sketch.score import write_score
from vgkit.errors import InputError
from vgkit.media.rhythm import find_rhythm

CUTS = {6: (2.0, 4.0), 12: (3.0, 6.0, 9.0), 30: tuple(range(3, 30, 3))}


def short(mood: str = "uplifting", *, seed: int = 5, duration_s: float = 6, tempo_bpm: float = 110) -> Composition:
    return compose(mood=mood, tempo_bpm=tempo_bpm, duration_s=duration_s, cuts_s=CUTS[int(duration_s)], seed=seed)


def level_db(samples: np.ndarray, *, window_s: float) -> np.ndarray:
    size = round(window_s * 48000)
    pieces = samples[: len(samples) // size * size].reshape(-1, size * 2)
    return 20 * np.log10(np.sqrt((pieces**2).mean(axis=1)) + 1e-9)


@pytest.fixture(scope="module")
def each_mood() -> dict[str, Composition]:
    return {mood: short(mood, duration_s=12, tempo_bpm=100) for mood in IDIOMS}


def test_the_same_seed_gives_the_same_samples_and_another_seed_another_piece():
    made = short().samples

    assert np.array_equal(made, short().samples)
    assert not np.array_equal(made, short(seed=6).samples)


@pytest.mark.parametrize("duration_s", [6, 6.4, 7.033])
def test_music_lasts_exactly_as_long_as_asked(duration_s):
    made = compose(mood="warm", tempo_bpm=93, duration_s=duration_s, cuts_s=(), seed=1)

    assert made.samples.shape == (round(duration_s * 48000), 2)
    assert made.samples.dtype == np.float32
    assert made.beats_s[0] == 0
    assert len(made.beats_s) * 60 / made.bpm == pytest.approx(duration_s)


@pytest.mark.parametrize("mood", sorted(IDIOMS))
def test_music_is_clean_never_silent_and_not_mono(mood, each_mood):
    samples = each_mood[mood].samples

    assert 0.6 < np.abs(samples).max() < 0.72
    assert np.abs(samples.mean(axis=0)).max() < 1e-3
    assert level_db(samples[:4800], window_s=0.1)[0] > -40, "the first tenth of a second is heard"
    assert level_db(samples[: -round(0.3 * 48000)], window_s=0.2).min() > -45
    assert np.abs(samples[-10:]).max() < 0.003, "the end is closed"
    assert 0.4 < np.corrcoef(samples.T)[0, 1] < 0.97


@pytest.mark.parametrize("mood", sorted(IDIOMS))
def test_the_balance_falls_towards_the_highs_without_holes(mood, each_mood):
    frequencies, power = signal.welch(each_mood[mood].samples.mean(axis=1), 48000, nperseg=8192)
    octaves = [
        power[(frequencies >= c / 2**0.5) & (frequencies < c * 2**0.5)].sum() for c in 62.5 * 2.0 ** np.arange(8)
    ]
    bands_db = 10 * np.log10(np.array(octaves) / max(octaves))

    assert bands_db.min() > -30
    assert bands_db[:5].min() > -14, "from 63 Hz to 1 kHz nothing is missing"
    assert -24 < bands_db[5:].mean() - bands_db[:3].mean() < -4


@pytest.mark.parametrize("mood", ["uplifting", "energetic", "warm"])
def test_the_tempo_heard_is_the_tempo_asked(mood, each_mood):
    made = each_mood[mood]
    heard = find_rhythm(made.samples)

    assert min(abs(heard.bpm * factor - made.bpm) for factor in (0.5, 1, 2)) < 0.5
    assert abs(made.bpm - 100) <= 6


@pytest.mark.parametrize("mood", sorted(IDIOMS))
def test_every_note_is_in_key_and_the_last_chord_is_the_tonic(mood):
    for seed in range(12):
        form = plan_form(tempo_bpm=100, duration_s=30, cuts_s=CUTS[30])
        score = write_score(form, mood=IDIOMS[mood], seed=seed)
        home = score.bass[-1].pitch
        key = {(home + step) % 12 for step in IDIOMS[mood].scale}
        notes = [*score.pad, *score.bass, *score.keys, *score.lead, *score.bells]

        assert {note.pitch % 12 for note in notes} <= key
        assert {note.pitch % 12 for note in score.pad[-4:]} == {
            (home + IDIOMS[mood].scale[tone]) % 12 for tone in (0, 2, 4)
        }
        assert all(28 <= note.pitch <= 100 for note in notes)


def test_pad_voices_move_by_small_steps():
    form = plan_form(tempo_bpm=100, duration_s=30, cuts_s=())
    pad = write_score(form, mood=IDIOMS["warm"], seed=2).pad
    chords = [sorted(note.pitch for note in pad[i : i + 4]) for i in range(0, len(pad), 4)]
    moves = [np.abs(np.subtract(a, b)).mean() for a, b in itertools.pairwise(chords)]

    assert np.mean(moves) < 3.5


@pytest.mark.parametrize("mood", sorted(IDIOMS))
def test_seeds_vary_the_progression(mood):
    form = plan_form(tempo_bpm=100, duration_s=30, cuts_s=())
    roots = {tuple(c.root for c in write_score(form, mood=IDIOMS[mood], seed=seed).chords) for seed in range(12)}

    assert len(roots) >= 3


def test_tempo_yields_a_little_so_that_cuts_fall_on_beats():
    form = plan_form(tempo_bpm=122, duration_s=30, cuts_s=CUTS[30])

    assert form.bpm == pytest.approx(120)
    assert all(abs(cut / form.beat_s - round(cut / form.beat_s)) < 1e-6 for cut in CUTS[30])


@pytest.mark.parametrize("tempo_bpm", [60, 76, 93, 112, 128, 160])
@pytest.mark.parametrize("duration_s", [6, 7, 10, 15, 22, 30, 45, 60])
def test_bars_and_sections_cover_the_whole_length(tempo_bpm, duration_s):
    form = plan_form(tempo_bpm=tempo_bpm, duration_s=duration_s, cuts_s=range(2, duration_s, 2))
    sections = form.sections()

    assert form.bars[0].start == 0
    assert all(bar.beats > 0 for bar in form.bars)
    assert all(a.start + a.beats == b.start for a, b in itertools.pairwise(form.bars))
    assert form.ending.start + form.ending.beats == form.beats
    assert sections[0].start_s == 0
    assert sections[-1].end_s == pytest.approx(duration_s)
    assert sections[-1].name == "end"
    assert 1.2 <= sections[-1].end_s - sections[-1].start_s <= 6.5
    assert abs(form.bpm / tempo_bpm - 1) <= 0.1


def test_a_film_of_thirty_seconds_has_a_beginning_a_height_a_breath_and_an_end_on_the_end_card():
    sections = plan_form(tempo_bpm=120, duration_s=30, cuts_s=CUTS[30]).sections()

    assert [section.name for section in sections] == ["intro", "build", "full", "break", "end"]
    assert sections[-1].start_s == pytest.approx(27.0)


def test_the_full_section_is_louder_than_the_intro():
    made = compose(mood="uplifting", tempo_bpm=120, duration_s=18, cuts_s=range(3, 18, 3), seed=1)
    loudness = {
        section.name: level_db(
            made.samples[round(section.start_s * 48000) : round(section.end_s * 48000)], window_s=0.4
        ).mean()
        for section in made.sections
    }

    assert loudness["full"] - loudness["intro"] > 3


@pytest.mark.parametrize(
    ("words", "mood"),
    [
        ("Epic", "epic"),
        ("a cosy, friendly feeling", "warm"),
        ("luxury", "elegant"),
        ("cinematik", "epic"),
        ("happy but calm", "calm"),
        ("", "uplifting"),
        ("明るい", "uplifting"),
    ],
)
def test_unknown_mood_words_find_the_nearest_mood(words, mood):
    assert nearest_mood(words) == mood


def test_impossible_lengths_and_tempos_are_refused_with_the_range():
    with pytest.raises(InputError, match="plays 4 to 600 s"):
        compose(mood="warm", tempo_bpm=100, duration_s=1, cuts_s=(), seed=1)
    with pytest.raises(InputError, match="from 50 to 190"):
        compose(mood="warm", tempo_bpm=400, duration_s=10, cuts_s=(), seed=1)
