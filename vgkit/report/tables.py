"""The report's figures as rows of words. A table that would be empty is left out, so that none has to be explained."""

import math
from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from vgkit.phases.report import Table

Answers = Mapping[str, pd.DataFrame]
Row = dict[str, Any]
Columns = tuple[tuple[str, Callable[[Row], str]], ...]


def usd(amount: float) -> str:
    """Write US dollars: cents from a dollar up, four digits below, since one call may cost a fraction of a cent."""
    if not known(amount):
        return ""
    return f"${amount:,.2f}" if amount >= 1 else f"${amount:.4f}" if amount else "$0"


def lasted(seconds: float) -> str:
    """Write a stretch of time as people say it."""
    if not known(seconds):
        return ""
    if seconds < 100:
        return f"{seconds:.1f} s"
    minutes, hours = seconds / 60, seconds / 3600
    return f"{minutes:.0f} min" if minutes < 100 else f"{hours:,.0f} h"


def share(hits: float, n: float, low: float, high: float) -> str:
    """Write a share with its 95 % interval."""
    return f"{100 * hits / n:.0f} % [{100 * low:.0f}, {100 * high:.0f}]" if n else "none over yet"


def known(value: object) -> bool:
    """Whether a cell of a frame holds anything."""
    return value is not None and value is not pd.NaT and not (isinstance(value, float) and math.isnan(value))


def rows_of(frame: pd.DataFrame) -> list[Row]:
    """Return a frame's rows, each by its columns."""
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]


def seen_in(stage: str) -> str:
    """Say what was measured: clips as engines made them, or the film."""
    return "clips" if stage == "generated" else stage


def tables(found: Answers) -> dict[str, Table]:
    """Return the tables that have rows by the question they answer, in the order in which they are read."""
    made = {name: _table(heading, found[name], columns) for name, (heading, columns) in _TABLES.items()}
    return {name: table for name, table in made.items() if table.rows}


def _table(heading: str, frame: pd.DataFrame, columns: Columns) -> Table:
    rows = tuple(tuple(write(row) for _, write in columns) for row in rows_of(frame))
    return Table(heading, tuple(name for name, _ in columns), rows)


def _text(name: str) -> Callable[[Row], str]:
    return lambda row: str(row[name]) if known(row[name]) else ""


def _count(name: str) -> Callable[[Row], str]:
    return lambda row: f"{row[name]:,.0f}"


def _usd(name: str) -> Callable[[Row], str]:
    return lambda row: usd(row[name])


def _lasted(name: str) -> Callable[[Row], str]:
    return lambda row: lasted(row[name])


def _figure(name: str) -> Callable[[Row], str]:
    return lambda row: f"{row[name]:.4g}" if known(row[name]) else ""


def _success(row: Row) -> str:
    return share(row["success"], row["judged"], row["rate_low"], row["rate_high"])


def _against_cap(row: Row) -> str:
    if not known(row["cap_usd"]):
        return usd(row["most_usd"])
    over = f", {row['over_cap']} over it" if row["over_cap"] else ""
    return f"{usd(row['most_usd'])} of {usd(row['cap_usd'])}{over}"


def _measured(row: Row) -> str:
    """How often there was a number, and of how many times where not always."""
    return f"{row['measured']:,}" + (f" of {row['measured'] + row['missing']:,}" if row["missing"] else "")


def _spread(row: Row) -> str:
    return f"{row['low']:.4g} to {row['high']:.4g}" if known(row["low"]) else ""


_TABLES: dict[str, tuple[str, Columns]] = {
    "by_profile": (
        "By profile",
        (
            ("profile", _text("profile")),
            ("runs", _count("runs")),
            ("success", _success),
            ("degraded", _count("degraded")),
            ("failed", _count("failed")),
            ("a film costs", _usd("film_usd")),
            ("dearest run, of its cap", _against_cap),
            ("half take up to", _lasted("seconds_p50")),
            ("95 % up to", _lasted("seconds_p95")),
        ),
    ),
    "by_template": (
        "By template",
        (
            ("template", _text("template")),
            ("runs", _count("runs")),
            ("films", _count("films")),
            ("spent", _usd("cost_usd")),
            ("a film costs", _usd("film_usd")),
            ("half take up to", _lasted("seconds_p50")),
        ),
    ),
    "by_phase": (
        "By phase",
        (
            ("phase", _text("phase")),
            ("calls", _count("calls")),
            ("failed", _count("failed")),
            ("time", _lasted("seconds")),
            ("spent", _usd("cost_usd")),
        ),
    ),
    "by_engine": (
        "By engine",
        (
            ("engine", _text("engine")),
            ("role", _text("role")),
            ("calls", _count("calls")),
            ("failed", _count("failed")),
            ("spent", _usd("cost_usd")),
            ("on failures", _usd("failed_usd")),
            ("a call costs", _usd("usd_per_call")),
            ("half take up to", _lasted("seconds_p50")),
            ("95 % up to", _lasted("seconds_p95")),
        ),
    ),
    "savings": (
        "Saved by the cache",
        (
            ("engine", _text("engine")),
            ("role", _text("role")),
            ("calls", _count("calls")),
            ("saved", _usd("saved_usd")),
            ("priced by the same call", _count("by_same")),
            ("by calls alike", _count("by_alike")),
            ("without a price", _count("unpriced")),
        ),
    ),
    "troubles": (
        "What went wrong",
        (
            ("what", _text("what")),
            ("phase", _text("phase")),
            ("the run ended", _text("state")),
            ("runs", _count("runs")),
            ("the latest", _text("last_run")),
            ("why, there", _text("reason")),
        ),
    ),
    "steps": (
        "Where time goes",
        (
            ("step", _text("step")),
            ("times", _count("times")),
            ("half take up to", _lasted("seconds_p50")),
            ("95 % up to", _lasted("seconds_p95")),
            ("longest", _lasted("longest")),
            ("in", _text("longest_run")),
            ("in all", _lasted("seconds")),
        ),
    ),
    "quality": (
        "Quality by engine",
        (
            ("measure", _text("name")),
            ("of", lambda row: seen_in(row["stage"])),
            ("engine", _text("engine")),
            ("middle", _figure("middle")),
            ("80 % lie in", _spread),
            ("unit", _text("unit")),
            ("better is", _text("direction")),
            ("films", _count("films")),
            ("measured", _measured),
            ("by", lambda row: f"{row['implementation'].removeprefix('vgkit.')} {row['version']}"),
        ),
    ),
}
