"""The report as HTML that stands alone: pictures, plots and small films are in it, and it asks no network."""

import html
from pathlib import Path
from typing import TYPE_CHECKING

from vgkit.phases.report import Table
from vgkit.report.figures import plots
from vgkit.report.shelf import INLINE_BYTES, shelves

if TYPE_CHECKING:
    from vgkit.report.report import Report

STYLE = """<style>
.vg-report{font-family:system-ui,sans-serif;color:#1f2933;background:#fff;max-width:1120px;margin:auto;line-height:1.45}
.vg-report h1{font-size:1.5em;margin:.2em 0}.vg-report h2{font-size:1.15em;margin:2em 0 .4em}
.vg-report .facts{display:grid;grid-template-columns:repeat(auto-fill,minmax(160px,1fr));gap:.8em;margin:1.2em 0}
.vg-report .facts div{border:1px solid #e5e7eb;border-radius:8px;padding:.7em .9em}
.vg-report .facts b{display:block;font-size:1.15em}
.vg-report small,.vg-report figcaption{color:#6b7280;font-size:.85em}.vg-report figcaption{overflow-wrap:anywhere}
.vg-report .bar{display:flex;height:12px;border-radius:6px;overflow:hidden;background:#e5e7eb;max-width:640px}
.vg-report .bar i{background:#0072B2}.vg-report .bar i+i{background:#E69F00}
.vg-report .scroll{overflow-x:auto}.vg-report table{border-collapse:collapse;font-size:.9em;min-width:100%}
.vg-report th,.vg-report td{padding:.3em .9em .3em 0;border-bottom:1px solid #e5e7eb;text-align:left!important;
vertical-align:top}.vg-report th{color:#6b7280;font-weight:600;white-space:nowrap}
.vg-report td{font-variant-numeric:tabular-nums;max-width:30em}
.vg-report .alert{color:#b91c1c;font-weight:600}
.vg-report .films{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,320px),1fr));gap:1em}
.vg-report figure{margin:0}.vg-report img,.vg-report video{max-width:100%;border-radius:6px;display:block}
.vg-report video,.vg-report .gone{width:100%;aspect-ratio:16/9;background:#1118}
.vg-report .gone{display:grid;place-items:center;border-radius:6px;color:#fff}
.vg-report .narrow{display:none}
@media (max-width:700px){.vg-report .narrow{display:block}.vg-report .wide{display:none}}
</style>"""


def page(report: "Report", beside: Path) -> str:
    """Return the whole page, to lie in the folder ``beside``."""
    title, content = html.escape(report.heading), body(report, beside, inline_bytes=INLINE_BYTES)
    # No address but those in the page and films beside it: it must open without a network, and tell nobody.
    policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; media-src data: file: 'self'"
    return (
        f"<!doctype html><html lang='en'><head><meta charset='utf-8'><title>{title}</title>"
        "<meta name='viewport' content='width=device-width, initial-scale=1'>"
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        f"{STYLE}</head><body style='margin:1.2em'><main class='vg-report'>{content}</main></body>"
        "</html>\n"
    )


def body(report: "Report", beside: Path, *, inline_bytes: int) -> str:
    """Return what stands in the page, and in a notebook; films of up to ``inline_bytes`` in all are in it."""
    alerts = "".join(f"<p class='alert'>{html.escape(alert)}</p>" for alert in report.alerts)
    head = f"<h1>{html.escape(report.heading)}</h1>{alerts}{_budget(report)}"
    if report.empty:
        return f"{head}<p>{html.escape(report.nothing)}</p>"
    facts = "".join(
        f"<div><small>{html.escape(name)}</small><b>{html.escape(figure)}</b><small>{html.escape(word)}</small></div>"
        for name, figure, word in report.facts
    )
    shown = dict(plots(report.found))
    days = _part("Spent by day", shown.pop("by_day", ""))
    parts = "".join(_part(table.heading, shown.get(name, "") + _table(table)) for name, table in report.tables.items())
    measure = report.measure.replace("_", " ")
    films = "".join(
        _part(f"{which} films by {measure}", row)
        for which, row in shelves(report.films, beside=beside, inline_bytes=inline_bytes)
    )
    return f"{head}<div class='facts'>{facts}</div>{days}{parts}{films}"


def _part(heading: str, content: str) -> str:
    return f"<h2>{html.escape(heading)}</h2>{content}" if content else ""


def _budget(report: "Report") -> str:
    spent, still_open, cap = report.budget
    whole = max(cap, spent + still_open) or 1.0
    bar = "".join(f"<i style='width:{100 * part / whole:.2f}%'></i>" for part in (spent, still_open))
    return f"<p>{html.escape(report.budget_told)}</p><div class='bar'>{bar}</div>"


def _table(table: Table) -> str:
    head = "".join(f"<th>{html.escape(column)}</th>" for column in table.columns)
    rows = "".join("<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>" for row in table.rows)
    return f"<div class='scroll'><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
