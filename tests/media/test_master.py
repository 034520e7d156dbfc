"""The loudness of films, whatever music they were given, as ffmpeg's own meter hears the encoded file."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from sounds import RATE_HZ, encode, hits, mute_film, tone

from vgkit.engines.sketch.music import compose
from vgkit.errors import AssetError, MediaError
from vgkit.media.conform import LOUDNESS_LUFS, PEAK_DBTP
from vgkit.media.ffmpeg import run_ffmpeg
from vgkit.media.fit import fit_to_length
from vgkit.media.loudness import Finished, finish, measure
from vgkit.media.master import check_music, finish_for_aac
from vgkit.media.sound import read_sound, write_wav
from vgkit.media.stretches import Measured, measure_args, read_report

FILM_S = 6.0
Made = Callable[[Path, np.ndarray], Path]


@pytest.fixture(scope="module")
def music() -> np.ndarray:
    return compose(mood="energetic", tempo_bpm=120, duration_s=9, cuts_s=(2.0, 4.0), seed=4).samples


def wav(change: Callable[[np.ndarray], np.ndarray], *, codec: str = "pcm_s16le", rate_hz: int = RATE_HZ) -> Made:
    return lambda folder, music: encode(change(music), folder / "music.wav", codec=codec, rate_hz=rate_hz)


def coded(name: str, codec: str, *, rate_hz: int = RATE_HZ, picture: bool = False) -> Made:
    return lambda folder, music: encode(music, folder / name, codec=codec, rate_hz=rate_hz, picture=picture)


def surround(music: np.ndarray) -> np.ndarray:
    return np.stack([music[:, 0], music[:, 1], 0.5 * music[:, 0], 0.2 * music[:, 1], *(0.4 * music).T], axis=1)


def ten_minutes(folder: Path, music: np.ndarray) -> Path:
    # Said to be at 48 kHz, so that it need not be resampled to be written.
    long = np.tile(music, (67, 1))[: 600 * RATE_HZ]
    return write_wav(long, folder / "long.wav", bits=16)


def noise(music: np.ndarray) -> np.ndarray:
    return 0.2 * np.random.default_rng(2).standard_normal(music.shape)


HEARD: dict[str, Made] = {
    "clipped": wav(lambda music: np.clip(20 * music, -1, 1)),
    "mono": wav(lambda music: music[:, :1]),
    "22 kHz": wav(lambda music: music, rate_hz=22_050),
    "8 kHz": wav(lambda music: music[:, :1], rate_hz=8_000),
    "5 s": wav(lambda music: music[: 5 * RATE_HZ]),
    "10 minutes": ten_minutes,
    "MP3": coded("music.mp3", "libmp3lame", rate_hz=44_100),
    "OGG": coded("music.ogg", "libopus"),
    "FLAC": coded("music.flac", "flac"),
    "5.1": wav(surround),
    "constant part": wav(lambda music: 0.5 * music + 0.3),
    "very quiet": wav(lambda music: music / 300, codec="pcm_s24le"),
    "very loud": wav(lambda music: 8 * music, codec="pcm_f32le"),
    "beats only": wav(lambda music: hits(every_s=0.5, decay=4000, hum_hz=440, hum=0.0, length_s=7)),
    "44.1 kHz, 24 bits": wav(lambda music: music, codec="pcm_s24le", rate_hz=44_100),
    "a jingle": wav(lambda music: music[-round(2.5 * RATE_HZ) :]),
    "a film's sound": coded("film.mp4", "aac", picture=True),
    "noise": wav(noise),
    "one low tone": wav(lambda music: tone(hertz=55, length_s=4)),
    "one side only": wav(lambda music: music * np.array([1, 0])),
    "loud, then soft": wav(lambda music: music * np.linspace(1, 0.02, len(music))[:, None]),
}


def heard_in_film(master: Finished, folder: Path) -> Measured:
    """What ffmpeg measures in a film of that sound: kept as a WAV, read again, through AAC."""
    kept = read_sound(write_wav(master.samples, folder / "master.wav"))
    film = encode(kept, folder / "made.mp4", codec="aac", picture=True)
    return read_report(run_ffmpeg(measure_args(film, has_sound=True), deadline_s=60).stderr, duration_s=FILM_S)


@pytest.mark.parametrize("made", HEARD.values(), ids=HEARD)
def test_a_films_sound_is_as_loud_as_wanted_whatever_music_came(made: Made, music: np.ndarray, tmp_path: Path):
    fitted = fit_to_length(read_sound(made(tmp_path, music)), duration_s=FILM_S)
    assert len(fitted) == FILM_S * RATE_HZ

    heard = heard_in_film(finish_for_aac(fitted), tmp_path)

    assert heard.loudness_lufs == pytest.approx(LOUDNESS_LUFS, abs=0.5)
    assert heard.true_peak_dbtp <= PEAK_DBTP


def text(folder: Path, music: np.ndarray) -> Path:
    (folder / "music.mp3").write_text("Dear client, here is the music.")
    return folder / "music.mp3"


NOT_HEARD: dict[str, tuple[Made, str]] = {
    "silence": (wav(lambda music: 0 * music), "music.wav: The sound is silent: nothing in it is louder than -70 dBFS"),
    "a constant": (wav(lambda music: 0 * music + 0.3), "music.wav: The sound is silent"),
    "a film without sound": (lambda folder, music: mute_film(folder / "mute.mp4"), "mute.mp4 has no sound in it"),
    "text named .mp3": (text, "music.mp3 can't be read as sound"),
    "clicks of a millisecond": (
        wav(lambda music: hits(every_s=0.5, decay=48, hum_hz=440, hum=0.0, length_s=7)),
        "music.wav: The sound reaches -29.* LUFS .* short peaks over near silence. Choose fuller music",
    ),
}


@pytest.mark.parametrize(("made", "message"), NOT_HEARD.values(), ids=NOT_HEARD)
def test_a_file_that_no_film_can_sound_by_is_refused_before_a_run_begins(made, message, music, tmp_path):
    with pytest.raises(AssetError, match=message):
        check_music(made(tmp_path, music), duration_s=FILM_S)


@pytest.mark.parametrize(("every_s", "hum_hz"), [(0.7, 440), (0.5, 110)])
def test_a_beat_at_which_aac_overshoots_is_turned_down_there_alone(every_s, hum_hz, tmp_path):
    beat = hits(every_s=every_s, decay=1500, hum_hz=hum_hz)
    plain = finish(beat)
    assert heard_in_film(plain, tmp_path).true_peak_dbtp > PEAK_DBTP

    master = finish_for_aac(beat)

    assert heard_in_film(master, tmp_path).true_peak_dbtp <= PEAK_DBTP
    assert heard_in_film(master, tmp_path).loudness_lufs == pytest.approx(LOUDNESS_LUFS, abs=0.5)
    unlike = np.abs(master.samples - plain.samples).max(axis=1) > 0.02
    assert unlike.mean() < 0.5


def test_where_no_sparing_helps_all_of_it_is_turned_down(tmp_path, caplog):
    master = finish_for_aac(hits(every_s=0.7, decay=1500, hum_hz=440), encoded_dbtp=-4.0)

    assert heard_in_film(master, tmp_path).true_peak_dbtp <= -3.9
    assert measure(master.samples).integrated_lufs == pytest.approx(master.loudness_lufs, abs=0.05)


def test_a_sound_that_cannot_be_loud_is_refused_as_before():
    click = np.zeros((2 * RATE_HZ, 2), np.float32)
    click[RATE_HZ] = 1
    with pytest.raises(MediaError, match=r"is silent|short peaks over near silence"):
        finish_for_aac(click)
