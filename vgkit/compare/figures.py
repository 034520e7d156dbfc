"""The figures of a comparison, as SVG."""

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from vgkit.compare.comparison import Comparison, TradeOff
from vgkit.compare.films import short_names
from vgkit.compare.scores import Duel
from vgkit.compare.wording import BETTER
from vgkit.plots import MUTED, colours, draw

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_COLUMNS = 3
_MOST_PERCENT = 300.0


def differences(found: Comparison) -> bytes | None:
    """Draw B against A in per cent with its interval, a row for each measure; None where none has a per cent.

    A row has the colour of the engine that is better, grey where neither is; it is hollow where the interval holds zero
    or there are too few films for one. Beyond 300 % a row ends in an arrow.
    """
    rows = [duel for duel in (*found.quality, *found.spending) if duel.paired.percent is not None]
    if not rows:
        return None
    a, b = short_names(found.a, found.b)
    tints = colours((a, b))

    def paint(figure: "Figure") -> None:
        axes = figure.add_subplot()
        for place, duel in enumerate(rows):
            _row(axes, place, duel, tints[b], tints[a])
        axes.axvline(0, color=MUTED, linewidth=1)
        axes.set_yticks(range(len(rows)), [duel.measure.label for duel in rows])
        axes.set_ylim(len(rows) - 0.5, -0.5)
        axes.grid(visible=False, axis="y")
        axes.set_xlabel(f"{b} against {a}, % of {a}'s mean; filled where the 95 % interval leaves out zero")
        _legend(axes, {f"{b} is better": tints[b], f"{a} is better": tints[a], "no better or worse": MUTED})

    return draw(paint, width_px=760, height_px=100 + 26 * len(rows))


def trade_offs(found: Sequence[TradeOff]) -> bytes | None:
    """Draw each measure against the cost of a film second: films small, each engine's mean large, the front dashed.

    Better is always up, so that the axis of a measure of which less is better runs downward. None without a measure.
    """
    if not found:
        return None
    names = list(dict.fromkeys(engine for each in found for engine in each.means))
    tints = colours(names)
    rows = math.ceil(len(found) / _COLUMNS)

    def paint(figure: "Figure") -> None:
        panels = figure.subplots(rows, _COLUMNS, squeeze=False).ravel()
        for panel, each in zip(panels, found, strict=False):
            _panel(panel, each, tints)
        for panel in panels[len(found) :]:
            panel.set_axis_off()
        handles = [_dot(tints[name], short) for name, short in zip(names, short_names(*names), strict=True)]
        figure.legend(handles=handles, loc="outside lower left", ncols=len(names))

    return draw(paint, width_px=760, height_px=60 + 230 * rows)


def _row(axes: "Axes", place: int, duel: Duel, of_b: str, of_a: str) -> None:
    paired = duel.paired
    percent = paired.percent or 0.0
    worse = {"higher": percent < 0, "lower": percent > 0}.get(duel.measure.direction)
    tint = MUTED if worse is None or not percent else of_a if worse else of_b
    low, high = (
        (percent, percent)
        if paired.percent_interval is None
        else (paired.percent_interval.low, paired.percent_interval.high)
    )
    axes.plot([max(low, -_MOST_PERCENT), min(high, _MOST_PERCENT)], [place, place], color=tint, linewidth=2.2)
    shown = min(percent, _MOST_PERCENT)
    axes.plot(shown, place, ">" if percent > shown else "o", color=tint, mfc=tint if duel.clear else "white", ms=6.5)


def _panel(axes: "Axes", trade: TradeOff, tints: Mapping[str, str]) -> None:
    for engine, films in trade.films.items():
        costs, values = zip(*films, strict=True)
        axes.scatter(costs, values, s=12, color=tints[engine], alpha=0.3, linewidths=0)
    costs, values = zip(*sorted(trade.means[engine] for engine in trade.front), strict=True)
    axes.step(costs, values, where="post", color=MUTED, linestyle="--", linewidth=1)
    for engine, (cost, value) in trade.means.items():
        face = tints[engine] if engine in trade.front else "white"
        axes.scatter(cost, value, s=70, color=face, edgecolors=tints[engine], linewidths=1.6, zorder=3)
    axes.set_title(trade.measure.words)
    axes.set_xlabel("USD a film second")
    axes.set_ylabel(f"{trade.measure.unit}, better: {BETTER.get(trade.measure.direction, '?')}".lstrip(", "))
    axes.margins(0.15)
    if trade.measure.direction == "lower":
        axes.invert_yaxis()


def _legend(axes: "Axes", named: Mapping[str, str]) -> None:
    handles = [_dot(tint, name) for name, tint in named.items()]
    axes.legend(handles=handles, loc="upper left", bbox_to_anchor=(0, 1.12), ncols=len(named))


def _dot(tint: str, name: str) -> Any:
    from matplotlib.lines import Line2D

    return Line2D([], [], color=tint, marker="o", linestyle="", label=name)
