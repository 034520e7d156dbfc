"""The same film as most people make it with moviepy: effects for each frame at full size, composed by moviepy.

What moviepy has no answer to, the frames between, is given to it for nothing; the look goes by Pillow's table filter,
which is faster than what numpy does. Composing is called as moviepy's own pages show it, without a background colour;
with one it would take a sixth less.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from vgkit.media.frames import Frame
from vgkit.media.grade import Lut

_SIZE = (1920, 1080)
_FPS = 30


def usual_film(
    shots: Sequence[Sequence[Frame]],
    out: Path,
    *,
    starts: Sequence[int],
    overlap: int,
    window: tuple[int, int],
    look: Lut,
    logo: Path,
    music: Path,
) -> None:
    """Write the film frames of ``window`` (first, end): shots at 30 fps that begin at ``starts`` and fade over."""
    from moviepy import AudioFileClip, CompositeVideoClip, ImageClip, vfx  # type: ignore[attr-defined, unused-ignore]

    first_s, end_s = (frame / _FPS for frame in window)
    layers = [_shot(frames, start, overlap, look) for frames, start in zip(shots, starts, strict=True)]
    # In proportion to the whole film: 12 of 30 s have a caption, 4 the logo.
    lasts_s = end_s - first_s
    caption = ImageClip(_caption("Pressed from whole fruit")).with_start(first_s + 1).with_duration(0.4 * lasts_s)
    mark = ImageClip(str(logo)).with_start(first_s).with_duration(4 / 30 * lasts_s)
    layers += [
        caption.with_position((120, 800)).with_effects([vfx.CrossFadeIn(0.3), vfx.CrossFadeOut(0.3)]),
        mark.with_position("center").with_effects([vfx.CrossFadeIn(0.3)]),
    ]
    film = CompositeVideoClip(layers, size=_SIZE).subclipped(first_s, end_s)
    with AudioFileClip(str(music)) as sound:
        film.with_audio(sound.subclipped(0, lasts_s)).write_videofile(
            str(out),
            fps=_FPS,
            codec="libx264",
            preset="veryfast",
            audio_codec="aac",
            ffmpeg_params=["-crf", "19"],
            logger=None,
        )


def _shot(frames: Sequence[Frame], start: int, overlap: int, look: Lut) -> Any:
    from moviepy import ImageSequenceClip, vfx  # type: ignore[attr-defined, unused-ignore]

    table = ImageFilter.Color3DLUT(look.size, look.table.ravel(), channels=3)
    clip = ImageSequenceClip(list(frames), fps=_FPS).with_effects([vfx.Resize(_SIZE)])
    graded = clip.image_transform(lambda frame: np.asarray(Image.fromarray(frame).filter(table)))
    placed = graded.with_start(start / _FPS)
    return placed.with_effects([vfx.CrossFadeIn(overlap / _FPS)]) if start else placed


def _caption(text: str) -> Frame:
    font = ImageFont.load_default(size=84)
    left, top, right, bottom = (round(side) for side in font.getbbox(text))
    picture = Image.new("RGBA", (right - left + 8, bottom - top + 8))
    ImageDraw.Draw(picture).text((4 - left, 4 - top), text, font=font, fill=(255, 255, 255, 255))
    return np.asarray(picture)
