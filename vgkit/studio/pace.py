"""How long the phases of a film usually take here: as they did in the latest films of the same kind."""

import itertools
import json
import statistics
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from vgkit.phases.step import PHASES
from vgkit.places import runs_dir
from vgkit.run import Run
from vgkit.studio.states import record_of

_FILMS = 5
_LOOKED_AT = 30  # so that a thousand films of another kind don't make a page wait


def typical_seconds(run: Run) -> Mapping[str, float]:
    """Seconds by phase, in proportion to the film's length; empty while there is no film of this kind."""
    took: dict[str, list[float]] = defaultdict(list)
    for folder in itertools.islice(_alike(run), _FILMS):
        length_s = float((record_of(folder) or {})["brief"]["duration_s"])
        for phase in PHASES:
            if seconds := _seconds(folder / f"phases/{phase}.json"):
                took[phase].append(seconds * run.brief.duration_s / length_s)
    return {phase: statistics.median(each) for phase, each in took.items()}


def _alike(run: Run) -> Iterator[Path]:
    """The folders of finished films by the same engines, real or rehearsed as this one is, the latest first."""
    ends = sorted(runs_dir().glob("*/phases/export.json"), key=_changed_ns, reverse=True)
    kind = _kind(record_of(run.folder))
    for end in ends[:_LOOKED_AT]:
        folder = end.parent.parent
        if folder.name != run.name and _kind(record_of(folder)) == kind:
            yield folder


def _kind(record: Mapping[str, Any] | None) -> tuple[Any, ...] | None:
    try:
        brief, settings = (record or {})["brief"], (record or {}).get("settings", {})
        return brief["profile"], brief["engines"], settings.get("takes", 1), (record or {}).get("rehearsal")
    except (KeyError, TypeError, AttributeError):
        return None


def _seconds(path: Path) -> float:
    try:
        return float(json.loads(path.read_text("utf-8"))["seconds"])
    except (OSError, ValueError, KeyError, TypeError):
        return 0.0


def _changed_ns(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0
