"""Asks again where asking again is certain to be safe.

One loop for reads, uploads and downloads, so that each gives up after the same number of tries and says so in the same
words. Its pauses run at the rehearsal's speed; sockets know real seconds only."""

import time
from collections import Counter
from collections.abc import Callable
from typing import TypeVar

from vgkit.engines.waiting import backoff_s, wait
from vgkit.errors import HostUnavailable

TRIES = 8
_FIRST_PAUSE_S, _LAST_PAUSE_S = 1.2, 60.0

Answer = TypeVar("Answer")


class Again(Exception):
    """This try brought nothing; another may. ``ending`` is what to raise instead of HostUnavailable after so many
    ``tries`` that ended alike."""

    def __init__(
        self, why: str, *, pause_s: float | None = None, tries: int = TRIES, ending: Exception | None = None
    ) -> None:
        super().__init__(why)
        self.pause_s = pause_s
        self.tries = tries
        self.ending = ending


def until_answered(ask: Callable[[], Answer], *, most_s: float = 180.0) -> Answer:
    """Call ``ask`` until it does not raise Again: 8 times at most, and no more once ``most_s`` have passed.

    Raises HostUnavailable, which tells what was met how often, or the last Again's own ending.
    """
    met: Counter[str] = Counter()
    spent_s = 0.0
    while True:
        begun = time.monotonic()
        try:
            return ask()
        except Again as again:
            met[str(again)] += 1
            spent_s += time.monotonic() - begun
            alike = met[str(again)] >= again.tries
            if alike or met.total() >= TRIES or spent_s >= most_s:
                raise ((alike and again.ending) or _gave_up(met, spent_s)) from again.__cause__
            pause_s = backoff_s(met.total(), first_s=_FIRST_PAUSE_S, most_s=_LAST_PAUSE_S)
            pause_s = min(max(pause_s, again.pause_s or 0.0), _LAST_PAUSE_S)
        wait(pause_s)
        spent_s += pause_s


def _gave_up(met: Counter[str], spent_s: float) -> HostUnavailable:
    told = ", ".join(f"{why} {'once' if times == 1 else f'{times} times'}" for why, times in met.items())
    return HostUnavailable(
        f"replicate did not answer ({told} in {spent_s:.0f} s). Try again later with `vgkit resume`; nothing was lost."
    )
