"""Music brought to a film's length: nothing lost but whole bars, no join heard, the piece's own ending at the end."""

from itertools import pairwise

import numpy as np
import pytest
from sounds import RATE_HZ, clicks, level_db, tone

from vgkit.engines.sketch.music import Composition, compose
from vgkit.errors import MediaError
from vgkit.media.fit import assembled, fit_to_length
from vgkit.media.joins import lengthened, shortened
from vgkit.media.likeness import aligned, bar_lines, features
from vgkit.media.rhythm import find_rhythm
from vgkit.media.samples import Span
from vgkit.media.sound import heard_part


@pytest.fixture(scope="module")
def piece() -> Composition:
    return compose(mood="warm", tempo_bpm=100, duration_s=40, cuts_s=(), seed=3)


def stretches(spans: list[Span] | None) -> list[tuple[float, float]]:
    assert spans is not None
    return [(span.start / RATE_HZ, span.end / RATE_HZ) for span in spans]


@pytest.mark.parametrize("duration_s", [6, 15, 22.5, 33, 39.9, 40, 47, 60])
def test_every_length_is_met_to_the_sample_and_ends_as_the_piece_does(piece, duration_s):
    fitted = fit_to_length(piece.samples, duration_s=duration_s)

    assert fitted.shape == (round(duration_s * RATE_HZ), 2)
    assert heard_part(fitted).end > len(fitted) - 0.35 * RATE_HZ
    # The last second is the piece's own, but for the fraction of a beat that whole beats can't make up.
    late = round(60 / piece.bpm * RATE_HZ)
    wave, own = fitted[-2 * RATE_HZ :].mean(axis=1), piece.samples[-2 * RATE_HZ - late :].mean(axis=1)
    alike = np.correlate(np.pad(own, (0, late)), wave[: RATE_HZ + 1], "valid").max()
    assert alike / np.linalg.norm(wave[: RATE_HZ + 1]) ** 2 > 0.85


def test_whole_bars_are_left_out_of_the_middle(piece):
    (start, leave), (enter, end) = stretches(shortened(piece.samples, wanted=24 * RATE_HZ))
    bar_s = piece.bars_s[1]

    assert start < 4 * bar_s + 0.1
    assert end == 40
    assert (enter - leave) / bar_s == pytest.approx(round((enter - leave) / bar_s), abs=0.03)
    assert leave / bar_s == pytest.approx(round(leave / bar_s), abs=0.03)


def test_a_join_keeps_the_chord():
    """Two chords in turn, four bars each: most pairs of bar lines that far apart would break one off."""
    beats = clicks(bpm=120, length_s=32)
    for bar in range(16):
        hertz = 262.0 if bar // 4 % 2 == 0 else 370.0
        beats[bar * 96_000 : (bar + 1) * 96_000] += tone(hertz=hertz, length_s=2, level=0.4)
    beats[-48_000:] *= np.linspace(1, 0, 48_000, dtype=np.float32)[:, None] ** 3

    def chord(start: int) -> int:
        return int(np.abs(np.fft.rfft(beats[start : start + RATE_HZ // 2, 0]))[120:200].argmax())

    for wanted_s in (10, 14, 18, 20, 24, 26):
        spans = shortened(beats, wanted=wanted_s * RATE_HZ)
        assert spans is not None
        (_, leave), (enter, _) = spans
        assert chord(enter + 960) == chord(leave + 960)
        assert chord(enter - RATE_HZ // 2 - 960) == chord(leave - RATE_HZ // 2 - 960)


def test_short_music_repeats_whole_bars_and_keeps_its_beat(piece):
    music = piece.samples[-16 * RATE_HZ :]
    spans = stretches(lengthened(music, wanted=45 * RATE_HZ))
    bar_s = piece.bars_s[1]

    for (_, leave), (enter, _) in pairwise(spans):
        assert (leave - enter) / bar_s == pytest.approx(round((leave - enter) / bar_s), abs=0.03)
    assert find_rhythm(fit_to_length(music, duration_s=45)).bpm == pytest.approx(piece.bpm, rel=0.01)


def test_no_join_is_heard_as_a_gap_or_a_click(piece):
    fitted = fit_to_length(clicks(bpm=120, length_s=8), duration_s=21)
    level = np.sqrt((fitted[: 18 * RATE_HZ].reshape(-1, 4800 * 2) ** 2).mean(axis=1))
    assert level.min() > 0.02

    source = tone(length_s=5)
    loop = fit_to_length(source, duration_s=12)
    assert np.abs(np.diff(loop[:, 0])).max() < 1.5 * np.abs(np.diff(source[:, 0])).max()


def test_a_crossfade_is_as_loud_as_what_it_joins():
    source = tone(length_s=4)
    same = assembled(source, [Span(0, 48_000), Span(96_000, 192_000)])
    strangers = np.random.default_rng(1).standard_normal((192_000, 2)).astype(np.float32)
    noise = assembled(strangers, [Span(0, 48_000), Span(96_000, 192_000)])

    assert len(same) == len(noise) == 144_000
    assert level_db(same[46_080:48_000]) == pytest.approx(level_db(source), abs=0.2)
    assert level_db(noise[46_080:48_000]) == pytest.approx(level_db(strangers), abs=0.5)


def test_a_join_is_moved_to_where_the_waves_fit():
    beat = clicks(bpm=120, length_s=8, first_s=0.25)
    assert aligned(beat, leave=round(2.25 * RATE_HZ), enter=round(5.27 * RATE_HZ)) / RATE_HZ == pytest.approx(
        5.25, abs=0.003
    )


def test_music_that_breaks_off_gets_a_fade_of_its_own(piece):
    broken = piece.samples[: 20 * RATE_HZ]
    for duration_s in (12, 20, 30):
        fitted = fit_to_length(broken, duration_s=duration_s)
        assert len(fitted) == duration_s * RATE_HZ
        assert np.abs(fitted[-50:]).max() < 0.002
        assert level_db(fitted[-RATE_HZ:-4800]) < level_db(fitted[-5 * RATE_HZ : -4 * RATE_HZ]) - 3
    cut = fit_to_length(broken, duration_s=12)
    assert np.array_equal(cut[: 8 * RATE_HZ], broken[: 8 * RATE_HZ])


def test_music_of_the_films_length_with_an_ending_stays_as_it_is(piece):
    assert np.array_equal(fit_to_length(piece.samples, duration_s=40), piece.samples)


def test_music_of_the_films_length_with_seconds_of_silence_around_it_is_fitted_all_the_same(piece):
    air = np.zeros((2 * RATE_HZ, 2), np.float32)
    fitted = fit_to_length(np.concatenate([air, piece.samples, air]), duration_s=44)
    part = heard_part(fitted)
    assert len(fitted) == 44 * RATE_HZ
    assert part.start < 0.35 * RATE_HZ
    assert part.end > 43.65 * RATE_HZ


def test_silence_around_the_music_is_left_out():
    air = np.zeros((RATE_HZ, 2), dtype=np.float32)
    fitted = fit_to_length(np.concatenate([air, tone(length_s=5), air]), duration_s=8)

    assert np.abs(fitted[:4800]).max() > 0.2
    level = np.sqrt((fitted[: 7 * RATE_HZ].reshape(-1, 4800 * 2) ** 2).mean(axis=1))
    assert level[:50].min() > 0.15


def test_a_second_of_sound_fills_a_minute():
    fitted = fit_to_length(tone(length_s=1.0), duration_s=60)
    assert len(fitted) == 60 * RATE_HZ
    level = np.sqrt((fitted[: 57 * RATE_HZ].reshape(-1, 4800 * 2) ** 2).mean(axis=1))
    assert level.min() > 0.1


def test_silent_music_can_not_be_fitted():
    with pytest.raises(MediaError, match="nothing in it is louder"):
        fit_to_length(np.zeros((3 * RATE_HZ, 2), dtype=np.float32), duration_s=6)


@pytest.mark.parametrize(("mood", "tempo_bpm"), [("warm", 80), ("energetic", 120)])
def test_bar_lines_are_found_where_the_composer_put_them(mood, tempo_bpm):
    made = compose(mood=mood, tempo_bpm=tempo_bpm, duration_s=24, cuts_s=(10.0, 18.0), seed=4)
    rhythm = find_rhythm(made.samples)
    bars_s, meter = bar_lines(features(made.samples), np.array(rhythm.beats_s), beat_s=60 / rhythm.bpm)

    assert meter == 4
    off = bars_s / made.bars_s[1]
    assert np.abs(off - np.round(off)).max() < 0.05


def test_a_waltz_has_three_beats():
    """A low note on one, high ones on two and three."""
    waltz = clicks(bpm=120, length_s=24)
    for beat in range(48):
        hertz = 110 if beat % 3 == 0 else 660
        part = slice(beat * 24_000, beat * 24_000 + 9600)
        waltz[part] += tone(hertz=hertz, length_s=0.2, level=0.5)
    rhythm = find_rhythm(waltz)
    bars_s, meter = bar_lines(features(waltz), np.array(rhythm.beats_s), beat_s=60 / rhythm.bpm)
    assert meter == 3
    assert np.diff(bars_s) == pytest.approx(1.5, abs=0.02)
