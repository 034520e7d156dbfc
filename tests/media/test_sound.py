"""Reading and writing sound, checked on real files."""

import wave

import numpy as np
import pytest
from sounds import RATE_HZ, encode, mute_film, tone

from vgkit.errors import AssetError, MediaError
from vgkit.media.sound import heard_part, read_heard, read_sound, write_wav


@pytest.mark.parametrize(
    ("name", "codec", "rate_hz", "sides"),
    [
        ("song.mp3", "libmp3lame", 44_100, 2),
        ("song.m4a", "aac", 48_000, 2),
        ("song.ogg", "libopus", 48_000, 2),
        ("song.flac", "flac", 44_100, 2),
        ("song.wav", "pcm_s16le", 22_050, 1),
    ],
)
def test_a_persons_music_is_read_as_48_khz_stereo(name, codec, rate_hz, sides, tmp_path):
    path = encode(tone(length_s=2)[:, :sides], tmp_path / name, codec=codec, rate_hz=rate_hz)
    samples = read_sound(path)

    assert samples.dtype == np.float32
    assert samples.shape[1] == 2
    assert len(samples) / RATE_HZ == pytest.approx(2, abs=0.1)
    middle = np.abs(np.fft.rfft(samples[24_000:72_000, 0]))
    assert int(middle.argmax()) == 440
    assert len(read_sound(path, longest_s=1.5)) == 1.5 * RATE_HZ


def test_the_sound_of_a_film_is_read_past_its_picture(tmp_path):
    path = encode(tone(length_s=2), tmp_path / "film.mp4", codec="aac", picture=True)
    assert len(read_sound(path)) / RATE_HZ == pytest.approx(2, abs=0.1)


def test_what_is_no_sound_is_refused_by_name(tmp_path):
    (tmp_path / "letter.mp3").write_text("Dear client, here is the music.")
    (tmp_path / "empty.wav").touch()
    short = encode(tone(length_s=0.4), tmp_path / "beep.wav", codec="pcm_s16le")

    with pytest.raises(AssetError, match=r"letter\.mp3 can't be read as sound"):
        read_sound(tmp_path / "letter.mp3")
    with pytest.raises(AssetError, match=r"empty\.wav"):
        read_sound(tmp_path / "empty.wav")
    with pytest.raises(AssetError, match="no sound file at"):
        read_sound(tmp_path / "nowhere.mp3")
    with pytest.raises(AssetError, match=r"beep\.wav holds 0\.40 s"):
        read_sound(short)


def test_a_film_without_sound_is_not_music(tmp_path):
    with pytest.raises(AssetError, match=r"mute\.mp4 has no sound"):
        read_sound(mute_film(tmp_path / "mute.mp4"))


def test_a_recording_of_nothing_is_refused_by_name(tmp_path):
    path = encode(tone(level=1e-5), tmp_path / "hush.wav", codec="pcm_f32le")
    assert len(read_sound(path)) == 2 * RATE_HZ
    with pytest.raises(AssetError, match=r"hush\.wav: The sound is silent: nothing in it is louder than -70 dBFS"):
        read_heard(path)


@pytest.mark.parametrize("constant", [0.0, 0.3])
def test_what_is_heard_begins_and_ends_with_the_sound(constant):
    air = np.zeros((RATE_HZ, 2), dtype=np.float32)
    part = heard_part(np.concatenate([air, tone(length_s=3), air]) + np.float32(constant) * 1e-3)
    assert part.start == pytest.approx(RATE_HZ, abs=0.01 * RATE_HZ)
    assert part.end == pytest.approx(4 * RATE_HZ, abs=0.01 * RATE_HZ)


@pytest.mark.parametrize(("bits", "step"), [(16, 2**-15), (24, 2**-23)])
def test_a_wav_comes_back_as_written(bits, step, tmp_path):
    samples = tone(hertz=330, length_s=1.5)
    path = write_wav(samples, tmp_path / "music.wav", bits=bits)

    with wave.open(str(path)) as file:
        assert (file.getnchannels(), file.getframerate(), file.getsampwidth()) == (2, RATE_HZ, bits // 8)
    assert np.abs(read_sound(path) - samples).max() <= step * 1.5
    assert [entry.name for entry in tmp_path.iterdir()] == ["music.wav"]


def test_a_wav_that_would_clip_is_refused_and_leaves_nothing(tmp_path):
    with pytest.raises(MediaError, match=r"peaks at \+6\.0 dBFS"):
        write_wav(tone(level=2.0), tmp_path / "music.wav")
    assert list(tmp_path.iterdir()) == []
