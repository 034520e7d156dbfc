"""x264 alone on frames that are ready: the floor under every way of making a film with it."""

import time
from collections.abc import Iterator
from pathlib import Path

import av

from vgkit.bench.spent import Spent
from vgkit.brief import FILM_FPS
from vgkit.media.formats import FILM, add_video

_FRAMES_IN_MEMORY = 150


def bare_encode(film: Path, out: Path) -> Spent:
    """Encode a film's frames as films are by default, handed over from memory a few seconds at a time.

    Only the encoder's seconds count, not those for reading the frames.
    """
    wall_s = cpu_s = 0.0
    with av.open(str(film)) as source, av.open(str(out), "w") as container:
        picture = source.streams.video[0]
        picture.thread_type = "AUTO"
        stream = add_video(container, FILM, size=(picture.width, picture.height), fps=FILM_FPS)
        for frames in _batches(source.decode(video=0)):
            begun = time.perf_counter(), time.process_time()
            for frame in frames:
                if frame:
                    frame.pict_type = 0  # else the encoder repeats the decisions of the one before
                container.mux(stream.encode(frame))
            wall_s += time.perf_counter() - begun[0]
            cpu_s += time.process_time() - begun[1]
    return Spent(wall_s, cpu_s)


def _batches(frames: Iterator[av.VideoFrame]) -> Iterator[list[av.VideoFrame | None]]:
    """Yield the frames in handfuls, and at the end nothing, which empties the encoder."""
    batch: list[av.VideoFrame | None] = []
    for frame in frames:
        batch.append(frame)
        if len(batch) == _FRAMES_IN_MEMORY:
            yield batch
            batch = []
    yield [*batch, None]
