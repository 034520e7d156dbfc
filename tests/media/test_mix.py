"""A voice and the sounds of transitions laid over music."""

import numpy as np
import pytest
from scipy import signal
from sounds import RATE_HZ, level_db, speech, tone

from vgkit.errors import MediaError
from vgkit.media.loudness import finish, measure
from vgkit.media.mix import LEAD_IN_S, Passage, ducking, levelled, placed, with_transitions, with_voice
from vgkit.media.whoosh import EFFECTS, effect


@pytest.fixture(scope="module")
def voice() -> np.ndarray:
    return speech(length_s=10, phrases=((1.0, 3.0), (3.5, 5.0), (8.0, 9.0)))


def at(gain: np.ndarray, time_s: float) -> float:
    return float(20 * np.log10(gain[round(time_s * RATE_HZ)]))


def test_music_makes_way_for_a_voice_and_comes_back(voice):
    gain = ducking(voice)

    assert len(gain) == len(voice)
    assert at(gain, 0.5) == pytest.approx(0, abs=0.1)
    assert at(gain, 2.0) == at(gain, 4.0) == pytest.approx(-10, abs=0.1)
    assert at(gain, 1.05) == pytest.approx(-10, abs=1)  # it is down as the first syllable begins
    assert at(gain, 6.5) == pytest.approx(0, abs=0.1)
    steps_db = np.abs(np.diff(20 * np.log10(gain[::480])))
    assert steps_db.max() < 1  # within 10 ms


def test_music_stays_down_through_a_short_gap_between_words(voice):
    gap = ducking(voice)[3 * RATE_HZ : round(3.5 * RATE_HZ)]
    assert 20 * np.log10(gap.max()) == pytest.approx(-10, abs=0.1)


def test_a_lip_smack_is_no_reason_to_duck():
    smack = speech(length_s=6, phrases=((3.0, 5.0),))
    smack[RATE_HZ : RATE_HZ + 480] = 0.2
    assert at(ducking(smack), 1.0) == pytest.approx(0, abs=0.1)


@pytest.mark.parametrize("level", [0.004, 0.4])
def test_a_voice_stands_above_the_music_however_it_was_recorded(level):
    music = tone(hertz=3000, length_s=12, level=0.1)
    mixed = with_voice(music, speech(length_s=8, phrases=((0.0, 8.0),), level=level))

    assert mixed.shape == music.shape
    low = signal.sosfilt(signal.butter(6, 1500, fs=RATE_HZ, output="sos"), mixed, axis=0)
    high = signal.sosfilt(signal.butter(6, 2500, "highpass", fs=RATE_HZ, output="sos"), mixed, axis=0)
    spoken, after = slice(2 * RATE_HZ, 7 * RATE_HZ), slice(10 * RATE_HZ, 11 * RATE_HZ)
    assert level_db(high[after]) - level_db(high[spoken]) == pytest.approx(10, abs=0.3)
    heard = [measure(part[spoken].astype(np.float32)).integrated_lufs for part in (low, high)]
    assert 9 < heard[0] - heard[1] < 15
    assert finish(mixed).loudness_lufs == pytest.approx(-14, abs=0.1)


def test_a_voice_that_starts_at_once_gets_a_lead_in_where_there_is_room():
    spoken = speech(length_s=5, phrases=((0.0, 5.0),))
    roomy, tight = placed(spoken, length=10 * RATE_HZ), placed(spoken, length=round(5.2 * RATE_HZ))

    assert len(roomy) == 10 * RATE_HZ
    assert np.abs(roomy[: round((LEAD_IN_S - 0.02) * RATE_HZ)]).max() < 1e-6
    assert np.abs(roomy[round(5.3 * RATE_HZ) : round(5.49 * RATE_HZ)]).max() > 0.05
    assert np.abs(tight[: round(0.1 * RATE_HZ)]).max() < 0.01
    assert level_db(tight[-9600:]) > -40


def test_a_voice_with_silence_before_it_is_left_where_it_was_recorded(voice):
    assert np.array_equal(placed(voice, length=len(voice)), voice)


def test_a_voice_longer_than_the_film_is_cut_with_a_fade_and_a_warning(caplog):
    cut = placed(speech(length_s=9, phrases=((0.0, 9.0),)), length=6 * RATE_HZ)

    assert len(cut) == 6 * RATE_HZ
    assert np.abs(cut[-10:]).max() < 1e-3
    assert "the voice is 3.0 s longer than the film: it is cut at 6.0 s" in caplog.text


def test_silence_after_a_voice_is_nothing_to_warn_of(caplog):
    placed(speech(length_s=9, phrases=((0.0, 4.0),)), length=6 * RATE_HZ)
    assert caplog.text == ""


def test_soft_and_loud_passages_of_a_voice_come_nearer():
    spoken = speech(length_s=16, phrases=((0.0, 16.0),))
    spoken[8 * RATE_HZ :] *= np.float32(0.4)
    even = levelled(spoken)

    def apart_db(sound: np.ndarray) -> float:
        return level_db(sound[2 * RATE_HZ : 6 * RATE_HZ]) - level_db(sound[10 * RATE_HZ : 14 * RATE_HZ])

    assert apart_db(spoken) == pytest.approx(8, abs=0.3)
    assert apart_db(even) < 2


def test_a_silent_voice_is_refused():
    with pytest.raises(MediaError, match="silent"):
        with_voice(tone(length_s=6), np.zeros((3 * RATE_HZ, 2), np.float32))


PASSAGES = (
    Passage(kind="cut", middle_s=2.0, length_s=0.0),
    Passage(kind="wipe", middle_s=5.0, length_s=0.5),
    Passage(kind="dissolve", middle_s=9.0, length_s=0.5),
)


def test_passages_but_cuts_sound_well_under_the_music():
    music = tone(hertz=220, length_s=12)
    added = with_transitions(music, PASSAGES, seed=7) - music

    heard_db = {at_s: level_db(added[round((at_s - 0.3) * RATE_HZ) :][: round(0.6 * RATE_HZ)]) for at_s in (2, 5, 9)}
    assert heard_db[2] < -150
    for at_s in (5, 9):
        assert -25 < heard_db[at_s] - level_db(music) < -5
    assert finish(music + added).loudness_lufs == pytest.approx(-14, abs=0.1)


def test_the_same_seed_gives_the_same_sounds_and_each_passage_its_own():
    music = tone(length_s=12)
    first, again, other = (with_transitions(music, PASSAGES, seed=seed) for seed in (7, 7, 8))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_a_passage_at_the_films_edge_is_cut_off_there():
    music = tone(length_s=4)
    edges = [Passage(kind="push", middle_s=middle_s, length_s=0.5) for middle_s in (0.1, 3.95)]
    assert with_transitions(music, edges, seed=1).shape == music.shape


@pytest.mark.parametrize("kind", sorted(set(EFFECTS.values())))
@pytest.mark.parametrize("transition_s", [0.2, 0.5, 1.0])
def test_an_effect_is_loudest_at_the_middle_and_comes_from_nothing(kind, transition_s):
    sound, middle_s = effect(kind, transition_s=transition_s, seed=3)

    assert np.abs(sound).max() == pytest.approx(1)
    assert np.abs(sound[[0, -1]]).max() < 0.01
    energy = np.convolve((sound**2).sum(axis=1), np.ones(4800), mode="same")
    assert int(energy.argmax()) / RATE_HZ == pytest.approx(middle_s, abs=0.12)


def test_a_whoosh_passes_from_one_side_to_the_other():
    sound, middle_s = effect("whoosh", transition_s=0.5, seed=1)
    before, after = np.split(sound, [round(middle_s * RATE_HZ)])
    assert (level_db(before[:, 0]) - level_db(before[:, 1])) * (level_db(after[:, 0]) - level_db(after[:, 1])) < 0


def test_a_whoosh_rises_in_pitch_to_the_middle_and_falls_after_it():
    sound, middle_s = effect("whoosh", transition_s=0.5, seed=1)

    def centre_hz(at_s: float) -> float:
        part = sound[round(at_s * RATE_HZ) - 2400 :][:4800].mean(axis=1)
        power = np.abs(np.fft.rfft(part * np.hanning(len(part)))) ** 2
        return float((power * np.fft.rfftfreq(len(part), 1 / RATE_HZ)).sum() / power.sum())

    assert centre_hz(middle_s) > 2 * centre_hz(middle_s - 0.35)
    assert centre_hz(middle_s) > 2 * centre_hz(middle_s + 0.35)
