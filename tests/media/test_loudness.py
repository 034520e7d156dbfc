"""How loud a sound is, and what a master makes of it."""

import numpy as np
import pyloudnorm
import pytest
from sounds import RATE_HZ, hits, tone

from vgkit.engines.sketch.music import compose
from vgkit.errors import MediaError
from vgkit.media.loudness import finish, measure
from vgkit.media.meter import MOMENTARY_STEPS, SHORT_TERM_STEPS, loudness_over, power_by_step


@pytest.fixture(scope="module")
def music() -> np.ndarray:
    return compose(mood="energetic", tempo_bpm=120, duration_s=7, cuts_s=(2.0, 4.0), seed=4).samples


@pytest.mark.parametrize("level", [0.003, 0.1, 0.9])
def test_quiet_and_loud_music_end_equally_loud(level, music):
    master = finish(music * np.float32(level))

    assert master.loudness_lufs == pytest.approx(-14, abs=0.1)
    assert measure(master.samples).integrated_lufs == pytest.approx(master.loudness_lufs)
    assert master.true_peak_dbtp <= -2.45
    assert master.samples.shape == music.shape
    assert np.abs(master.samples[-5:]).max() < 0.001


def test_another_meter_reads_the_same(music):
    other = pyloudnorm.Meter(RATE_HZ).integrated_loudness(music.astype(np.float64))
    assert measure(music).integrated_lufs == pytest.approx(other, abs=0.1)


def test_clipped_music_with_a_constant_part_is_mastered_without_it(music):
    broken = np.clip(music * 20, -1, 1) * np.float32(0.5) + np.float32(0.3)
    master = finish(broken)

    assert np.abs(master.samples.mean(axis=0)).max() < 1e-3
    assert master.true_peak_dbtp <= -2.45


@pytest.mark.parametrize("level", [0.0, 0.25])
def test_silent_or_constant_sound_is_refused(level):
    with pytest.raises(MediaError, match="silent"):
        finish(np.full((3 * RATE_HZ, 2), level, dtype=np.float32))


def test_a_lone_click_is_refused_because_it_cannot_be_loud():
    samples = tone(length_s=6, level=0.0001)
    samples[RATE_HZ : RATE_HZ + 20] = 0.9

    with pytest.raises(MediaError, match="short peaks over near silence"):
        finish(samples)


def test_a_beat_with_little_between_its_strokes_is_loud_all_the_same():
    beat = hits(every_s=0.5, decay=4000, hum_hz=440, hum=0.0, length_s=6)
    assert finish(beat).loudness_lufs == pytest.approx(-14, abs=0.1)


@pytest.mark.parametrize(
    ("samples", "message"),
    [
        (np.zeros((100, 2), dtype=np.float32), "at least 0.5 s"),
        (np.zeros(RATE_HZ, dtype=np.float32), "shape"),
        (np.full((RATE_HZ, 2), np.nan, dtype=np.float32), "not numbers"),
    ],
)
def test_what_is_no_sound_is_refused(samples, message):
    with pytest.raises(MediaError, match=message):
        measure(samples)


def test_a_sine_measures_as_the_standard_says():
    """A 1 kHz sine on both sides at -23 dBFS peak reads -23 LUFS, within the meter's filters (EBU Tech 3341, 1)."""
    found = measure(tone(hertz=1000, length_s=5, level=10 ** (-23 / 20)))

    assert found.integrated_lufs == pytest.approx(-23, abs=0.1)
    assert found.true_peak_dbtp == pytest.approx(-23, abs=0.2)


def test_what_is_much_quieter_than_the_rest_does_not_count():
    """10 s at -36 dBFS, 60 s at -23, 10 s at -36 read -23 LUFS (EBU Tech 3341, 3)."""
    levels = ((10, -36), (60, -23), (10, -36))
    sound = np.concatenate([tone(hertz=1000, length_s=length_s, level=10 ** (db / 20)) for length_s, db in levels])
    assert measure(sound).integrated_lufs == pytest.approx(-23, abs=0.1)


def test_loudness_over_time_follows_its_windows():
    sound = np.concatenate([tone(hertz=1000, length_s=4, level=10 ** (db / 20)) for db in (-33, -23)])
    power = power_by_step(sound)
    momentary, short_term = (loudness_over(power, steps=steps) for steps in (MOMENTARY_STEPS, SHORT_TERM_STEPS))

    assert (len(momentary), len(short_term)) == (77, 51)
    assert momentary[10] == pytest.approx(-33, abs=0.1)
    assert momentary[-1] == pytest.approx(-23, abs=0.1)
    assert short_term[11] == pytest.approx(-33 + 10 * np.log10(1 + 9 / 30), abs=0.2)
    assert len(loudness_over(power[:10], steps=SHORT_TERM_STEPS)) == 0


def test_true_peak_sees_between_the_samples():
    clock = np.arange(RATE_HZ)
    wave_between = np.sin(np.pi / 2 * clock + np.pi / 4).astype(np.float32) * np.float32(0.5)

    assert np.abs(wave_between).max() == pytest.approx(0.3536, abs=1e-3)
    found = measure(np.stack([wave_between, wave_between], axis=1))
    assert found.true_peak_dbtp == pytest.approx(20 * np.log10(0.5), abs=0.4)
