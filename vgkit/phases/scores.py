"""What each take of a run scored, by every measure, as it came from its engine.

What a take scored follows from its bytes, its keyframe, its prompt and the measures' versions, so these decide whether
it is scored again; and as measures take seconds and hosts minutes, takes are scored while others are waited for."""

import json
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from vgkit.engines.base import Ask, ClipRequest
from vgkit.errors import PhaseNotReady, VgkitError
from vgkit.files import sha256_of
from vgkit.phases.intermediates import record_of
from vgkit.run import Run

if TYPE_CHECKING:
    from vgkit.quality.measure import Measure, Scored

SCORES = "chunks/scores.json"
_PHASE = "chunks"
_AT_ONCE = 4

# Of each take, by "<shot>/<take>": the digests of its clip and its keyframe, its prompt, and what each measure found.
Scores = Mapping[str, Mapping[str, Any]]


def scores_of(run: Run) -> Scores:
    """Read what the run's takes scored. Raises PhaseNotReady before they were, and where the file was changed since."""
    path = run.path(SCORES)
    if not path.is_file() or record_of(run, _PHASE).get("outputs", {}).get(SCORES) != sha256_of(path):
        raise PhaseNotReady(
            f"Run {run.name} has no {SCORES} as phase {_PHASE!r} made it. Run that phase first, or all with "
            "`vgkit resume`."
        )
    scores: Scores = json.loads(path.read_text("utf-8"))
    return scores


class Scorer:
    """Scores takes in threads of its own. Use it in a ``with`` block."""

    def __init__(self, run: Run) -> None:
        self._run = run
        try:
            self._before = scores_of(run)
        except PhaseNotReady:
            self._before = {}
        self._pool = ThreadPoolExecutor(min(os.cpu_count() or 1, _AT_ONCE))
        self._at_work: dict[str, Future[dict[str, Any]]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(cancel_futures=error is not None)

    def begin(self, ask: Ask) -> None:
        """Have the take that was made for ``ask`` scored."""
        self._at_work[ask.subject] = self._pool.submit(self._score, ask)

    def scores(self) -> Scores:
        """Wait for the scores of all takes; they come in the order of shots and takes."""
        return {subject: self._at_work[subject].result() for subject in sorted(self._at_work)}

    def _score(self, ask: Ask) -> dict[str, Any]:
        """Score one take by the measures that have not seen it yet, and put on record what they found."""
        from vgkit.quality.registry import clip_measures

        request, measures = ask.request, clip_measures()
        assert isinstance(request, ClipRequest)
        assert request.keyframe is not None
        clip = {"sha256": sha256_of(ask.out), "keyframe": sha256_of(request.keyframe), "prompt": request.prompt}
        before = self._before.get(ask.subject, {})
        known = before["measures"] if clip.items() <= before.items() else {}
        due = [measure for measure in measures if not _is_by(known.get(measure.name), measure)]
        fps = Fraction(request.shape.fps)
        found, seen = score_take(ask.out, fps=fps, keyframe=request.keyframe, prompt=request.prompt, measures=due)
        figures = {each.measure.name: figure_of(each) for each in found}
        self._tell(ask.subject, figures, {"stage": "generated", **seen})
        return clip | {"measures": {m.name: figures.get(m.name) or known[m.name] for m in measures}}

    def _tell(self, subject: str, figures: Mapping[str, Mapping[str, Any]], scored: Mapping[str, Any]) -> None:
        for name, figure in figures.items():
            self._run.events.write("metric", phase=_PHASE, subject=subject, name=name, scored=scored, **figure)


def score_take(
    clip: Path, *, fps: Fraction, keyframe: Path, measures: "Sequence[Measure]", prompt: str = ""
) -> "tuple[list[Scored], dict[str, Any]]":
    """Score a clip against its keyframe and prompt; also say what was seen of it: ``frames``, ``size`` and ``fps``.

    What is wrong with the clip or with a measure ends nothing: there is no number then, and the reason.
    """
    from vgkit.media.frames import read_frames, read_picture
    from vgkit.media.probe import probe
    from vgkit.quality.measure import Scored, score
    from vgkit.quality.view import Subject

    if not measures:
        return [], {}
    try:
        file = probe(clip)
        still = read_picture(keyframe)[..., :3]
        subject = Subject((file.width, file.height), fps, file.frames, still, prompt=prompt)
        # Each frame as the cut will hold it, whatever the clip's header says of their times.
        found = score(read_frames(clip), subject, measures)
    except VgkitError as why:
        return [Scored(measure, None, str(why)) for measure in measures], {}
    return found, {"frames": subject.count, "size": list(subject.size), "fps": float(fps)}


def figure_of(scored: "Scored") -> dict[str, Any]:
    """What a measure found, as it goes on record."""
    measure = scored.measure
    # Rounded, as the last digits of a sum depend on where in memory its numbers lie.
    value = None if scored.value is None else float(f"{scored.value:.6g}")
    told: dict[str, Any] = {"value": None, "reason": scored.reason} if value is None else {"value": value}
    about = ("unit", "direction", "implementation", "version")
    return told | {name: getattr(measure, name) for name in about}


def _is_by(figure: Mapping[str, Any] | None, measure: "Measure") -> bool:
    made_by = (measure.implementation, measure.version)
    return figure is not None and (figure["implementation"], figure["version"]) == made_by
