"""How often a host lets an account create: the pause after a 429, and the slow lane of an account low on credit.

Whoever asks again too early is refused again, as at the real one."""

import threading
import time

from vgkit.rehearsal.listening import Reply, problem

_LOW_CREDIT_S = 60.0
_EVERY_S = 10.0  # facts: 6 requests per minute with a burst of 1
_SLACK_S = 0.5


class Limits:
    """The state of one account. All seconds are the world's, at the rehearsal's speed."""

    def __init__(self, *, speed: float) -> None:
        self.speed = speed
        self._lock = threading.Lock()
        self._low_until = 0.0
        self._next_low = 0.0
        self._paused_until = 0.0

    def throttle(self, seconds: float) -> None:
        """Let nobody create for so long."""
        with self._lock:
            self._paused_until = self._now() + seconds

    def lower(self) -> None:
        """Put the account into the slow lane for a minute."""
        with self._lock:
            self._low_until = self._now() + _LOW_CREDIT_S
            self._next_low = max(self._next_low, self._now() + _EVERY_S)

    def refusal(self) -> Reply | None:
        """The 429 that is due now, or None where creating is allowed, which then counts as done."""
        with self._lock:
            now = self._now()
            if now + _SLACK_S < self._paused_until:
                wait_s = self._paused_until - now
                return throttled(wait_s)
            if now < self._low_until:
                if now + _SLACK_S < self._next_low:
                    return low_credit(self._next_low - now)
                self._next_low = now + _EVERY_S
            return None

    @property
    def remaining(self) -> int:
        """What a ``ratelimit-remaining`` header says after a create."""
        with self._lock:
            return 0 if self._now() < self._low_until else 599

    def _now(self) -> float:
        return time.monotonic() * self.speed


def throttled(wait_s: float) -> Reply:
    """The plain 429. There is no Retry-After header, as none was ever seen."""
    seconds = _whole(wait_s)
    said = f"Request was throttled. Your rate limit resets in ~{seconds}s."
    return problem(429, said, title="Too many requests", retry_after=seconds)


def low_credit(wait_s: float) -> Reply:
    """The 429 of an account with less than five dollars, in the words that were seen in 2026-08."""
    seconds = _whole(wait_s)
    said = (
        "Request was throttled. Your rate limit for creating predictions is reduced to 6 requests per minute with a "
        f"burst of 1 requests while you have less than $5.0 in credit. Your rate limit resets in ~{seconds}s."
    )
    return problem(429, said, retry_after=seconds)


def _whole(seconds: float) -> int:
    return max(1, -int(-seconds // 1))
