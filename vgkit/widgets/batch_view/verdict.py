"""What a check found, as HTML: what is wrong line by line, or what the films would cost against the caps."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from vgkit.batch.costs import Costs, span
from vgkit.batch.planned import Film
from vgkit.batch.wrong import listed
from vgkit.estimate_report import waiting
from vgkit.phases.report import Table
from vgkit.progress_table import usd
from vgkit.widgets.batch_view.checking import Checked
from vgkit.widgets.look import facts, note, quiet, table

_MOST_LINES = 50


def verdict(checked: Checked, *, called: str) -> str:
    """What a person should know before anything is made."""
    if checked.costs is None:
        return _complaints(checked.complaints, called)
    refused = "".join(note(said, "bad") for said in checked.refusals)
    return f"<div class='vg-stack'>{refused}{_costs(checked.costs)}</div>"


def _complaints(complaints: Sequence[Mapping[str, Any]], called: str) -> str:
    count = len(complaints)
    lead = note(
        f"{called} can't be made yet: {count:,} thing{'s'[: count != 1]} to mend.", "bad", more="Then check it again."
    )
    shown = table(("where", "field", "what is wrong"), map(_cells, complaints[:_MOST_LINES]))
    more = count - _MOST_LINES
    rest = quiet(f"and {more:,} more; `vgkit batch check {called} --json` has all of them") if more > 0 else ""
    return f"<div class='vg-stack'>{lead}<div class='vg-complaints'>{shown}</div>{rest}</div>"


def _cells(said: Mapping[str, Any]) -> tuple[str, str, str]:
    lines, names = said.get("lines") or (), said.get("names") or ()
    where = f"line{'s'[: len(lines) > 1]} {listed(lines)}" if lines else names[0] if names else ""
    where = " ".join(filter(None, [said.get("file"), where]))
    column = f"column {said['column']}" if said.get("column") else ""
    return ", ".join(filter(None, [where, column])), str(said.get("field") or ""), str(said["message"])


def _costs(costs: Costs[Film]) -> str:
    missing = len(costs.missing)
    figures = [
        ("Films", f"{len(costs.bills):,}"),
        ("To make", f"{missing:,}"),
        ("Cost, about", usd(costs.to_pay_usd)),
        ("Hosts take", waiting(costs.wait_s) if costs.wait_s else "no time"),
    ]
    if not missing:
        return facts(figures[:2]) + quiet("All of its films are there.")
    play = costs.bills[0].film.rehearsal is not None
    money = "Rehearsed: hosts answer from this machine, and the money is play money." if play else ""
    limits = table(("cap", "allows", "spent", "needed"), _limits(costs))
    kinds, engines = (_bare(each) for each in costs.tables)
    inside = f"<div class='vg-wide'>{kinds}</div><div class='vg-wide'>{engines}</div>"
    return (
        f"{facts(figures)}{quiet(money)}{limits}"
        f"<details class='vg-kinds'><summary>By kind of film and by engine</summary>{inside}</details>"
    )


def _limits(costs: Costs[Film]) -> Iterator[tuple[str, str, str, str]]:
    missing = costs.missing
    caps, needs = (sorted({bill.cap_usd for bill in missing}), sorted({bill.alone_usd for bill in missing}))
    yield "a film", span(caps), "", span(needs)
    if (batch := costs.bills[0].film.batch.cap_usd) is not None:
        yield "all its films", usd(batch), usd(costs.batch_spent_usd), usd(costs.to_pay_usd)
    if costs.project_left_usd is not None:
        yield "all runs", f"{usd(costs.project_left_usd)} more", "", usd(costs.to_pay_usd)


def _bare(each: Table) -> str:
    return table(each.columns, each.rows)
