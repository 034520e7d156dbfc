"""An estimate as a person or a script reads it: the rows, and how their sum stands against what may be spent."""

import re
from dataclasses import asdict, dataclass
from decimal import ROUND_UP, Decimal
from typing import Any

from vgkit.brief import Brief
from vgkit.engines.registry import commercial_engines
from vgkit.estimate import Row, estimate, total_s, total_usd
from vgkit.ledger.money import Spending
from vgkit.phases.report import Table
from vgkit.places import runs_dir
from vgkit.profiles import profile_for, project_cap
from vgkit.template import Template

_HEAD = ("phase", "engine", "calls", "each $", "all $", "takes", "commercial", "licence")
_CENT = Decimal("0.01")
_IN_BRACKETS = re.compile(r" \([^)]*\)")


@dataclass(frozen=True)
class EstimateReport:
    """What a film would ask for, beside the run's cap and what is left of the project's. Money in US dollars."""

    brief: Brief
    rows: tuple[Row, ...]
    cap_usd: Decimal
    project_cap_usd: Decimal
    project_spent_usd: Decimal

    @property
    def all_usd(self) -> Decimal:
        """What all calls are expected to cost."""
        return total_usd(self.rows)

    @property
    def within_caps(self) -> bool:
        """Whether the sum fits the run's cap and what is left of the project's."""
        return self.all_usd <= min(self.cap_usd, self.project_cap_usd - self.project_spent_usd)

    @property
    def refused(self) -> tuple[str, ...]:
        """The engines that may not be used for what the film is for."""
        return tuple(row.engine for row in self._forbidden())

    @property
    def as_json(self) -> dict[str, Any]:
        """All of it, for a script."""
        alone_s, together_s = total_s(self.rows)
        return {
            "profile": self.brief.profile,
            "rows": [asdict(row) for row in self.rows],
            "all_usd": self.all_usd,
            "alone_s": round(alone_s, 1),
            "together_s": round(together_s, 1),
            "cap_usd": self.cap_usd,
            "project_cap_usd": self.project_cap_usd,
            "project_spent_usd": self.project_spent_usd,
            "within_caps": self.within_caps,
            "refused": self.refused,
        }

    def __str__(self) -> str:
        heading = f"{self.brief.duration_s} s, {self.brief.aspect}, profile {self.brief.profile}: what it would ask for"
        table = Table(heading, _HEAD, tuple(map(_cells, self.rows)))
        return "\n".join([str(table), "", *self._sums(), *self._warnings()])

    def _sums(self) -> list[str]:
        alone_s, together_s = total_s(self.rows)
        left = self.project_cap_usd - self.project_spent_usd
        times = f" and {waiting(together_s)} of waiting, {waiting(alone_s)} were it one by one" if alone_s else ""
        return [
            f"In all about ${self.all_usd:.2f}{times}. What is in the cache costs nothing; a failed call may cost.",
            f"The run's cap is ${self.cap_usd:.2f}; ${left:.2f} of the project's ${self.project_cap_usd:.2f} is left.",
        ]

    def _warnings(self) -> list[str]:
        lines = []
        if self.all_usd > self.cap_usd:
            lines.append(f"The cap would stop this run: raise it to at least ${cents(self.all_usd)} with --cap.")
        if self.all_usd > self.project_cap_usd - self.project_spent_usd:
            needed = cents(self.all_usd + self.project_spent_usd)
            lines.append(f"The project's cap would stop this run: VGKIT_PROJECT_CAP must be at least {needed}.")
        for row in self._forbidden():
            lines.append(
                f"The brief is for commercial use, which the licence of {row.engine} forbids. For {row.role} "
                f"there is {' or '.join(commercial_engines(row.role))}."
            )
        return lines

    def _forbidden(self) -> tuple[Row, ...]:
        """One row of each engine that may not be used for what the film is for."""
        if self.brief.usage != "commercial":
            return ()
        return tuple({row.engine: row for row in self.rows if not row.commercial_use}.values())


def estimate_report(brief: Brief, template: Template, *, takes: int = 1) -> EstimateReport:
    """Estimate a brief, and look up its caps and what has been spent so far."""
    spending = Spending(runs_dir(), rehearsal=False)
    spending.refresh()
    rows = estimate(brief, template, takes=takes)
    return EstimateReport(brief, rows, profile_for(brief).cap_usd, project_cap(), spending.total())


def _cells(row: Row) -> tuple[str, ...]:
    return (
        row.phase,
        f"{row.engine} {row.step}".rstrip(),
        str(row.calls),
        f"{row.each_usd:.4f}",
        "<0.01" if 0 < row.all_usd < _CENT else f"{row.all_usd:.2f}",
        "" if row.together_s is None else waiting(row.together_s),
        "yes" if row.commercial_use else "NO",
        _IN_BRACKETS.sub("", row.licence),
    )


def cents(usd: Decimal) -> Decimal:
    """Round up to the cent: a cap rounded down would stop the run it is raised for."""
    return usd.quantize(_CENT, ROUND_UP)


def waiting(seconds: float) -> str:
    """Write how long hosts take, as roughly as it is known."""
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"
