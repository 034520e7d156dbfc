"""Contact sheets: a film or a set of pictures in one look, on dark ground as on a light table."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from PIL import Image

from vgkit.errors import MediaError, NotAClip
from vgkit.media.frames import Frame, replacing
from vgkit.media.textblock import TextRule, set_block
from vgkit.media.typeset import Hand, Ink, reads_right_to_left, set_line

_WORTH_SEEKING = 48
_GROUND, _LABEL, _TITLE = (18, 19, 23), Hand(weight=500, colour="#a9adb8"), Hand(weight=700, colour="#f1f2f5")


def contact_sheet(
    pictures: Sequence[Frame],
    *,
    columns: int,
    labels: Sequence[str] = (),
    width_px: int = 1600,
    title: str | None = None,
) -> Frame:
    """Arrange RGB ``pictures`` (h, w, 3) in rows of ``columns``; (height, width_px, 3) RGB.

    Every picture gets a cell of the first one's shape; what has another shape stands whole in its middle. A label
    too long for its cell ends in an ellipsis. Raises MediaError where there are no pictures or the labels don't match.
    """
    if not pictures:
        raise MediaError("A contact sheet needs at least one picture. Make the pictures first.")
    if labels and len(labels) != len(pictures):
        raise MediaError(f"There are {len(labels)} labels for {len(pictures)} pictures. Give each picture one.")
    columns = min(columns, len(pictures))
    margin, gap = round(0.028 * width_px), round(0.012 * width_px)
    cell_width = (width_px - 2 * margin - (columns - 1) * gap) // columns
    cell_height = round(cell_width * pictures[0].shape[0] / pictures[0].shape[1])
    letters = max(10, min(round(0.062 * cell_width), round(0.0125 * width_px)))
    step = cell_height + gap + (round(2.0 * letters) if labels else 0)
    head = margin + (round(0.05 * width_px) if title else 0)
    rows = -(-len(pictures) // columns)
    sheet = np.empty((head + rows * step - gap + margin, width_px, 3), np.uint8)
    sheet[:] = _GROUND
    if title:
        _write(sheet, title, x=margin, baseline=head - round(0.022 * width_px), size_px=0.0225 * width_px, hand=_TITLE)
    for index, picture in enumerate(pictures):
        x, y = margin + index % columns * (cell_width + gap), head + index // columns * step
        _place(sheet, picture, x=x, y=y, width=cell_width, height=cell_height)
        if labels and labels[index].strip():
            text = _shortened(labels[index], size_px=letters, width_px=cell_width)
            _write(sheet, text, x=x, baseline=y + cell_height + round(1.45 * letters), size_px=letters, hand=_LABEL)
    return sheet


def film_sheet(film: Path, *, count: int, columns: int, width_px: int = 1600, title: str | None = None) -> Frame:
    """A contact sheet of ``count`` frames from the middles of equal parts of the film, labelled with their times.

    Raises NotAClip where the film does not decode.
    """
    total = _frame_count(film)
    wanted = sorted({(2 * index + 1) * total // (2 * count) for index in range(count)})
    width = 2 * width_px // max(1, columns)
    found = list(frames_at(film, wanted, width=width))
    pictures, times = [picture for picture, _ in found], [f"{time_s:.1f} s" for _, time_s in found]
    return contact_sheet(pictures, columns=columns, labels=times, width_px=width_px, title=title)


def film_frame(film: Path, frame_index: int) -> Frame:
    """One frame of a film at its own size, RGB. Raises NotAClip where the film ends before it."""
    for picture, _ in frames_at(film, [frame_index], width=None):
        return picture
    raise NotAClip(f"{film} has no frame {frame_index}: it holds {_frame_count(film)}. Ask for an earlier one.")


def write_jpeg(picture: Frame, path: Path, *, quality: int = 90) -> None:
    """Write an RGB picture as JPEG, whole or not at all."""
    with replacing(path) as partial:
        Image.fromarray(picture).save(partial, format="JPEG", quality=quality, optimize=True, subsampling=0)


def _frame_count(film: Path) -> int:
    with _opened(film) as container:
        stream = container.streams.video[0]
        return int(stream.frames) or sum(packet.size > 0 for packet in container.demux(stream))


def frames_at(film: Path, wanted: Sequence[int], *, width: int | None) -> Iterator[tuple[Frame, float]]:
    """Decode once, from the last key frame before the first one asked for; convert to ``width`` if that is smaller."""
    last, asked = max(wanted), set(wanted)
    with _opened(film) as container:
        container.streams.video[0].thread_type = "AUTO"
        try:
            for index, frame in _numbered(container, min(wanted)):
                if index in asked:
                    share = min(1.0, width / frame.width) if width else 1.0
                    size = {"width": round(frame.width * share), "height": round(frame.height * share)}
                    yield frame.to_ndarray(format="rgb24", interpolation="AREA", **size), float(frame.time or 0.0)
                if index >= last:
                    return
        except av.FFmpegError as reason:
            raise NotAClip(f"{film} does not decode: {reason.strerror or reason}. Make it again.") from reason


def _numbered(container: Any, first: int) -> Iterator[tuple[int, Any]]:
    """Frames with their numbers. Where the rate is constant, decoding starts shortly before ``first``."""
    stream = container.streams.video[0]
    rate, start = stream.average_rate, stream.start_time or 0
    if first < _WORTH_SEEKING or rate is None or rate != stream.base_rate:
        yield from enumerate(container.decode(video=0))
        return
    container.seek(start + int(first / rate / stream.time_base), stream=stream)
    for frame in container.decode(video=0):
        yield round((frame.pts - start) * stream.time_base * rate), frame


def _opened(film: Path) -> Any:
    try:
        container = av.open(str(film))
    except (av.FFmpegError, OSError) as reason:
        raise NotAClip(f"{film} can't be opened: {reason.strerror or reason}. Make it first.") from reason
    if not container.streams.video:
        container.close()
        raise NotAClip(f"{film} has no picture. Choose a video file.")
    return container


def _place(sheet: Frame, picture: Frame, *, x: int, y: int, width: int, height: int) -> None:
    share = min(width / picture.shape[1], height / picture.shape[0])
    size = (max(1, round(picture.shape[1] * share)), max(1, round(picture.shape[0] * share)))
    scaled = cv2.resize(picture, size, interpolation=cv2.INTER_AREA if share < 1 else cv2.INTER_CUBIC)
    left, top = x + (width - size[0]) // 2, y + (height - size[1]) // 2
    sheet[top : top + size[1], left : left + size[0]] = scaled


def _write(sheet: Frame, text: str, *, x: int, baseline: int, size_px: float, hand: Hand) -> None:
    ink: Ink = set_line(text, size_px=size_px, hand=hand, right_to_left=reads_right_to_left(text))
    top = baseline + ink.top
    there = sheet[top : top + ink.pixels.shape[0], x : x + ink.width]
    pixels = ink.pixels[: there.shape[0], : there.shape[1]]
    share = pixels[..., 3:].astype(np.float32) / 255
    there[:] = np.rint(there * (1 - share) + pixels[..., :3] * share)


def _shortened(text: str, *, size_px: float, width_px: int) -> str:
    """``text`` cut to one line of ``width_px``, with an ellipsis where something is missing."""
    text = " ".join(text.split())
    rule = TextRule(_LABEL, size_px, size_px, width_px, lines=1)
    if set_block(text, rule).within_rule:
        return text
    least, most = 0, len(text)
    while most - least > 1:
        middle = (least + most) // 2
        fitting = set_line(f"{text[:middle].rstrip()}…", size_px=size_px, hand=_LABEL).width <= width_px
        least, most = (middle, most) if fitting else (least, middle)
    return f"{text[:least].rstrip()}…"
