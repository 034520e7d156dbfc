"""Write the page on which every measure is held against real clips: what was found, rule by rule, and every number.

The page is made, never edited: the same clips and measures give the same bytes."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from vgkit.bench.claims import BEST_FRAMES, BREAKDOWN_FRAMES, CLAIMS, ENOUGH_STEPS, Finding, Verdict
from vgkit.bench.disagreements import WHY
from vgkit.bench.sweeps import Sweep
from vgkit.files import whole, write_text
from vgkit.phases.report import Table
from vgkit.plots import PALETTE, draw
from vgkit.quality.measure import Measure
from vgkit.scoring import shown

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_ACROSS, _PANEL_PX = 4, (250, 150)
_LABELS_APART = 1.3
_GOOD, _BAD = PALETTE[2], PALETTE[1]
# Where the authors say that clips are best, and from where on they get no better or break down.
_BEST = {"frames": (BEST_FRAMES, BEST_FRAMES), "guidance": (10.0, 15.0)}
_BEYOND = {"frames": BREAKDOWN_FRAMES, "steps": ENOUGH_STEPS}

_OPENING = """# Measures on real clips

The clips are those of [zeroscope-compare](https://github.com/replicate/zeroscope-compare) (Replicate, MIT): Zeroscope
v2 576w, one prompt ("clown fish in a coral reef") and one seed, 576x320, with one parameter varied at a time and the
others at 24 frames, guidance 12.5 and 50 steps. Their authors say what people see in them; here each
[measure](quality.md) is held against that, by rules that are the same for all. One prompt and one seed prove little: a
measure that agrees is one that can see such faults, not one that always does.

This page is made by `python -m vgkit.bench sweeps`, from the clips in the folder that `VGKIT_SWEEPS` names.
"""

_SUMMARY = """## What agrees

An empty cell is a rule that can't be asked: of what is best where neither more nor less is better, of anything where a
number's sign is a direction. *Same settings* is how far the clips differ that have the same settings, one in each
sweep, made anew each time: what is smaller means nothing.
"""
_PROVEN = {True: "yes", False: "unproven", None: "not asked"}
_SHADES = {
    "frames": "The green line is where the authors find clips best, the shaded part where they find them broken.\n"
    "Another number of frames is another noise to begin with, so each length shows another scene of the prompt; up to\n"
    "32 frames, scenes may differ by more than quality does.",
    "guidance": "The green part is where the authors find clips best.",
    "steps": "The shaded part is where the authors find no gain any more.",
}


def agreement(verdicts: Sequence[Verdict]) -> Table:
    """Lay out what each measure says to each claim."""
    rows = [
        (
            *(verdict.measure.name, *map(_cell, verdict.findings)),
            *("" if verdict.repeats_within is None else f"{verdict.repeats_within:.1%}", _PROVEN[verdict.proven]),
        )
        for verdict in _taken(verdicts)
    ]
    rows.append(("agree", *map(_of_asked, zip(*(verdict.findings for verdict in verdicts), strict=True)), "", ""))
    columns = ("measure", *(claim.name for claim in CLAIMS), "same settings", "agrees with any")
    return Table("What measures see in the sweeps", columns, tuple(rows))


def write_page(sweeps: Sequence[Sweep], verdicts: Sequence[Verdict], page: Path) -> None:
    """Write the page, and its plots into a folder of its name beside it."""
    parts = [_OPENING, _rules(), _summary(verdicts)]
    measures = [verdict.measure for verdict in _taken(verdicts)]
    for sweep in sweeps:
        plot = page.parent / page.stem / f"{sweep.parameter}.svg"
        with whole(plot) as draft:
            draft.write_bytes(plotted(sweep, [each for each in measures if len({*sweep.curve(each.name).values}) > 1]))
        parts.append(_section(sweep, measures, f"{page.stem}/{plot.name}"))
    write_text(page, "\n".join(parts))


def plotted(sweep: Sweep, measures: Sequence[Measure]) -> bytes:
    """Draw each measure along a sweep in a panel of its own, as SVG."""
    down = -(-len(measures) // _ACROSS)

    def paint(figure: "Figure") -> None:
        panels = figure.subplots(down, _ACROSS, squeeze=False).ravel()
        for number, panel in enumerate(panels):
            if number < len(measures):
                _panel(panel, sweep, measures[number], labelled=number + _ACROSS >= len(measures))
            else:
                panel.set_axis_off()

    return draw(paint, width_px=_ACROSS * _PANEL_PX[0], height_px=down * _PANEL_PX[1])


def _panel(panel: "Axes", sweep: Sweep, measure: Measure, *, labelled: bool) -> None:
    """Draw one measure; only the lowest panel of a column says the settings."""
    curve, settings = sweep.curve(measure.name), [point.at for point in sweep.points]
    panel.set_title(measure.name)
    panel.set_xscale("log")
    if sweep.parameter in _BEST:
        panel.axvspan(*_BEST[sweep.parameter], color=_GOOD, alpha=0.25, linewidth=2)
    if sweep.parameter in _BEYOND:
        panel.axvspan(_BEYOND[sweep.parameter], settings[-1], color=_BAD, alpha=0.1, linewidth=0)
    # What a library rounds otherwise from run to run in the tenth digit would move the plot's bytes.
    panel.plot(curve.at, [float(shown(value)) for value in curve.values], marker="o", markersize=3.5)
    panel.set_xticks(settings, [f"{at:g}" if labelled and at in _apart(settings) else "" for at in settings])
    panel.grid(visible=False, axis="x")
    panel.minorticks_off()
    panel.locator_params(axis="y", nbins=4)


def _apart(settings: Sequence[float]) -> list[float]:
    """Return the settings that are far enough from the one before to be labelled."""
    labelled = list(settings[:1])
    for at in settings[1:]:
        if at >= _LABELS_APART * labelled[-1]:
            labelled.append(at)
    return labelled


def _rules() -> str:
    rows = tuple((claim.name, claim.said, claim.rule) for claim in CLAIMS)
    columns = ("rule", "what the authors say", "a measure agrees where")
    return f"## The rules\n\n{_markdown(columns, rows)}"


def _summary(verdicts: Sequence[Verdict]) -> str:
    found = agreement(verdicts)
    unproven = [verdict.measure.name for verdict in _taken(verdicts) if verdict.proven is False]
    notes = [f"Unproven here, as they agree with nothing: {', '.join(map(_code, unproven))}."] if unproven else []
    notes += [
        f"Not taken here: {_code(verdict.measure.name)}; {verdict.lacking}." for verdict in verdicts if verdict.lacking
    ]
    return "\n".join([_SUMMARY, _markdown(found.columns, found.rows), *notes, "", *_reasons(verdicts), ""])


def _reasons(verdicts: Sequence[Verdict]) -> list[str]:
    """Say why measures disagree, where it is known; none is said of one that agrees."""
    return [
        f"- {_code(verdict.measure.name)}, *{claim.name}*: {why}"
        for verdict in verdicts
        for claim, finding in zip(CLAIMS, verdict.findings, strict=True)
        if finding.agrees is False and (why := WHY.get((verdict.measure.name, claim.name)))
    ]


def _section(sweep: Sweep, measures: Sequence[Measure], plot: str) -> str:
    settings = [point.at for point in sweep.points]
    rows = tuple(
        (measure.name, *(shown(sweep.curve(measure.name).value_at(at)) for at in settings), measure.unit)
        for measure in measures
    )
    picture = f"![{len(measures)} measures along {sweep.parameter}]({plot})"
    table = _markdown((sweep.parameter, *(f"{at:g}" for at in settings), "unit"), rows)
    return f"## Along {sweep.parameter}\n\n{picture}\n\n{_SHADES[sweep.parameter]}\n\n{table}{_gaps(sweep, measures)}"


def _gaps(sweep: Sweep, measures: Sequence[Measure]) -> str:
    """Say where numbers are lacking, and why."""
    gaps: dict[tuple[float, str], list[str]] = {}
    for point in sweep.points:
        for each in point.scores:
            if each.value is None and each.measure in measures:
                gaps.setdefault((point.at, each.reason), []).append(_code(each.measure.name))
    lines = [f"- {', '.join(names)} at {at:g}: {reason}." for (at, reason), names in gaps.items()]
    return "\n".join(["", *lines, ""]) if lines else ""


def _taken(verdicts: Sequence[Verdict]) -> list[Verdict]:
    return [verdict for verdict in verdicts if not verdict.lacking]


def _cell(finding: Finding) -> str:
    return "" if finding.agrees is None else f"{'yes' if finding.agrees else 'no'}: {finding.figures}"


def _of_asked(findings: Sequence[Finding]) -> str:
    asked = [finding.agrees for finding in findings if finding.agrees is not None]
    return f"{sum(asked)} of {len(asked)}"


def _code(name: str) -> str:
    return f"`{name}`"


def _markdown(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    head = f"| {' | '.join(columns)} |\n|{'---|' * len(columns)}\n"
    return head + "".join(f"| {' | '.join(row)} |\n" for row in rows)
