"""The one door to every engine.

Know the call again, take it from the cache, take up what a crash left open, check the caps, reserve, make, see that it
decodes, keep it, settle. Nothing else may ask an engine for a file, so that nothing is paid for twice."""

import itertools
import logging
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

from vgkit.engines.base import VERBS, Ask, Engine, Made, Request
from vgkit.engines.fingerprints import ask_mark, order_mark
from vgkit.engines.hosted import HostedEngine
from vgkit.engines.purse import Chain, Purse
from vgkit.engines.remote import FailedBefore, Remote
from vgkit.engines.remote_call import Within
from vgkit.errors import (
    AssetError,
    BudgetExceeded,
    EngineFailed,
    HostError,
    NotAClip,
    OrderRejected,
    PromptRefused,
    VgkitError,
)
from vgkit.files import copy_file
from vgkit.ledger import Events

log = logging.getLogger(__name__)

TRIES = 3  # of one call, each with another seed
_USELESS_ANSWERS = 2  # whole chains whose results could not be used
_MOST_ATTEMPTS = 60  # those that failed before are passed over, so this only ends a loop that should not be


@dataclass(frozen=True)
class Foresight:
    """What asking would mean now: found in the cache, taken up where a crash left it, made here, or bought."""

    means: Literal["cached", "open", "here", "bought"]
    usd: Decimal = Decimal(0)


class Door:
    """Asks engines on behalf of one run and one phase, within all caps. Threads may share one."""

    def __init__(self, events: Events, *, phase: str, purse: Purse, within: Within) -> None:
        self.events = events
        self.phase = phase
        self.purse = purse
        self.within = within
        self._remote = Remote(events, phase=phase, within=within)

    def ask(self, ask: Ask) -> Path:
        """Have something made into ``ask.out``, or found again.

        Raises BudgetExceeded before anything is made, EngineFailed when nothing usable came back after all tries,
        HostError where the host can't be worked with, Interrupted where ``stop`` was called meanwhile.
        """
        ask.out.parent.mkdir(parents=True, exist_ok=True)
        if not isinstance(ask.engine, HostedEngine):
            return self._here(ask)
        try:
            return self._hosted(ask, ask.engine)
        except (HostError, OrderRejected) as error:
            raise _placed(f"{self.phase} {ask.subject}: ", ask, error) from error.__cause__

    def ask_ahead(self, ask: Ask, engine: HostedEngine) -> None:
        """Have made what an ask takes and keep that for whoever asks later; nothing is written into ``ask.out``.

        That file is the later asker's, who may be another process and at it already. Raises as ``ask`` does.
        """
        self._chain(ask, engine, ask.request)

    def stop(self) -> None:
        """Let go of calls that are under way on hosts: they stay open, to be taken up later."""
        self.within.stopping.set()

    def foresee(self, ask: Ask) -> Foresight:
        """Say what asking would mean now, without asking."""
        if not isinstance(ask.engine, HostedEngine):
            cached = self.within.cache.find(ask_mark(ask), ask.out.suffix)
            return Foresight("cached") if cached else Foresight("here", estimate_usd(ask.engine, ask.request))
        self.within.book.refresh()
        results: list[Path] = []
        while order := ask.engine.next_order(ask.request, results):
            mark = order_mark(ask.engine, order)
            if self.within.book.open(mark):
                return Foresight("open", _still_to_pay(ask.engine, ask.request, [*results, ask.out]))
            if not (kept := self.within.cache.find(mark, order.suffix)):
                return Foresight("bought", _still_to_pay(ask.engine, ask.request, results))
            results.append(kept)
        return Foresight("cached")

    def _hosted(self, ask: Ask, engine: HostedEngine) -> Path:
        useless = 0
        for variation in itertools.count():
            request = engine.vary(ask.request, 100 * variation) if variation else ask.request
            results, bought = self._chain(ask, engine, request)
            try:
                facts = engine.finish(request, results, ask.out)
            except EngineFailed as error:
                useless += bought
                log.warning("%s %s: %s", self.phase, ask.subject, error)
                if useless >= _USELESS_ANSWERS or variation > _MOST_ATTEMPTS:
                    raise
            else:
                log.info("%s %s by %s@%s: %s", self.phase, ask.subject, engine.name, engine.host, dict(facts))
                return ask.out
        raise AssertionError("unreachable")

    def _chain(self, ask: Ask, engine: HostedEngine, request: Request) -> tuple[list[Path], bool]:
        """Make the calls a request takes, one after the other; their raw results, and whether any was bought now."""
        results: list[Path] = []
        any_bought = False
        what = f"{self.phase} {ask.subject}"
        with self.purse.chain(what, engine.name, lambda: _still_to_pay(engine, request, results)) as chain:
            while made := self._next(ask, engine, request, results, chain):
                path, bought = made
                results.append(path)
                any_bought = any_bought or bought
        return results, any_bought

    def _next(
        self, ask: Ask, engine: HostedEngine, request: Request, results: Sequence[Path], chain: Chain
    ) -> tuple[Path, bool] | None:
        """Make the next call of a chain, with another seed after each failure; None when the chain is at its end."""
        failures: list[EngineFailed] = []
        for attempt in range(_MOST_ATTEMPTS):
            order = engine.next_order(engine.vary(request, attempt) if attempt else request, results)
            if order is None:
                return None
            try:
                return self._remote.obtain(ask, order, chain, attempt=attempt + 1)
            except FailedBefore:
                continue
            except OrderRejected:
                raise
            except EngineFailed as failure:
                log.warning("try %d: %s", attempt + 1, failure)
                failures.append(failure)
                if len(failures) == TRIES:
                    break
        raise _gave_up(ask, failures)

    def _here(self, ask: Ask) -> Path:
        """Have an engine make it that does so in one go: one on this machine, or one of a third party's own."""
        mark, estimate = ask_mark(ask), estimate_usd(ask.engine, ask.request)
        fields: dict[str, Any] = {
            "call": secrets.token_hex(8),
            "phase": self.phase,
            "role": ask.role,
            "engine": ask.engine.name,
            "host": ask.engine.host,
            "version": ask.engine.version,
            "subject": ask.subject,
            "fingerprint": mark,
        }
        with self.within.cache.claim(mark, self.within.stopping):
            if kept := self.within.cache.find(mark, ask.out.suffix):
                copy_file(kept, ask.out)
                self.events.write("call_cached", **fields, cost_usd=Decimal(0))
                return ask.out
            self._reserve(ask, fields, estimate)
            made, seconds = self._make(ask, fields, estimate)
            self.within.cache.keep(ask.out, mark)
            self.events.write("call_settled", **fields, cost_usd=made.cost_usd, seconds=seconds, params=made.facts)
            return ask.out

    def _reserve(self, ask: Ask, fields: dict[str, Any], estimate: Decimal) -> None:
        def write() -> None:
            self.events.write("call_reserved", **fields, cost_usd=estimate)

        if not estimate:
            return write()
        with self.purse.chain(f"{self.phase} {ask.subject}", ask.engine.name, lambda: estimate) as chain:
            chain.reserve(estimate, write)
        return None

    def _make(self, ask: Ask, fields: dict[str, Any], estimate: Decimal) -> tuple[Made, float]:
        begun = time.perf_counter()
        try:
            made: Made = getattr(ask.engine, VERBS[ask.role])(ask.request, ask.out)
            self.within.check(made.path)
        except BaseException as error:
            self.events.write(
                "call_failed", **fields, cost_usd=estimate, error=type(error).__name__, message=str(error)
            )
            if isinstance(error, (NotAClip, AssetError)):
                raise EngineFailed(f"{ask.engine.name} gave no usable {ask.subject}: {error}") from error
            raise
        return made, time.perf_counter() - begun


def estimate_usd(engine: Engine, request: Request) -> Decimal:
    """What an engine that works in one go will cost: nothing on this machine, else by its own price.

    Raises BudgetExceeded for one that is not on this machine and has no price.
    """
    if engine.host == "local":
        return Decimal(0)
    price = getattr(engine, "price_usd", None)
    if price is None:
        raise BudgetExceeded(f"{engine.name}@{engine.host} has no price on record. Give it a price_usd(request) first.")
    return Decimal(price(request))


def _still_to_pay(engine: HostedEngine, request: Request, results: Sequence[Path]) -> Decimal:
    return sum((order.estimate_usd for order in engine.forecast(request)[len(results) :]), Decimal(0))


def _placed(place: str, ask: Ask, error: VgkitError) -> VgkitError:
    """A host's error, with what it was asked for: the host itself knows neither phase nor shot."""
    said = str(error)
    return error if said.startswith(place) else type(error)(f"{place}{ask.engine.name}@{ask.engine.host}: {said}")


def _gave_up(ask: Ask, failures: Sequence[EngineFailed]) -> EngineFailed:
    last = failures[-1] if failures else EngineFailed(f"{ask.subject}: all seeds have failed before")
    kind = PromptRefused if isinstance(last, PromptRefused) else EngineFailed
    words = "Say it in other words, or choose another engine, in a new run; `vgkit resume` tries other seeds."
    again = f"Try again with `vgkit resume`, or choose another engine for {ask.role}."
    move = words if kind is PromptRefused else again
    error = kind(f"{last} That was try {len(failures)} of {TRIES}. {move}")
    error.__cause__ = last
    return error
