"""What a run makes on the way to its film: worth keeping while one still chooses, and most of the room it takes."""

import json
import re
from typing import Any

from vgkit.phases.step import PHASES, let_go, standing
from vgkit.run import Run

_BEFORE_EXPORT = PHASES[:-1]
_LARGE = {"animatic": ("animatic.mp4",), "chunks": (".mp4", "cut.mkv"), "refine": ("music_raw.wav",)}
_FILM = re.compile(r"film(_\w+)?\.(mp4|mov|mkv)")
_JOINED = "cut.mkv"  # without loss from the clips


def record_of(run: Run, phase: str) -> dict[str, Any]:
    """What a phase wrote down when it ended; empty where it has not."""
    try:
        record: dict[str, Any] = json.loads(run.path(f"phases/{phase}.json").read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return record


def made_files(run: Run) -> dict[str, str]:
    """Every file that the phases before the export made, those that were let go too, with its SHA-256."""
    return {n: digest for phase in _BEFORE_EXPORT for n, digest in record_of(run, phase).get("outputs", {}).items()}


def further_films(run: Run) -> tuple[str, ...]:
    """Name the films that phase 5 made beside ``film.mp4`` and that stand: other aspects, and masters."""
    return tuple(name for name in standing(run, "refine") if _FILM.fullmatch(name) and name != "film.mp4")


def to_store(run: Run) -> list[str]:
    """Name the intermediates that can be stored beside the film: storyboard, stills, references, clips, music."""
    names = [name for phase in _BEFORE_EXPORT for name in standing(run, phase)]
    return [name for name in names if _is_intermediate(name)]


def ever_stored(run: Run) -> list[str]:
    """Name all that an earlier export may have stored, whether it is still here or not."""
    return [name for name in made_files(run) if _is_intermediate(name)]


def _is_intermediate(name: str) -> bool:
    return name != _JOINED and not _FILM.fullmatch(name)


def large(run: Run) -> dict[str, list[str]]:
    """Name by phase what takes room and can be made again of what stays. The film is never among it."""
    return {p: [name for name in standing(run, p) if name.endswith(endings)] for p, endings in _LARGE.items()}


def let_large_go(run: Run) -> int:
    """Remove what takes room; return the bytes. Call it while the run is held, and only after its film is safe."""
    freed = 0
    for phase, names in large(run).items():
        freed += sum(run.path(name).stat().st_size for name in names)
        if names:
            let_go(run, phase, names)
    return freed
