"""One call to a host, from its creation to its result in the cache.

Each step is on record before the next begins, so that whatever is killed when, the call can be taken up where it was:
it is created once, its result fetched once, and its cost written down once."""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from vgkit.engines.cache import Cache
from vgkit.engines.hosted import HostedEngine, Order, OutputGone, ReplyLost, Standing, UnknownCall
from vgkit.engines.open_calls import CallBook
from vgkit.engines.waiting import now_s, wait
from vgkit.errors import AssetError, EngineError, EngineFailed, HostUnavailable, Interrupted, NotAClip, PromptRefused
from vgkit.files import whole
from vgkit.ledger import Events
from vgkit.ledger.kinds import Kind

log = logging.getLogger(__name__)

_CREATIONS = 3
_LOOKS_FOR_A_LOST_CALL_S = (1.0, 4.0, 10.0)  # a host may list a call a moment after it has taken it
_FIRST_POLL_S, _LAST_POLL_S = 0.5, 1.0
_CANCEL_GRACE_S = 60.0
_FETCHES = 2


@dataclass(frozen=True)
class Within:
    """What the calls of one phase share: the cache, the calls of all runs, how bytes are checked, and the stop."""

    cache: Cache
    book: CallBook
    check: Callable[[Path], object]
    stopping: threading.Event = field(default_factory=threading.Event)


@dataclass
class RemoteCall:
    """A call of an order, told in the events of the run it belongs to; ``fields`` are what each of its events says."""

    engine: HostedEngine
    order: Order
    mark: str
    events: Events
    fields: Mapping[str, Any]
    within: Within
    prediction: str = ""

    def tell(self, kind: Kind, **more: Any) -> None:
        """Write what happened to the call."""
        told = {**self.fields, **({"prediction": self.prediction} if self.prediction else {}), **more}
        self.events.write(kind, **told)

    @property
    def name(self) -> str:
        """What a person needs to find it again: phase, shot, engine and prediction."""
        known = f" (prediction {self.prediction})" if self.prediction else ""
        return f"{self.fields['phase']} {self.fields['subject']}: {self.engine.name}@{self.engine.host}{known}"

    def create(self, files: Mapping[str, str], *, since: datetime) -> Standing | None:
        """Create the call on its host, or find it there where the reply was lost.

        None where it was lost and the host keeps no list: it then counts at its estimate, and another may be made.
        Raises HostError or EngineFailed, which are certain not to have cost anything.
        """
        for _ in range(_CREATIONS):
            try:
                standing = self.engine.client.create(self.order, files)
            except ReplyLost as lost:
                log.warning("%s: %s; looking for the call before it is asked for again", self.name, lost)
                if not self.engine.client.keeps_list:
                    self.write_off("ReplyLost", f"{lost}; it may have been charged")
                    return None
                # What goes wrong here leaves the call open: it may be there all the same.
                if found := self.search(files, since=since):
                    return found
            except EngineError as error:
                self._tell_uncreated(error)
                raise
            else:
                return self._submitted(standing)
        gone = HostUnavailable(
            f"{self.name} lost its reply {_CREATIONS} times and lists no such call. Try again later with "
            "`vgkit resume`; nothing was lost."
        )
        self._tell_uncreated(gone)
        raise gone

    def search(self, files: Mapping[str, str], *, since: datetime) -> Standing | None:
        """Look for the call in its host's list; it is on record as submitted once it is found."""
        for pause_s in _LOOKS_FOR_A_LOST_CALL_S:
            wait(pause_s)
            self.within.book.refresh()
            found = self.engine.client.find(self.order, files, since=since, known=self.within.book.predictions)
            if found:
                return self._submitted(found)
        return None

    def write_off(self, error: str, message: str) -> None:
        """End a call of which nothing more can be learnt; what it may have cost counts."""
        counted = f"{message}. It counts at its estimate."
        self.tell("call_failed", cost_usd=self.order.estimate_usd, error=error, message=counted)

    def look(self) -> Standing | None:
        """See how it stands; None, and written off, where the host no longer knows it."""
        try:
            return self.engine.client.look(self.prediction)
        except UnknownCall:
            if self.within.cache.find(self.mark, self.order.suffix):
                self.tell("call_settled", cost_usd=self.order.estimate_usd)
            else:
                self.write_off("UnknownCall", f"{self.engine.host} no longer knows it")
            return None

    def bring_home(self, standing: Standing) -> Path:
        """Wait for the end, fetch the result into the cache, and settle.

        Raises EngineFailed or PromptRefused where there is none, and Interrupted, which leaves the call open.
        """
        begun = time.perf_counter()
        try:
            standing = self._wait(standing)
        except UnknownCall as unknown:
            self.write_off("UnknownCall", f"{self.engine.host} no longer knows it")
            raise EngineFailed(f"{self.name} is no longer known to its host; it counts at its estimate.") from unknown
        if standing.state != "succeeded":
            raise self._failed(standing)
        kept = self.within.cache.find(self.mark, self.order.suffix) or self._fetch(standing)
        self.tell(
            "call_settled",
            cost_usd=self.engine.cost_usd(self.order, standing),
            seconds=time.perf_counter() - begun,
            params={"billed_s": standing.seconds, **standing.facts},
        )
        return kept

    def cancel(self) -> Decimal:
        """Stop it, settle what it has cost by then, and say how much that was."""
        try:
            standing = self._wait(self.engine.client.cancel(self.prediction), deadline_s=_CANCEL_GRACE_S)
        except UnknownCall:
            self.write_off("UnknownCall", f"{self.engine.host} no longer knows it")
            return self.order.estimate_usd
        cost_usd = self.engine.cost_usd(self.order, standing)
        self.tell("call_failed", cost_usd=cost_usd, error="Canceled", message=f"canceled by a person: {standing.state}")
        return cost_usd

    def _tell_uncreated(self, error: EngineError) -> None:
        self.tell("call_failed", cost_usd=Decimal(0), error=type(error).__name__, message=str(error))

    def _submitted(self, standing: Standing) -> Standing:
        self.prediction = standing.prediction
        self.tell("call_submitted")
        return standing

    def _wait(self, standing: Standing, *, deadline_s: float | None = None) -> Standing:
        deadline = now_s() + (deadline_s or self.order.deadline_s)
        pause_s, canceled = _FIRST_POLL_S, False
        while not standing.over:
            if self.within.stopping.is_set():
                raise Interrupted(f"{self.name} was left running. `vgkit resume` takes it up, `vgkit cancel` stops it.")
            if now_s() > deadline:
                if canceled:
                    raise HostUnavailable(f"{self.name} did not end when it was canceled. See to it at the host.")
                log.warning("%s has not ended within %.0f s; canceling it", self.name, self.order.deadline_s)
                standing, canceled = self.engine.client.cancel(self.prediction), True
                deadline = now_s() + _CANCEL_GRACE_S
                continue
            wait(pause_s)
            pause_s = min(pause_s * 1.3, _LAST_POLL_S)
            standing = self.engine.client.look(self.prediction)
        return standing

    def _failed(self, standing: Standing) -> EngineFailed:
        why = {"aborted": "it did not start before its deadline", "canceled": "by someone, or at its deadline"}
        said = standing.error or why.get(standing.state, "no reason given")
        refused = bool(standing.facts.get("refused"))
        error = (PromptRefused if refused else EngineFailed)(f"{self.name} {standing.state}: {said}")
        self.tell(
            "call_failed",
            cost_usd=self.engine.cost_usd(self.order, standing),
            error=type(error).__name__,
            message=f"{standing.state}: {said}",
            params={"billed_s": standing.seconds, **standing.facts},
        )
        return error

    def _fetch(self, standing: Standing) -> Path:
        """Bring the result into the cache, twice at most: a copy that was cut short may come whole the second time."""
        target = self.within.cache.path(self.mark, self.order.suffix)
        for turn in range(1, _FETCHES + 1):
            try:
                with whole(target, shared=True) as draft:
                    self.engine.client.fetch(standing, draft)
                    self.within.check(draft)
                return target
            except (OutputGone, NotAClip, AssetError) as error:
                log.warning("%s: fetch %d of %d: %s", self.name, turn, _FETCHES, error)
                if isinstance(error, OutputGone) or turn == _FETCHES:
                    self.tell(
                        "call_failed",
                        cost_usd=self.engine.cost_usd(self.order, standing),
                        error=type(error).__name__,
                        message=str(error),
                    )
                    raise EngineFailed(f"{self.name} gave nothing usable: {error}") from error
        raise AssertionError("unreachable")
