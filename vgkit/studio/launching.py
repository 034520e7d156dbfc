"""Films made by processes of their own, which outlive the page, its kernel and its server."""

from collections.abc import Mapping
from typing import Any

from vgkit.run import Run
from vgkit.studio.form import Draft


def start(draft: Draft, *, owner: str = "") -> Run:
    """Check a draft once more, make its run, kept as ``owner``'s, and launch it.

    Raises BriefError with all complaints, and StoreError.
    """
    raise NotImplementedError


def launch(
    run: Run, *, approved: bool = False, only: str = "", settings: Mapping[str, Any] | None = None, cap_usd: str = ""
) -> None:
    """Have a process of its own make what is missing of a run; ``only`` names one phase, ``approved`` is a yes to the
    stills, ``settings`` and ``cap_usd`` hold from now on.

    It returns at once; ``watching`` tells how it goes, also where it never got as far as a first event. It may wait for
    its turn: see ``turns``. Raises RunBusy where a process already works in the run or waits to,
    ParameterError, BriefError, StoreError.
    """
    raise NotImplementedError


def go_on(run: Run, *, cap_usd: str = "") -> None:
    """Launch a run again, one that was stopped, failed or broke off: what stands is kept. Raises as ``launch`` does."""
    raise NotImplementedError
