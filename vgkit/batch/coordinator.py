"""Starts the films of a batch and hears how they end: the only one who starts any, so that a cap can be kept.

It holds as many films in memory as are under way; how each ended goes to a file at once, so that neither a crash nor
five thousand of them matter."""

import logging
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from vgkit.batch.crew import Crew, Ending, Job
from vgkit.batch.planned import Film
from vgkit.batch.till import Till
from vgkit.errors import VgkitError

log = logging.getLogger(__name__)

Stopping = Literal["no", "soon", "now"]
_LOOK_EVERY_S = 0.2


@dataclass(frozen=True)
class Policy:
    """What to do where a film fails: how many more turns one is given that may fare better, and whether the first that
    fails for good ends the batch."""

    retries: int = 1
    fail_fast: bool = False


@dataclass
class Tally:
    """How far a batch is. ``under_way`` maps runs to which turn of theirs it is."""

    films: int
    ended: Counter[str] = field(default_factory=Counter)
    under_way: dict[str, int] = field(default_factory=dict)
    cost_usd: Decimal = Decimal(0)
    seconds: float = 0.0
    why_ended: str = ""

    @property
    def waiting(self) -> int:
        """How many are still to be begun."""
        return self.films - sum(self.ended.values()) - len(self.under_way)


class Coordinator:
    """Makes films by a crew, as the till allows; ``heard`` is told of each that has ended for good.

    ``stopping`` is asked again and again: "soon" begins no more films, "now" ends those under way.
    """

    def __init__(
        self,
        films: Iterable[Film],
        *,
        count: int,
        crew: Crew,
        till: Till,
        policy: Policy,
        heard: Callable[[Ending], None],
        stopping: Callable[[], Stopping] = lambda: "no",
        looked: Callable[[Tally], None] = lambda _: None,
    ) -> None:
        self._films, self._crew, self._till, self._policy = iter(films), crew, till, policy
        self._heard, self._stopping, self._looked = heard, stopping, looked
        self._put_back: list[tuple[Film, int]] = []  # those that wait for money, or for another turn
        self._there: dict[str, Film] = {}  # those under way
        self._told: Stopping = "no"
        self.tally = Tally(count)

    def make(self) -> Tally:
        """Make all films, and tell how it went. Nothing is raised for a film that fails."""
        while True:
            self._mind_stopping()
            self._begin_what_fits()
            self._looked(self.tally)
            if not self._there:
                if self._told != "no" or not (self._put_back or self._refill()):
                    return self.tally
                continue
            if ending := self._crew.ended(_LOOK_EVERY_S):
                self._hear(ending)

    def _mind_stopping(self) -> None:
        asked = self._stopping()
        if asked == "soon" and self._told == "no":
            self._told = "soon"
            self._crew.soon()
        elif asked == "now" and self._told != "now":
            self._told = "now"
            self._crew.now()

    def _begin_what_fits(self) -> None:
        while self._told == "no" and self._crew.room() > 0 and (self._put_back or self._refill()):
            film, attempt = self._put_back[0]
            if not self._begin(film, attempt):
                return
            self._put_back.pop(0)

    def _refill(self) -> bool:
        """Take the next film from the list, so that there is one to begin."""
        film = next(self._films, None)
        if film is not None:
            self._put_back.append((film, 1))
        return film is not None

    def _begin(self, film: Film, attempt: int) -> bool:
        """Begin a film, or settle that it never can be; False where it must wait for what others will leave."""
        try:
            run = film.run()
            answer = self._till.set_aside(run)
        except VgkitError as error:
            self._end(Ending(film.name, "failed", error=type(error).__name__, message=str(error), attempt=attempt))
            return True
        if answer == "later" and self._there:
            return False
        if answer != "yes":
            left = self._till.left_usd()
            self._end(
                Ending(
                    film.name,
                    "unaffordable",
                    error="BudgetExceeded",
                    message=f"It may cost ${run.cap_usd:.2f}, and ${left or 0:.2f} is left under the caps. "
                    "Raise caps.batch_usd or VGKIT_PROJECT_CAP, or lower caps.run_usd; then resume the batch.",
                    attempt=attempt,
                )
            )
            return True
        self._there[film.name] = film
        self.tally.under_way[film.name] = attempt
        self._crew.begin(Job(film.name, attempt))
        return True

    def _hear(self, ending: Ending) -> None:
        film = self._there.pop(ending.run)
        del self.tally.under_way[ending.run]
        self.tally.cost_usd += ending.cost_usd
        self.tally.seconds += ending.seconds
        if ending.state == "failed" and ending.again and ending.attempt <= self._policy.retries and self._told == "no":
            log.info("%s gets another turn after: %s", ending.run, ending.message)
            self._put_back.append((film, ending.attempt + 1))
        else:
            self._end(ending)

    def _end(self, ending: Ending) -> None:
        self.tally.ended[ending.state] += 1
        self._heard(ending)
        if ending.hopeless:
            self._wind_down(f"No other film would fare better: {ending.message}")
        elif ending.state == "failed" and self._policy.fail_fast:
            self._wind_down(f"{ending.run} failed, and the batch was to end with the first that does.")

    def _wind_down(self, why: str) -> None:
        """Begin no more films; those under way stop after the phase they are in."""
        if self._told == "no":
            log.warning("%s", why)
            self.tally.why_ended = why
            self._told = "soon"
            self._crew.soon()
