"""The master whose AAC keeps its promise.

Lossy coding overshoots by 1 to 2 dB, now and then, at a hard beat, by 6, and swallows 1 LU of noise: what viewers hear
can be known only by encoding it, and a peak is mended where it happens, so that the rest stays as loud as it was."""

import io
import logging
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from vgkit.errors import AssetError, MediaError
from vgkit.media.fit import fit_to_length
from vgkit.media.loudness import STEP, Finished, Mastering
from vgkit.media.meter import decibels, integrated, power_by_step, true_peaks
from vgkit.media.samples import AAC_BITS_PER_S, RATE_HZ, Sound
from vgkit.media.sound import decoded, in_steps, read_sound

log = logging.getLogger(__name__)

ENCODED_DBTP, HEADROOM_DB = -1.05, 1.7  # between the master's ceiling and the encoded film's; less means more encodings
AAC_FRAME = 1024  # samples; an overshoot may come from anywhere in its frame and the next
SPARED_FURTHER_DB = 0.6
WANTED_LUFS, ALLOWED_MISS_LU = -14.0, 0.2
ROUNDS = 6
TURNED_DOWN_DB = (0.0, 0.2, 0.4, 0.6, 0.8, 1.5, 3.0, 6.0, 12.0)


def finish_for_aac(samples: Sound, *, encoded_dbtp: float = ENCODED_DBTP) -> Finished:
    """Finish a master whose AAC is at -14 LUFS and stays under ``encoded_dbtp``.

    Where it overshoots, the master is turned down for those hundredths of a second; where it comes out softer, as noise
    does, all of it is made louder; then it is encoded again. What still overshoots at last is turned down as a whole,
    as far as it takes. Raises MediaError as ``loudness.finish`` does.
    """
    mastering = Mastering(samples)
    spared_db, aim_lufs, ceiling_dbtp = np.zeros(-(-len(samples) // STEP)), WANTED_LUFS, encoded_dbtp - HEADROOM_DB
    master = mastering.finish(loudness_lufs=aim_lufs, ceiling_dbtp=ceiling_dbtp)
    for _ in range(ROUNDS):
        heard = _through_aac_from_wav(master)
        over_db, miss_lu = _overshoot_db(heard, encoded_dbtp), WANTED_LUFS - integrated(power_by_step(heard))
        if not over_db.any() and abs(miss_lu) <= ALLOWED_MISS_LU:
            return master
        spared_db += ndimage.maximum_filter1d(over_db, 2 * AAC_FRAME // STEP + 1)
        aim_lufs += miss_lu if abs(miss_lu) > ALLOWED_MISS_LU else 0.0
        try:
            master = mastering.finish(loudness_lufs=aim_lufs, ceiling_dbtp=ceiling_dbtp, spared_db=spared_db)
        except MediaError:  # it is as loud as it can be beside what must be spared
            break
    return _turned_down_enough(master, encoded_dbtp)


def check_music(path: Path, *, duration_s: float) -> None:
    """Refuse a music file that can't become the sound of a film that long. Raises AssetError with the reason."""
    samples = read_sound(path)
    try:
        Mastering(fit_to_length(samples, duration_s=duration_s)).finish()
    except MediaError as reason:
        raise AssetError(f"{path.name}: {reason}") from reason


def _turned_down_enough(master: Finished, encoded_dbtp: float) -> Finished:
    for down_db in TURNED_DOWN_DB:
        lower = _turned_down(master, down_db)
        if not _overshoot_db(_through_aac_from_wav(lower), encoded_dbtp).any():
            break
    if down_db:
        log.warning("AAC overshoots wherever the sound is spared; all of it is turned down by %g dB", down_db)
    return lower


def _turned_down(master: Finished, down_db: float) -> Finished:
    return Finished(
        samples=master.samples * np.float32(10 ** (-down_db / 20)),
        loudness_lufs=master.loudness_lufs - down_db,
        true_peak_dbtp=master.true_peak_dbtp - down_db,
    )


def _overshoot_db(heard: Sound, encoded_dbtp: float) -> NDArray[np.float64]:
    """By how much each step must be lower, with a little to spare; 0 where the encoded sound stays under."""
    peaks = true_peaks(heard, step=STEP)
    over_db = np.zeros(len(peaks))
    for step in np.flatnonzero(peaks > 10 ** (encoded_dbtp / 20)):
        over_db[step] = decibels(float(peaks[step])) - encoded_dbtp + SPARED_FURTHER_DB
    return over_db


def _through_aac_from_wav(master: Finished) -> Sound:
    # As it will be read from its WAV: where AAC is at its limits, a change of the 24th bit moves a peak by a decibel.
    kept = (in_steps(master.samples, bits=24) / 2**23).astype(np.float32)
    return through_aac(kept)[: len(kept)]


def through_aac(samples: Sound) -> Sound:
    """What comes back from the encoder that films use."""
    coded = io.BytesIO()
    with av.open(coded, "w", format="mp4") as container:
        track = container.add_stream("aac", rate=RATE_HZ, layout="stereo", bit_rate=AAC_BITS_PER_S)
        block = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples.T), format="fltp", layout="stereo")
        block.sample_rate = RATE_HZ
        for packet in (*track.encode(block), *track.encode(None)):
            container.mux(packet)
    coded.seek(0)
    with av.open(coded) as container:
        return np.concatenate(list(decoded(container)))
