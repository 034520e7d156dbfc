"""Which runs and labs are rehearsals. Their money is not real, so it must be told apart wherever money is counted."""

import json
from pathlib import Path
from typing import Any

LAB = "lab.json"  # what a prompt lab has in place of a run's record


def is_rehearsal(folder: Path) -> bool:
    """Whether a run's folder says it is a rehearsal; one that says nothing is none."""
    return bool(world_of(folder))


def world_of(folder: Path) -> str:
    """Name the rehearsal that a run's or a lab's folder belongs to, its own or its batch's; empty where it is real."""
    try:
        record = _record(folder)
        # How it is rehearsed may be told with no words at all, and is still told.
        if record.get("rehearsal") in (None, False):
            return ""
        return str((record.get("batch") or {}).get("name") or folder.name)
    except (OSError, ValueError, AttributeError):
        return ""


def _record(folder: Path) -> Any:
    try:
        return json.loads((folder / "run.json").read_text("utf-8"))
    except FileNotFoundError:
        return json.loads((folder / LAB).read_text("utf-8"))
