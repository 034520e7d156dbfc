"""Moving previews of a film for where no player is: a GIF for mail and chat, an animated WebP for pages.

A GIF has 256 colours at a time and hardly any compression between frames, so it is small, slow and short by default:
each part has a palette of its own, and the dither holds still where the picture does.
"""

from collections.abc import Iterator
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Any

import av
from av.filter import Graph
from PIL import Image

from vgkit.errors import MediaError, NotAClip
from vgkit.media.frames import Frame, replacing

WIDTH_PX, SECONDS = 400, 6.0  # 4.7 MB as a GIF of ten real clips, 0.6 MB as WebP
GIF_FPS, WEBP_FPS = 10, 12
_WEBP_QUALITY = 60
_PARTS = 4  # of the film, so that a preview of six seconds shows all of it


def write_gif(
    film: Path, out: Path, *, width_px: int = WIDTH_PX, fps: int = GIF_FPS, seconds: float | None = SECONDS
) -> None:
    """Write an endless GIF of ``seconds`` of the film, in four parts from all through it; None is the whole film.

    Raises NotAClip where the film does not decode, StoreError where the disk is full.
    """
    with replacing(out) as partial, av.open(str(partial), "w", format="gif", options={"loop": "0"}) as container:
        stream: Any = None
        frames = _excerpt(film, width_px=width_px, fps=fps, seconds=seconds)
        a_part = max(1, round((seconds or SECONDS) * fps / _PARTS))
        for number, picture in enumerate(_in_256_colours(frames, a_part)):
            if stream is None:
                stream = container.add_stream("gif", rate=fps)
                stream.width, stream.height, stream.pix_fmt = picture.width, picture.height, "pal8"
            picture.pts, picture.time_base = number, Fraction(1, fps)
            container.mux(stream.encode(picture))
        container.mux(stream.encode())


def write_webp(
    film: Path, out: Path, *, width_px: int = WIDTH_PX, fps: int = WEBP_FPS, seconds: float | None = SECONDS
) -> None:
    """Write an endless animated WebP, as ``write_gif`` does: all colours, and about a fifth of the bytes."""
    frames = [Image.fromarray(p) for p in _excerpt(film, width_px=width_px, fps=fps, seconds=seconds)]
    with replacing(out) as partial:
        frames[0].save(
            partial,
            format="WEBP",
            save_all=True,
            append_images=frames[1:],
            duration=round(1000 / fps),
            loop=0,
            quality=_WEBP_QUALITY,
            method=4,
        )


def _excerpt(film: Path, *, width_px: int, fps: int, seconds: float | None) -> Iterator[Frame]:
    """RGB frames of ``width_px`` at ``fps``: all, or parts from the middles of equal shares of the film."""
    if width_px < 16 or fps < 1 or (seconds is not None and seconds <= 0):
        raise MediaError(f"A preview of {width_px} pixels, {fps} fps and {seconds} s can't be. Ask for more.")
    found = 0
    try:
        with av.open(str(film)) as container:
            if not container.streams.video:
                raise NotAClip(f"{film} has no picture. Choose a video file.")
            video = container.streams.video[0]
            video.thread_type = "AUTO"
            wanted = _times(_length(container, video), fps=fps, seconds=seconds)
            time = next(wanted, None)
            for frame in container.decode(video):
                # Half a thousandth forgives time bases that can't hold a frame's time exactly.
                while time is not None and (frame.time or 0.0) >= time - 0.0005:
                    found += 1
                    yield _scaled(frame, width_px)
                    time = next(wanted, None)
                if time is None:
                    return
    except av.FFmpegError as reason:
        raise NotAClip(f"{film} does not decode: {reason.strerror or reason}. Make it again.") from reason
    if not found:
        raise NotAClip(f"{film} holds no frames. Make it again.")


def _times(length_s: float, *, fps: int, seconds: float | None) -> Iterator[float]:
    """The times of the frames, in order."""
    if seconds is None or seconds >= length_s:
        yield from (number / fps for number in range(max(1, int(length_s * fps + 1e-6))))
        return
    share_s, each = length_s / _PARTS, max(1, round(seconds * fps / _PARTS))
    for part in range(_PARTS):
        start = (part + 0.5) * share_s - each / fps / 2
        yield from (start + number / fps for number in range(each))


def _length(container: Any, video: Any) -> float:
    if video.duration:
        return float(video.duration * video.time_base)
    return float(container.duration or 0) / av.time_base


def _scaled(frame: Any, width_px: int) -> Frame:
    width = min(width_px, frame.width) // 2 * 2
    height = max(2, round(frame.height * width / frame.width / 2) * 2)
    rgb: Frame = frame.to_ndarray(format="rgb24", width=width, height=height, interpolation="AREA")
    return rgb


def _in_256_colours(frames: Iterator[Frame], a_part: int) -> Iterator[Any]:
    """The same frames, each part of so many in its own best 256 colours, dithered in a fixed pattern."""
    while part := list(islice(frames, a_part)):
        graph = _palette_graph(part[0].shape[1], part[0].shape[0])
        for number, pixels in enumerate(part):
            given = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            given.pts, given.time_base = number, Fraction(1, 1000)
            graph.push(given)
        graph.push(None)
        for _ in part:
            yield graph.pull()


def _palette_graph(width: int, height: int) -> Any:
    graph: Any = Graph()
    source = graph.add_buffer(width=width, height=height, format="rgb24", time_base=Fraction(1, 1000))
    split, choose = graph.add("split"), graph.add("palettegen", "stats_mode=full:reserve_transparent=0")
    use = graph.add("paletteuse", "dither=bayer:bayer_scale=5:diff_mode=rectangle")
    sink = graph.add("buffersink")
    source.link_to(split)
    split.link_to(use, 0, 0)
    split.link_to(choose, 1, 0)
    choose.link_to(use, 0, 1)
    use.link_to(sink)
    graph.configure()
    return graph
