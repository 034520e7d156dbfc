"""One picture or clip of a storyboard, tried with other words, settings or engines, by the same door as a film's.

What it would mean is said before anything is asked; what is made lies in the lab's folder and on record."""

import contextlib
import secrets
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from vgkit.engines.base import Ask
from vgkit.engines.hosted import HostedEngine
from vgkit.engines.settings import Setting, Value
from vgkit.engines.spend import Door, estimate_usd
from vgkit.errors import Interrupted
from vgkit.lab.asked import Asked, asked_of, complaints_of, engine_of, engines_for, settable
from vgkit.lab.lab import Lab
from vgkit.lab.measuring import scored
from vgkit.lab.telling import PHASE, costs_of, tell, trials
from vgkit.lab.trial import Kind, Means, Outlook, Rendered, Score, Trial
from vgkit.ledger import Event, read_new
from vgkit.phases.asking import door
from vgkit.phases.leftovers import Settled, cancel_open

__all__ = [
    "Kind",
    "Means",
    "Outlook",
    "Rendered",
    "Score",
    "Setting",
    "Settled",
    "Trial",
    "Value",
    "cancel_calls",
    "complaints_of",
    "engine_of",
    "engines_for",
    "foresee",
    "foresee_parts",
    "render",
    "render_through",
    "settable",
    "trials",
]

_LOOK_EVERY_S = 0.1
_turns: dict[Path, threading.Lock] = {}
_SOME_STILL = Path("keyframe.png")  # an engine asks whether there is one, not what it shows


def foresee(lab: Lab, trial: Trial) -> Outlook:
    """Say what rendering would mean now, keyframe included. Asks nobody. Raises ParameterError for a bad trial."""
    still, own = foresee_parts(lab, trial)
    if still is None or still.means == "cached":
        return own
    means: Means = "bought" if "bought" in (still.means, own.means) else still.means
    seconds = (still.seconds or 0.0) + (own.seconds or 0.0)
    return Outlook(means, still.usd + own.usd, seconds or None, own.rehearsal)


def foresee_parts(lab: Lab, trial: Trial) -> tuple[Outlook | None, Outlook]:
    """What the keyframe of a clip would mean, and what the clip or keyframe itself would."""
    asked, still = asked_of(lab, trial), trial.still
    if still is None:
        return None, _outlook(lab, asked.ask)
    before = foresee(lab, still)
    if before.means != "cached":
        return before, _unknown(lab, asked.grown_from(_SOME_STILL))
    return before, _outlook(lab, asked.grown_from(_in_place(lab, asked_of(lab, still))))


def render(lab: Lab, trial: Trial, *, stopping: threading.Event | None = None) -> Rendered:
    """Make a trial, or find it again, and score it; a clip's keyframe is made first.

    It may take minutes: call it in a thread. Setting ``stopping`` ends it within seconds; a call that is under way is
    left open, and rendering again takes it up, so that nothing is paid twice. Raises ParameterError for a bad trial,
    BudgetExceeded before anything that the cap does not allow is asked for, EngineFailed, HostError, or Interrupted;
    RunError while this process renders in another world (``Lab.at_work``).
    """
    stopping = stopping or threading.Event()
    with lab.at_work():
        return render_through(door(lab, PHASE, stopping=stopping), lab, trial)


def render_through(through: Door, lab: Lab, trial: Trial) -> Rendered:
    """Make a trial by a door of the lab's that is open already, as the tiles of a grid share one."""
    asked, still = asked_of(lab, trial), trial.still
    grown_from = render_through(through, lab, still) if still else None
    keyframe = grown_from.path if grown_from else None
    ask, begun = asked.grown_from(keyframe), time.perf_counter()
    events = _obtain(through, ask)
    seconds = time.perf_counter() - begun
    request: Any = ask.request
    rendered = Rendered(
        id=asked.id,
        kind=trial.kind,
        which=trial.which,
        engine=f"{ask.engine.name}@{ask.engine.host}",
        seed=request.seed,
        params=dict(trial.params),
        prompt=request.prompt,
        negative=request.negative,
        version=trial.version,
        path=ask.out,
        cost_usd=costs_of(events)[asked.id] + (grown_from.cost_usd if grown_from else Decimal(0)),
        seconds=seconds + (grown_from.seconds if grown_from else 0.0),
        cached=all(event.kind != "call_settled" for event in events) and (grown_from is None or grown_from.cached),
        rehearsal=lab.rehearsal is not None,
        at=datetime.now(UTC),
        scores=scored(lab, asked.id, ask.out, request, keyframe),
    )
    tell(lab, asked, rendered)
    return rendered


def _obtain(through: Door, ask: Ask) -> list[Event]:
    """Ask for a file, and return what is on record of that.

    It takes its place when it is whole, since another process may make the same at the same time.
    """
    draft, told = ask.out.with_name(f".{ask.out.stem}.{secrets.token_hex(4)}{ask.out.suffix}"), through.events.path
    with _turn(ask.out, through.within.stopping), _in_our_words(ask.subject):
        before = told.stat().st_size if told.exists() else 0
        try:
            through.ask(replace(ask, out=draft))
            draft.replace(ask.out)
        finally:
            draft.unlink(missing_ok=True)
        return [event for event in read_new(told, before)[0] if event.get("subject") == ask.subject]


@contextlib.contextmanager
def _turn(out: Path, stopping: threading.Event) -> Iterator[None]:
    """Let one thread at a time ask for the same file, so that what was paid is told of by the one that has paid it."""
    turn = _turns.setdefault(out, threading.Lock())
    while not turn.acquire(timeout=_LOOK_EVERY_S):
        if stopping.is_set():
            raise Interrupted(_stopped(out.stem))
    try:
        if stopping.is_set():
            raise Interrupted(_stopped(out.stem))
        yield
    finally:
        turn.release()


@contextlib.contextmanager
def _in_our_words(subject: str) -> Iterator[None]:
    """Say of an interruption what it means in a lab, where no run is to be resumed."""
    try:
        yield
    except Interrupted as error:
        raise Interrupted(_stopped(subject)) from error


def _stopped(subject: str) -> str:
    return f"{subject} was stopped. What is under way at its host is taken up when it is rendered again."


def cancel_calls(lab: Lab) -> list[Settled]:
    """Cancel at their hosts what trials have left open, and settle what that has cost by then.

    Who only stops leaves calls open, to be taken up; this is for what nobody wants any more, and for no trial that is
    at work. Raises HostError, and RunError while this process renders in another world.
    """
    with lab.at_work():
        return cancel_open(lab, phases=(PHASE,))


def _outlook(lab: Lab, ask: Ask) -> Outlook:
    found = lab.onlooker.foresee(ask)
    seconds = None
    if found.means == "bought":
        whole = _unknown(lab, ask)
        # What is left of a chain takes its share of the time, as it does of the money.
        seconds = whole.seconds and whole.seconds * (float(found.usd / whole.usd) if whole.usd else 1.0)
    return Outlook(found.means, found.usd, seconds, lab.rehearsal is not None)


def _unknown(lab: Lab, ask: Ask) -> Outlook:
    """What an ask means where nothing of it can be in the cache."""
    if not isinstance(ask.engine, HostedEngine):
        return Outlook("here", estimate_usd(ask.engine, ask.request), None, lab.rehearsal is not None)
    orders = ask.engine.forecast(ask.request)
    usd, seconds = sum((each.estimate_usd for each in orders), Decimal(0)), sum(each.typical_s for each in orders)
    return Outlook("bought", usd, seconds, lab.rehearsal is not None)


def _in_place(lab: Lab, still: Asked) -> Path:
    """A keyframe that is in the cache, as a file; its bytes decide what a clip of it costs."""
    if not still.ask.out.is_file():
        _obtain(lab.onlooker, still.ask)
    return still.ask.out
