"""Make the film's files in one pass: enlarge, lay words over, and give the same frames to every encoder.

Scaling, words and grain are the only work done at film size. The same frames always give the same bytes.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, closing
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.video.reformatter import Interpolation, VideoReformatter

from vgkit.errors import EncodeFailed
from vgkit.media.ahead import ahead
from vgkit.media.finish import Grain
from vgkit.media.formats import FILM, FilmFile, Format, film_file
from vgkit.media.frames import planes, tag_bt709
from vgkit.media.memory import give_memory_back
from vgkit.media.overlay import Overlay, Painter
from vgkit.media.picture import Picture, to_eight_bits, to_video_frame
from vgkit.media.samples import RATE_HZ, Sound

_FRAMES_AHEAD = 4
_HELD_BACK_S = 5
_SCALER = Interpolation.LANCZOS | Interpolation.FULL_CHR_H_INP | Interpolation.ACCURATE_RND


def encode_film(
    pictures: Iterable[Picture],
    *,
    audio: Sound | Callable[[], Sound] | None,
    out: Path,
    form: Format = FILM,
    masters: Mapping[Path, Format] | None = None,
    size: tuple[int, int] = (1920, 1080),
    fps: Fraction | int = 30,
    overlays: Sequence[Overlay] = (),
    grain: float = 0.0,
    metadata: Mapping[str, str] | None = None,
    expected_s: float | None = None,
    on_frame: Callable[[int], None] | None = None,
    watch: Callable[[int, av.VideoFrame], None] | None = None,
) -> int:
    """Write the film, and every one of ``masters`` from the same frames; return its number of frames.

    ``audio`` is (samples, 2) float32 at 48 kHz, or what makes it while the first pictures are encoded; it is cut or
    padded with silence to the length of the picture. ``size`` is (width, height); what does not fit its shape is cut
    off evenly. ``on_frame`` hears how many frames are done; ``watch`` sees each, with its number, before it is encoded.
    A full disk raises StoreError, which says how much ``expected_s`` of film need; a refusing codec EncodeFailed;
    whatever is raised, all files stay as they were.
    """
    supply = iter(pictures)
    first = next(supply, None)
    if first is None:
        raise EncodeFailed(f"There are no frames for {out.name}. The cut must hold at least one.")
    painted = _Painted(size, overlays, grain)
    frames = (painted(picture, number) for number, picture in enumerate(chain([first], supply)))
    wanted = {out: form, **(masters or {})}
    common: dict[str, Any] = {"size": size, "fps": fps, "metadata": metadata, "expected_s": expected_s}
    with ExitStack() as stack:
        opened = [film_file(path, kind, **common, with_sound=audio is not None) for path, kind in wanted.items()]
        films = [stack.enter_context(each) for each in opened]
        sound = None if audio is None else _InStep(_awaited(audio, stack), films, Fraction(fps))
        # Closed before the files are, so that no thread goes on with what has failed.
        supplied = stack.enter_context(closing(ahead(frames, depth=_FRAMES_AHEAD)))
        done = _fed(supplied, films, sound, on_frame=on_frame, watch=watch)
    give_memory_back()
    return done


def _fed(
    frames: Iterable[av.VideoFrame],
    films: Sequence[FilmFile],
    sound: "_InStep | None",
    *,
    on_frame: Callable[[int], None] | None,
    watch: Callable[[int, av.VideoFrame], None] | None,
) -> int:
    """Give every frame, and the sound that goes with it, to all films; return how many there were."""
    done = 0
    for frame in frames:
        if watch:
            watch(done, frame)
        for film in films:
            film.show(frame)
        done += 1
        if sound:
            sound.play_until(done)
        if on_frame:
            on_frame(done)
    if sound:
        sound.play_until(done, wait=True)
    return done


class _Painted:
    """A picture at the film's size with everything that lies over it."""

    def __init__(self, size: tuple[int, int], overlays: Sequence[Overlay], grain: float) -> None:
        self._enlarge, self._paint = Enlarger(size), Painter(overlays)
        self._grain = Grain(size, grain) if grain > 0 else None

    def __call__(self, picture: Picture, number: int) -> av.VideoFrame:
        frame = self._enlarge(picture)
        if self._grain:
            self._grain(planes(frame)[0], number)
        self._paint(frame, number)
        return frame


class Enlarger:
    """Scale to fill the film's size and crop what hangs over, into yuv420p; 16 bits come in, so the scaler dithers."""

    def __init__(self, size: tuple[int, int]) -> None:
        self._width, self._height = size
        self._scaler = VideoReformatter()

    def __call__(self, picture: Picture) -> av.VideoFrame:
        width, height = self._filling(*picture.size)
        if picture.size == (self._width, self._height):
            return to_eight_bits(picture)  # the scaler would not dither what it need not scale
        scaled = self._scaler.reformat(to_video_frame(picture), width, height, "yuv420p", interpolation=_SCALER)
        if (width, height) != (self._width, self._height):
            scaled = self._cropped(scaled)
        scaled.pts = None
        tag_bt709(scaled)
        return scaled

    def _filling(self, width: int, height: int) -> tuple[int, int]:
        """Return the size that covers the film; a shape that is off by a rounding of two pixels is not cropped."""
        across, down = Fraction(self._width, width), Fraction(self._height, height)
        if abs(across / down - 1) < Fraction(1, 100):
            return self._width, self._height
        factor = max(across, down)
        return _even(width * factor), _even(height * factor)

    def _cropped(self, scaled: av.VideoFrame) -> av.VideoFrame:
        left = (scaled.width - self._width) // 4 * 2
        top = (scaled.height - self._height) // 4 * 2
        kept = av.VideoFrame(self._width, self._height, "yuv420p")
        for whole, part, halves in zip(planes(scaled), planes(kept), (1, 2, 2), strict=True):
            height, width = part.shape
            part[:] = whole[top // halves :][:height, left // halves :][:, :width]
        return kept


def _even(length: Fraction) -> int:
    return 2 * -(-length // 2)


def _awaited(audio: Sound | Callable[[], Sound], stack: ExitStack) -> Future[Sound]:
    """Have the sound made in a thread of its own."""
    maker = stack.enter_context(ThreadPoolExecutor(1, thread_name_prefix="vgkit-sound"))
    return maker.submit(audio if callable(audio) else lambda: audio)


class _InStep:
    """The sound, played as far as the picture is, so that no muxer has to hold one back for the other.

    Until it is made the muxers hold the first pictures back, which changes nothing in the files for ten seconds.
    """

    def __init__(self, audio: Future[Sound], films: Sequence[FilmFile], fps: Fraction) -> None:
        self._audio, self._films, self._fps = audio, films, fps
        self._played = 0

    def play_until(self, film_frames: int, *, wait: bool = False) -> None:
        """Encode the sound up to the end of the given number of film frames, as soon as it is made."""
        if not (wait or self._audio.done() or film_frames > _HELD_BACK_S * self._fps):
            return
        audio, end = self._audio.result(), round(film_frames * RATE_HZ / self._fps)
        part: Any = audio[self._played : end]
        silence = end - self._played - len(part)
        for film in self._films:
            film.play(part)
            if silence:
                film.play(_silence(silence, audio))
        self._played = end


def _silence(samples: int, like: Sound) -> Sound:
    return np.zeros((samples, *like.shape[1:]), np.float32)
