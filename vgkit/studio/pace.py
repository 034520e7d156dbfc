"""How long the phases of a film will take: as they did here in the latest films of the same kind or, while there is
none, as they take on two cores, and as hosts typically take."""

import contextlib
import itertools
import json
import statistics
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from vgkit.errors import EngineUnknown
from vgkit.estimate import estimate
from vgkit.phases.step import PHASES
from vgkit.places import runs_dir
from vgkit.run import Run
from vgkit.studio.states import record_of

_FILMS = 5
_LOOKED_AT = 30  # so that a thousand films of another kind don't make a page wait
# What films of 6 and of 30 seconds took on two cores: seconds, and seconds more for each second of film.
_ON_TWO_CORES: Mapping[str, tuple[float, float]] = {
    "validate": (0.1, 0.0),
    "animatic": (0.3, 0.27),
    "references": (0.2, 0.0),
    "chunks": (1.2, 0.48),
    "refine": (5.0, 1.2),
    "export": (1.0, 0.04),
}


def typical_seconds(run: Run) -> Mapping[str, float]:
    """Seconds by phase. What films here took counts in proportion to their length."""
    return {**_at_first(run), **_here(run)}


def _at_first(run: Run) -> dict[str, float]:
    """Seconds by phase where no such film was ever made here; a rehearsal's hosts are as much faster as they are."""
    takes = int(run.settings.get("takes", 1))
    speed = float((run.rehearsal or {}).get("speed", 1.0))
    usual = {phase: fixed + each * run.brief.duration_s for phase, (fixed, each) in _ON_TWO_CORES.items()}
    with contextlib.suppress(EngineUnknown):  # a package that brought an engine may be gone
        for row in estimate(run.brief, run.template, takes=takes):
            usual[row.phase] += (row.together_s or 0.0) / speed
    return usual


def _here(run: Run) -> dict[str, float]:
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
