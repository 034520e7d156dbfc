"""Starts the films of a batch and hears how they end: the only one who starts any, so that a cap can be kept.

How each film ended is passed on at once, and only the latest are kept to be looked at, so that neither a crash nor five
thousand of them matter."""

import logging
from collections import Counter, deque
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
_LATEST = 20


@dataclass(frozen=True)
class Policy:
    """What to do where a film fails: how many more turns one is given that may fare better, and whether the first that
    fails for good ends the batch."""

    retries: int = 1
    fail_fast: bool = False


@dataclass
class Tally:
    """How far a batch is. ``under_way`` maps runs to which turn of theirs it is, ``latest`` are those that ended last,
    ``cost_usd`` is of all turns that ended; ``stopped`` says that a person asked for it, ``why_ended`` why else not all
    films were begun."""

    films: int
    ended: Counter[str] = field(default_factory=Counter)
    under_way: dict[str, int] = field(default_factory=dict)
    cost_usd: Decimal = Decimal(0)
    stopped: bool = False
    why_ended: str = ""
    latest: deque[Ending] = field(default_factory=lambda: deque(maxlen=_LATEST))

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
        self._short = False  # of money, until one of those has ended
        self._told: Stopping = "no"
        self.tally = Tally(count)

    def make(self) -> Tally:
        """Make all films, and tell how it went. Nothing is raised for a film that fails.

        What ``heard`` raises, for want of a disk say, ends all films at once.
        """
        try:
            self._make_all()
        except BaseException:
            self._crew.now()
            while self._there:
                if ending := self._crew.ended(_LOOK_EVERY_S):
                    self._there.pop(ending.run)
            raise
        return self.tally

    def _make_all(self) -> None:
        while True:
            self._mind_stopping()
            self._begin_what_fits()
            self._looked(self.tally)
            if not self._there:
                if self._told != "no" or not (self._put_back or self._refill()):
                    return
                continue
            if ending := self._crew.ended(_LOOK_EVERY_S):
                self._hear(ending)

    def _mind_stopping(self) -> None:
        asked = self._stopping()
        self.tally.stopped = asked != "no"
        if asked == "soon" and self._told == "no":
            self._told = "soon"
            log.warning("Stopping: no more films are begun, and those under way end with the phase they are in.")
            self._crew.soon()
        elif asked == "now" and self._told != "now":
            self._told = "now"
            log.warning("Stopping at once: what is open on hosts is canceled.")
            self._crew.now()

    def _begin_what_fits(self) -> None:
        while self._told == "no" and not self._short and self._crew.room() > 0 and (self._put_back or self._refill()):
            self._begin(*self._put_back.pop(0))

    def _refill(self) -> bool:
        """Take the next film from the list, so that there is one to begin."""
        film = next(self._films, None)
        if film is not None:
            self._put_back.append((film, 1))
        return film is not None

    def _begin(self, film: Film, attempt: int) -> None:
        """Begin a film, put it back until others have left enough for it, or settle that it can't be made."""
        try:
            answer = self._till.set_aside(film.run())
        except VgkitError as error:
            return self._end(Ending.of(Job(film.name, attempt), error))
        if answer.may == "yes":
            self._there[film.name] = film
            self.tally.under_way[film.name] = attempt
            self._crew.begin(Job(film.name, attempt))
        elif answer.may == "later" and self._there:
            self._put_back.insert(0, (film, attempt))
            self._short = True
        else:
            short = Ending(film.name, "unaffordable", error="BudgetExceeded", message=answer.why, attempt=attempt)
            self._end(short)
        return None

    def _hear(self, ending: Ending) -> None:
        film = self._there.pop(ending.run)
        del self.tally.under_way[ending.run]
        self.tally.cost_usd += ending.cost_usd
        self._short = False
        if ending.state == "failed" and ending.again and ending.attempt <= self._policy.retries and self._told == "no":
            log.info("%s gets another turn after: %s", ending.run, ending.message)
            self._put_back.append((film, ending.attempt + 1))
        else:
            self._end(ending)

    def _end(self, ending: Ending) -> None:
        self.tally.ended[ending.state] += 1
        self.tally.latest.append(ending)
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
