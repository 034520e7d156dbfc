"""Makes a batch: what is missing, as the caps allow, whatever breaks on the way."""

import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from vgkit.batch.coordinator import Coordinator, Policy, Stopping, Tally
from vgkit.batch.crew import Crew, Ending
from vgkit.batch.planned import Film
from vgkit.batch.record import BatchRecord
from vgkit.batch.summary import Summary, summed_up
from vgkit.batch.threads import ThreadCrew, sized
from vgkit.batch.till import Till
from vgkit.errors import VgkitError
from vgkit.keys import load_keys
from vgkit.ledger import Ledger
from vgkit.ledger.run_index import RunIndex
from vgkit.places import runs_dir
from vgkit.profiles import profile_for
from vgkit.rehearse import hosts_of
from vgkit.run import check_room
from vgkit.runlog import logging_to

Which = Literal["missing", "failed", "unfailed"]
Looked = Callable[[Tally], None]

_SYNC_EVERY_S = 60.0


@dataclass(frozen=True)
class How:
    """How a batch is made: ``which`` films ("missing": all that are not there; "failed": those whose last turn failed;
    "unfailed": the others that are not there), how many at once (0: as many as fit), and what to do where one fails."""

    which: Which = "missing"
    at_once: int = 0
    policy: Policy = field(default_factory=Policy)


def make_batch(
    films: Sequence[Film], how: How, *, crew: Crew | None = None, looked: Looked = lambda _: None
) -> Summary:
    """Make the films that are asked for, and sum up how all fared; ``looked`` is told how far it is, often.

    A film that fails is told and the others are made. Ctrl-C begins no more films and lets the phases at work come to
    their end, a second one ends them and cancels what is open on hosts. Raises RunBusy where another process makes the
    same batch, and StoreError where the films would not fit.
    """
    begun, batch = time.monotonic(), films[0].batch
    rehearsal = films[0].rehearsal is not None
    record = BatchRecord(batch.name)
    load_keys()
    with record.alone(), logging_to(record.log):
        due = _due(films, how.which, record)
        check_room(sum(film.checked.brief.duration_s for film in due))
        hosted = any(engine.split("@")[-1] != "local" for film in due for engine in _engines(film))
        crew = crew or ThreadCrew(at_once=how.at_once or sized(hosted=hosted), hosted=hosted)
        billed_usd, why = None, ""
        if due:
            with hosts_of(due[0].run()) as servers, _stopping() as asked:
                coordinator = Coordinator(
                    due,
                    count=len(due),
                    crew=crew,
                    till=Till(batch, rehearsal=rehearsal),
                    policy=how.policy,
                    heard=_Hearing(record),
                    stopping=asked,
                    looked=looked,
                )
                why = coordinator.make().why_ended
                if asked() != "no":
                    why = "Stopped. What is finished is kept; `vgkit batch run` with the same file goes on from there."
                if servers:
                    billed_usd = sum((charge.usd for charge in servers.bill()), Decimal(0))
        Ledger(runs_dir()).sync()
        summary = summed_up(
            films,
            record.latest(),
            states_of(batch.name),
            batch=batch.name,
            cap_usd=batch.cap_usd,
            billed_usd=billed_usd,
            wall_s=time.monotonic() - begun,
            why_ended=why,
        )
        record.write_summary(summary.as_json)
        return summary


def states_of(batch: str) -> dict[str, tuple[str, float, Decimal]]:
    """State, seconds and cost of each run of a batch, as their events say."""
    index = RunIndex(runs_dir())
    index.refresh()
    spent = "coalesce((SELECT usd FROM sums s WHERE s.folder = f.folder AND s.run = f.folder), '0')"
    rows = index.rows(f"SELECT folder, state, seconds, {spent} FROM files f WHERE batch = ?", batch)
    return {folder: (state or "waiting", seconds, Decimal(usd)) for folder, state, seconds, usd in rows}


def _due(films: Sequence[Film], which: Which, record: BatchRecord) -> list[Film]:
    """The films that are to be made now, in their order."""
    states = states_of(films[0].batch.name)
    missing = [film for film in films if not _is_there(film, states)]
    if which != "missing":
        heard = record.latest()
        failed = {film.name for film in missing if heard.get(film.name, {}).get("state") == "failed"}
        return [film for film in missing if (film.name in failed) == (which == "failed")]
    return missing


def _is_there(film: Film, states: dict[str, tuple[str, float, Decimal]]) -> bool:
    state, *_ = states.get(film.name, ("waiting",))
    return state in ("success", "degraded") and (film.folder / "film.mp4").is_file()


def _engines(film: Film) -> Iterator[str]:
    from vgkit.engines.registry import full_name

    for role, reference in profile_for(film.checked.brief).engines.items():
        yield full_name(role, reference)


class _Hearing:
    """Puts each ending on record, and brings the ledger up to date now and then: it is read in the meantime."""

    def __init__(self, record: BatchRecord) -> None:
        self._record, self._synced = record, time.monotonic()

    def __call__(self, ending: Ending) -> None:
        self._record.add(ending)
        if time.monotonic() - self._synced > _SYNC_EVERY_S:
            self._synced = time.monotonic()
            with suppress(VgkitError):  # the events are the truth; the last sync brings them in
                Ledger(runs_dir()).sync()


@contextmanager
def _stopping() -> Iterator[Callable[[], Stopping]]:
    """Count Ctrl-C, SIGTERM and a closed terminal: the first is "soon", each further one "now"."""
    count = 0

    def hear(*_: object) -> None:
        nonlocal count
        count += 1

    def asked() -> Stopping:
        return "no" if not count else "soon" if count == 1 else "now"

    if threading.current_thread() is not threading.main_thread():
        yield asked
        return
    before = {each: signal.signal(each, hear) for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        yield asked
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
