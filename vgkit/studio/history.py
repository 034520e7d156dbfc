"""The films there are, newest first, as a page lists them.

Read from the runs' folders, not from the ledger: to open that one may have to wait, and it is as old as its last
sync."""

import functools
import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from vgkit.errors import VgkitError
from vgkit.ledger import Event
from vgkit.ledger.kinds import Kind
from vgkit.ledger.reading import read_kinds
from vgkit.phases.report import took
from vgkit.phases.step import PHASES
from vgkit.places import runs_dir
from vgkit.profiles import profiles
from vgkit.progress import RunProgress
from vgkit.studio.states import State, only_unexported, record_of, standing

_TELLING: tuple[Kind, ...] = (
    *("run_started", "run_finished", "phase_started", "phase_finished", "phase_failed"),
    *("call_settled", "call_failed"),
)
_LONGEST_TITLE = 60
_KEPT = 4096


@dataclass(frozen=True)
class PastRun:
    """One run in a list. ``seconds`` and ``cost_usd`` are those of all attempts; no seconds while one is under way."""

    name: str
    folder: Path
    title: str
    created_at: datetime
    state: State
    seconds: float | None
    cost_usd: Decimal
    profile: str
    engines: Mapping[str, str]
    duration_s: int
    aspect: str
    rehearsed: bool
    owner: str
    poster: Path | None
    film: Path | None
    unexported: bool


def past_runs(owner: str | None = None, *, most: int | None = None) -> list[PastRun]:
    """List runs, the newest first: all where ``owner`` is None, else that owner's and those that have none.

    ``most`` leaves off the older ones. A run that can't be read is left out. Nothing is waited for.
    """
    found = []
    for path in runs_dir().glob("*/run.json"):
        record = _record(path)
        if record and (owner is None or record.get("owner", "") in ("", owner)):
            found.append((str(record.get("created_at", "")), path.parent, record))
    found.sort(key=lambda each: each[:2], reverse=True)
    listed = (_past_run(folder, record) for _, folder, record in found)
    return list(itertools.islice((run for run in listed if run), most))


def title_of(brief: Mapping[str, Any]) -> str:
    """What a film is called before its storyboard has a title."""
    words = " ".join(str(brief.get("product") or brief.get("brand") or brief.get("prompt") or "").split())
    return words if len(words) <= _LONGEST_TITLE else f"{words[: _LONGEST_TITLE - 1]}…"


def _past_run(folder: Path, record: Mapping[str, Any]) -> PastRun | None:
    try:
        brief, (progress, all_s) = record["brief"], _progress(folder)
        film = _first(folder, "film.mp4") if (folder / "phases/refine.json").exists() else None
        return PastRun(
            name=folder.name,
            folder=folder,
            title=title_of(brief),
            created_at=datetime.fromisoformat(record["created_at"]),
            state=standing(folder, progress, needs_approval=bool(record.get("needs_approval"))).state,
            seconds=None if progress.seconds is None else all_s,
            cost_usd=progress.cost_usd,
            profile=str(brief["profile"]),
            engines=_engines(brief),
            duration_s=int(brief["duration_s"]),
            aspect=str(brief["aspect"]),
            rehearsed=record.get("rehearsal") is not None,
            owner=str(record.get("owner", "")),
            poster=_first(folder, "poster.jpg", "animatic/sheet.png"),
            film=film,
            unexported=only_unexported(progress, film),
        )
    except (KeyError, TypeError, ValueError, VgkitError):
        return None


def _engines(brief: Mapping[str, Any]) -> Mapping[str, str]:
    profile = profiles().get(str(brief["profile"]))
    return {**(profile.engines if profile else {}), **brief.get("engines", {})}


def _first(folder: Path, *names: str) -> Path | None:
    return next((folder / name for name in names if (folder / name).is_file()), None)


def _record(path: Path) -> Mapping[str, Any] | None:
    try:
        return _record_as_of(path, path.stat().st_mtime_ns)
    except OSError:
        return None


@functools.lru_cache(maxsize=_KEPT)
def _record_as_of(path: Path, _changed_ns: int) -> Mapping[str, Any] | None:
    return record_of(path.parent)


def _progress(folder: Path) -> tuple[RunProgress, float]:
    """How far a run is, and the seconds it was at work; read again only where its record has grown."""
    path = folder / "events.jsonl"
    try:
        found = path.stat()
    except FileNotFoundError:
        return RunProgress.of(PHASES), 0.0
    return _progress_as_of(path, found.st_mtime_ns, found.st_size)


@functools.lru_cache(maxsize=_KEPT)
def _progress_as_of(path: Path, _changed_ns: int, _size: int) -> tuple[RunProgress, float]:
    progress, events = RunProgress.of(PHASES), read_kinds(path, _TELLING)
    for event in events:
        progress = progress.after(event)
    return progress, worked_s(events)


def worked_s(events: Iterable[Event]) -> float:
    """The seconds that the phases of a run took, of all attempts."""
    return sum(phase.seconds for phase in took(events).values())
