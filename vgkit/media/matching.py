"""Where a match cut leaves one shot and enters the next: at their likest moments, as far as the clips have room.

A clip that is longer than its shot may begin sooner or later; which moment that brings to the border is chosen by how
alike the two shots look there."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

from vgkit.media.borders import best_match
from vgkit.media.edit import Reach, Segment, reaches, source_step
from vgkit.media.picture import Picture
from vgkit.media.transitions import Thumbnail, thumbnail


def matched(
    shots: Iterable[list[Picture]], segments: Sequence[Segment], *, fps: Fraction, native_fps: Fraction
) -> list[Segment]:
    """Return the segments with those at a match begun so that its border falls on their likest moments."""
    if all(segment.transition != "match" for segment in segments):
        return list(segments)
    thumbnails = [[thumbnail(picture) for picture in shot] for shot in shots]
    steps = [
        source_step(*placed, fps=fps, native_fps=native_fps) for placed in zip(segments, reaches(segments), strict=True)
    ]
    found, spans = list(segments), reaches(segments)
    for leaving, entering in pairwise(range(len(found))):
        if found[leaving].transition != "match":
            continue
        ends = _starts(found[leaving], spans[leaving], steps[leaving])
        begins = _starts(found[entering], spans[entering], steps[entering])
        out = steps[leaving] * (spans[leaving].before + found[leaving].film_frames)
        into = steps[entering] * spans[entering].before
        i, j = best_match(
            [_seen(thumbnails[leaving], start + out) for start in ends],
            [_seen(thumbnails[entering], start + into) for start in begins],
        )
        found[leaving], found[entering] = (
            replace(found[leaving], start=ends[i]),
            replace(found[entering], start=begins[j]),
        )
    return found


def _starts(segment: Segment, reach: Reach, step: Fraction) -> list[Fraction]:
    """List at which source frames a segment may begin; only one where a match before it has settled that."""
    if segment.start is not None:
        return [segment.start]
    room = Fraction(segment.frames - 1) - step * (reach.before + segment.film_frames + reach.after - 1)
    return [Fraction(number) for number in range(int(room) + 1)]


def _seen(thumbnails: Sequence[Thumbnail], moment: Fraction) -> Thumbnail:
    return thumbnails[min(round(moment), len(thumbnails) - 1)]
