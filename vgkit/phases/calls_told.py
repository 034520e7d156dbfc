"""What a phase asked of hosts, as a table: what each call was for, how it ended, how long it took and what it cost."""

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

from vgkit.ledger import Event, read_events
from vgkit.phases.report import Table, dollars
from vgkit.run import Run

_HEAD = ("for", "engine", "call", "ended", "took", "cost", "prediction")
_STATES = {
    "call_reserved": "open: not created yet",
    "call_submitted": "open: under way",
    "call_settled": "made",
    "call_failed": "failed",
    "call_cached": "from the cache",
}


def calls_told(run: Run, phase: str) -> tuple[Table, ...]:
    """The calls of a phase since it was last begun, or asked for ahead of it; none where all was made here."""
    told = list(_once(_latest_by_call(read_events(run.events.path).events, phase)))
    if not told:
        return ()
    asked = [events[-1] for events in told if events[-1].kind != "call_cached"]
    paid = sum((end.usd("cost_usd") for end in asked if end.kind in _PAID), Decimal(0))
    found = f"; {len(told) - len(asked)} from the cache" if len(told) > len(asked) else ""
    calls = "1 call" if len(asked) == 1 else f"{len(asked)} calls"
    return (Table(f"Asked of hosts: {calls}, {dollars(paid)}{found}", _HEAD, tuple(map(_row, told))),)


_PAID = ("call_settled", "call_failed")


def _latest_by_call(events: Sequence[Event], phase: str) -> list[list[Event]]:
    """The events of each call, grouped, from after the phase's last end but one."""
    calls: dict[str, list[Event]] = {}
    ended = False
    for event in events:
        if event.get("phase") != phase:
            continue
        if event.kind in ("phase_finished", "phase_failed"):
            ended = True
        elif event.kind.startswith("call_"):
            if ended and event.kind in ("call_reserved", "call_cached"):
                calls, ended = {}, False
            if event.get("host") != "local" or event["call"] in calls:
                calls.setdefault(event["call"], []).append(event)
    return sorted(calls.values(), key=lambda of_call: str(of_call[0].get("subject")))


def _once(calls: Iterable[list[Event]]) -> Iterator[list[Event]]:
    """Leave out what is found in the cache because it was made or found just before, as when music is made ahead."""
    known = set()
    for events in calls:
        mark = tuple(events[0].get(name) for name in ("subject", "step", "fingerprint"))
        if events[-1].kind != "call_cached" or mark not in known:
            yield events
        known.add(mark)


def _row(events: Sequence[Event]) -> tuple[str, ...]:
    first, last = events[0], events[-1]
    how = " ".join(str(first[name]) for name in ("step", "adapter") if first.get(name))
    tries = f", try {first['attempt']}" if (first.get("attempt") or 1) > 1 else ""
    ended = str(last.get("message") or _STATES[last.kind]) if last.kind == "call_failed" else _STATES[last.kind]
    seconds = f"{last['seconds']:.1f} s" if last.get("seconds") is not None else ""
    cost = dollars(last.usd("cost_usd")) if last.kind in _PAID else ""
    prediction = next((event["prediction"] for event in reversed(events) if event.get("prediction")), "")
    return (
        str(first.get("subject")),
        f"{first['engine']}@{first['host']}",
        how + tries,
        ended,
        seconds,
        cost,
        prediction,
    )
