"""Clips as they were generated beside the film made of them, and the motion that was followed: for the eye to judge.

It shows what is there and makes nothing that the film needs, so it may be left out of a run at no loss."""

import json
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import accumulate, chain, islice
from typing import TYPE_CHECKING

from vgkit import cut
from vgkit.brief import FILM_FPS
from vgkit.phases.refine import PHASE
from vgkit.phases.report import Figure, PhaseReport
from vgkit.run import Run

if TYPE_CHECKING:
    from vgkit.media.edit import Segment
    from vgkit.media.picture import Picture
    from vgkit.media.pixels import Frame

_WIDTH_PX = 640
_PLAYED_FRAMES = 3 * FILM_FPS


def before_and_after(run: Run) -> PhaseReport:
    """Show three shots as generated, each beside the film's own frame; one of them moving; and its optical flow."""
    run.made("film.mp4", phase=PHASE)
    segments = _segments(run)
    chosen = sorted({0, len(segments) // 2, len(segments) - 1})
    _draw_stills(run, segments, chosen)
    played = max(chosen[:-1] or chosen, key=lambda number: segments[number].film_frames)
    flows = []
    for number, source in _sources(run, segments, chosen):
        if number == played:
            _draw_moving(run, segments, number, source)
        flows.append(_flow(run.storyboard.shots[number].id, source))
    _draw_flows(run, flows)
    shot = run.storyboard.shots[played].id
    return PhaseReport(
        run,
        PHASE,
        figures=(
            Figure(run.path("before_after.mp4"), f"{shot}: left as generated, right in the film", width_px=1120),
            Figure(run.path("before_after.png"), "Left as generated, right in the film"),
            Figure(run.path("flow.png"), "What moved: the hue says where to, the strength how far"),
        ),
        totals=False,
    )


def _segments(run: Run) -> "list[Segment]":
    """The film's shots with their lengths as they came out on the beat."""
    from dataclasses import replace

    lengths = json.loads(run.made("joins.json", phase=PHASE).read_text("utf-8"))
    return [replace(each, film_frames=length) for each, length in zip(cut.segments_of(run), lengths, strict=True)]


def _starts(segments: "list[Segment]") -> list[int]:
    return [0, *accumulate(segment.film_frames for segment in segments)]


def _draw_stills(run: Run, segments: "list[Segment]", chosen: list[int]) -> None:
    from vgkit.media.frames import write_picture
    from vgkit.media.sheet import contact_sheet, film_frame

    pictures, labels, starts = [], [], _starts(segments)
    for number in chosen:
        shot, segment = run.storyboard.shots[number].id, segments[number]
        pictures.append(film_frame(run.path("cut.mkv"), segment.first + segment.frames // 2))
        pictures.append(film_frame(run.path("film.mp4"), starts[number] + segment.film_frames // 2))
        labels += [f"{shot} as generated", f"{shot} in the film"]
    sheet = contact_sheet(pictures, columns=2, labels=labels, width_px=1400)
    write_picture(sheet, run.path("before_after.png"))


def _draw_moving(run: Run, segments: "list[Segment]", number: int, source: "Sequence[Picture]") -> None:
    """Put three seconds of one shot side by side: each generated frame held as long as it lasts, and the film."""
    import numpy as np

    from vgkit.media.edit import reaches, source_times
    from vgkit.media.frames import write_clip
    from vgkit.media.picture import resized, to_rgb
    from vgkit.media.sheet import frames_at

    segment, reach = segments[number], reaches(segments)[number]
    times = source_times(segment, reach, fps=cut.film_fps(), native_fps=cut.native_fps(run))[reach.before :]
    count = min(segment.film_frames, _PLAYED_FRAMES)
    first = _starts(segments)[number]
    height = round(_WIDTH_PX * run.storyboard.height_px / run.storyboard.width_px / 2) * 2

    @cache
    def generated(at: int) -> "Frame":
        return to_rgb(resized(source[at], (_WIDTH_PX, height)))

    film = frames_at(run.path("film.mp4"), range(first, first + count), width=_WIDTH_PX)
    write_clip(
        (np.hstack([generated(int(time)), frame]) for time, (frame, _) in zip(times[:count], film, strict=False)),
        run.path("before_after.mp4"),
        fps=FILM_FPS,
        crf=18,
    )


def _sources(run: Run, segments: "list[Segment]", chosen: list[int]) -> "Iterator[tuple[int, list[Picture]]]":
    """The chosen shots' pictures as generated, in the film's shape; one shot is held at a time."""
    from vgkit.media.framing import framed
    from vgkit.media.intake import read_pictures

    size = (run.storyboard.width_px, run.storyboard.height_px)
    pictures, read = iter(read_pictures(run.path("cut.mkv"))), 0
    for number in chosen:
        first, frames = segments[number].first, segments[number].frames
        shot = list(islice(pictures, first - read, first - read + frames))
        read = first + frames
        yield number, framed(shot, size, framing=cut.framing_of(run))


def _flow(shot: str, source: "Sequence[Picture]") -> "tuple[list[Frame], list[str]]":
    """A shot's middle frame beside what moves until the next, and what to write below them."""
    from vgkit.media.flow import flow_picture, motion_between
    from vgkit.media.picture import to_rgb

    middle = max(0, len(source) // 2 - 1)
    motion = motion_between(source[middle], source[min(middle + 1, len(source) - 1)])
    labels = [f"{shot}, frame {middle}", f"to the next: {motion.agreement:.0%} comes home"]
    return [to_rgb(source[middle]), flow_picture(motion)], labels


def _draw_flows(run: Run, flows: "Sequence[tuple[list[Frame], list[str]]]") -> None:
    from vgkit.media.frames import write_picture
    from vgkit.media.sheet import contact_sheet

    pictures, labels = (list(chain.from_iterable(each)) for each in zip(*flows, strict=True))
    write_picture(contact_sheet(pictures, columns=2, labels=labels, width_px=1400), run.path("flow.png"))
