"""The pieces of work whose cost ``post`` measures: ``python -m vgkit.bench.post_parts PART FOLDER SECONDS RESULT``.

All find in the folder what ``prepare`` laid there, so that preparing costs none of them anything.
"""

import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from vgkit.bench.bare import bare_encode
from vgkit.bench.flickering import flickering
from vgkit.bench.known_motion import SOURCE_FRAMES, STEP, TRUE_FRAMES, known_clips
from vgkit.bench.spent import Spent, timed, write_spent
from vgkit.bench.usual_way import usual_film
from vgkit.brief import FILM_FPS
from vgkit.media.captions import CaptionStyle, caption_overlays, end_card_overlays
from vgkit.media.edit import Segment, Treatment, film_pictures
from vgkit.media.encode import encode_film
from vgkit.media.fit import fit_to_length
from vgkit.media.formats import FILM, MASTERS, Format
from vgkit.media.frames import read_clip, write_clip, write_picture
from vgkit.media.grade import Lut, read_cube
from vgkit.media.joining import join_clips
from vgkit.media.master import finish_for_aac
from vgkit.media.picture import from_rgb, to_rgb
from vgkit.media.retime import retime
from vgkit.media.sound import read_sound, write_wav
from vgkit.places import templates_dir

NATIVE_FPS, SIZE = Fraction(8), (1920, 1080)
WINDOW_S = 5
SHOT_FRAMES, OVERLAP = 75, 12
_WINDOW = (37, 37 + WINDOW_S * FILM_FPS)  # two of its frames' crossfades, as everywhere in the film
_CAPTIONS = ("Morning, in a glass", "Pressed from whole fruit", "Nothing added", "Twenty glasses a bottle")


def prepare(folder: Path, film_s: int) -> None:
    """Lay out the cut of a film, of clips that flicker as models' do, its logo and its music."""
    clips = known_clips(film_s * FILM_FPS // SHOT_FRAMES)
    files = [folder / f"clip{number}.mp4" for number in range(len(clips))]
    for seed, (clip, file) in enumerate(zip(clips, files, strict=True)):
        write_clip(flickering(clip.source, seed), file, fps=NATIVE_FPS)
    join_clips(files, _cut(folder, film_s), fps=NATIVE_FPS)
    write_picture(_logo(), folder / "logo.png")
    write_wav(_music(1.2 * film_s), folder / f"music{film_s}.wav")


def stage(folder: Path, film_s: int, *, out: str = "film.mp4", form: Format = FILM) -> None:
    """Make the film as phase 5 does: the music to length, then its loudness beside all of the picture in one pass."""
    music = fit_to_length(read_sound(folder / f"music{film_s}.wav"), duration_s=film_s)
    pictures = film_pictures(
        _cut(folder, film_s),
        segments(film_s),
        size=SIZE,
        fps=Fraction(FILM_FPS),
        native_fps=NATIVE_FPS,
        treatment=Treatment(look=_look()),
    )
    encode_film(
        pictures,
        audio=lambda: finish_for_aac(music).samples,
        out=folder / out,
        form=form,
        size=SIZE,
        fps=FILM_FPS,
        overlays=_overlays(folder, film_s),
    )


def segments(film_s: int) -> list[Segment]:
    """Return the film's shots: 24 frames each for 75 of the film, joined by dissolves and wipes in turn."""
    count = film_s * FILM_FPS // SHOT_FRAMES
    joins: list[Any] = ["dissolve" if number % 2 else "wipe" for number in range(count - 1)]
    return [
        Segment(SOURCE_FRAMES * number, SOURCE_FRAMES, SHOT_FRAMES, join, OVERLAP if join != "cut" else 0)
        for number, join in enumerate([*joins, "cut"])
    ]


def usual(folder: Path, film_s: int) -> Spent:
    """Make five seconds with moviepy, of three shots interpolated beforehand."""
    frames = read_clip(_cut(folder, film_s))[: 3 * SOURCE_FRAMES]
    times = [number * STEP for number in range(TRUE_FRAMES)]
    pictures = [[from_rgb(frame) for frame in shot] for shot in np.split(frames, 3)]
    shots = [[to_rgb(picture) for picture in retime(shot, times)] for shot in pictures]
    shots[0] = shots[0][OVERLAP // 2 :]  # nothing comes before the first
    starts = [max(0, number * SHOT_FRAMES - OVERLAP // 2) for number in range(3)]
    return timed(
        lambda: usual_film(
            shots,
            folder / "usual.mp4",
            starts=starts,
            overlap=OVERLAP,
            window=_WINDOW,
            look=_look(),
            logo=folder / "logo.png",
            music=folder / f"music{film_s}.wav",
        )
    )


def bare(folder: Path, film_s: int) -> Spent:
    """Encode the ready frames and do nothing else."""
    return bare_encode(folder / "ready.mkv", folder / "bare.mp4")


def ready(folder: Path, film_s: int) -> Spent:
    """Keep the film's frames for the bare encoder, exactly as it gets them in the film."""
    return timed(lambda: stage(folder, film_s, out="ready.mkv", form=MASTERS["lossless"]))


def _cut(folder: Path, film_s: int) -> Path:
    return folder / f"cut{film_s}.mkv"


def _look() -> Lut:
    return read_cube(templates_dir() / "looks" / "warm_story.cube")


def _overlays(folder: Path, film_s: int) -> list[Any]:
    """Return a caption of 3 s every 6 s, and an end card with the logo over the last 4 s."""
    style, end = CaptionStyle(), film_s * FILM_FPS
    placed: list[Any] = []
    for number in range((film_s - 4) // 6):
        first = (1 + 6 * number) * FILM_FPS
        text = _CAPTIONS[number % len(_CAPTIONS)]
        placed += caption_overlays(text, first=first, last=first + 3 * FILM_FPS, fps=FILM_FPS, size=SIZE, style=style)
    return placed + end_card_overlays(
        *("Aurora", "Pour the morning", "aurora.example"),
        logo=folder / "logo.png",
        first=end - 4 * FILM_FPS,
        last=end,
        fps=FILM_FPS,
        size=SIZE,
        style=style,
    )


def _logo() -> Any:
    picture = np.zeros((300, 300, 4), np.uint8)
    cv2.circle(picture, (150, 150), 120, (240, 170, 60, 255), -1, cv2.LINE_AA)
    return picture


def _music(lasts_s: float) -> Any:
    """Return a chord that pulses 112 times a minute, stereo at 48 kHz."""
    time_s = np.arange(int(lasts_s * 48_000)) / 48_000
    chord = sum(np.sin(2 * np.pi * hertz * time_s) for hertz in (220.0, 277.2, 329.6, 440.0))
    pulse = 0.08 * np.exp(-6 * (time_s % (60 / 112)))
    return np.stack([chord * pulse, np.roll(chord * pulse, 480)], axis=1).astype(np.float32)


PARTS: dict[str, Callable[[Path, int], Spent]] = {
    "stage": lambda folder, film_s: timed(lambda: stage(folder, film_s)),
    "usual": usual,
    "bare": bare,
    "ready": ready,
}


if __name__ == "__main__":
    name, given_folder, given_s, result = sys.argv[1:]
    write_spent(PARTS[name](Path(given_folder), int(given_s)), Path(result))
