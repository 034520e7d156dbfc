"""How far a run is, as HTML: its state in words, what is left, its phases, and what went wrong with the way out."""

import html

from vgkit.progress import PhaseProgress
from vgkit.progress_table import clock, lesser, usd
from vgkit.studio.watching import Sight
from vgkit.widgets.look import bar, heading, note, quiet, state_chip

_PHASES = {
    "validate": "Plan",
    "animatic": "Stills",
    "references": "References",
    "chunks": "Clips",
    "refine": "Film",
    "export": "Export",
}
_MARKS = {"waiting": "", "running": "", "done": "✓", "kept": "✓", "failed": "✗", "stopped": "■"}
_STATES = {"waiting": "to come", "running": "in the making", "kept": "kept"}


def head_html(sight: Sight, title: str) -> str:
    """Title, state, how much is done, and one line of time and money."""
    lead = f"<div class='vg-row'>{heading(title)}{state_chip('unexported' if sight.unexported else sight.state)}</div>"
    if sight.state == "gone":
        return lead
    # The figures of a film that is there stand below it, and so does what went wrong, with its cure.
    counts = "" if sight.state == "success" else _counts(sight)
    said = "" if sight.state == "success" or sight.trouble else sight.said
    shown = bar(_share(sight), "how much of the film is made") if sight.at_work else ""
    return f"<div class='vg-stack'>{lead}{quiet(said)}{shown}{quiet(counts)}</div>"


def phases_html(sight: Sight) -> str:
    """The six phases in a row, each with what it is at."""
    return f"<ol class='vg-phases'>{''.join(map(_phase, sight.phases))}</ol>" if sight.phases else ""


def trouble_html(sight: Sight) -> str:
    """What went wrong, what to do about it, and what may go on costing."""
    parts = []
    if sight.state == "gone":
        parts.append(note("The folder of this run was deleted.", "warn", more="Close it, or make another film."))
    if sight.trouble:
        parts.append(note(sight.trouble.fact, "bad", more=sight.trouble.cure))
    if sight.degraded and not sight.at_work:
        parts.append(note("Some shots show a still instead of a clip.", "warn", more=f"{lesser(sight.degraded)}."))
    if sight.open_calls and sight.trouble:
        more = f"They may cost up to {usd(sight.open_usd)}. Go on takes them up; vgkit cancel {sight.run} stops them."
        parts.append(note(f"Calls that go on at their hosts: {sight.open_calls}.", "warn", more=more))
    return f"<div class='vg-stack'>{''.join(parts)}</div>" if parts else ""


def _counts(sight: Sight) -> str:
    parts = []
    if sight.seconds is not None:
        parts.append(f"{clock(sight.seconds)} so far" if sight.at_work else f"{clock(sight.seconds)} this time")
    if sight.at_work and sight.left_s is not None:
        parts.append(f"about {clock(sight.left_s)} left")
    cap = f" of at most {usd(sight.cap_usd)}" if sight.cap_usd else ""
    parts.append(f"{usd(sight.cost_usd)}{cap}" + (", rehearsed: nothing was paid" if sight.rehearsed else ""))
    return " · ".join(parts)


def _share(sight: Sight) -> float:
    if sight.left_s is not None and sight.seconds:
        return sight.seconds / (sight.seconds + sight.left_s)
    done = sum(phase.state in ("done", "kept") for phase in sight.phases)
    return done / len(sight.phases) if sight.phases else 0.0


def _phase(phase: PhaseProgress) -> str:
    name = _PHASES.get(phase.phase, phase.phase)
    told = _STATES.get(phase.state, phase.state)
    if phase.state == "running" and phase.total:
        told = f"{phase.done} of {phase.total}"
    elif phase.state == "done":
        told = clock(phase.seconds) + (f", {usd(phase.cost_usd)}" if phase.cost_usd else "")
    mark = f"<i aria-hidden='true'>{_MARKS[phase.state]}</i> " if _MARKS[phase.state] else ""
    return (
        f"<li class='vg-phase vg-phase-{phase.state}'><b>{html.escape(name)}</b>"
        f"<span class='vg-small'>{mark}{html.escape(told)}</span></li>"
    )
