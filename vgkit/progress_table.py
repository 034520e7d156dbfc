"""What a run's progress looks like: the table of the terminal and the same one for a notebook.

Pure functions of the progress and the time, so a picture of any moment can be drawn and looked at."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from html import escape
from typing import NamedTuple

from rich import box
from rich.console import Group, RenderableType
from rich.constrain import Constrain
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from vgkit.progress import PhaseProgress, PhaseState, RunProgress, RunState

_SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
_MARKS: dict[PhaseState, tuple[str, str]] = {
    "waiting": ("·", "dim"),
    "running": ("", "cyan"),
    "done": ("✓", "green"),
    "kept": ("✓", "dim green"),
    "failed": ("✗", "bold red"),
    "stopped": ("■", "yellow"),
}
_ENDS: dict[RunState, tuple[str, str]] = {
    "success": ("Film ready", "bold green"),
    "degraded": ("Film finished, but degraded", "bold red"),
    "failed": ("Failed", "bold red"),
    "stopped": ("Stopped", "bold yellow"),
}
_CSS = {
    "dim": "opacity:.55",
    "cyan": "color:#0e7490",
    "green": "color:#15803d",
    "dim green": "color:#15803d;opacity:.7",
}
_CSS |= {"bold red": "color:#b91c1c;font-weight:600", "yellow": "color:#a16207", "bold yellow": "color:#a16207"}
_CSS |= {"bold green": "color:#15803d;font-weight:600"}
_HTML_BAR = '<progress value="{:.3f}" style="width:9em;vertical-align:middle"></progress>'
_BAR_CELLS = 18
_WIDEST = 100


class Row(NamedTuple):
    """One phase in words, and the style of its mark."""

    mark: str
    style: str
    phase: str
    doing: str
    degraded: str
    share: float | None
    time: str
    cost: str
    left: str


def rows(progress: RunProgress, now: datetime) -> Iterator[Row]:
    """Put each phase in words."""
    for phase in progress.phases:
        mark, style = _MARKS[phase.state]
        yield Row(
            mark or _SPINNER[int(now.timestamp() * 5) % len(_SPINNER)],
            style,
            phase.phase,
            _doing(phase),
            lesser(phase.degraded),
            phase.done / phase.total if phase.state == "running" and phase.total else None,
            clock(phase.elapsed_s(now)),
            usd(phase.cost_usd) if phase.cost_usd or phase.state == "done" else "",
            _about(progress.phase_remaining_s(phase, now)) if phase.state == "running" else "",
        )


def terminal_table(progress: RunProgress, now: datetime) -> RenderableType:
    """Draw the table for a terminal 80 columns wide or more; below it the end, once there is one."""
    table = Table(box=box.SIMPLE_HEAD, show_footer=True, expand=True, padding=(0, 1), header_style="dim")
    left = _about(progress.remaining_s(now))
    table.add_column("  phase", "  total", no_wrap=True)
    table.add_column(Text(_title(progress), style="dim"), _sum_up(progress), ratio=1, no_wrap=True, overflow="ellipsis")
    table.add_column("time", clock(progress.elapsed_s(now)), justify="right", min_width=5, no_wrap=True)
    table.add_column("cost", usd(progress.cost_usd), justify="right", min_width=6, no_wrap=True)
    table.add_column("left", left, justify="right", min_width=6, no_wrap=True)
    for row in rows(progress, now):
        tone = "dim" if row.style.startswith("dim") else "bold" if row.style == "cyan" else ""
        doing = _bar(row.share) if row.share is not None else Text()
        _add(doing, row.degraded, "bold red")
        _add(doing, row.doing, "red" if "red" in row.style else "dim")
        name = Text.assemble((row.mark, row.style), " ", (row.phase, tone))
        table.add_row(name, doing, row.time, row.cost, row.left)
    parts: list[RenderableType] = [table]
    if end := ending(progress):
        parts.append(Padding(Text(end, _ENDS[progress.state][1]), (0, 1)))
    return Constrain(Group(*parts), _WIDEST)


def notebook_table(progress: RunProgress, now: datetime) -> str:
    """Draw the same table in HTML; colours are given only where they also read on a dark theme's background."""
    cells = "".join(
        _html_row(f'<span style="{_CSS[row.style]}">{row.mark}</span>', row.phase, _html_doing(row), *row[6:])
        for row in rows(progress, now)
    )
    left = _about(progress.remaining_s(now))
    total = _html_row("", "total", _sum_up(progress), clock(progress.elapsed_s(now)), usd(progress.cost_usd), left)
    head = _html_row("", "phase", escape(_title(progress)), "time", "cost", "left")
    end = ending(progress)
    below = f'<div style="{_CSS[_ENDS[progress.state][1]]}">{escape(end)}</div>' if end else ""
    return (
        '<div class="vg-progress"><table style="width:100%;max-width:44em;border-collapse:collapse">'
        f'<thead style="opacity:.55">{head}</thead><tbody>{cells}</tbody>'
        f'<tfoot style="border-top:1px solid currentColor">{total}</tfoot></table>{below}</div>'
    )


def ending(progress: RunProgress) -> str:
    """Say how the run ended in a sentence; empty while it has not."""
    if progress.state not in _ENDS:
        return ""
    what = f"{_ENDS[progress.state][0]}: {progress.film}" if progress.film else _ENDS[progress.state][0]
    spent = f"{clock(progress.seconds)}, {usd(progress.cost_usd)}"
    # Why a run failed is said once, by whoever started it: the command line's last words, a notebook's red cell.
    said = progress.message if progress.state != "failed" else ""
    if progress.state == "degraded" and progress.degraded and not said:
        said = f"{lesser(progress.degraded).capitalize()}."
    return f"{what} ({spent}). {said}".rstrip()


def lesser(subjects: Sequence[str]) -> str:
    """Name the subjects for which something lesser stands in: ``degraded: s03, s07``; empty for none."""
    return f"degraded: {', '.join(subjects)}" if subjects else ""


def clock(seconds: float | None) -> str:
    """Write seconds as on a clock: ``0:04``, ``12:30``, ``1:02:03``; empty for none."""
    if seconds is None:
        return ""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def usd(amount: Decimal) -> str:
    """Write dollars to the cent, without calling a fraction of a cent nothing."""
    return "<$0.01" if 0 < amount < Decimal("0.005") else f"${amount:.2f}"


def _title(progress: RunProgress) -> str:
    return " · ".join(part for part in (progress.run, progress.profile) if part)


def _sum_up(progress: RunProgress) -> str:
    done = sum(phase.state in ("done", "kept") for phase in progress.phases)
    return f"{done} of {len(progress.phases)} phases"


def _doing(phase: PhaseProgress) -> str:
    if phase.state == "kept":
        return "kept"
    if phase.state == "running" and phase.total:
        return f"{phase.done}/{phase.total} {phase.label}".rstrip()
    return phase.label


def _add(line: Text, words: str, style: str) -> None:
    if words:
        line.append("" if not line or line.plain.endswith(" ") else "  ").append(words, style)


def _about(seconds: float | None) -> str:
    return "" if seconds is None else f"~{clock(seconds)}"


def _bar(share: float) -> Text:
    full = round(min(share, 1.0) * _BAR_CELLS)
    return Text.assemble(("━" * full, "cyan"), ("─" * (_BAR_CELLS - full), "dim"), "  ")


def _html_row(*cells: str) -> str:
    aligned = ("left", "left", "left", "right", "right", "right")
    return (
        "<tr>"
        + "".join(
            f'<td style="text-align:{align};padding:1px 8px;white-space:nowrap{";width:60%" if number == 2 else ""}">'
            f"{cell}</td>"
            for number, (align, cell) in enumerate(zip(aligned, cells, strict=True))
        )
        + "</tr>"
    )


def _html_doing(row: Row) -> str:
    red = f'<span style="{_CSS["bold red"]}">{escape(row.degraded)}</span>' if row.degraded else ""
    bar = "" if row.share is None else _HTML_BAR.format(row.share)
    return " ".join(part for part in (bar, red, escape(row.doing)) if part)
