"""Films made by processes of their own, which outlive the page, its kernel and its server."""

import os
import subprocess
import sys
import threading
from collections.abc import Mapping
from typing import Any

from vgkit.errors import BriefError, RunBusy
from vgkit.files import refused
from vgkit.keys import load_keys
from vgkit.lock import held_by
from vgkit.places import runs_dir, top_dir
from vgkit.run import Run, check_room
from vgkit.start import make_run
from vgkit.studio import launches
from vgkit.studio.form import Draft, Verdict, verdict
from vgkit.studio.turns import ticket

# What a page's server and its kernels keep for themselves.
_THEIRS = ("VGKIT_FILES_KEY", "JUPYTER_TOKEN", "VOILA_", "JPY_", "MPLBACKEND", "FORCE_COLOR", "CLICOLOR")
_REHEARSED = {"speed": 60.0, "faults": "none", "seed": 1}


def start(draft: Draft, *, owner: str = "") -> Run:
    """Check a draft once more, make its run, kept as ``owner``'s, and launch it.

    Raises BriefError with all complaints, and StoreError.
    """
    found = verdict(draft)
    if found.checked is None:
        told = "\n".join(f"{field}: {sentence}" if field else sentence for field, sentence in found.complaints.items())
        raise BriefError(f"The film can't be made as it is asked for:\n{told}")
    check_room(found.checked.brief.duration_s)
    run = make_run(
        found.checked,
        name=draft.name.strip(),
        settings={"takes": found.takes} if found.takes > 1 else {},
        needs_approval=draft.approve_stills,
        rehearsal=_rehearsal(found),
        owner=owner,
    )
    launch(run)
    return run


def launch(
    run: Run,
    *,
    approved: bool = False,
    only: str = "",
    settings: Mapping[str, Any] | None = None,
    cap_usd: str | None = None,
) -> None:
    """Have a process of its own make what is missing of a run; ``only`` names one phase, ``approved`` is a yes to the
    stills, ``settings`` and ``cap_usd`` hold from now on.

    It returns at once; ``watching`` tells how it goes, also where it never got as far as a first event. It may wait for
    its turn: see ``turns``. Raises RunBusy where a process already works in the run or waits to, RunNotFound where it
    was deleted, ParameterError, BriefError, StoreError.
    """
    with launches.taken(run.folder) as descriptor:
        if owner := held_by(run.folder):
            raise RunBusy(f"{run.name} is being made already, by {owner}. Wait until that ends, then go on.")
        if settings or cap_usd is not None:
            from vgkit.pipeline import set_anew

            set_anew(Run.open(run.folder), settings or {}, cap_usd=cap_usd)
        launches.begin(descriptor, only=only, approved=approved)
        process = _begin(run, descriptor)
    # Else it would stay behind as a zombie for as long as this process lives.
    threading.Thread(target=process.wait, name=f"vgkit-reaper-{process.pid}", daemon=True).start()


def go_on(run: Run, *, cap_usd: str | None = None) -> None:
    """Launch a run again, one that was stopped, failed or broke off: what stands is kept. Raises as ``launch`` does."""
    launch(run, cap_usd=cap_usd)


def _begin(run: Run, descriptor: int) -> "subprocess.Popen[bytes]":
    path = run.path(launches.LOG)
    try:
        with path.open("wb") as log, ticket(run.name) as (held, held_by_it):
            return subprocess.Popen(
                [sys.executable, "-m", "vgkit.studio", str(run.folder), str(descriptor), str(held), str(held_by_it)],
                cwd=top_dir(),
                env=environment(os.environ),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=(descriptor, held_by_it),
                start_new_session=True,
            )
    except OSError as error:
        raise refused(path, error) from error


def environment(ours: Mapping[str, str]) -> dict[str, str]:
    """What a launched process gets of an environment: all but what belongs to the page's server."""
    load_keys()  # a .env file in this working folder is not one in the other's
    handed = {name: value for name, value in ours.items() if not name.startswith(_THEIRS)}
    return {**handed, "VGKIT_RUNS": str(runs_dir())}


def _rehearsal(found: Verdict) -> dict[str, Any] | None:
    return dict(_REHEARSED) if found.rehearsed else None
