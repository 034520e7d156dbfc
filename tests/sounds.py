"""Small real sounds, and the files and films that hold them."""

from pathlib import Path

import av
import numpy as np

RATE_HZ = 48_000
_LAYOUTS = {1: "mono", 2: "stereo", 6: "5.1"}


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


def hits(*, every_s: float, decay: int, hum_hz: float, length_s: float = 2.0, hum: float = 0.1) -> np.ndarray:
    """Hits of noise at full force over a soft hum: what AAC finds hardest to keep within bounds."""
    samples = tone(hertz=hum_hz, length_s=length_s, level=hum)
    noise = np.random.default_rng(1)
    shape = np.exp(-np.arange(9600) / decay)[:, None]
    for beat_s in np.arange(0.2, length_s - 0.35, every_s):
        start = round(beat_s * RATE_HZ)
        samples[start : start + 9600] += (shape * noise.standard_normal((9600, 2))).astype(np.float32)
    return np.clip(samples, -1, 1)


def speech(*, length_s: float, phrases: tuple[tuple[float, float], ...], level: float = 0.2) -> np.ndarray:
    """Syllables of a buzz, five a second, within phrases given as (from, to) in seconds."""
    clock = np.arange(round(length_s * RATE_HZ)) / RATE_HZ
    buzz = sum(np.sin(2 * np.pi * 140 * harmonic * clock) / harmonic for harmonic in range(1, 9))
    syllables = np.sin(np.pi * 5 * clock) ** 2
    spoken = np.zeros(len(clock))
    for start_s, end_s in phrases:
        spoken[round(start_s * RATE_HZ) : round(end_s * RATE_HZ)] = 1
    return np.repeat((level * buzz * syllables * spoken)[:, None], 2, axis=1).astype(np.float32)


def encode(samples: np.ndarray, path: Path, *, codec: str, rate_hz: int = RATE_HZ, picture: bool = False) -> Path:
    """Write (n, 1), (n, 2) or (n, 6) at 48 kHz as a sound file, or as a film with one grey second of picture."""
    layout = _LAYOUTS[samples.shape[1]]
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=30) if picture else None
        stream = container.add_stream(codec, rate=rate_hz, layout=layout)
        stream.bit_rate = 192_000
        if video:
            video.width, video.height, video.pix_fmt = 64, 36, "yuv420p"
            grey = np.full((54, 64), 128, np.uint8)
            for _ in range(30):
                container.mux(video.encode(av.VideoFrame.from_ndarray(grey, format="yuv420p")))
            container.mux(video.encode(None))
        frame = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(samples.T.astype(np.float32)), format="fltp", layout=layout
        )
        frame.sample_rate = RATE_HZ
        resampler = av.AudioResampler(format=stream.format, layout=layout, rate=rate_hz, frame_size=stream.frame_size)
        for piece in [*resampler.resample(frame), *resampler.resample(None)]:
            container.mux(stream.encode(piece))
        container.mux(stream.encode(None))
    return path


def mute_film(path: Path) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=30)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        container.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8))))
        container.mux(stream.encode(None))
    return path


def level_db(samples: np.ndarray) -> float:
    return float(10 * np.log10(np.mean(samples.astype(np.float64) ** 2) + 1e-20))
