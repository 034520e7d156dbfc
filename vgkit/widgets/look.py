"""How our pages look: one style for all of them, and the small pieces of HTML they are put together from.

A builder takes what a person typed as it is and escapes it; only what is named ``inside`` is HTML already."""

import html
from collections.abc import Iterable, Sequence
from importlib.resources import files
from typing import Literal

Tone = Literal["", "busy", "good", "warn", "bad"]

STYLE = f"<style>{files('vgkit.widgets').joinpath('look.css').read_text('utf-8')}</style>"
PAGE = "vg-page"  # the class of what a page stands in; the style reaches no further

_STATES: dict[str, tuple[str, Tone]] = {
    "waiting": ("waiting", ""),
    "queued": ("waiting for its turn", "busy"),
    "running": ("in the making", "busy"),
    "approval": ("stills to approve", "warn"),
    "success": ("ready", "good"),
    "degraded": ("ready, degraded", "warn"),
    "failed": ("failed", "bad"),
    "unexported": ("ready, not exported", "bad"),
    "stopped": ("stopped", ""),
    "interrupted": ("broken off", "bad"),
    "gone": ("deleted", "bad"),
}


def state_in_words(state: str) -> str:
    """Say a run's state as a person would."""
    return _STATES.get(state, (state, ""))[0]


def state_tone(state: str) -> Tone:
    """Say how a run's state is coloured."""
    return _STATES.get(state, (state, ""))[1]


def chip(words: str, tone: Tone = "") -> str:
    """A few words on a coloured pill."""
    return f"<span class='vg-chip{f' vg-chip-{tone}' if tone else ''}'>{html.escape(words)}</span>"


def state_chip(state: str) -> str:
    """A run's state on a pill."""
    return chip(state_in_words(state), state_tone(state))


def heading(words: str, beside: str = "") -> str:
    """A heading of a card; ``beside`` stands small after it."""
    return f"<h2>{html.escape(words)}{f' <small>{html.escape(beside)}</small>' if beside else ''}</h2>"


def note(words: str, tone: Literal["", "warn", "bad"] = "", *, more: str = "") -> str:
    """A sentence on a tinted ground; ``more`` follows it, for instance what to do."""
    role = " role='alert'" if tone == "bad" else ""
    lead = f"<b>{html.escape(words)}</b> {html.escape(more)}" if more else html.escape(words)
    return f"<div class='vg-told{f' vg-told-{tone}' if tone else ''}'{role}>{lead}</div>"


def quiet(words: str) -> str:
    """A small line that explains."""
    return f"<p class='vg-small'>{html.escape(words)}</p>" if words else ""


def facts(pairs: Iterable[tuple[str, str]]) -> str:
    """Names and figures, each pair in a field of its own."""
    cells = "".join(
        f"<div><small>{html.escape(name)}</small><b>{html.escape(figure)}</b></div>" for name, figure in pairs
    )
    return f"<div class='vg-facts'>{cells}</div>"


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table that scrolls by itself where it is wider than the page."""
    head = "".join(f"<th scope='col'>{html.escape(column)}</th>" for column in columns)
    body = "".join("<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    inside = f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody>"
    return f"<div class='vg-scroll'><table class='vg-table'>{inside}</table></div>"


def bar(share: float, label: str) -> str:
    """How much of something is done, from 0 to 1."""
    percent = round(100 * min(max(share, 0.0), 1.0))
    return (
        f"<div class='vg-meter' role='progressbar' aria-label='{html.escape(label)}' aria-valuemin='0' "
        f"aria-valuemax='100' aria-valuenow='{percent}'><i style='width:{percent}%'></i></div>"
    )
