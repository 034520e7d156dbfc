"""The report over all runs: what films cost, how long they take, how often they succeed and how good they are.

All figures come from the ledger's views, as of one moment, so that no two parts of a page can disagree."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from pathlib import Path

import pandas as pd

from vgkit.errors import ParameterError, StoreError
from vgkit.files import write_text
from vgkit.ledger import Ledger
from vgkit.phases.report import Table
from vgkit.places import runs_dir
from vgkit.profiles import project_cap
from vgkit.report.asking import Choice, answers
from vgkit.report.shelf import ShownFilm, films
from vgkit.report.tables import Answers, lasted, share, tables, usd

log = logging.getLogger(__name__)

MEASURE = "warp_error"


@dataclass(frozen=True)
class Report:
    """What the ledger says of some runs; shows itself in a notebook, reads well as text, and makes a page.

    ``measure`` is by what films are ranked; ``cap_usd`` is the most that all real runs together may cost.
    """

    choice: Choice
    found: Answers
    folder: Path
    measure: str
    cap_usd: Decimal

    @property
    def empty(self) -> bool:
        """Whether there are no such runs."""
        return not int(self._totals.runs)

    @property
    def heading(self) -> str:
        """What it is about."""
        return f"All films: {self.choice}"

    @cached_property
    def facts(self) -> tuple[tuple[str, str, str], ...]:
        """What is read first: a name, a figure, and a word on it."""
        return tuple(_facts(self._totals, self.found))

    @property
    def budget(self) -> tuple[float, float, float]:
        """Of the project, in US dollars: spent by real runs, still open, and the cap."""
        row = self.found["project"].iloc[0]
        return float(row.spent_usd), float(row.open_usd), float(self.cap_usd)

    @property
    def budget_told(self) -> str:
        """The project's budget in one sentence."""
        spent, still_open, cap = self.budget
        waiting = f", {usd(still_open)} is reserved" if still_open else ""
        left = max(0.0, cap - spent - still_open)
        return f"Of the project's {usd(cap)}, {usd(spent)} is spent{waiting}; {usd(left)} is left."

    @property
    def alerts(self) -> tuple[str, ...]:
        """What nobody may miss."""
        return tuple(_alerts(self))

    @cached_property
    def tables(self) -> dict[str, Table]:
        """The tables that have rows, by the question they answer."""
        return tables(self.found)

    @cached_property
    def films(self) -> tuple[ShownFilm, ...]:
        """The best films and the worst, the best first."""
        return films(self.found["films"], self.folder, self.measure)

    @property
    def nothing(self) -> str:
        """What to do where there are no such runs."""
        if self.choice != Choice():
            return f"No run on record is among those you chose: {self.choice}. Choose others, or leave the choice out."
        make = 'Make one with `vgkit run --prompt "…"`, or with `make demo`, which costs nothing.'
        return f"There are no real runs yet. {make} Rehearsed films are told of with `--rehearsals`."

    def write(self, file: Path | str = "") -> Path:
        """Write the page to a file, else to ``report.html`` in the folder of runs, and say where it is."""
        place = Path(file) if file else self.folder / "report.html"
        write_text(place, self.page(place.absolute().parent))
        return place

    def page(self, beside: Path) -> str:
        """Return one self-contained HTML page, to lie in the folder ``beside``."""
        from vgkit.report.page import page

        return page(self, beside)

    def _repr_html_(self) -> str:
        from vgkit.report.page import STYLE, body

        # As in the phases' pages: a notebook of many megabytes is no longer one that people open.
        return f"{STYLE}<div class='vg-report'>{body(self, Path.cwd(), inline_bytes=0)}</div>"

    def __str__(self) -> str:
        if self.empty:
            return f"{self.heading}\n{self.nothing}\n{self.budget_told}"
        facts = [f"{name}: {figure}{f' ({word})' if word else ''}" for name, figure, word in self.facts]
        listed = [str(film) for film in self.films]
        ranked = ["", f"Films by {self.measure}", *listed] if listed else []
        return "\n".join(
            [
                self.heading,
                *self.alerts,
                self.budget_told,
                *facts,
                *(f"\n{table}" for table in self.tables.values()),
                *ranked,
            ]
        )

    __repr__ = __str__

    @property
    def _totals(self) -> pd.Series:
        return self.found["totals"].iloc[0]


def report(
    *,
    since: str = "",
    until: str = "",
    profile: str = "",
    template: str = "",
    rehearsals: bool = False,
    measure: str = MEASURE,
) -> Report:
    """Report on the runs that started on these days (such as 2026-11-27, in UTC), of a profile or a template.

    ``measure`` is by what films are ranked. The ledger is brought up to date first. Raises ParameterError.
    """
    choice = Choice.of(since=since, until=until, profile=profile, template=template, rehearsals=rehearsals)
    ledger = Ledger(runs_dir())
    try:
        ledger.sync()
    except StoreError as refusal:
        log.warning("Not up to date: %s", refusal)
    found = answers(ledger, choice, measure=measure)
    _check_measure(measure, found["quality"])
    return Report(choice, found, ledger.runs_dir, measure, project_cap())


def _check_measure(measure: str, quality: pd.DataFrame) -> None:
    """Refuse to rank films by what they were not measured by, or by what is neither better nor worse."""
    ranking = sorted(quality[quality.direction.isin(["higher", "lower"]) & (quality.stage == "film")].name.unique())
    if measure != MEASURE and measure not in ranking:
        listed = f"Films here can be ranked by {', '.join(ranking)}." if ranking else "No film here was measured yet."
        raise ParameterError(f"measure: films can't be ranked by {measure!r}. {listed}")


def _facts(totals: pd.Series, found: Answers) -> Iterator[tuple[str, str, str]]:
    finished = int(totals.success + totals.degraded)
    ends = {name: int(totals[name]) for name in ("degraded", "failed", "stopped", "open")}
    said = ", ".join(f"{count} {name}" for name, count in ends.items() if count)
    yield "Runs", f"{totals.runs:,}", said or "all whole"
    yield (
        "Success",
        share(totals.success, totals.judged, totals.rate_low, totals.rate_high),
        "whole films, 95 % interval",
    )
    yield "Spent", usd(totals.spent_usd), f"{usd(totals.open_usd)} still open" if totals.open_usd else "nothing open"
    if finished:
        per_second = totals.spent_usd / totals.film_s if totals.film_s else 0.0
        yield (
            "A film costs",
            usd(totals.film_usd),
            f"in the middle; {usd(per_second)} a second of film, failures included",
        )
        yield "A film takes", lasted(totals.seconds_p50), f"in the middle; 95 % take up to {lasted(totals.seconds_p95)}"
    if calls := int(found["savings"].calls.sum()):
        yield (
            "Saved",
            usd(found["savings"].saved_usd.sum()),
            f"by {calls:,} {'call' if calls == 1 else 'calls'} from the cache",
        )


def _alerts(told: Report) -> Iterator[str]:
    spent, still_open, cap = told.budget
    if told.choice.rehearsals:
        yield "These are rehearsals: their money is not real and their clips are not the engines' own."
    if spent + still_open > cap:
        yield f"All real runs together cost {usd(spent + still_open)}, more than the project's {usd(cap)}."
    if over := int(told.found["by_profile"].over_cap.sum()):
        yield f"Runs that cost more than their cap: {over}."
    if unpriced := int(told.found["savings"].unpriced.sum()):
        yield f"Calls from the cache whose price is unknown, since none alike is on record as paid: {unpriced:,}."
