"""Frees room without losing what can't be made again.

A film, its record and its notebooks are never touched, and a run that has no film yet keeps all it has."""

import logging
import shutil
from pathlib import Path

from vgkit.errors import RunBusy
from vgkit.lock import RunLock, held_by
from vgkit.phases.intermediates import large, let_large_go
from vgkit.places import rehearsals_dir, runs_dir
from vgkit.run import Run, all_runs, rehearsed_in

log = logging.getLogger(__name__)


def clean_run(run: Run, *, really: bool) -> int:
    """Remove a finished run's intermediates, or only tell their size; return the bytes. Raises RunBusy."""
    if not run.path("phases/export.json").exists() or not run.path("film.mp4").exists():
        return 0
    with RunLock(run.folder):
        if really:
            return let_large_go(run)
        return sum(_size(run.path(name)) for names in large(run).values() for name in names)


def clean_cache(*, really: bool) -> int:
    """Empty the cache of finished calls; what is asked for again is then made, and paid, again. Raises RunBusy."""
    cache = runs_dir() / "cache"
    size = _size(cache)
    if really:
        for run in all_runs():
            _check_idle(run)
        log.info("emptying the cache, %d bytes", size)
        shutil.rmtree(cache, ignore_errors=True)
    return size


def clean_rehearsals(*, really: bool, caches: bool) -> int:
    """Remove what rehearsed hosts kept of runs that are gone and, with ``caches``, the caches of those still here."""
    freed = 0
    for hosts in sorted(rehearsals_dir().glob("*")):
        runs = rehearsed_in(hosts.name)
        for folder in [hosts / "cache"] if runs and caches else [] if runs else [hosts]:
            freed += _size(folder)
            if really:
                for run in runs:
                    _check_idle(run)
                shutil.rmtree(folder, ignore_errors=True)
    return freed


def _check_idle(run: Path) -> None:
    # The claims that keep two runs from paying for the same call lie in the cache.
    if owner := held_by(run):
        raise RunBusy(f"Run {run.name} is in use: {owner} works in it, and needs the cache. Clean when it has ended.")


def largest_first() -> str:
    """List the runs by the room they take."""
    sizes = sorted(((_size(folder), folder.name) for folder in all_runs()), reverse=True)
    return "\n".join(f"{size / 1e6:8,.0f} MB  {name}" for size, name in sizes)


def _size(path: Path) -> int:
    if path.is_file():
        return path.stat().st_size
    return sum(file.stat().st_size for file in path.rglob("*") if file.is_file()) if path.is_dir() else 0
