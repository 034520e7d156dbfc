"""Music in the place of a model's: composed by the sketch engine in the mood that the prompt names, handed over at
MusicGen's own rate."""

import re
import wave
from contextlib import closing
from pathlib import Path

import numpy as np
from scipy.signal import resample_poly

from vgkit.engines.sketch.moods import nearest_mood
from vgkit.engines.sketch.music import compose
from vgkit.files import whole
from vgkit.rehearsal.jobs import Job

RATE_HZ = 32_000  # of MusicGen's codec
_TEMPO_BPM = 96.0
_TEMPI = (60.0, 160.0)
_PEAK = 0.98


def write_music(job: Job, out: Path) -> None:
    """Compose a job's music into ``out``: WAV, 16 bits, stereo, 32 kHz."""
    piece = compose(
        mood=nearest_mood(job.prompt),
        tempo_bpm=tempo_of(job.prompt),
        duration_s=job.duration_s,
        cuts_s=(),
        seed=job.seed,
    )
    samples = resample_poly(piece.samples, 2, 3, axis=0)
    loudest = float(np.abs(samples).max())
    steps = np.rint(samples * min(1.0, _PEAK / max(loudest, 1e-9)) * 32767).astype("<i2")
    with whole(out) as draft, closing(wave.open(str(draft), "wb")) as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(steps.tobytes())


def tempo_of(prompt: str) -> float:
    """The beats a minute that a prompt asks for, within what music is written in here."""
    found = re.search(r"(\d{2,3})\s*bpm", prompt.lower())
    return min(max(float(found[1]), _TEMPI[0]), _TEMPI[1]) if found else _TEMPO_BPM
