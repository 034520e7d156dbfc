"""A shot's takes in HTML: what is in the cut and why, and what was measured, the better figures marked."""

import html
from collections.abc import Sequence

from vgkit.phases.choosing import Reading, ShotTakes
from vgkit.widgets.look import bar, chip, note, quiet


def summary(shot: ShotTakes) -> str:
    """One line: the shot, its beat, and the take that the cut shows."""
    why = "your choice" if shot.chose else "by the rule"
    state = chip(f"{shot.in_the_cut} is in the cut", "good")
    if not shot.is_settled:
        state = chip(f"{shot.in_the_cut} is still in the cut", "warn")
        why = f"{shot.decision.take} {why}"
    return f"<h3>{html.escape(f'{shot.shot} {shot.beat}')}</h3>{state} <small>{why}</small>"


def told(shot: ShotTakes) -> str:
    """Why the take is in the cut, what the rule says, and whether a choice no longer holds."""
    ruled = shot.decision.ruled
    points = " to ".join(f"{ruled.points[take]:.2f}" for take in (ruled.take, *_others(shot)))
    lines = [f"The rule takes {ruled.take}, by {points} points: {ruled.why}."]
    if shot.chose:
        lines.insert(0, f"You chose {shot.decision.take}.")
    if shot.decision.lost:
        lines.append(f"{shot.decision.lost} is no longer the clip that you chose, so the rule picked. Choose again.")
    return "".join(f"<p>{html.escape(line)}</p>" for line in lines)


def measured(shot: ShotTakes) -> str:
    """What the measures say: those the rule weighs, then the others folded away."""
    weighed = [reading for reading in shot.readings if reading.weight]
    further = [reading for reading in shot.readings if not reading.weight]
    points = "".join(f"<td>{shot.decision.ruled.points[take]:.2f}</td>" for take in shot.takes)
    foot = f"<tr class='vg-take-points'><th scope='row'>points, 0 to 1</th>{points}</tr>"
    folded = f"<details><summary>{len(further)} further measures</summary>{_table(shot, further)}</details>"
    return f"{_table(shot, weighed, foot)}{quiet('✓ marks the better take. Within 2 % none is better.')}{folded}"


def under_way(share: float, words: str) -> str:
    """What is being done, and how much of it is."""
    return f"<div role='status'>{note(words)}{bar(share, 'putting the take into the cut')}</div>"


def _others(shot: ShotTakes) -> list[str]:
    ruled = shot.decision.ruled
    return sorted((take for take in shot.takes if take != ruled.take), key=lambda take: -ruled.points[take])


def _table(shot: ShotTakes, readings: Sequence[Reading], foot: str = "") -> str:
    head = "".join(f"<th scope='col'>{html.escape(each)}</th>" for each in ("measure", *shot.takes))
    rows = "".join(_row(shot, reading) for reading in readings)
    return (
        f"<div class='vg-scroll'><table class='vg-table vg-takes'><thead><tr>{head}</tr></thead>"
        f"<tbody>{rows}{foot}</tbody></table></div>"
    )


def _row(shot: ShotTakes, reading: Reading) -> str:
    cells = "".join(_cell(reading.values[take], take in reading.ahead) for take in shot.takes)
    about = [reading.unit, *([f"weight {reading.weight:g}"] if reading.weight else [])]
    small = f"<small>{html.escape(', '.join(filter(None, about)))}</small>"
    return f"<tr><th scope='row'>{html.escape(reading.words)} {small}</th>{cells}</tr>"


def _cell(value: float | None, is_ahead: bool) -> str:
    figure = "–" if value is None else f"{value:.4g}"
    mark = " <span role='img' aria-label='better'>✓</span>"
    return f"<td><b>{figure}</b>{mark}</td>" if is_ahead else f"<td>{figure}</td>"
