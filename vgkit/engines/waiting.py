"""Waiting, in one place. A rehearsal runs faster than the world by a factor, and so must everybody who waits in it."""

import os
import random
import time


def speed() -> float:
    """How many times faster than the world time runs: 1, or VGKIT_SPEED in a rehearsal."""
    try:
        return max(float(os.environ.get("VGKIT_SPEED", "1")), 1e-3)
    except ValueError:
        return 1.0


def wait(seconds: float) -> None:
    """Sleep ``seconds`` of the world's time, at the rehearsal's speed."""
    time.sleep(max(seconds, 0.0) / speed())


def now_s() -> float:
    """A clock that never goes back, in the world's seconds at the rehearsal's speed."""
    return time.monotonic() * speed()


def backoff_s(attempt: int, *, first_s: float = 1.0, most_s: float = 30.0) -> float:
    """How long to wait before try ``attempt`` (1, 2, …): doubling, with jitter so that threads do not march in step."""
    return float(min(first_s * 2 ** (attempt - 1), most_s) * random.uniform(0.7, 1.3))
