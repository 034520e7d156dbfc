"""Makes a batch: what is missing, as the caps allow, whatever breaks on the way."""

import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Literal

from vgkit.batch.coordinator import Coordinator, Policy, Stopping, Tally
from vgkit.batch.crew import Crew, Ending
from vgkit.batch.planned import Film
from vgkit.batch.record import BatchRecord
from vgkit.batch.standing import NOT_BEGUN, Standing, standings_of
from vgkit.batch.summary import Fared, Summary, fared
from vgkit.batch.syncing import Syncing
from vgkit.batch.threads import ThreadCrew, sized
from vgkit.batch.till import Till
from vgkit.engines.registry import full_name
from vgkit.errors import BatchError
from vgkit.keys import load_keys
from vgkit.places import runs_dir
from vgkit.profiles import profile_for
from vgkit.rehearse import hosts_of
from vgkit.run import check_room
from vgkit.runlog import logging_to

Which = Literal["missing", "failed", "unfailed"]
Looked = Callable[[Tally], None]

_URGENCY: tuple[Stopping, ...] = ("no", "soon", "now")
_STOPPED = "Stopped. What is finished is kept; make the batch again to go on from there."


@dataclass(frozen=True)
class How:
    """How a batch is made: ``which`` films ("missing": all that are not there; "failed": those whose last turn failed;
    "unfailed": the others that are not there), how many at once (0: as many as fit), and what to do where one fails."""

    which: Which = "missing"
    at_once: int = 0
    policy: Policy = field(default_factory=Policy)


def make_batch(
    films: Sequence[Film],
    how: How,
    *,
    file: Path | None = None,
    crew: Crew | None = None,
    looked: Looked = lambda _: None,
    stopping: Callable[[], Stopping] = lambda: "no",
    room: Callable[[float], None] = check_room,
) -> Summary:
    """Make the films that are asked for, and sum up how all fared; ``looked`` is told how far it is, often.

    A film that fails is told and the others are made. In a main thread Ctrl-C begins no more films and lets the phases
    at work come to their end, a second one ends them and cancels what is open on hosts; ``stopping`` is asked too, so
    that a page can stop it from any thread. ``room`` refuses so many seconds of film where they would not fit; who
    keeps them elsewhere says so by another. With the ``file`` that asks for them ``vgkit batch resume`` goes on. Raises
    RunBusy where another process makes the same batch, and StoreError where the films would not fit or the runs' folder
    goes away.
    """
    if not films:
        raise BatchError("There is no film to make.")
    begun, record = time.monotonic(), BatchRecord(films[0].batch.name)
    load_keys()
    with record.alone(), logging_to(record.log), Syncing(runs_dir()) as syncing:
        if file:
            record.begin(file, films[0].rehearsal)
        due = list(_due(films, _all_fared(films, record, standings_of(record.name)), how.which))
        room(sum(film.checked.brief.duration_s for film in due))
        tally, billed_usd = (
            _made(due, how, _Hearing(record, syncing), crew, looked, stopping) if due else (Tally(0), None)
        )
        summary = _summed_up(films, record, tally, billed_usd=billed_usd, wall_s=time.monotonic() - begun)
        record.write_summary(summary.as_json)
        return summary


def _summed_up(
    films: Sequence[Film], record: BatchRecord, tally: Tally, *, billed_usd: Decimal | None, wall_s: float
) -> Summary:
    standings = standings_of(record.name)
    all_fared = _all_fared(films, record, standings)
    stopped = tally.stopped and not all(each.there for each in all_fared)
    return Summary(
        batch=record.name,
        fared=all_fared,
        cap_usd=films[0].batch.cap_usd,
        booked_usd=sum((cost_usd for _, _, cost_usd in standings.values()), Decimal(0)),
        billed_usd=billed_usd,
        wall_s=wall_s,
        stopped=stopped,
        why_ended=_STOPPED if stopped else tally.why_ended,
    )


def _all_fared(films: Sequence[Film], record: BatchRecord, standings: Mapping[str, Standing]) -> tuple[Fared, ...]:
    heard = record.latest()
    return tuple(
        fared(film, heard=heard.get(film.name, {}), standing=standings.get(film.name, NOT_BEGUN)) for film in films
    )


def _due(films: Sequence[Film], so_far: Sequence[Fared], which: Which) -> Iterator[Film]:
    """The films that are to be made now, in their order."""
    for film, each in zip(films, so_far, strict=True):
        if not each.there and (which == "missing" or (each.state == "failed") == (which == "failed")):
            yield film


def _made(
    due: Sequence[Film],
    how: How,
    hearing: "_Hearing",
    crew: Crew | None,
    looked: Looked,
    stopping: Callable[[], Stopping],
) -> tuple[Tally, Decimal | None]:
    """Make films; how far it came, and what rehearsed hosts have charged by then."""
    hosted = any(not engine.endswith("@local") for film in due for engine in _engines(film))
    with hosts_of(due[0].run()) as servers, _signals() as heard:
        coordinator = Coordinator(
            due,
            count=len(due),
            crew=crew or ThreadCrew(at_once=how.at_once or sized(hosted=hosted)),
            till=Till(due[0].batch, rehearsal=due[0].rehearsal is not None),
            policy=how.policy,
            heard=hearing,
            stopping=lambda: max(heard(), stopping(), key=_URGENCY.index),
            looked=looked,
        )
        tally = coordinator.make()
        return tally, sum((charge.usd for charge in servers.bill()), Decimal(0)) if servers else None


def _engines(film: Film) -> Iterator[str]:
    for role, reference in profile_for(film.checked.brief).engines.items():
        yield full_name(role, reference)


class _Hearing:
    """Puts each ending on record, and has the ledger follow."""

    def __init__(self, record: BatchRecord, syncing: Syncing) -> None:
        self._record, self._syncing = record, syncing

    def __call__(self, ending: Ending) -> None:
        self._record.add(ending)
        self._syncing.look()


@contextmanager
def _signals() -> Iterator[Callable[[], Stopping]]:
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
