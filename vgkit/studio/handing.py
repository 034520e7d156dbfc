"""Where a finished film is to be had, and how it gets to where a person wants it."""

from dataclasses import dataclass

from vgkit.phases.export import check_settings, film_link
from vgkit.run import Run
from vgkit.studio.launching import launch


@dataclass(frozen=True)
class Handed:
    """An exported film: a path, or an address of a bucket that opens ``until`` then (in words), and what to know."""

    address: str
    until: str = ""
    warning: str = ""


def film_address(run: Run) -> Handed:
    """Say where the exported film is to be had; an address of a bucket is signed anew each time.

    Raises PhaseNotReady before the export, StoreError where the film is no longer there.
    """
    link = film_link(run)
    return Handed(link.address, link.until.strip(), link.warning)


def export_to(run: Run, destination: str) -> None:
    """Launch the export alone, to a folder or to ``s3://bucket/prefix``; empty, to the run's own folder.

    Raises ParameterError for a destination that is none, PhaseNotReady where there is no film, and as ``launch`` does.
    """
    check_settings(destination=destination.strip())
    run.made("phases/refine.json", phase="refine")
    launch(run, only="export", settings={"destination": destination.strip()})
