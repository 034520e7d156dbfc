"""Where things lie.

Everything starts from one top folder, the repository's, so that a notebook opened by JupyterLab (which starts it in
its own folder) and one run by papermill (which starts it in the caller's) find the same runs."""

import os
from pathlib import Path

_TOP = Path(__file__).resolve().parent.parent


def top_dir() -> Path:
    """The checkout's top folder."""
    return _TOP


def templates_dir() -> Path:
    """Ad templates, looks and scenes; they ship with the code."""
    return _TOP / "templates"


def notebooks_dir() -> Path:
    """The notebooks as a person reads them, without outputs."""
    return _TOP / "notebooks"


def runs_dir() -> Path:
    """Where runs, the ledger and the cache are written: VGKIT_RUNS, else ``runs`` in the checkout."""
    runs = os.environ.get("VGKIT_RUNS")
    return Path(runs).resolve() if runs else _TOP / "runs"


def cache_dir(world: str = "") -> Path:
    """Where the results of finished calls are kept: a rehearsal's apart, for its hosts are a world of their own."""
    return (rehearsal_dir(world) if world else runs_dir()) / "cache"


def rehearsals_dir() -> Path:
    """Where rehearsed hosts keep what they know. Apart from their runs, since their keys lie there too."""
    return runs_dir() / ".rehearsals"


def rehearsal_dir(run: str) -> Path:
    """Where the hosts of one rehearsed run keep what they know."""
    return rehearsals_dir() / run
