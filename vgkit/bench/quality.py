"""What each measure of clips costs, alone and all together: CPU milliseconds a frame on one core.

Alone, a measure pays for what it shares with others, such as the flow; so together they cost less than their sum."""

import time
from collections.abc import Sequence
from fractions import Fraction

from vgkit.bench.known_motion import SIZE, SOURCE_FRAMES, known_clips
from vgkit.bench.verdict import kept
from vgkit.media.frames import Frame
from vgkit.phases.report import Table
from vgkit.quality.measure import Measure, score
from vgkit.quality.registry import CLIP_MEASURES
from vgkit.quality.view import Subject

MOST_MS = 40.0
_REPEATS = 3


def quality_table() -> Table:
    """Score a clip of medium motion by each measure, then by all, and say whether we keep our word."""
    clip = known_clips()[1]
    frames, subject = clip.source, Subject(SIZE, Fraction(8), SOURCE_FRAMES, keyframe=clip.source[0])
    alone = [frame_ms(frames, subject, [measure]) for measure in CLIP_MEASURES]
    return table(dict(zip(CLIP_MEASURES, alone, strict=True)), together_ms=frame_ms(frames, subject, CLIP_MEASURES))


def frame_ms(frames: Sequence[Frame], subject: Subject, measures: Sequence[Measure]) -> float:
    """Return the least of three times in milliseconds of CPU a frame; the first time also loads and fills caches."""
    return min(_once_ms(frames, subject, measures) for _ in range(_REPEATS))


def _once_ms(frames: Sequence[Frame], subject: Subject, measures: Sequence[Measure]) -> float:
    begun = time.process_time()
    score(frames, subject, measures)
    return 1000 * (time.process_time() - begun) / len(frames)


def table(alone_ms: dict[Measure, float], *, together_ms: float) -> Table:
    """Lay the milliseconds out, and what is asked for below them."""
    rows = [(measure.name, f"{cost_ms:.1f}", measure.reads) for measure, cost_ms in alone_ms.items()]
    rows += [
        ("all together", f"{together_ms:.1f}", f"{sum(alone_ms.values()):.1f} if nothing were shared"),
        ("asked for", f"<= {MOST_MS:g}", ""),
        ("kept", kept(together_ms <= MOST_MS), ""),
    ]
    return Table(f"Measures at {SIZE[0]}x{SIZE[1]} on one core", ("measure", "ms a frame", "reads"), tuple(rows))
