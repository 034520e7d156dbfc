"""How far a batch is, as HTML: counts, money and time, then the films under way and those that ended last.

Twenty films at most, however many there are: a page that stays open for a night must not grow."""

import html
import time
from collections.abc import Iterator
from decimal import Decimal

from vgkit.batch.coordinator import Tally
from vgkit.batch.crew import Ending
from vgkit.batch.under_way import MOST_ROWS, Doing, Following
from vgkit.batch.view import remaining_s
from vgkit.progress_table import clock, usd
from vgkit.widgets.look import Tone, bar, chip, facts, quiet, state_in_words, state_tone

_COUNTED = (("success", "Ready"), ("degraded", "Degraded"), ("failed", "Failed"))


class Live:
    """Draws one making of a batch. ``spent_usd`` is what the batch had cost before it."""

    def __init__(self, *, cap_usd: Decimal | None, spent_usd: Decimal) -> None:
        self._cap_usd, self._spent_usd = cap_usd, spent_usd
        self._begun, self._following = time.monotonic(), Following()

    def drawn(self, tally: Tally) -> str:
        """The batch as it is now."""
        elapsed_s = time.monotonic() - self._begun
        doing = self._following.look(tally)
        rows = [*map(_at_work, doing), *_ended(tally)][:MOST_ROWS]
        done = sum(tally.ended.values())
        more = tally.films - tally.waiting - len(rows)
        rest = quiet(f"and {more:,} more that are under way or have ended") if more > 0 else ""
        return (
            f"<div class='vg-stack'>{bar(done / tally.films if tally.films else 0.0, 'how many films have ended')}"
            f"{facts(self._figures(tally, elapsed_s))}<ul class='vg-films'>{''.join(rows)}</ul>{rest}</div>"
        )

    def _figures(self, tally: Tally, elapsed_s: float) -> Iterator[tuple[str, str]]:
        yield "Ended", f"{sum(tally.ended.values()):,} of {tally.films:,}"
        yield "Waiting", f"{tally.waiting:,}"
        yield "In the making", f"{len(tally.under_way):,}"
        for state, words in _COUNTED:
            yield words, f"{tally.ended[state]:,}"
        other = sum(count for state, count in tally.ended.items() if state not in dict(_COUNTED))
        if other:
            yield "Not made", f"{other:,}"
        cap = f" of {usd(self._cap_usd)}" if self._cap_usd is not None else ""
        yield "Spent", f"{usd(self._spent_usd + tally.cost_usd)}{cap}"
        left_s = remaining_s(tally, elapsed_s)
        yield "Time", f"{clock(elapsed_s)}, about {clock(left_s)} to go" if left_s else clock(elapsed_s)


def _at_work(each: Doing) -> str:
    share = f" {each.done} of {each.total}" if each.total else ""
    again = f", turn {each.turn}" if each.turn > 1 else ""
    doing = f"{each.phase}{share}{again}" if each.phase else f"begins{again}"
    meter = bar(each.done / each.total, f"{each.phase} of {each.run}") if each.total else ""
    return film_row(each.run, "running", doing, each.elapsed_s, each.cost_usd, below=meter)


def _ended(tally: Tally) -> Iterator[str]:
    """The films that ended, the last first."""
    for each in reversed(tally.latest):
        yield _ending(each)


def _ending(each: Ending) -> str:
    why = " ".join(f"{each.error}: {each.message}".split()) if each.error else each.message
    return film_row(each.run, each.state, each.phase, each.seconds, each.cost_usd, below=quiet(why[:300]))


def film_row(
    run: str, state: str, doing: str, seconds: float | None, cost_usd: Decimal, *, below: str = "", aside: str = ""
) -> str:
    """One film of a batch; ``below`` and ``aside`` are HTML that stand under it and beside its figures."""
    tone: Tone = "warn" if state == "unaffordable" else state_tone(state)
    words = {"unaffordable": "no money left for it", "open": "broken off"}.get(state, state_in_words(state))
    return (
        f"<li class='vg-batch-film' data-state='{html.escape(state)}'><b>{html.escape(run)}</b>{chip(words, tone)}"
        f"<span class='vg-small'>{html.escape(doing)}</span>"
        f"<span class='vg-small vg-figures'>{clock(seconds)} · {usd(cost_usd)}{aside}</span>{below}</li>"
    )
