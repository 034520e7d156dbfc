"""Turns what a model delivered into what its role asks for: a still, a clip of the planned shape, music of a length.

It costs nothing and can be done again, since what was paid for lies in the cache as it came."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

from vgkit.engines.adapters import fitted
from vgkit.engines.base import ClipRequest, MusicRequest, PictureRequest
from vgkit.media.frames import Frame, read_clip, read_picture, write_clip, write_picture
from vgkit.media.sound import fit_to_length, read_sound, write_wav


def finish_picture(request: PictureRequest, raw: Path, out: Path) -> dict[str, Any]:
    """Write a still of exactly the asked size (PNG), cropped evenly where the model's shape differs."""
    picture = read_picture(raw)[..., :3]
    write_picture(fitted(picture, request.width_px, request.height_px), out)
    return {"came_as": f"{picture.shape[1]}x{picture.shape[0]}"}


def finish_clip(request: ClipRequest, raw: Path, out: Path) -> dict[str, Any]:
    """Write a clip of exactly the planned shape (MP4). Frames are taken one by one at the planned rate, whatever rate
    the file claims: a GIF's header often lies. A clip with another number of frames is spread over the planned time."""
    shape = request.shape
    frames = read_clip(raw)

    def planned() -> Iterator[Frame]:
        for number in range(shape.frames):
            nearest = round(number * (len(frames) - 1) / (shape.frames - 1))
            yield fitted(frames[nearest], shape.width_px, shape.height_px)

    write_clip(planned(), out, fps=Fraction(shape.fps), crf=12)
    came = {"came_as": f"{frames.shape[2]}x{frames.shape[1]}", "came_with_frames": len(frames)}
    return came | ({"spread_over_frames": shape.frames} if len(frames) != shape.frames else {})


def finish_music(request: MusicRequest, raw: Path, out: Path) -> dict[str, Any]:
    """Write music of exactly the asked length (WAV, 48 kHz stereo); what is too short is looped on a beat."""
    music = read_sound(raw)
    write_wav(fit_to_length(music, duration_s=request.duration_s), out)
    return {"came_with_seconds": round(len(music) / 48_000, 3)}
