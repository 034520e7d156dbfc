"""The chain: six notebooks in order, executed into the run's folder.

What stands is skipped and the reason said; what happened is written by this driver, because an output notebook looks
finished even when its kernel died. Stopped anywhere, the same call goes on from there."""

import contextlib
import dataclasses
import importlib
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

from vgkit import __version__
from vgkit.brief import brief_from
from vgkit.errors import ApprovalNeeded, Interrupted, ParameterError, VgkitError
from vgkit.halt import Halt
from vgkit.keys import load_keys
from vgkit.ledger import Ledger, read_events
from vgkit.lock import RunLock
from vgkit.phases.ahead import music_ahead
from vgkit.phases.leftovers import cancel_open, open_calls
from vgkit.phases.step import PHASES, Inputs, Validity, degraded, forget, incomplete, skip, validity
from vgkit.places import notebooks_dir, runs_dir
from vgkit.run import Run
from vgkit.runlog import logging_to
from vgkit.runner import NotebookRunner, check_parameters, notebook_parameters

log = logging.getLogger(__name__)

Kernel = Literal["warm", "fresh"]
_ANIMATIC = PHASES.index("animatic")
_IMPORTS = (*(f"vgkit.phases.{phase}" for phase in PHASES), "cv2", "av")  # every film's notebooks come to these


@dataclass(frozen=True)
class Outcome:
    """How a run ended: its film, if there is one by now, and what this took."""

    run: Run
    film: Path | None
    seconds: float
    cost_usd: Decimal
    degraded: tuple[str, ...] = ()


Gate = Callable[[str], AbstractContextManager[None]]


def notebook_of(phase: str) -> Path:
    """The notebook of a phase, as people read it."""
    return notebooks_dir() / f"{PHASES.index(phase) + 1:02d}_{phase}.ipynb"


def phases_between(first: str = "", last: str = "", only: str = "") -> tuple[str, ...]:
    """Choose phases by name. Raises ParameterError for a name that is no phase or an order that is none."""
    for option, name in (("from", first), ("until", last), ("only", only)):
        if name and name not in PHASES:
            raise ParameterError(f"--{option}: {name!r} is no phase. The phases are {', '.join(PHASES)}.")
    if only:
        return (only,)
    begin = PHASES.index(first) if first else 0
    end = PHASES.index(last) if last else len(PHASES) - 1
    if begin > end:
        raise ParameterError(f"--from {first} comes after --until {last}; the order is {', '.join(PHASES)}.")
    return PHASES[begin : end + 1]


def settings_by_phase(settings: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Give each setting to the phases whose notebooks have a parameter of that name, and check its type.

    Raises ParameterError for a name no notebook has, and for ``run_dir``, which the pipeline itself decides.
    """
    accepted = {phase: notebook_parameters(notebook_of(phase)) for phase in PHASES}
    known = {name for parameters in accepted.values() for name in parameters} - {"run_dir"}
    for name in settings:
        if name not in known:
            raise ParameterError(f"--set: no notebook has a parameter {name!r}. There are {', '.join(sorted(known))}.")
    chosen = {p: {name: value for name, value in settings.items() if name in accepted[p]} for p in PHASES}
    for phase, values in chosen.items():
        check_parameters(notebook_of(phase), values)
        if values:
            _phase_module(phase).check_settings(**values)
    return chosen


def set_anew(run: Run, settings: Mapping[str, Any], *, cap_usd: str | None = None) -> Run:
    """Lay settings and a cap over those of a run, and keep them, so that the next time goes by them too.

    Raises ParameterError, BriefError, and RunBusy where another process works in the run.
    """
    if not settings and cap_usd is None:
        return run
    fields = run.brief.model_dump()
    brief = run.brief if cap_usd is None else brief_from({**fields, "caps": {**fields["caps"], "run_usd": cap_usd}})
    changed = dataclasses.replace(run, brief=brief, settings={**run.settings, **settings})
    settings_by_phase(changed.settings)
    with RunLock(changed.folder):
        changed.save()
    return changed


def run_phases(
    run: Run,
    *,
    phases: Sequence[str] = PHASES,
    kernel: Kernel = "warm",
    approved: bool = False,
    force: bool = False,
    deadline_s: float | None = None,
    halt: Halt | None = None,
    gate: Gate = lambda _: contextlib.nullcontext(),
    sync: bool = True,
) -> Outcome:
    """Make what is missing or changed of ``phases``, one notebook after the other, and ``sync`` the ledger at the end.

    Who makes several films at once stops them by ``halt``, and by ``gate`` has them wait before a phase that it is told
    the name of. Raises RunBusy where another process works in the run, ApprovalNeeded after an animatic that waits for
    a yes, and the phase's own error otherwise; whatever was finished stays.
    """
    settings = settings_by_phase(run.settings)
    load_keys()  # before the kernel starts: it inherits them, and what is written down is blotted of them
    begun = time.perf_counter()
    with RunLock(run.folder), logging_to(run.path("run.log")):
        if approved and run.needs_approval:
            run = dataclasses.replace(run, needs_approval=False)
            run.save()
        first_event = _events_so_far(run)
        _write_started(run)
        try:
            if force:
                for phase in phases:
                    forget(run, phase)
            run.check_rehearsal()
            _execute(run, phases, settings, _How(kernel, deadline_s, halt or Halt(), gate))
            _settle_leftovers(run, phases)
        except BaseException as error:
            _write_ended(run, error, time.perf_counter() - begun, first_event, sync=sync)
            if left := open_calls(run):
                error.add_note(
                    f"Calls that go on at their hosts and are charged: {len(left)}. `vgkit resume {run.name}` takes "
                    f"them up, `vgkit cancel {run.name}` stops them."
                )
            raise
        return _write_ended(run, None, time.perf_counter() - begun, first_event, sync=sync)


def _settle_leftovers(run: Run, phases: Sequence[str]) -> None:
    """End what these phases, now that they stand, won't ask for again; what others left open is theirs to take up.

    A host that can't be reached is no reason to call a finished run failed.
    """
    try:
        for left in cancel_open(run, phases=phases):
            log.info("%s of %s was left over and is settled at $%s", left.subject, left.engine, left.cost_usd)
    except VgkitError as error:
        log.warning("calls were left open: %s Settle them with `vgkit cancel %s`.", error, run.name)


@dataclass(frozen=True)
class _How:
    kernel: Kernel
    deadline_s: float | None
    halt: Halt
    gate: Gate


def _execute(run: Run, phases: Sequence[str], settings: Mapping[str, Mapping[str, Any]], how: _How) -> None:
    with (
        music_ahead(run) as begin_music,
        NotebookRunner(kernel=how.kernel, modules=_IMPORTS) as runner,
        how.halt.over(runner),
    ):
        if any(not run.path(f"phases/{phase}.json").exists() for phase in phases):
            runner.warm_up()
        for phase in phases:
            if run.needs_approval and PHASES.index(phase) > _ANIMATIC:
                raise ApprovalNeeded(
                    f"The animatic of {run.name} waits for your yes: look at {run.path('animatic/sheet.png')}, then "
                    f"`vgkit resume {run.name} --approved`."
                )
            state = validity_of(run, phase, settings[phase])
            if state.valid:
                skip(run, phase, state)
            else:
                for earlier in incomplete(run, before=phase):
                    forget(run, earlier)
                    _execute_phase(run, earlier, settings[earlier], runner, how)
                log.info("phase %s: %s", phase, state.reason)
                _execute_phase(run, phase, settings[phase], runner, how)
            if phase == "validate" and "refine" in phases and not run.needs_approval:
                begin_music()


def validity_of(run: Run, phase: str, settings: Mapping[str, Any]) -> Validity:
    """Whether a phase's work stands under these settings; a phase that was never made needs no closer look."""
    if not run.path(f"phases/{phase}.json").exists():
        return Validity(False, "not made yet")
    inputs: Inputs = _phase_module(phase).inputs(run, **settings)
    return validity(run, phase, inputs)


def _phase_module(phase: str) -> Any:
    return importlib.import_module(f"vgkit.phases.{phase}")


def _execute_phase(run: Run, phase: str, settings: Mapping[str, Any], runner: NotebookRunner, how: _How) -> None:
    notebook = notebook_of(phase)
    out = run.path(f"notebooks/{notebook.name}")
    out.parent.mkdir(exist_ok=True)
    parameters = {"run_dir": str(run.folder), **settings}
    try:
        with how.gate(phase):
            how.halt.check()
            executed = runner.run(notebook, out, parameters, cwd=out.parent, deadline_s=how.deadline_s)
    except VgkitError as error:
        _write_phase_failure(run, phase, error)
        raise
    run.artifact(phase, out, seconds=executed.seconds, kernel_start_s=executed.kernel_start_s)


def _write_phase_failure(run: Run, phase: str, error: VgkitError) -> None:
    """Record what the phase itself could not: it had no say when its kernel died or was stopped."""
    own = [event for event in read_events(run.events.path) if event.get("phase") == phase]
    marks = [event.kind for event in own if event.kind in ("phase_started", "phase_finished", "phase_failed")]
    if marks and marks[-1] == "phase_started":
        run.events.write("phase_failed", phase=phase, error=type(error).__name__, message=str(error))


def _events_so_far(run: Run) -> int:
    """Count the run's events, and say which lines of its record can't be read."""
    if not run.events.path.exists():
        return 0
    record = read_events(run.events.path)
    for damage in record.damaged:
        log.warning("events.jsonl, line %d is left out: %s", damage.line_number, damage.reason)
    return len(record)


def _write_started(run: Run) -> None:
    brief = run.brief
    batch: dict[str, Any] = {"batch": run.batch.name, "batch_cap_usd": run.batch.cap_usd} if run.batch else {}
    run.events.write(
        "run_started",
        brief=brief.model_dump(mode="json"),
        profile=run.profile.name,
        engines=dict(run.profile.engines),
        template=run.template.name,
        duration_s=brief.duration_s,
        aspect=brief.aspect,
        seed=brief.seed,
        cap_usd=run.profile.cap_usd,
        version=__version__,
        **batch,
        **({"rehearsal": True} if run.rehearsal is not None else {}),
    )


def _write_ended(run: Run, error: BaseException | None, seconds: float, first_event: int, *, sync: bool) -> Outcome:
    paid = read_events(run.events.path).events[first_event:]
    settled = [event for event in paid if event.kind in ("call_settled", "call_failed")]
    cost = sum((event.usd("cost_usd") for event in settled), Decimal(0))
    film = run.path("film.mp4") if run.path("phases/refine.json").exists() else None
    lesser = degraded(run) if film else ()
    stopped = isinstance(error, (Interrupted, KeyboardInterrupt, ApprovalNeeded)) or not (error or film)
    run.events.write(
        "run_finished",
        state="stopped" if stopped else "failed" if error else "degraded" if lesser else "success",
        seconds=seconds,
        cost_usd=cost,
        film="film.mp4" if film else None,
        message=str(error) if error else _end_message(film, lesser),
    )
    if sync:
        try:
            Ledger(runs_dir()).sync()
        except VgkitError as refusal:  # the events are the truth; the next sync brings them in
            log.warning("the ledger was not brought up to date: %s", refusal)
    return Outcome(run, film, seconds, cost, lesser)


def _end_message(film: Path | None, lesser: Sequence[str]) -> str:
    if lesser:
        return f"Degraded: {', '.join(lesser)} show their still in motion instead of a clip."
    return "" if film else "The phases that were asked for are done."
