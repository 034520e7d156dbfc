"""The report's plots. Each is drawn wide for a page and narrow for a telephone: letters that shrink can't be read."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Protocol

import pandas as pd

from vgkit.plots import INK, MUTED, colours, draw, image
from vgkit.report.tables import Answers, lasted, rows_of, seen_in

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WIDE_PX, NARROW_PX = 1040, 380
_MOST_PANELS = 12
_LEAST_S = 0.001  # what is quicker has no place on a scale of decades
_TICKS_S = (0.01, 0.1, 1, 10, 60, 600, 3600, 36_000)


class _Paint(Protocol):
    def __call__(self, figure: "Figure", rows: pd.DataFrame, *, across: int) -> None: ...


def plots(found: Answers) -> Iterator[tuple[str, str]]:
    """Yield the name of the question that each plot answers, and the plot as HTML."""
    days, profiles, steps = found["by_day"], found["by_profile"], found["steps"]
    steps, quality = steps[steps.seconds_p95 > _LEAST_S], compared(found["quality"])
    if len(days):
        yield "by_day", _drawn(_days, days, alt="Spent by day and engine", heights_px=(300, 300))
    if profiles.judged.sum():
        height_px = 80 + 30 * len(profiles)
        yield "by_profile", _drawn(_success, profiles, alt="Success by profile", heights_px=(height_px, height_px))
    if len(steps):
        height_px = 90 + 26 * len(steps)
        yield "steps", _drawn(_steps, steps, alt="How long steps take", heights_px=(height_px, height_px))
    if panels := quality.panel.nunique():
        tall_px = 60 + 26 * quality.engine.nunique()
        yield (
            "quality",
            _drawn(
                _quality, quality, alt="Quality by engine", heights_px=(tall_px * -(-panels // 3), tall_px * panels)
            ),
        )


def _drawn(paint: _Paint, rows: pd.DataFrame, *, alt: str, heights_px: tuple[int, int]) -> str:
    wide = draw(lambda figure: paint(figure, rows, across=3), width_px=WIDE_PX, height_px=heights_px[0])
    narrow = draw(lambda figure: paint(figure, rows, across=1), width_px=NARROW_PX, height_px=heights_px[1])
    return f"<div class='wide'>{image(wide, alt=alt)}</div><div class='narrow'>{image(narrow, alt=alt)}</div>"


def _days(figure: "Figure", rows: pd.DataFrame, *, across: int) -> None:
    """Stack what each day cost by engine, and draw the sum so far over it."""
    import matplotlib.dates

    dates: Any = matplotlib.dates
    axes = figure.subplots()
    by_day = rows.pivot_table(index="day", columns="engine", values="cost_usd", aggfunc="sum", fill_value=0.0)
    by_day = by_day[by_day.sum().sort_values(ascending=False).index]
    base = pd.Series(0.0, index=by_day.index)
    for engine, colour in colours(by_day.columns).items():
        axes.bar(by_day.index, by_day[engine], bottom=base, color=colour, label=engine, width=0.9)
        base += by_day[engine]
    total = axes.twinx()
    total.plot(by_day.index, base.cumsum(), color=INK, marker="o" if len(by_day) < 40 else "", markersize=3)
    total.set(ylim=(0, None), ylabel="sum, USD")
    total.grid(visible=False)
    axes.set(ylabel="a day, USD", ylim=(0, None))
    axes.grid(visible=False, axis="x")
    locator = dates.AutoDateLocator(maxticks=8 if across > 1 else 4)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(dates.ConciseDateFormatter(locator))
    # A bar of one day would fill the whole plot.
    axes.set_xlim(by_day.index[0] - pd.Timedelta(days=3), by_day.index[-1] + pd.Timedelta(days=3))
    figure.legend(loc="outside upper left", ncols=2 * across - 1)


def _success(figure: "Figure", rows: pd.DataFrame, *, across: int) -> None:
    """Draw the share of whole films by profile, with its interval."""
    axes = figure.subplots()
    judged = rows[rows.judged > 0][::-1]
    rate = 100 * judged.success / judged.judged
    reach = [rate - 100 * judged.rate_low, 100 * judged.rate_high - rate]
    axes.errorbar(rate, judged.profile, xerr=reach, fmt="o", capsize=3)
    axes.set(xlim=(0, 100.5), xlabel="% whole films, with 95 % intervals")
    axes.set_ylim(-0.6, len(judged) - 0.4)


def _steps(figure: "Figure", rows: pd.DataFrame, *, across: int) -> None:
    """Draw for each step how long half of its turns take at most, and 95 % of them."""
    axes = figure.subplots()
    shown = rows[::-1].reset_index(drop=True)
    middle = shown.seconds_p50.clip(lower=_LEAST_S)
    names = [_short(step) if across == 1 else step for step in shown.step]
    axes.hlines(shown.index, middle, shown.seconds_p95, color=MUTED, linewidth=3)
    axes.plot(middle, shown.index, "o", label="half take up to")
    axes.plot(shown.seconds_p95, shown.index, "|", markersize=11, label="95 % up to")
    axes.set_yticks(shown.index, names)
    axes.set_ylim(-0.6, len(shown) - 0.4)
    axes.set_xscale("log")
    least, most = axes.get_xlim()
    axes.set_xticks([tick for tick in _TICKS_S if least <= tick <= most], minor=False)
    axes.xaxis.set_major_formatter(lambda seconds, _: lasted(seconds))
    axes.set_xticks([], minor=True)
    figure.legend(loc="outside upper left", ncols=2)


def _short(step: str) -> str:
    """The engine of a call alone; of a phase its name."""
    return step.partition(" by ")[2] or step


def _quality(figure: "Figure", rows: pd.DataFrame, *, across: int) -> None:
    """Draw a panel for each measure; each has its own scale, since no two mean the same."""
    panels = list(rows.groupby("panel", sort=False))
    grid = figure.subplots(-(-len(panels) // across), across, squeeze=False).ravel().tolist()
    tints = colours(sorted(rows.engine.unique()))
    for axes, (name, panel) in zip(grid, panels, strict=False):
        ranked = panel.sort_values("engine", ascending=False).reset_index(drop=True)
        for place, row in enumerate(rows_of(ranked)):
            tint = tints[row["engine"]]
            axes.hlines(place, row["low"], row["high"], color=tint, linewidth=3, alpha=0.45)
            axes.plot(row["middle"], place, "o", color=tint)
        axes.set_yticks(range(len(ranked)), [engine.partition("@")[0] for engine in ranked.engine])
        axes.set_ylim(-0.6, len(ranked) - 0.4)
        axes.locator_params(axis="x", nbins=4)
        axes.set(title=name, xlabel=_better(ranked.unit[0], ranked.direction[0]))
    for axes in grid[len(panels) :]:
        axes.set_axis_off()


def _better(unit: str, direction: str) -> str:
    return ", ".join(filter(None, (unit, f"{direction} is better" if direction in ("higher", "lower") else "")))


def compared(rows: pd.DataFrame) -> pd.DataFrame:
    """Keep what was measured of clips as engines made them, else of films, and of each what was measured one way.

    Measures of most engines come first; of them those by which one can be better, and last what is the same for all.
    """
    measured = rows.dropna(subset=["middle"])
    generated = measured[measured.stage == "generated"]
    rest = measured[(measured.stage != "generated") & ~measured.name.isin(generated.name)]
    shown = pd.concat([generated, rest])
    shown = shown.assign(panel=[_panel(*each) for each in zip(shown["name"], shown["stage"], strict=True)])
    shown = _one_way(shown)
    panels = shown.groupby("panel", sort=False)
    worth = pd.DataFrame(
        {
            "engines": panels.engine.nunique(),
            "tells": panels.low.min() < panels.high.max(),
            "ranks": panels.direction.first().isin(["higher", "lower"]),
        }
    ).sort_values(["engines", "tells", "ranks"], ascending=False, kind="stable")
    chosen = list(worth.index[:_MOST_PANELS])
    return shown[shown.panel.isin(chosen)].sort_values(
        "panel", key=lambda names: names.map(chosen.index), kind="stable"
    )


def _one_way(rows: pd.DataFrame) -> pd.DataFrame:
    """Keep of each panel the implementation and version that measured most: what others found has another scale."""
    way = rows.implementation + " " + rows.version
    times = rows.groupby(["panel", way]).measured.transform("sum")
    usual = way[times.groupby(rows.panel).idxmax()].set_axis(rows.panel[times.groupby(rows.panel).idxmax()])
    return rows[way == rows.panel.map(usual)]


def _panel(name: str, stage: str) -> str:
    return f"{name.replace('_', ' ')}, {seen_in(stage)}"
