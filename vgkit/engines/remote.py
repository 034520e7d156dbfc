"""Obtains what an order makes: from the cache, from a call that a crash left open, or by making and paying for it now.

The order of these is what keeps anything from being paid twice, so it stands in one place."""

import logging
import secrets
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from vgkit.engines.base import Ask
from vgkit.engines.fingerprints import order_mark, sent
from vgkit.engines.hosted import Attachment, HostedEngine, Order
from vgkit.engines.open_calls import OpenCall
from vgkit.engines.purse import Chain
from vgkit.engines.remote_call import RemoteCall, Within
from vgkit.errors import EngineFailed, HostUnavailable, Interrupted, OrderRejected
from vgkit.ledger import Events

log = logging.getLogger(__name__)

_LOST_REPLIES = 3


class FailedBefore(EngineFailed):
    """This very call was made in this run and failed; asking again would pay for the same failure."""


class Remote:
    """Makes orders for one run and one phase."""

    def __init__(self, events: Events, *, phase: str, within: Within) -> None:
        self.events = events
        self.phase = phase
        self.within = within

    def obtain(self, ask: Ask, order: Order, chain: Chain, *, attempt: int) -> tuple[Path, bool]:
        """The raw result of an order, and whether it was bought now.

        Raises BudgetExceeded before anything leaves, FailedBefore, EngineFailed, HostError, or Interrupted.
        """
        assert isinstance(ask.engine, HostedEngine)
        engine, mark = ask.engine, order_mark(ask.engine, order)
        fields = self._fields(ask, order, mark)
        book = self.within.book
        with self.within.cache.claim(mark, self.within.stopping) as asked_before:
            if asked_before:
                book.refresh()
            else:
                book.keep_up()
            if open_call := book.open(mark):
                self._take_up(engine, order, open_call, mark)
                book.refresh()
                mine = open_call.run == self.events.run_id
            else:
                mine = False
            if kept := self.within.cache.find(mark, order.suffix):
                if not mine:
                    self.events.write("call_cached", **fields, call=secrets.token_hex(8), cost_usd=Decimal(0))
                return kept, False
            if book.has_failed(mark, run=self.events.run_id):
                raise FailedBefore(f"{self.phase} {ask.subject}: this call to {engine.name} has failed before.")
            return self._buy(engine, order, mark, fields, chain, attempt), True

    def _buy(
        self, engine: HostedEngine, order: Order, mark: str, fields: Mapping[str, Any], chain: Chain, attempt: int
    ) -> Path:
        for _ in range(_LOST_REPLIES):
            if self.within.stopping.is_set():
                raise Interrupted(
                    f"{self.phase} {fields['subject']}: stopped before {engine.name}@{engine.host} was asked. "
                    "`vgkit resume` goes on from here."
                )
            call = RemoteCall(engine, order, mark, self.events, {**fields, "call": secrets.token_hex(8)}, self.within)
            files = _attached(engine, order)
            since = datetime.now(UTC)
            told = {"params": {**sent(order), **files}, "attempt": attempt}
            chain.reserve(
                order.estimate_usd,
                lambda: call.tell("call_reserved", cost_usd=order.estimate_usd, **told),  # noqa: B023
            )
            standing = call.create(files, since=since)
            if standing:
                return call.bring_home(standing)
        raise HostUnavailable(
            f"{self.phase} {fields['subject']}: {engine.host} lost its reply {_LOST_REPLIES} times. Try again later "
            "with `vgkit resume`."
        )

    def _take_up(self, engine: HostedEngine, order: Order, found: OpenCall, mark: str) -> None:
        """Bring a call home that was left open, by this run or another, in the events of the run it belongs to."""
        call = RemoteCall(engine, order, mark, found.events, found.fields, self.within, found.prediction)
        log.info("%s was left open; taking it up again", call.name)
        if not call.prediction:
            if not engine.client.keeps_list:
                return call.write_off("ReplyLost", "the process ended before the reply; it may have been charged")
            if not call.search(_addresses(engine, order, found), since=found.reserved_at):
                return call.tell("call_failed", cost_usd=Decimal(0), error="Lost", message="it was never created")
        if standing := call.look():
            try:
                call.bring_home(standing)
            except OrderRejected:
                raise  # a question about it was refused: how it ends is not known, and it stays open
            except EngineFailed as failure:
                log.info("%s", failure)  # on record now; the next try is the asker's business
        return None

    def _fields(self, ask: Ask, order: Order, mark: str) -> dict[str, Any]:
        fields = {
            "phase": self.phase,
            "role": ask.role,
            "engine": ask.engine.name,
            "host": ask.engine.host,
            "version": order.version,
            "subject": ask.subject,
            "fingerprint": mark,
        }
        return fields | {name: value for name, value in (("adapter", order.adapter), ("step", order.step)) if value}


def _attached(engine: HostedEngine, order: Order) -> dict[str, str]:
    """Make the order's files known to the host; their addresses by parameter."""
    files = {name: value for name, value in order.params.items() if isinstance(value, Attachment)}
    if not files:
        return {}
    # Imported here: adapters make pictures and clips, which most calls have no use for.
    from vgkit.engines.adapters import materialise

    with tempfile.TemporaryDirectory(prefix="vgkit-") as folder:
        return {name: engine.client.attach(materialise(file, Path(folder))) for name, file in files.items()}


def _addresses(engine: HostedEngine, order: Order, found: OpenCall) -> dict[str, str]:
    """The addresses a call was made with: as recorded, but for those whose bytes are the address itself."""
    recorded = {name: value for name, value in found.params.items() if isinstance(value, str)}
    inline = {
        name: value
        for name, value in order.params.items()
        if isinstance(value, Attachment) and not recorded.get(name, "").startswith("http")
    }
    fresh = _attached(engine, replace(order, params=inline))
    return {
        name: fresh.get(name, recorded.get(name, ""))
        for name, value in order.params.items()
        if isinstance(value, Attachment)
    }
