"""The sidecar that goes along with a film: enough to make the same film again, and to answer for it.

It tells only what was settled before the export, so that the same film always has the same sidecar."""

from decimal import Decimal
from typing import Any

from vgkit import __version__
from vgkit.ledger import read_events
from vgkit.phases.asking import engine_mark
from vgkit.phases.intermediates import made_files, record_of
from vgkit.phases.report import Took, took
from vgkit.phases.step import PHASES, degraded, digest_of
from vgkit.profiles import ROLES
from vgkit.run import Run

_EXPORT = PHASES[-1]


def manifest(run: Run) -> dict[str, Any]:
    """Say how the film came about: brief, storyboard, engines, seeds, every file's digest, cost and seconds.

    ``degraded`` names the shots that had to be replaced by something lesser. Seconds and US dollars are those of all
    attempts of each phase, failed ones included, up to the export.
    """
    storyboard = run.storyboard
    phases = _took(run)
    return {
        "run": run.name,
        "vgkit": __version__,
        "title": storyboard.title,
        "degraded": list(degraded(run)),
        "rehearsal": run.rehearsal is not None,
        "brief": run.brief.model_dump(mode="json"),
        "template": run.template.name,
        "storyboard_sha256": digest_of(run.path("storyboard.json")),
        "engines": {role: engine_mark(run, role) for role in ROLES},
        "seeds": {"brief": run.brief.seed, **{shot.id: shot.seed for shot in storyboard.shots}},
        "artifacts": made_files(run),
        "phases": {name: {"seconds": each.seconds, "cost_usd": str(each.cost_usd)} for name, each in phases.items()},
        "seconds_before_export": round(sum(each.seconds for each in phases.values()), 3),
        "cost_usd": str(sum((each.cost_usd for each in phases.values()), Decimal(0))),
    }


def _took(run: Run) -> dict[str, Took]:
    """Seconds and dollars by phase, in order, up to the export."""
    spent = took(read_events(run.events.path))
    return {phase: spent.get(phase, Took()) for phase in PHASES if record_of(run, phase) and phase != _EXPORT}
