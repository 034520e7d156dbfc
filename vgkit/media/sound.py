"""Read and write sound. Everything is (n, 2) float32 at 48 kHz from here on, whatever a file held."""

import wave
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Literal

import av
import numpy as np
from numpy.typing import NDArray

from vgkit.errors import AssetError, MediaError
from vgkit.files import whole
from vgkit.media.samples import RATE_HZ, Sound, Span, checked, seconds

SHORTEST_S, LONGEST_S = 1.0, 600.0
QUIETEST_PEAK, UNHEARD = 10 ** (-70 / 20), 10 ** (-50 / 20)
AIR_S = 0.003


def read_sound(path: Path, *, longest_s: float = LONGEST_S) -> Sound:
    """Decode a sound file (mp3, wav, m4a, ogg, flac, a film's sound, …) up to ``longest_s``.

    Raises AssetError if that is no second of sound.
    """
    # Memory is taken page by page as it is written, so only what the file holds counts.
    samples = np.empty((seconds(longest_s), 2), dtype=np.float32)
    try:
        with av.open(str(path)) as container:
            if not container.streams.audio:
                raise AssetError(f"{path.name} has no sound in it. Give an mp3, wav, m4a or ogg file.")
            count = _filled(samples, container)
    except FileNotFoundError as error:
        raise AssetError(f"There is no sound file at {path}. Check the path.") from error
    except (av.FFmpegError, OSError) as error:
        raise AssetError(f"{path.name} can't be read as sound. Give an mp3, wav, m4a or ogg file.") from error
    if count < min(seconds(SHORTEST_S), len(samples)):
        raise AssetError(f"{path.name} holds {count / RATE_HZ:.2f} s of sound; at least {SHORTEST_S:g} s are needed.")
    return samples[:count]


def read_heard(path: Path) -> Sound:
    """Read a sound file in which something can be heard; AssetError otherwise."""
    samples = read_sound(path)
    try:
        heard_part(samples)
    except MediaError as silence:
        raise AssetError(f"{path.name}: {silence}") from silence
    return samples


def heard_part(samples: Sound) -> Span:
    """Where sound begins and ends, 50 dB under its peak. Raises MediaError where there is none."""
    peaks = _peaks(samples)
    loudest = float(peaks.max())
    if loudest < QUIETEST_PEAK:
        raise MediaError("The sound is silent: nothing in it is louder than -70 dBFS. Choose another file.")
    loud = np.flatnonzero(peaks > loudest * UNHEARD)
    air = seconds(AIR_S)
    return Span(max(0, int(loud[0]) * air - air), min(len(samples), (int(loud[-1]) + 2) * air))


def _filled(samples: Sound, container: Any) -> int:
    count = 0
    for piece in decoded(container):
        part = piece[: len(samples) - count]
        samples[count : count + len(part)] = np.nan_to_num(part, posinf=0.0, neginf=0.0)
        count += len(part)
        if count == len(samples):
            break
    return count


def decoded(container: Any) -> Iterator[Sound]:
    """Play an open container's first sound track, piece by piece."""
    resampler = av.AudioResampler(format="flt", layout="stereo", rate=RATE_HZ)
    for frame in container.decode(audio=0):
        for piece in resampler.resample(frame):
            yield np.asarray(piece.to_ndarray(), dtype=np.float32).reshape(-1, 2)
    for piece in resampler.resample(None):
        yield np.asarray(piece.to_ndarray(), dtype=np.float32).reshape(-1, 2)


def write_wav(samples: Sound, path: Path, *, bits: Literal[16, 24] = 24) -> Path:
    """Write a PCM WAV of 16 or 24 bits, whole or not at all; MediaError when it would clip."""
    peak = float(np.abs(checked(samples)).max())
    if peak > 1.0:
        raise MediaError(
            f"The sound peaks at {20 * np.log10(peak):+.1f} dBFS and would clip in a WAV. Finish it first."
        )
    steps = in_steps(samples, bits=bits).astype("<i4", order="C")
    frames = steps.astype("<i2").tobytes() if bits == 16 else steps.view("u1").reshape(-1, 4)[:, :3].tobytes()
    with whole(path) as draft, closing(wave.open(str(draft), "wb")) as out:
        out.setnchannels(2)
        out.setsampwidth(bits // 8)
        out.setframerate(RATE_HZ)
        out.writeframes(frames)
    return path


def in_steps(samples: Sound, *, bits: int) -> Sound:
    """The whole numbers that a PCM file of so many bits keeps."""
    return np.round(samples * np.float32(2 ** (bits - 1) - 1))


def _peaks(samples: Sound) -> NDArray[np.float32]:
    """The highest value in each 3 ms; what is constant in a recording is not sound. By the minute, to spare memory."""
    step, minute = seconds(AIR_S), seconds(AIR_S) * 20_000
    constant = samples[:minute].mean(axis=0)
    found = []
    for first in range(0, len(samples), minute):
        left, right = np.abs(samples[first : first + minute] - constant).T
        high = np.maximum(left, right)
        found.append(np.pad(high, (0, -len(high) % step)).reshape(-1, step).max(axis=1))
    return np.concatenate(found)
