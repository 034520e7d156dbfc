"""What a phase asked of hosts, as a table: what each call was for, how it ended, how long it took and what it cost."""

from collections.abc import Sequence
from decimal import Decimal

from vgkit.ledger import Event, read_events
from vgkit.phases.report import Table
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
    last = _latest_by_call(read_events(run.events.path).events, phase)
    rows = tuple(_row(events) for events in last)
    if not rows:
        return ()
    paid = sum((events[-1].usd("cost_usd") for events in last if events[-1].kind in _PAID), Decimal(0))
    return (Table(f"Asked of hosts: {len(rows)} calls, ${paid:.4f}", _HEAD, rows),)


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


def _row(events: Sequence[Event]) -> tuple[str, ...]:
    first, last = events[0], events[-1]
    how = " ".join(str(first[name]) for name in ("step", "adapter") if first.get(name))
    tries = f", try {first['attempt']}" if (first.get("attempt") or 1) > 1 else ""
    ended = _STATES[last.kind] + (f": {last['message']}" if last.kind == "call_failed" else "")
    seconds = f"{last['seconds']:.1f} s" if last.get("seconds") is not None else ""
    cost = f"${last.usd('cost_usd'):.4f}" if last.kind in _PAID else ""
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
