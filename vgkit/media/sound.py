"""Read, fit and write music. Everything here is (n, 2) float32 at 48 kHz; loudness is settled in ``loudness``."""

import io
import logging
import wave
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Literal

import av
import numpy as np

from vgkit.errors import AssetError, MediaError
from vgkit.files import whole
from vgkit.media.loudness import Finished, Loudness, finish, measure
from vgkit.media.rhythm import find_rhythm
from vgkit.media.samples import AAC_BITS_PER_S, RATE_HZ, Sound, checked, seconds

__all__ = ["Finished", "Loudness", "finish", "finish_for_aac", "fit_to_length", "measure", "read_sound", "write_wav"]

log = logging.getLogger(__name__)

SHORTEST_S = 1.0
QUIET = 10 ** (-50 / 20)
CROSSFADE_S = 0.04
ENDING_S = 2.5
CEILINGS_DBTP = (-2.5, -3.5, -3.0, -4.0, -4.5, -5.0)
TURNED_DOWN_DB = (0.2, 0.4, 0.6, 0.8, 1.5, 3.0, 6.0, 12.0)


def read_sound(path: Path, *, longest_s: float = 600.0) -> Sound:
    """Decode a music file (mp3, wav, m4a, ogg, …) up to ``longest_s``; AssetError if that is no second of sound."""
    try:
        with av.open(str(path)) as container:
            if not container.streams.audio:
                raise AssetError(f"{path.name} has no sound in it. Give an mp3, wav, m4a or ogg file.")
            parts = list(_decoded(container, longest=seconds(longest_s)))
    except FileNotFoundError as error:
        raise AssetError(f"There is no music file at {path}. Check the path.") from error
    except (av.FFmpegError, OSError) as error:
        raise AssetError(f"{path.name} can't be read as music. Give an mp3, wav, m4a or ogg file.") from error
    samples = np.concatenate(parts) if parts else np.zeros((0, 2), dtype=np.float32)
    samples = np.nan_to_num(samples[: seconds(longest_s)])
    if len(samples) < seconds(SHORTEST_S):
        raise AssetError(
            f"{path.name} holds {len(samples) / RATE_HZ:.2f} s of sound; at least {SHORTEST_S:g} s are needed."
        )
    return samples


def finish_for_aac(samples: Sound, *, encoded_dbtp: float = -1.05) -> Finished:
    """Finish a master whose AAC too stays under ``encoded_dbtp``.

    Lossy coding overshoots by 1 to 2 dB, and now and then, at a hard beat, by 6; another ceiling falls otherwise. Where
    all of them overshoot, the best is turned down, first within what conforms (1 LU), then as far as it takes. Raises
    MediaError as ``finish`` does.
    """
    best, least = None, np.inf
    for master in _masters(samples):
        peak = _encoded_peak(master)
        if peak <= encoded_dbtp:
            return master
        if peak < least:
            best, least = master, peak
    assert best is not None
    for down_db in TURNED_DOWN_DB:
        master = _turned_down(best, down_db)
        if _encoded_peak(master) <= encoded_dbtp:
            break
    log.warning("AAC overshoots at each ceiling; the music is turned down by %g dB", down_db)
    return master


def _masters(samples: Sound) -> Iterator[Finished]:
    """Masters under one ceiling after the other; a spiky sound may be loud enough under some of them only."""
    refused, found = None, False
    for ceiling in CEILINGS_DBTP:
        try:
            yield finish(samples, ceiling_dbtp=ceiling)
            found = True
        except MediaError as error:
            refused = refused or error
    if refused and not found:
        raise refused


def _turned_down(master: Finished, down_db: float) -> Finished:
    return Finished(
        samples=master.samples * np.float32(10 ** (-down_db / 20)),
        loudness_lufs=master.loudness_lufs - down_db,
        true_peak_dbtp=master.true_peak_dbtp - down_db,
    )


def _encoded_peak(master: Finished) -> float:
    # As it will be read from its WAV: where AAC is at its limits, a change of the 24th bit moves a peak by a decibel.
    kept = (_steps(master.samples, bits=24) / 2**23).astype(np.float32)
    return measure(_through_aac(kept)).true_peak_dbtp


def _steps(samples: Sound, *, bits: int) -> Sound:
    return np.round(samples * np.float32(2 ** (bits - 1) - 1))


def _through_aac(samples: Sound) -> Sound:
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
        return np.concatenate(list(_decoded(container, longest=len(samples) + RATE_HZ)))


def _decoded(container: Any, *, longest: int) -> Iterator[Sound]:
    resampler = av.AudioResampler(format="flt", layout="stereo", rate=RATE_HZ)
    count = 0
    for frame in container.decode(audio=0):
        for piece in resampler.resample(frame):
            yield np.asarray(piece.to_ndarray(), dtype=np.float32).reshape(-1, 2)
            count += piece.samples
        if count >= longest:
            return
    for piece in resampler.resample(None):
        yield np.asarray(piece.to_ndarray(), dtype=np.float32).reshape(-1, 2)


def write_wav(samples: Sound, path: Path, *, bits: Literal[16, 24] = 24) -> Path:
    """Write a PCM WAV of 16 or 24 bits, whole or not at all; MediaError when it would clip."""
    peak = float(np.abs(checked(samples)).max())
    if peak > 1.0:
        raise MediaError(
            f"The sound peaks at {20 * np.log10(peak):+.1f} dBFS and would clip in a WAV. Finish it first."
        )
    steps = _steps(samples, bits=bits).astype("<i4", order="C")
    frames = steps.astype("<i2").tobytes() if bits == 16 else steps.view("u1").reshape(-1, 4)[:, :3].tobytes()
    with whole(path) as draft, closing(wave.open(str(draft), "wb")) as out:
        out.setnchannels(2)
        out.setsampwidth(bits // 8)
        out.setframerate(RATE_HZ)
        out.writeframes(frames)
    return path


def fit_to_length(samples: Sound, *, duration_s: float, beats_s: Sequence[float] | None = None) -> Sound:
    """Make music last exactly ``duration_s``: silence at its ends is left out, too short music is looped on its beats
    with short crossfades, too long music is faded out where the film ends.

    ``beats_s`` is the grid where it is known; otherwise it is listened for.
    """
    first, last = _heard(checked(samples))
    beats = find_rhythm(samples).beats_s if beats_s is None else beats_s
    music = samples[first:last]
    wanted = seconds(duration_s)
    if len(music) < wanted:
        music = _looped(music, beats=[seconds(beat) - first for beat in beats], wanted=wanted)
    elif len(music) == wanted:
        return music.copy()
    return _ended(music[:wanted], beats=[seconds(beat) - first for beat in beats])


def _heard(samples: Sound) -> tuple[int, int]:
    """Where sound begins and ends, with a few milliseconds of air."""
    loud = np.flatnonzero(np.abs(samples).max(axis=1) > QUIET)
    if len(loud) < seconds(SHORTEST_S) // 10:
        raise MediaError("The music is silent: nothing in it is louder than -50 dBFS. Choose another file.")
    return max(0, int(loud[0]) - seconds(0.003)), min(len(samples), int(loud[-1]) + seconds(0.003))


def _looped(music: Sound, *, beats: Sequence[int], wanted: int) -> Sound:
    """Repeat the longest run of whole bars; a join falls on a beat and lasts ``CROSSFADE_S``."""
    fade = seconds(CROSSFADE_S)
    inside = [beat for beat in beats if fade <= beat <= len(music) - fade]
    bars = 4 * ((len(inside) - 1) // 4) or len(inside) - 1
    start, end = (inside[0], inside[bars]) if bars > 0 else (fade, len(music) - fade)
    out = [music[: end - fade // 2]]
    length = len(out[0])
    ramp = np.sin(np.linspace(0, np.pi / 2, fade, dtype=np.float32))[:, None]
    leaving, coming = (
        music[end - fade // 2 : end + fade - fade // 2],
        music[start - fade // 2 : start + fade - fade // 2],
    )
    join = leaving * ramp[::-1] + coming * ramp
    again = music[start + fade - fade // 2 : end - fade // 2]
    while length < wanted:
        out += [join, again]
        length += len(join) + len(again)
    return np.concatenate(out)[:wanted]


def _ended(music: Sound, *, beats: Sequence[int]) -> Sound:
    """Fade out from the beat nearest to the usual length of an ending, down to nothing at the last sample."""
    ending = min(seconds(ENDING_S), len(music) // 3)
    wanted = len(music) - ending
    start = min(
        (beat for beat in beats if len(music) // 2 < beat < len(music)),
        key=lambda beat: abs(beat - wanted),
        default=wanted,
    )
    start = start if abs(start - wanted) < ending // 2 else wanted
    out = music.copy()
    out[start:] *= (np.cos(np.linspace(0, np.pi / 2, len(out) - start, dtype=np.float32)) ** 2)[:, None]
    return out
