"""What a film would cost and be, before it is made, and the button that makes it."""

import html
from collections.abc import Callable, Sequence

from vgkit.estimate import total_s
from vgkit.estimate_report import EstimateReport, waiting
from vgkit.progress_table import clock, usd
from vgkit.studio.form import BeatRow, Verdict
from vgkit.widgets.look import facts, heading, note, quiet, table
from vgkit.widgets.parts import button, hide, markup, row, stack

_PRICES = ("what", "by", "calls", "costs", "licence")


class PlanView:
    """The estimate with Generate, as ``box``, and the template's beats as this brief fills them, as ``beats``."""

    def __init__(self, on_generate: Callable[[], None]) -> None:
        self.generate = button("Generate the film", "vg-generate", on_generate, primary=True)
        self.reason = markup("vg-reason")
        self.estimate, self.prices, self._beats = markup("vg-estimate"), markup("vg-prices"), markup("vg-beats-html")
        head = markup("", heading("Make it"))
        self.box = stack(head, self.estimate, row(self.generate, self.reason), self.prices, name="vg-card vg-plan")
        self.beats = stack(self._beats, name="vg-card vg-beats-card")
        self.may(reason="Looking at the form …")

    def may(self, *, reason: str = "", alert: bool = False) -> None:
        """Let Generate be clicked, or say why not."""
        self.generate.disabled = bool(reason)
        self.reason.value = note(reason, "bad") if alert and reason else quiet(reason)

    def show(self, found: Verdict) -> None:
        """Show what a draft would cost and be."""
        self.estimate.value = "" if found.estimate is None else _estimate(found.estimate, found)
        self.prices.value = "" if found.estimate is None else _prices(found.estimate)
        self._beats.value = _beats(found)
        hide(self.beats, unless=bool(found.beats))

    def fail(self, sentence: str) -> None:
        """Say why no film was begun."""
        self.reason.value = note(sentence, "bad")


def first_complaint(found: Verdict, labels: dict[str, str]) -> str:
    """Say what stands in the way of a film, the whole before its fields, and how much more there is.

    Of a field it is the first sentence: beside the field stands the rest.
    """
    if not found.complaints:
        return ""
    field, sentence = next(iter(sorted(found.complaints.items(), key=lambda each: bool(each[0]))))
    lead = f"{labels[field].rstrip('?')}: {sentence.partition('. ')[0].rstrip('.')}." if field in labels else sentence
    more = len(found.complaints) - 1
    return f"{lead} And {more} more." if more else lead


def _estimate(told: EstimateReport, found: Verdict) -> str:
    _, together_s = total_s(told.rows)
    pairs = [("Cost, about", "$0, rehearsed" if found.rehearsed else usd(told.all_usd))]
    pairs += [("Hosts take, about", waiting(together_s))] if together_s else [("Keys needed", "none")]
    pairs += [("Calls", str(sum(row.calls for row in told.rows)))]
    return facts(pairs) + "".join(map(quiet, found.notes))


def _prices(told: EstimateReport) -> str:
    rows = [
        (
            row.phase,
            f"{row.engine} {row.step}".strip(),
            str(row.calls),
            usd(row.all_usd),
            f"{row.licence}{'' if row.commercial_use else ', no commercial use'}",
        )
        for row in told.rows
    ]
    return f"<details><summary>Calls, prices and licences</summary>{table(_PRICES, rows)}</details>"


def _beats(found: Verdict) -> str:
    if not found.beats or found.template is None:
        return ""
    kept = [beat for beat in found.beats if beat.seconds]
    closing = {beat.name for beat in found.template.beats if beat.end_card}
    ribbon = "".join(f"<i style='flex-grow:{beat.seconds:.3f}'></i>" for beat in kept)
    return (
        heading(found.template.title, f"{len(kept)} beats")
        + quiet(found.template.purpose)
        + f"<div class='vg-ribbon' aria-hidden='true'>{ribbon}</div>"
        + f"<ol class='vg-beats'>{''.join(_beat(beat, beat.name in closing) for beat in found.beats)}</ol>"
    )


def _beat(beat: BeatRow, closes: bool) -> str:
    name = html.escape(beat.name.replace("_", " "))
    if not beat.seconds:
        return f"<li class='vg-left-out'><b>{name}</b><span class='vg-small'>left out at this length</span></li>"
    times = f"{clock(beat.first_s)} to {clock(beat.first_s + beat.seconds)}"
    silent = "the end card: brand, tagline, call to action" if closes else "no words"
    said = f"<q>{html.escape(beat.caption)}</q>" if beat.caption else f"<span class='vg-small'>{silent}</span>"
    return f"<li><b>{name}</b><span class='vg-small'>{times} · {html.escape(_sizes(beat.sizes))}</span>{said}</li>"


def _sizes(sizes: Sequence[str]) -> str:
    return ", ".join(dict.fromkeys(sizes))
