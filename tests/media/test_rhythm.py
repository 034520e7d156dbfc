import numpy as np
import pytest
from sounds import RATE_HZ, clicks

from vgkit.media.rhythm import find_rhythm, spectra


@pytest.mark.parametrize("bpm", [78, 100, 128.5])
def test_the_beat_of_unknown_music_is_found(bpm):
    found = find_rhythm(clicks(bpm=bpm, length_s=15, first_s=0.21))
    beats = np.array(found.beats_s)
    off = (beats - 0.21) / (60 / bpm)

    assert found.bpm == pytest.approx(bpm, abs=0.4)
    assert np.abs(off - np.round(off)).max() * 60 / bpm < 0.03


def test_a_long_sound_is_looked_at_in_blocks_that_join_without_a_seam():
    noise = np.random.default_rng(1).standard_normal(20 * RATE_HZ).astype(np.float32)
    blocks = list(spectra(noise, window=2048, hop=480))
    assert len(blocks) > 2
    whole = np.concatenate(blocks)
    middle = noise[1024 * 480 - 1024 : 1024 * 480 + 1024] * np.hanning(2049)[:2048]
    assert whole[1024] == pytest.approx(np.abs(np.fft.rfft(middle)) * 2 / 2048, abs=1e-4)
