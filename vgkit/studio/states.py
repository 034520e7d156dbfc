"""How a run stands, from its folder: what its events say, whether a process is at work, and how its launch ended."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from vgkit.lock import held_by
from vgkit.progress import RunProgress
from vgkit.studio.launches import Launch, launch_of

State = Literal[
    "waiting",  # made, never launched
    "queued",  # launched; waits for its turn
    "running",
    "approval",  # the stills are there and wait for a yes
    "success",
    "degraded",  # there is a film, and some shots show a still
    "failed",
    "stopped",
    "interrupted",  # its process is gone and left no end on record
    "gone",  # its folder was deleted
]
_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Standing:
    """A run's state; ``launch`` is there where its end is not one that the events know of."""

    state: State
    launch: Launch | None = None


def standing(folder: Path, progress: RunProgress, *, needs_approval: bool) -> Standing:
    """Say how a run stands by its events, its locks and its last launch."""
    launch, alive = launch_of(folder)
    launched_at = datetime.fromisoformat(launch.since) if launch else _NEVER
    begun = progress.started_at is not None and progress.started_at >= launched_at
    if alive and not begun:
        return Standing("running" if launch and launch.turn_at else "queued", launch)
    if alive or held_by(folder):  # also while it only brings its end to the ledger: it can't be launched again before
        return Standing("running")
    if launch and launch.error and not begun and datetime.fromisoformat(launch.ended_at) > _ended_at(progress):
        return Standing("stopped" if launch.error == "Interrupted" else "failed", launch)
    if progress.state == "running":
        return Standing("interrupted")
    if progress.state == "waiting":
        return Standing(_of_unstarted(folder, launch))
    if progress.state == "stopped" and needs_approval and (folder / "phases/animatic.json").exists():
        return Standing("approval")
    return Standing(progress.state)


def only_unexported(progress: RunProgress, film: Path | None) -> bool:
    """Whether there is a film, and what failed is its export alone."""
    return film is not None and any((phase.phase, phase.state) == ("export", "failed") for phase in progress.phases)


def record_of(folder: Path) -> dict[str, Any] | None:
    """What ``run.json`` says; None where there is none that can be read."""
    try:
        record = json.loads((folder / "run.json").read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return record if isinstance(record, dict) else None


def _ended_at(progress: RunProgress) -> datetime:
    if progress.started_at is None or progress.seconds is None:
        return _NEVER
    return progress.started_at + timedelta(seconds=progress.seconds)


def _of_unstarted(folder: Path, launch: Launch | None) -> State:
    """The state of a run that no driver has begun; a person may have made its film notebook by notebook."""
    if launch and not launch.ended_at:
        return "interrupted"
    return "success" if (folder / "phases/export.json").exists() else "waiting"
