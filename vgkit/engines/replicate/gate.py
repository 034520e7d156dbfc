"""Where new calls wait their turn.

A refusal for being too fast concerns the account, not the thread that happened to meet it; so all threads share one
gate, and where the account may create only a few calls a minute they pass it one by one."""

import threading
from collections.abc import Callable

from vgkit.engines.replicate.replies import Throttle
from vgkit.engines.waiting import backoff_s, now_s, wait

_MARGIN_S = 0.25  # "resets in ~5s" is rounded


class Gate:
    """Open until the host says otherwise. ``clock`` and ``pause`` are in seconds of the world's time."""

    def __init__(self, *, clock: Callable[[], float] = now_s, pause: Callable[[float], None] = wait) -> None:
        self._clock = clock
        self._pause = pause
        self._lock = threading.Lock()
        self._opens_at_s = float("-inf")
        self._gap_s = 0.0
        self._burst = 0
        self._refusals = 0

    def pass_by(self, *, until_s: float) -> bool:
        """Wait for the next turn and take it; False where it would come after ``until_s`` of the clock."""
        while True:
            with self._lock:
                now = self._clock()
                if now >= self._opens_at_s:
                    self._opens_at_s = now + self._gap_s
                    return True
                opens_at_s = self._opens_at_s
            if opens_at_s > until_s:
                return False
            self._pause(opens_at_s - now)

    def close(self, throttle: Throttle) -> None:
        """Let nobody pass before the moment the host named, and from then on only as often as it said."""
        with self._lock:
            self._refusals += 1
            pause_s = throttle.pause_s or backoff_s(self._refusals)
            self._opens_at_s = max(self._opens_at_s, self._clock() + pause_s + _MARGIN_S)
            if throttle.per_minute:
                self._gap_s = 60 / throttle.per_minute + _MARGIN_S
                self._burst = throttle.burst

    def accepted(self, remaining: int | None) -> None:
        """Learn that a call was created; more left than a reduced account ever has means it is reduced no more."""
        with self._lock:
            self._refusals = 0
            if self._gap_s and remaining is not None and remaining > self._burst:
                self._gap_s, self._opens_at_s = 0.0, float("-inf")

    @property
    def per_minute(self) -> float:
        """How many calls a minute it lets pass; 0 where there is no limit to speak of."""
        return 60 / self._gap_s if self._gap_s else 0.0
