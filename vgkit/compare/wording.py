"""How a comparison reads: figures with their intervals, and one plain sentence for each measure."""

from vgkit.compare.films import counted
from vgkit.compare.scores import Duel
from vgkit.paired import Interval, Paired

CHANCE = 0.05
BETTER = {"higher": "more", "lower": "less", "target": "at a target", "neither": "neither"}
# How a person says it of whoever has more and of whoever has less; any other measure is had more or less of.
_SAID = {
    "sharpness": ("is sharper", "is softer"),
    "flicker": ("flickers more", "flickers less"),
    "colourfulness": ("is more colourful", "is less colourful"),
    "noise": ("is noisier", "is less noisy"),
    "blockiness": ("is blockier", "is less blocky"),
    "motion_amount": ("moves more", "moves less"),
    "motion_smoothness_dis": ("moves more smoothly", "moves less smoothly"),
    "video_cost": ("costs more to generate", "costs less to generate"),
    "video_time": ("takes longer to generate", "is quicker to generate"),
    "film_cost": ("costs more as a film", "costs less as a film"),
    "film_time": ("takes longer as a film", "is quicker as a film"),
}


def sentence(duel: Duel, a: str, b: str, *, measures: int) -> str:
    """Say in one sentence what a measure in which some pair differs tells of A and B, and how surely.

    ``measures`` is how many were compared at once. Whoever leads is named first: by the measure's direction, or who has
    more where it has none.
    """
    paired, b_wins = duel.paired, duel.b_wins
    more_wins, b_leads = duel.measure.direction != "lower", b_wins > paired.pairs / 2
    effect = effect_told(duel)
    if paired.trusted and not duel.clear:
        share = f"{'more' if more_wins else 'less'} in {b_wins:g} of {pairs_told(paired)}"
        return f"No clear difference in {duel.measure.label}: {b} {effect}, {share}."
    won = (b_wins if b_leads else paired.pairs - b_wins) - paired.ties / 2
    leader, other = (b, a) if b_leads else (a, b)
    claim = f"{leader} {_phrase(duel, more=more_wins)} in {won:.0f} of {pairs_told(paired)}{_ties(paired)}"
    against = f"{effect} against {other}" if b_leads else f"{b} {effect} against it"
    return f"{claim}, {against}{_doubt(duel, measures)}."


def effect_told(duel: Duel) -> str:
    """Write B against A in per cent, else in the measure's unit, with the interval where there is one."""
    paired = duel.paired
    if paired.percent is not None:
        return f"{signed(paired.percent)} %{interval_told(paired.percent_interval)}"
    return f"{signed(paired.difference or 0.0)} {duel.measure.unit}{interval_told(paired.difference_interval)}"


def interval_told(interval: Interval | None) -> str:
    """Write an interval behind a figure; nothing where there is none."""
    return "" if interval is None else f" [{signed(interval.low)}, {signed(interval.high)}]"


def signed(value: float) -> str:
    """Write a number with its sign and two or three digits."""
    text = f"{value:+.0f}" if 9.95 <= abs(value) < 1e5 else f"{value:+.2g}"
    return "0" if float(text) == 0 else text.replace("-", "−")


def pairs_told(paired: Paired) -> str:
    """Say how many pairs there are, and of how many films where those are fewer."""
    pairs = counted(paired.pairs, "pair")
    return pairs if paired.films == paired.pairs else f"{pairs} of shots from {counted(paired.films, 'film')}"


def left_out(duel: Duel) -> str:
    """Say how many pairs were left out and why; nothing where none was."""
    reasons = [
        f"{count} {why}"
        for count, why in ((duel.paired.left_out, "without a number"), (duel.stills, "with a still"))
        if count
    ]
    return ", ".join(reasons)


def _phrase(duel: Duel, *, more: bool) -> str:
    words = duel.measure.words
    has_more, has_less = _SAID.get(duel.measure.name, (f"has more {words}", f"has less {words}"))
    return f"{has_more if more else has_less}{duel.measure.label.removeprefix(words)}"


def _ties(paired: Paired) -> str:
    return "" if not paired.ties else f" ({counted(paired.ties, 'tie')})"


def _doubt(duel: Duel, measures: int) -> str:
    if not duel.paired.trusted:
        return "; too few films for an interval"
    if duel.p_holm is None or duel.p_holm < CHANCE:
        return ""
    return f"; of {measures} measures at once, one such may be chance"
