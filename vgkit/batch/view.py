"""How far a batch is, as a table that is redrawn in a terminal and as lines elsewhere. Bounded, however many films."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import TextIO

from rich import box
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from vgkit.batch.coordinator import Tally
from vgkit.batch.under_way import Doing, Following
from vgkit.progress_table import clock, usd

Looked = Callable[[Tally], None]

_DRAW_EVERY_S = 0.5
_LINE_EVERY_S = 60.0
_ORDER = ("success", "degraded", "failed", "stopped", "unaffordable")


@contextmanager
def watching(cap_usd: Decimal | None, *, out: TextIO | None = None) -> Iterator[Looked]:
    """Show a batch while the block runs: a table in a terminal, else a line each minute and where something changes."""
    console = Console(file=out or sys.stderr)
    if console.is_terminal and console.encoding.startswith("utf"):
        with Live(console=console, auto_refresh=False, redirect_stdout=False, redirect_stderr=False) as live:
            drawn = _Drawn(cap_usd, lambda table: live.update(table, refresh=True))
            yield drawn
            drawn.draw()
    else:
        yield _Lines(cap_usd, out or sys.stderr)


def sum_up(tally: Tally, cap_usd: Decimal | None, elapsed_s: float) -> str:
    """Say in a line how far it is: ``12 of 50: 11 success, 1 failed, 4 under way, 34 waiting · $1.20 of $40.00``."""
    done = sum(tally.ended.values())
    counts = [f"{tally.ended[state]:,} {state}" for state in _ORDER if tally.ended[state]]
    counts += [f"{len(tally.under_way):,} under way"] if tally.under_way else []
    counts += [f"{tally.waiting:,} waiting"] if tally.waiting else []
    cap = f" of {usd(cap_usd)}" if cap_usd is not None else ""
    left = remaining_s(tally, elapsed_s)
    to_go = f" · about {clock(left)} to go" if left else ""
    if tally.stopped and tally.under_way:
        to_go = " · stopping after the phases at work; once more (Ctrl-C) ends them at once"
    return f"{done:,} of {tally.films:,}: {', '.join(counts)} · {usd(tally.cost_usd)}{cap} · {clock(elapsed_s)}{to_go}"


def remaining_s(tally: Tally, elapsed_s: float) -> float | None:
    """Seconds to go at the pace so far; None before the first film has ended, and at the end."""
    done = sum(tally.ended.values())
    to_go = tally.films - done
    return elapsed_s / done * to_go if done and to_go else None


class _Lines:
    def __init__(self, cap_usd: Decimal | None, out: TextIO) -> None:
        self._cap_usd, self._out = cap_usd, out
        self._begun = time.monotonic()
        self._said, self._said_at = (-1, False), 0.0

    def __call__(self, tally: Tally) -> None:
        said, now = (sum(tally.ended.values()), tally.stopped), time.monotonic()
        if said != self._said or now - self._said_at > _LINE_EVERY_S:
            self._said, self._said_at = said, now
            self._out.write(f"{sum_up(tally, self._cap_usd, now - self._begun)}\n")
            self._out.flush()


class _Drawn:
    def __init__(self, cap_usd: Decimal | None, show: Callable[[RenderableType], None]) -> None:
        self._cap_usd, self._show = cap_usd, show
        self._begun = time.monotonic()
        self._drawn_at = 0.0
        self._tally: Tally | None = None
        self._following = Following()

    def __call__(self, tally: Tally) -> None:
        self._tally = tally
        if time.monotonic() - self._drawn_at > _DRAW_EVERY_S:
            self.draw()

    def draw(self) -> None:
        """Draw the table as it is now."""
        if self._tally is None:
            return
        self._drawn_at = time.monotonic()
        line = Text(sum_up(self._tally, self._cap_usd, self._drawn_at - self._begun), style="bold")
        self._show(Group(self._table(self._tally), line) if self._tally.under_way else line)

    def _table(self, tally: Tally) -> Table:
        shown = self._following.look(tally)
        table = Table(box=box.SIMPLE_HEAD, padding=(0, 1), header_style="dim")
        for name in ("film", "phase", "time", "cost"):
            table.add_column(name, justify="right" if name in ("time", "cost") else "left", no_wrap=True)
        for each in shown:
            table.add_row(*_cells(each))
        if (more := len(tally.under_way) - len(shown)) > 0:
            table.add_row(f"and {more} more", "", "", "")
        return table


def _cells(each: Doing) -> tuple[str, str, str, str]:
    share = f" {each.done}/{each.total}" if each.total else ""
    again = f" (turn {each.turn})" if each.turn > 1 else ""
    doing = f"{each.phase}{share}" if each.phase else "begins"
    return f"{each.run}{again}", doing, clock(each.elapsed_s), usd(each.cost_usd)
