"""What trials score: a clip by all measures of clips, a keyframe by those that look at single frames.

Scores follow from the file, so what is on record is not measured again."""

import os
import threading
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vgkit.engines.base import ClipRequest, Request
from vgkit.errors import VgkitError
from vgkit.lab.lab import Lab
from vgkit.lab.trial import Score
from vgkit.ledger.reading import read_kinds
from vgkit.phases.scores import figure_of, score_take

if TYPE_CHECKING:
    from vgkit.quality.measure import Measure, Scored

_OF_STILLS = ("sharpness", "contrast", "colourfulness", "clipping", "noise", "blockiness", "piqe", "clip_score")
# A grid's tiles come in together, and measuring is work for this machine.
_turn = threading.BoundedSemaphore(os.cpu_count() or 1)


def scored(lab: Lab, id: str, path: Path, request: Request, keyframe: Path | None) -> tuple[Score, ...]:
    """Score a trial's file, and put on record what is new; ``keyframe`` is the still that a clip grew from."""
    measures = measures_for(request)
    known = _known(lab, id)
    due = [each for each in measures if _version(known.get(each.name, {})) != (each.implementation, each.version)]
    with _turn:
        found = _measured(path, request, keyframe, due)
    for each in found:
        figure = figure_of(each)
        lab.events.write("metric", phase="lab", subject=id, name=each.measure.name, scored={"stage": "trial"}, **figure)
        known[each.measure.name] = figure
    return tuple(score_from(each.name, known[each.name]) for each in measures)


def measures_for(request: Request) -> "tuple[Measure, ...]":
    """The measures that say something about a clip, or about a single frame."""
    from vgkit.quality.registry import clip_measures

    clip = isinstance(request, ClipRequest)
    return tuple(each for each in clip_measures() if clip or each.name in _OF_STILLS)


def score_from(name: str, figure: Mapping[str, Any]) -> Score:
    """Read a score as it stands on record."""
    return Score(name, figure.get("value"), figure["unit"], figure["direction"], str(figure.get("reason") or ""))


def _known(lab: Lab, id: str) -> dict[str, Mapping[str, Any]]:
    told = read_kinds(lab.events.path, ("metric",))
    return {event["name"]: event.fields for event in told if event["subject"] == id}


def _version(figure: Mapping[str, Any]) -> tuple[Any, Any]:
    return figure.get("implementation"), figure.get("version")


def _measured(path: Path, request: Request, keyframe: Path | None, due: "Sequence[Measure]") -> "Sequence[Scored]":
    if not due:
        return ()
    if isinstance(request, ClipRequest):
        assert keyframe
        fps = Fraction(request.shape.fps)
        return score_take(path, fps=fps, keyframe=keyframe, prompt=request.prompt, measures=due)[0]
    # Imported here: an estimate or a list of trials opens no picture.
    from vgkit.quality.measure import Scored
    from vgkit.scoring import score_clip

    try:
        return score_clip(path, fps=Fraction(1), prompt=getattr(request, "prompt", ""), measures=due).scores
    except VgkitError as why:
        return [Scored(measure, None, str(why)) for measure in due]
