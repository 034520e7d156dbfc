"""Turns what a model delivered into what its role asks for: a still, a clip of the planned shape, music of a length.

It costs nothing and can be done again, since what was paid for lies in the cache as it came."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from vgkit.engines.adapters import fitted
from vgkit.engines.base import ClipRequest, MusicRequest, PictureRequest
from vgkit.errors import EngineFailed, MediaError
from vgkit.media.fit import fit_to_length
from vgkit.media.frames import Frame, read_clip, read_picture, write_clip, write_picture
from vgkit.media.probe import probe
from vgkit.media.samples import RATE_HZ, Sound
from vgkit.media.sound import read_sound, write_wav


def finish_picture(request: PictureRequest, raw: Path, out: Path) -> dict[str, Any]:
    """Write a still of exactly the asked size (PNG), cropped evenly where the model's shape differs.

    Raises AssetError for what is no picture.
    """
    picture = read_picture(raw)[..., :3]
    write_picture(fitted(picture, request.width_px, request.height_px), out)
    return {"width_px": picture.shape[1], "height_px": picture.shape[0]}


def finish_clip(request: ClipRequest, raw: Path, out: Path) -> dict[str, Any]:
    """Write a clip of exactly the planned shape (MP4).

    Frames are shown at the planned rate, whatever rate the file claims: a GIF's header often lies. Where there is
    another number of them, those nearest in time are taken. Raises NotAClip, or EngineFailed for a single frame.
    """
    shape, came, frames = request.shape, probe(raw), read_clip(raw)
    if len(frames) < 2:
        raise EngineFailed(
            f"{request.subject}: 1 frame came where {shape.frames} were asked for, which is no clip. Try another seed."
        )

    def planned() -> Iterator[Frame]:
        for number in range(shape.frames):
            nearest = round(number * (len(frames) - 1) / (shape.frames - 1))
            yield fitted(frames[nearest], shape.width_px, shape.height_px)

    write_clip(planned(), out, fps=Fraction(shape.fps), crf=12)
    facts = {"width_px": came.width, "height_px": came.height, "frames": len(frames), "fps": round(float(came.fps), 3)}
    return facts | ({"spread_over_frames": shape.frames} if len(frames) != shape.frames else {})


def finish_music(request: MusicRequest, raw: Path, out: Path) -> dict[str, Any]:
    """Write music of exactly the asked length (WAV, 48 kHz stereo); what is too short is looped on a beat.

    Raises AssetError for what holds no sound, EngineFailed for silence.
    """
    music = read_sound(raw)
    try:
        fitting = fit_to_length(music, duration_s=request.duration_s)
    except MediaError as silence:
        heard = f"{len(music) / RATE_HZ:.1f} s of silence came instead of music"
        raise EngineFailed(f"{request.subject}: {heard}. Try another seed, or other words.") from silence
    write_wav(_without_clipping(fitting), out)
    return {"seconds": round(len(music) / RATE_HZ, 3)}


def _without_clipping(music: Sound) -> Sound:
    """Turn down what peaks above full scale: models fill it to the brim, and another sample rate overshoots."""
    peak = float(np.abs(music).max())
    return music / np.float32(peak * 1.001) if peak > 1 else music
