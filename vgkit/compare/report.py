"""A comparison as a person reads it: sentences first, then figures and tables; as text, in a notebook, as one page."""

import html
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from vgkit.compare import figures
from vgkit.compare.comparison import Comparison, TradeOff
from vgkit.compare.films import counted, short_names
from vgkit.compare.scores import Duel
from vgkit.compare.spending import Calibration
from vgkit.compare.wording import BETTER, effect_told, left_out, sentence
from vgkit.paired import FEWEST_FILMS, LEVEL, Interval
from vgkit.phases.report import Table
from vgkit.plots import image

_STYLE = (
    "<style>.vg-compare{font-family:system-ui,sans-serif;max-width:1280px;line-height:1.45}"
    ".vg-compare table{border-collapse:collapse;margin:.6em 0;display:block;overflow-x:auto}"
    ".vg-compare td,.vg-compare th{padding:.25em .7em;border-bottom:1px solid #8884;text-align:left!important;"
    "font-size:.88rem;white-space:nowrap}"
    ".vg-compare img{max-width:100%}.vg-compare .vg-alert{color:#b91c1c;font-weight:600}</style>"
)


@dataclass(frozen=True)
class CompareReport:
    """What a comparison says; shows itself in a notebook and reads well as text."""

    found: Comparison

    @property
    def heading(self) -> str:
        """Who is compared, over how many pairs."""
        pairs = f"{counted(len(self.found.pairs), 'pair')} of films"
        where = f" of the experiment {self.found.scope.experiment}" if self.found.scope.experiment else ""
        return f"{self.found.b} against {self.found.a}: {pairs}{where}, alike in all else"

    @property
    def alerts(self) -> tuple[str, ...]:
        """What nobody may miss: rehearsals, too few films, stills in films, shots that differ."""
        return tuple(_alerts(self.found))

    @property
    def sentences(self) -> tuple[str, ...]:
        """One plain sentence for each measure, cost and time last; one for all in which no pair differs."""
        return tuple(_sentences(self.found))

    @property
    def notes(self) -> tuple[str, ...]:
        """How to read the figures."""
        return tuple(_notes(self.found))

    @property
    def tables(self) -> tuple[Table, ...]:
        """All figures, without tables that would be empty."""
        a, b = short_names(self.found.a, self.found.b)
        found = (
            _duels("Quality", self.found.quality, a, b),
            _duels("Cost and time, for one second of film", self.found.spending, a, b),
            _trades("Looks against cost", self.found.looks),
            _trades("Motion against cost", self.found.motion),
            _estimates(self.found.estimates),
        )
        return tuple(table for table in found if table.rows)

    @property
    def as_json(self) -> dict[str, Any]:
        """All of it, for a script."""
        return {
            **asdict(self.found),
            "pairs": [
                {
                    "film": pair.name,
                    "run_a": pair.a.run,
                    "run_b": pair.b.run,
                    "rehearsed": pair.a.rehearsal,
                    "same_shots": pair in self.found.same_shots,
                }
                for pair in self.found.pairs
            ],
            "same_shots": len(self.found.same_shots),
            "heading": self.heading,
            "alerts": self.alerts,
            "sentences": self.sentences,
            "notes": self.notes,
        }

    def page(self, beside: Path | str = ".") -> str:
        """Return one HTML page to lie in the folder ``beside``: its pictures are in it, and it asks no network.

        Films to be watched are in it up to a budget and else linked; the first time they are measured frame by frame.
        """
        from vgkit.compare.players import players
        from vgkit.player.embed import policy

        head = f"<title>{html.escape(self.heading)}</title><meta name='viewport' content='width=device-width'>"
        head += f'<meta http-equiv="Content-Security-Policy" content="{policy()}">'
        films = players(self.found, beside=Path(beside))
        return (
            f"<!doctype html><html lang='en'><head><meta charset='utf-8'>{head}</head>"
            f"<body style='margin:1em'>{self._repr_html_()}<div class='vg-compare'>{films}</div></body></html>\n"
        )

    def _repr_html_(self) -> str:
        alerts = "".join(f"<p class='vg-alert'>{html.escape(alert)}</p>" for alert in self.alerts)
        said = "".join(f"<li>{html.escape(line)}</li>" for line in self.sentences)
        notes = "".join(f"<p><small>{html.escape(note)}</small></p>" for note in self.notes)
        tables = "".join(table._repr_html_() for table in self.tables)
        shown = "".join(f"<h4>{html.escape(alt)}</h4>{image(svg, alt=alt)}" for alt, svg in self._figures())
        return (
            f"{_STYLE}<div class='vg-compare'><h3>{html.escape(self.heading)}</h3>{alerts}<ul>{said}</ul>"
            f"{shown}{tables}{notes}</div>"
        )

    def __str__(self) -> str:
        tables = [f"\n{table}" for table in self.tables]
        return "\n".join([self.heading, *self.alerts, "", *self.sentences, *tables, "", *self.notes])

    __repr__ = __str__

    def _figures(self) -> Iterator[tuple[str, bytes]]:
        for alt, svg in (
            ("Differences", figures.differences(self.found)),
            ("Looks against cost", figures.trade_offs(self.found.looks)),
            ("Motion against cost", figures.trade_offs(self.found.motion)),
        ):
            if svg is not None:
                yield alt, svg


def _sentences(found: Comparison) -> Iterator[str]:
    a, b = short_names(found.a, found.b)
    same = []
    for alike in (found.quality, found.spending):
        for duel in alike:
            if duel.paired.ties < duel.paired.pairs:
                yield sentence(duel, a, b, measures=_tested(alike))
            elif duel.paired.pairs:
                same.append(duel.measure.label)
    if same:
        yield f"No pair differs in {', '.join(same)}."


def _alerts(found: Comparison) -> Iterator[str]:
    count = len(found.pairs)
    rehearsed = sum(pair.a.rehearsal for pair in found.pairs)
    if rehearsed:
        which = "All pairs are" if rehearsed == count else f"{rehearsed} of {count} pairs are"
        yield f"{which} rehearsed: their clips, cost and seconds are not the engines' own."
    if count < FEWEST_FILMS:
        yield f"Too few pairs: below {FEWEST_FILMS} pairs of films no interval can be trusted, and none is given."
    if degraded := sum(pair.a.degraded or pair.b.degraded for pair in found.pairs):
        yield f"In {degraded} of {count} pairs a film has stills for clips; pairs of shots with a still are left out."
    if other := count - len(found.same_shots):
        yield f"{other} of {count} pairs show other shots or prompts; those are compared by their films' means."


def _notes(found: Comparison) -> Iterator[str]:
    level = f"{100 * LEVEL:.0f} %"
    yield (
        f"In brackets: {level} intervals, from resampling whole films. A pair without a number on either side is left "
        "out of its measure and counted there. A tie is half a win."
    )
    if (tested := _tested(found.quality)) > 1:
        missed = tested * (1 - LEVEL)
        yield (
            f"{tested} measures are compared at once: about one interval in {1 / (1 - LEVEL):.0f} misses by chance, "
            f"here {missed:.1f} of {tested}. The last column is corrected for that (Student's t over films, Holm "
            "1979): below 0.05 a difference holds for all of them together."
        )
    if blank := [f"{d.measure.label} ({left_out(d) or 'no pairs'})" for d in found.quality if not d.paired.pairs]:
        yield f"Not compared, for want of a pair with both numbers: {', '.join(blank)}."
    if found.votes.pairs:
        a, b = short_names(found.a, found.b)
        votes = found.votes
        share = _share(votes.more, votes.pairs, votes.more_interval)
        yield f"Blind votes: {b} is preferred to {a} in {share} (ties: {votes.ties})."
    else:
        yield "Blind votes: none yet; notebooks/compare.ipynb asks for them."


def _tested(found: Sequence[Duel]) -> int:
    return sum(duel.paired.p_value is not None for duel in found)


def _duels(heading: str, found: Sequence[Duel], a: str, b: str) -> Table:
    head = ("measure", "unit", "better", a, b, "difference", f"{b} better", "films", "left out", "p")
    return Table(heading, head, tuple(_duel_row(duel) for duel in found if duel.paired.pairs))


def _duel_row(duel: Duel) -> tuple[str, ...]:
    paired, measure = duel.paired, duel.measure
    return (
        measure.label,
        measure.unit,
        BETTER.get(measure.direction, measure.direction),
        f"{paired.mean_a:.4g}",
        f"{paired.mean_b:.4g}",
        effect_told(duel),
        _wins(duel),
        str(paired.films),
        left_out(duel) or "none",
        "" if duel.p_holm is None else f"{duel.p_holm:.3f}",
    )


def _wins(duel: Duel) -> str:
    """In how many pairs B is better, or just has more, with Wilson's interval in per cent."""
    told = _share(duel.b_wins, duel.paired.pairs, duel.b_wins_interval)
    return told if duel.measure.direction in ("higher", "lower") else f"more in {told}"


def _share(count: float, pairs: int, interval: Interval | None) -> str:
    told = "" if interval is None else f" [{100 * interval.low:.0f}, {100 * interval.high:.0f}]"
    return f"{count:g} of {pairs}, {100 * count / pairs:.0f} %{told}"


def _trades(heading: str, found: Sequence[TradeOff]) -> Table:
    engines = list(dict.fromkeys(engine for each in found for engine in each.means))
    short = dict(zip(engines, short_names(*engines), strict=True))
    rows = tuple(
        (
            each.measure.words,
            each.measure.unit,
            BETTER.get(each.measure.direction, each.measure.direction),
            *(_point(each, engine) for engine in engines),
            ", ".join(short[engine] for engine in each.front),
        )
        for each in found
    )
    return Table(heading, ("measure", "unit", "better", *short.values(), "on the front"), rows)


def _point(trade: TradeOff, engine: str) -> str:
    if engine not in trade.means:
        return "not measured"
    cost, value = trade.means[engine]
    return f"{value:.4g} at ${cost:.4f}"


def _estimates(found: Sequence[Calibration]) -> Table:
    head = ("engine", "calls", "cost / estimate", "within 25 %", "seconds / estimate", "within 25 %")
    rows = tuple(
        (
            each.engine,
            str(each.calls),
            f"{each.cost_ratio:.2f}",
            f"{100 * each.cost_within:.0f} %",
            "" if each.seconds_ratio is None else f"{each.seconds_ratio:.2f}",
            "" if each.seconds_within is None else f"{100 * each.seconds_within:.0f} %",
        )
        for each in found
    )
    return Table("Estimates: medians over calls", head, rows)
