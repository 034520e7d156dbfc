"""A template's beats as a brief fills them, to be seen before anything is made: by rule, so a planner may word them
otherwise, but never time them otherwise."""

from collections.abc import Sequence
from dataclasses import dataclass

from vgkit.brief import FILM_FPS, Brief
from vgkit.engines.registry import engine_for
from vgkit.profiles import profile_for
from vgkit.template import Template
from vgkit.timing import Span, beat_borders, snap_shots


@dataclass(frozen=True)
class BeatRow:
    """One beat of the template as this brief makes it; ``seconds`` is 0 where so short a film leaves it out."""

    name: str
    first_s: float
    seconds: float
    sizes: tuple[str, ...]
    caption: str
    prompt: str


def beat_rows(brief: Brief, template: Template) -> tuple[BeatRow, ...]:
    """Lay out the beats for a brief's length and engine, in the template's order. Raises EngineUnknown."""
    # Imported here: reading the scenes takes a moment that the command line's help does without.
    from vgkit.engines.sketch.plan import plan_by_rule

    clip = engine_for("video", profile_for(brief).engines["video"]).shape(brief.aspect)
    spans = snap_shots(template, frames=brief.frames, clip=clip)
    times = {name: (first, end) for name, first, end in beat_borders(spans)}
    rows = []
    for plan in plan_by_rule(brief, template).beats:
        first, end = times.get(plan.beat, (0, 0))
        seconds = ((end - first) / FILM_FPS) if end else 0.0
        rows.append(BeatRow(plan.beat, first / FILM_FPS, seconds, _sizes(spans, plan.beat), plan.caption, plan.prompt))
    return tuple(rows)


def _sizes(spans: Sequence[Span], beat: str) -> tuple[str, ...]:
    return tuple(span.view.size for span in spans if span.beat.name == beat)
