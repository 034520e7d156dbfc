"""What a phase answers with: pictures, players and figures that show themselves in a notebook and read well as text."""

import base64
import html
import os
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from vgkit.ledger import Event, read_events
from vgkit.ledger.kinds import CALL_ENDS
from vgkit.run import Run

_WIDEST_PX = 1120
_STYLE = (
    "<style>.vg{font-family:system-ui,sans-serif;max-width:1120px}.vg h4{line-height:1.3}"
    ".vg table{border-collapse:collapse;margin:.6em 0}"
    ".vg td,.vg th{padding:.25em .8em;border-bottom:1px solid #8884;text-align:left!important;vertical-align:top}"
    ".vg figure{display:inline-block;margin:.4em .8em .4em 0;vertical-align:top}"
    ".vg figcaption{font-size:.85em;opacity:.75}.vg img,.vg video{max-width:100%;border-radius:6px}"
    ".vg .vg-alert{color:#b91c1c;font-weight:600}"
    ".vg .vg-swatch{display:inline-block;width:2.6em;height:1.6em;margin-right:.3em;border-radius:4px}</style>"
)
_STATES = {"phase_finished": "done", "phase_failed": "failed", "phase_started": "running"}


@dataclass(frozen=True)
class Table:
    """Rows under a heading."""

    heading: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def _repr_html_(self) -> str:
        head = "".join(f"<th>{html.escape(column)}</th>" for column in self.columns)
        body = "".join("<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>" for row in self.rows)
        return f"<h4>{html.escape(self.heading)}</h4><table><tr>{head}</tr>{body}</table>"

    def __str__(self) -> str:
        widths = [max(len(row[n]) for row in (self.columns, *self.rows)) for n in range(len(self.columns))]
        lines = [
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
            for row in (self.columns, *self.rows)
        ]
        return "\n".join([self.heading, *lines])


@dataclass(frozen=True)
class Figure:
    """A picture, a clip or a sound by its file; ``width_px`` is how wide it is shown."""

    path: Path
    caption: str = ""
    width_px: int = _WIDEST_PX


@dataclass(frozen=True)
class PhaseReport:
    """A phase's answer. ``lines`` say what was made and kept; figures and tables show it.

    ``totals`` adds what the run took so far; ``alerts`` are what nobody may miss.
    """

    run: Run
    phase: str
    lines: tuple[str, ...] = ()
    figures: tuple[Figure, ...] = ()
    tables: tuple[Table, ...] = ()
    swatches: tuple[str, ...] = ()
    totals: bool = True
    alerts: tuple[str, ...] = ()

    def _all_tables(self) -> tuple[Table, ...]:
        return (*self.tables, so_far(self.run)) if self.totals else self.tables

    def _repr_html_(self) -> str:
        swatches = "".join(f"<span class='vg-swatch' style='background:{c}' title='{c}'></span>" for c in self.swatches)
        lines = "".join(f"<p class='vg-alert'>{html.escape(alert)}</p>" for alert in self.alerts)
        lines += "".join(f"<p>{html.escape(line)}</p>" for line in self.lines)
        figures = "".join(_figure_html(figure) for figure in self.figures)
        tables = "".join(table._repr_html_() for table in self._all_tables())
        return f"{_STYLE}<div class='vg'>{lines}{swatches}{figures}{tables}</div>"

    def __repr__(self) -> str:
        return "\n\n".join(
            [f"{self.phase} of {self.run.name}", *self.alerts, *self.lines, *map(str, self._all_tables())]
        )


@dataclass(frozen=True)
class Took:
    """Seconds and US dollars of all attempts of a phase, failed ones included."""

    seconds: float = 0.0
    cost_usd: Decimal = Decimal(0)


def took(events: Iterable[Event]) -> dict[str, Took]:
    """What each phase took, by its name. A call that is ended twice counts once, as its last end says."""
    seconds: dict[str, float] = defaultdict(float)
    cost: dict[str, Decimal] = defaultdict(Decimal)
    ends: dict[str, Event] = {}
    for event in events:
        if event.kind in ("phase_finished", "phase_failed"):
            seconds[event["phase"]] += event.get("seconds") or 0.0
        elif event.kind in CALL_ENDS:
            ends[event["call"]] = event
    for event in ends.values():
        if event.kind != "call_cached":
            cost[event.get("phase", "")] += event.usd("cost_usd")
    return {phase: Took(round(seconds[phase], 3), cost[phase]) for phase in [*seconds, *(cost.keys() - seconds.keys())]}


def so_far(run: Run) -> Table:
    """The run's seconds and cost by phase, of all attempts, and its quality up to now, from its events."""
    events = read_events(run.events.path).events
    state = {event["phase"]: _STATES[event.kind] for event in events if event.kind in _STATES}
    metrics = [
        f"{event['name']} {event['value']:.4g} {event['unit']}"
        for event in events
        if event.kind == "metric" and event["subject"] == "film" and event["value"] is not None
    ]
    spent = took(events)
    told = [(phase, how, spent.get(phase, Took())) for phase, how in state.items()]
    quality = ", ".join(dict.fromkeys(metrics[-4:])) or "the film is not measured yet"
    rows = tuple((phase, how, f"{each.seconds:.1f}", dollars(each.cost_usd)) for phase, how, each in told)
    return Table(f"So far: {quality}", ("phase", "state", "seconds", "cost"), rows)


def dollars(amount: Decimal) -> str:
    """Write US dollars with four digits, since one call may cost a fraction of a cent; nothing is ``$0``."""
    return f"${amount:.4f}" if amount else "$0"


def columns(*named: tuple[str, Sequence[str]]) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Turn named columns into a table's head and rows."""
    return tuple(name for name, _ in named), tuple(zip(*(cells for _, cells in named), strict=True))


def _figure_html(figure: Figure) -> str:
    caption = f"<figcaption>{html.escape(figure.caption)}</figcaption>" if figure.caption else ""
    source = html.escape(_link(figure.path), quote=True)
    width = f"style='width:{figure.width_px}px'"
    if figure.path.suffix == ".mp4":
        shown = f"<video controls loop muted preload='metadata' src='{source}' {width}></video>"
    elif figure.path.suffix == ".wav":
        shown = f"<audio controls src='{source}' {width}></audio>"
    else:
        shown = f"<img src='{_embedded(figure)}' {width}>"
    return f"<figure>{shown}{caption}</figure>"


def _link(path: Path) -> str:
    # Clips are linked, not embedded: a notebook of 30 MB is no longer one that people open. JupyterLab starts a kernel
    # in the notebook's folder and so does the pipeline, so a link from the working folder holds in both.
    return os.path.relpath(path, Path.cwd())


def _embedded(figure: Figure) -> str:
    import cv2

    picture = cv2.imread(str(figure.path))
    if picture is None:
        return _link(figure.path)
    scale = min(1.0, figure.width_px * 1.5 / picture.shape[1])
    small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else picture
    _, jpeg = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, 82])
    return "data:image/jpeg;base64," + base64.b64encode(jpeg.tobytes()).decode()
