"""Reading, fitting, mastering, writing and drawing music, checked on real files."""

import wave
from pathlib import Path

import av
import numpy as np
import pytest

from vgkit.engines.sketch.music import compose
from vgkit.errors import AssetError, MediaError
from vgkit.media.rhythm import find_rhythm
from vgkit.media.sound import Finished, finish, finish_for_aac, fit_to_length, measure, read_sound, write_wav
from vgkit.media.waveform import CUT, waveform_picture

RATE_HZ = 48_000


@pytest.fixture(scope="module")
def music() -> np.ndarray:
    return compose(mood="energetic", tempo_bpm=120, duration_s=7, cuts_s=(2.0, 4.0), seed=4).samples


def tone(*, hertz: float = 440.0, length_s: float = 2.0, level: float = 0.3) -> np.ndarray:
    clock = np.arange(round(length_s * RATE_HZ)) / RATE_HZ
    return np.repeat((level * np.sin(2 * np.pi * hertz * clock))[:, None], 2, axis=1).astype(np.float32)


def clicks(*, bpm: float, length_s: float, first_s: float = 0.0) -> np.ndarray:
    """A steady click over a soft chord."""
    samples = 0.2 * tone(hertz=220, length_s=length_s)
    burst = np.random.default_rng(1).standard_normal((1200, 2)) * np.exp(-np.arange(1200) / 200)[:, None]
    for beat_s in np.arange(first_s, length_s - 0.1, 60 / bpm):
        start = round(beat_s * RATE_HZ)
        samples[start : start + 1200] += (0.4 * burst).astype(np.float32)
    return samples


def encode(samples: np.ndarray, path: Path, *, codec: str, rate_hz: int = RATE_HZ, layout: str = "stereo") -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate_hz, layout=layout)
        stream.bit_rate = 192_000
        channels = np.ascontiguousarray(samples.T if layout == "stereo" else samples.T[:1])
        frame = av.AudioFrame.from_ndarray(channels.astype(np.float32), format="fltp", layout=layout)
        frame.sample_rate = RATE_HZ
        resampler = av.AudioResampler(format=stream.format, layout=layout, rate=rate_hz, frame_size=stream.frame_size)
        for piece in [*resampler.resample(frame), *resampler.resample(None)]:
            container.mux(stream.encode(piece))
        container.mux(stream.encode(None))
    return path


@pytest.mark.parametrize("mood", ["energetic", "calm", "epic"])
def test_a_master_keeps_loudness_and_peak_through_aac(mood, tmp_path):
    samples = compose(mood=mood, tempo_bpm=112, duration_s=7, cuts_s=(2.0, 4.0), seed=4).samples
    master = finish(samples)
    heard = measure(read_sound(encode(master.samples, tmp_path / "film.m4a", codec="aac")))

    assert master.loudness_lufs == pytest.approx(-14, abs=0.1)
    assert master.true_peak_dbtp <= -2.45
    assert heard.integrated_lufs == pytest.approx(-14, abs=0.5)
    assert heard.true_peak_dbtp <= -1


def hits(*, every_s: float, decay: int, hum_hz: float, length_s: float = 2.0) -> np.ndarray:
    """Hits of noise at full force over a soft hum: what AAC finds hardest to keep within bounds."""
    samples = tone(hertz=hum_hz, length_s=length_s, level=0.1)
    noise = np.random.default_rng(1)
    shape = np.exp(-np.arange(9600) / decay)[:, None]
    for beat_s in np.arange(0.2, length_s - 0.35, every_s):
        start = round(beat_s * RATE_HZ)
        samples[start : start + 9600] += (shape * noise.standard_normal((9600, 2))).astype(np.float32)
    return np.clip(samples, -1, 1)


def encoded_peak(master: Finished, folder: Path) -> float:
    """The true peak of the film's sound: kept as a WAV, read again, through AAC, decoded."""
    kept = read_sound(write_wav(master.samples, folder / "music.wav"))
    return measure(read_sound(encode(kept, folder / "film.m4a", codec="aac"))).true_peak_dbtp


@pytest.mark.parametrize(("every_s", "hum_hz"), [(0.7, 440), (0.5, 110)])
def test_a_beat_at_which_aac_overshoots_gets_another_ceiling(every_s, hum_hz, tmp_path):
    beat = hits(every_s=every_s, decay=1500, hum_hz=hum_hz)
    assert encoded_peak(finish(beat), tmp_path) > 0

    master = finish_for_aac(beat)

    assert encoded_peak(master, tmp_path) <= -1
    assert measure(master.samples).integrated_lufs == pytest.approx(-14, abs=0.5)


def test_where_every_ceiling_overshoots_the_master_is_turned_down_a_little(tmp_path, caplog):
    master = finish_for_aac(hits(every_s=0.5, decay=1500, hum_hz=440), encoded_dbtp=-2.2)

    assert encoded_peak(master, tmp_path) <= -2.2
    assert -15 < master.loudness_lufs < -14.1
    assert measure(master.samples).integrated_lufs == pytest.approx(master.loudness_lufs, abs=0.05)
    assert "AAC overshoots at each ceiling; the music is turned down by" in caplog.text


def test_the_master_is_turned_down_as_far_as_it_takes(tmp_path):
    master = finish_for_aac(hits(every_s=0.7, decay=1500, hum_hz=440), encoded_dbtp=-8)
    assert encoded_peak(master, tmp_path) <= -8


def test_a_ceiling_too_low_for_a_spiky_sound_is_passed_over(tmp_path):
    spikes = hits(every_s=0.2, decay=1500, hum_hz=440)
    with pytest.raises(MediaError, match="short peaks over near silence"):
        finish(spikes, ceiling_dbtp=-4)
    assert encoded_peak(finish_for_aac(spikes, encoded_dbtp=-3.2), tmp_path) <= -3.2


def test_a_sound_that_no_ceiling_suits_is_refused_as_before():
    click = np.zeros((2 * RATE_HZ, 2), np.float32)
    click[RATE_HZ] = 1
    with pytest.raises(MediaError, match="is silent|short peaks over near silence"):
        finish_for_aac(click)


@pytest.mark.parametrize("level", [0.01, 0.1, 0.9])
def test_quiet_and_loud_music_end_equally_loud(level, music):
    master = finish(music * np.float32(level))

    assert master.loudness_lufs == pytest.approx(-14, abs=0.1)
    assert measure(master.samples).integrated_lufs == pytest.approx(master.loudness_lufs)
    assert master.samples.shape == music.shape
    assert np.abs(master.samples[-5:]).max() < 0.001


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


def test_true_peak_sees_between_the_samples():
    clock = np.arange(RATE_HZ)
    wave_between = np.sin(np.pi / 2 * clock + np.pi / 4).astype(np.float32) * np.float32(0.5)

    assert np.abs(wave_between).max() == pytest.approx(0.3536, abs=1e-3)
    found = measure(np.stack([wave_between, wave_between], axis=1))
    assert found.true_peak_dbtp == pytest.approx(20 * np.log10(0.5), abs=0.4)


@pytest.mark.parametrize(
    ("name", "codec", "rate_hz", "layout"),
    [
        ("song.mp3", "libmp3lame", 44_100, "stereo"),
        ("song.m4a", "aac", 48_000, "stereo"),
        ("song.ogg", "libopus", 48_000, "stereo"),
        ("song.wav", "pcm_s16le", 22_050, "mono"),
    ],
)
def test_a_persons_music_is_read_as_48_khz_stereo(name, codec, rate_hz, layout, tmp_path):
    path = encode(tone(length_s=2), tmp_path / name, codec=codec, rate_hz=rate_hz, layout=layout)
    samples = read_sound(path)

    assert samples.dtype == np.float32
    assert samples.shape[1] == 2
    assert len(samples) / RATE_HZ == pytest.approx(2, abs=0.1)
    middle = np.abs(np.fft.rfft(samples[24_000:72_000, 0]))
    assert int(middle.argmax()) == 440
    assert len(read_sound(path, longest_s=1.5)) == 1.5 * RATE_HZ


def test_what_is_no_music_is_refused_by_name(tmp_path):
    (tmp_path / "letter.mp3").write_text("Dear client, here is the music.")
    (tmp_path / "empty.wav").touch()
    short = encode(tone(length_s=0.4), tmp_path / "beep.wav", codec="pcm_s16le")

    with pytest.raises(AssetError, match=r"letter\.mp3 can't be read as music"):
        read_sound(tmp_path / "letter.mp3")
    with pytest.raises(AssetError, match=r"empty\.wav"):
        read_sound(tmp_path / "empty.wav")
    with pytest.raises(AssetError, match="no music file at"):
        read_sound(tmp_path / "nowhere.mp3")
    with pytest.raises(AssetError, match=r"beep\.wav holds 0\.40 s"):
        read_sound(short)


def test_a_film_without_sound_is_not_music(tmp_path):
    path = tmp_path / "mute.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=30)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        container.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8))))
        container.mux(stream.encode(None))

    with pytest.raises(AssetError, match=r"mute\.mp4 has no sound"):
        read_sound(path)


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


@pytest.mark.parametrize("bpm", [78, 100, 128.5])
def test_the_beat_of_unknown_music_is_found(bpm):
    found = find_rhythm(clicks(bpm=bpm, length_s=15, first_s=0.21))
    beats = np.array(found.beats_s)
    off = (beats - 0.21) / (60 / bpm)

    assert found.bpm == pytest.approx(bpm, abs=0.4)
    assert np.abs(off - np.round(off)).max() * 60 / bpm < 0.03


def test_short_music_is_looped_on_the_beat_without_a_gap():
    loop = fit_to_length(clicks(bpm=120, length_s=8), duration_s=21)

    assert len(loop) == 21 * RATE_HZ
    assert find_rhythm(loop).bpm == pytest.approx(120, abs=0.4)
    level = np.sqrt((loop[: 18 * RATE_HZ].reshape(-1, 4800 * 2) ** 2).mean(axis=1))
    assert level.min() > 0.02


def test_a_join_does_not_click():
    source = tone(length_s=5)
    loop = fit_to_length(source, duration_s=12, beats_s=[0.37 * beat for beat in range(13)])

    assert np.abs(np.diff(loop[:, 0])).max() < 1.5 * np.abs(np.diff(source[:, 0])).max()


def test_silence_around_the_music_is_left_out():
    air = np.zeros((RATE_HZ, 2), dtype=np.float32)
    fitted = fit_to_length(np.concatenate([air, tone(length_s=5), air]), duration_s=8, beats_s=())

    assert np.abs(fitted[:4800]).max() > 0.2
    level = np.sqrt((fitted[: 7 * RATE_HZ].reshape(-1, 4800 * 2) ** 2).mean(axis=1))
    assert level[:50].min() > 0.15


def test_long_music_ends_on_a_fade_where_the_film_ends():
    cut = fit_to_length(tone(length_s=12), duration_s=6, beats_s=[0.5 * beat for beat in range(24)])

    assert len(cut) == 6 * RATE_HZ
    assert np.abs(cut[-50:]).max() < 0.002
    assert np.abs(cut[: 3 * RATE_HZ]).max() == pytest.approx(0.3, abs=0.01)
    assert np.array_equal(cut[: 3 * RATE_HZ], tone(length_s=12)[: 3 * RATE_HZ])


def test_silent_music_can_not_be_fitted():
    with pytest.raises(MediaError, match="nothing in it is louder"):
        fit_to_length(np.zeros((3 * RATE_HZ, 2), dtype=np.float32), duration_s=6, beats_s=())


def test_the_picture_has_the_size_asked_and_shows_the_cuts(music):
    picture = waveform_picture(music, width_px=400, height_px=160, beats_s=(0.0, 0.5), cuts_s=(3.5,))

    assert picture.shape == (160, 400, 3)
    assert picture.dtype == np.uint8
    orange = np.flatnonzero((picture[80] == CUT).all(axis=1))
    assert len(orange) == 1
    assert abs(int(orange[0]) - 200) <= 2
