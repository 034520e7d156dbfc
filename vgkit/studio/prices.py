"""What a film of the form would cost and how that stands against the caps, in lines for a page."""

import functools
import threading
from pathlib import Path

from vgkit.brief import Brief
from vgkit.estimate import estimate, total_s
from vgkit.estimate_report import EstimateReport, cents, waiting
from vgkit.ledger.money import Spending
from vgkit.places import runs_dir
from vgkit.profiles import profile_for, project_cap
from vgkit.template import Template

_asking = threading.Lock()


def estimated(brief: Brief, template: Template, *, takes: int) -> EstimateReport:
    """Estimate a film, and look up its caps and what all real films have spent so far.

    What was read of the record is kept from one call to the next. Raises EngineUnknown, ParameterError, StoreError.
    """
    with _asking:
        spending = _spending(runs_dir())
        spending.refresh()
        spent = spending.total()
    rows = estimate(brief, template, takes=takes)
    return EstimateReport(brief, rows, profile_for(brief).cap_usd, project_cap(), spent)


@functools.lru_cache(maxsize=4)
def _spending(runs: Path) -> Spending:
    return Spending(runs, rehearsal=False)


def over_caps(report: EstimateReport, *, rehearsed: bool) -> dict[str, str]:
    """Complain of a cap that would stop the film, by the form's field. A rehearsal spends nothing of the project's."""
    found = {}
    needed = report.all_usd
    if needed > report.cap_usd:
        found["cap_usd"] = (
            f"The film needs about ${needed:.2f} and its cap is ${report.cap_usd:.2f}. "
            f"Raise the cap to at least ${cents(needed)}, or choose offline."
        )
    if needed and not rehearsed and needed > report.project_cap_usd - report.project_spent_usd:
        found[""] = (
            f"All films together may cost ${report.project_cap_usd:.2f}: ${report.project_spent_usd:.2f} is spent or "
            f"reserved, and this one needs about ${needed:.2f}. Set VGKIT_PROJECT_CAP to at least "
            f"{cents(needed + report.project_spent_usd)}, choose offline, or rehearse."
        )
    return found


def price_lines(report: EstimateReport, *, rehearsed: bool) -> tuple[str, ...]:
    """Say what it costs, how long hosts take, and which licences forbid commercial use."""
    _, together_s = total_s(report.rows)
    forbidding = {row.engine: row.licence for row in report.rows if not row.commercial_use}
    licences = [
        f"{name.partition('@')[0]}: {licence or 'by its licence'}, not for commercial use."
        for name, licence in forbidding.items()
    ]
    if not together_s and not report.all_usd:
        return ("Free: all of it is drawn on this machine.", *licences)
    if rehearsed:
        return (f"Nothing is sent or paid. In earnest it would cost about ${report.all_usd:.2f}.", *licences)
    left = report.project_cap_usd - report.project_spent_usd
    return (
        f"About ${report.all_usd:.2f} of at most ${report.cap_usd:.2f}. "
        f"Of ${report.project_cap_usd:.2f} for all films, ${left:.2f} is left.",
        f"Hosts take about {waiting(together_s)}. What was made before costs nothing; a failed call may cost.",
        *licences,
    )
