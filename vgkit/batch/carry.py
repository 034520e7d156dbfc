"""Films made on machines that share no disk: a run's folder is carried to a bucket, or a folder, and back.

A driver sends a run, a worker takes it up, has the place hold what happens before each next step and what was made
after each phase, and the driver fetches it. Where a worker is lost another takes the run up where it stands, and pays
for nothing twice.

**What a machine sees that fetches between any two writes.** A place keeps a run as one state, which names its files by
digest, and bytes by digest, which are sent before a state names them and are never altered. So it sees the run as it
stood at some moment: the files as they were after the latest phase that was carried whole, and the events up to the
latest one of money. A worker that is lost in the middle of a phase leaves that phase to be made again, and of its calls
what was paid for (a result is sent before its call is settled) and what is open, which is taken up by its prediction.

**Who holds a run** is whose mark the state bears. To take a run up is to swap the mark, and every later write is a swap
that goes wrong where the mark is another's. So a worker that was thought lost and wakes up is refused at its next event
of money, before the call leaves, with RunBusy; no clock and no lock has a part in it. One gap is left, of milliseconds,
as no host asks who holds a run: between the reservation of a call and the call itself. A machine that stands still in
just that gap, while another takes the run up, looks for the call at its host and does not find it there, makes it once
more when it wakes.

**What is not carried:** locks, drafts, the joined cut, which is joined anew from the clips where it is missing, and the
cache but for what this run has paid for. So what films share is paid for once by each machine that comes to it first,
not once by all together."""

import contextlib
import dataclasses
import json
import logging
import shutil
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

from vgkit.batch.carrying.files import CUT, EVENTS, bring_files, merge_events, sent_files
from vgkit.batch.carrying.following import bring_results, put_state, sent_results
from vgkit.batch.carrying.state import TRIES, Note, Shelf, State, unsettled
from vgkit.errors import RunBusy, RunError, RunNotFound
from vgkit.ledger import read_events
from vgkit.ledger.events import CARRIED, locked_events, whole_lines
from vgkit.ledger.rehearsals import world_of
from vgkit.lock import RunLock
from vgkit.phases.intermediates import record_of
from vgkit.phases.step import let_go
from vgkit.pipeline import Gate
from vgkit.places import runs_dir
from vgkit.run import Run

log = logging.getLogger(__name__)


def send_run(run: str, at: str) -> None:
    """Have a place hold a run as it stands here, for whichever machine makes it; who held it until now is refused.

    Where the place knows more of it than this machine does, as after a driver was lost, its events come here and its
    files stay; what the run is asked for is always this machine's. Raises RunNotFound, RunBusy, and StoreError also
    for a store that can't hold to conditions.
    """
    shelf, folder = Shelf(run, at), runs_dir() / run
    if not (folder / "run.json").is_file():
        raise RunNotFound(f"There is no run {run!r} to send to {at}. See them all with `vgkit list`.")
    shelf.check_conditions()
    with RunLock(folder):
        (folder / CARRIED).unlink(missing_ok=True)  # of a turn that was killed here, and holds it no more
        for _ in range(TRIES):
            there, tag = shelf.state() or (State(world_of(folder)), "")
            if shelf.swap(_brought_together(shelf, folder, there), tag):
                return
    raise unsettled(shelf)


def fetch_run(run: str, at: str) -> None:
    """Bring a run here from a place, with what its calls have brought. Raises RunNotFound, RunBusy and StoreError."""
    shelf, folder = Shelf(run, at), runs_dir() / run
    there, _ = _there(shelf)
    with RunLock(folder, make=True):
        bring_results(shelf, there)  # the money first: where this is cut off, nothing that is here is paid for again
        merge_events(folder, there.events)
        bring_files(shelf, there.files, folder)
        _let_cut_go(folder)


@contextlib.contextmanager
def carried(run: str, at: str, *, gate: Gate) -> Iterator[Gate]:
    """Take a run up from a place for one block, and give it back there, however the block ends.

    The run is made within, by phases that pass the gate that is handed out: it passes ``gate``, and has the place hold
    each phase's work when that has ended. A copy that was made by this is removed in the end. Raises RunNotFound where
    the run was never sent, RunBusy where it is made by another process here, or another machine takes it up meanwhile,
    and StoreError where the place can't be reached; then the copy stays.
    """
    shelf, folder = Shelf(run, at), runs_dir() / run
    _there(shelf)
    before = Note.of(folder)
    ours = before.ours if before else not folder.exists()
    with RunLock(folder, make=True):
        note, there = _taken_up(shelf, ours=ours)
        bring_results(shelf, there)
        merge_events(folder, there.events)
        note.save(folder)
        torn = bring_files(shelf, there.files, folder)
        dataclasses.replace(note, files={n: d for n, d in note.files.items() if n not in torn}).save(folder)
        try:
            yield _uploading(gate, folder)
        finally:
            _give_back(folder)


def _there(shelf: Shelf) -> tuple[State, str]:
    there = shelf.state()
    if there is None:
        raise RunNotFound(
            f"There is no run at {shelf.address}, or it may not be read. Send it first, by making its batch with this "
            "place."
        )
    return there


def _taken_up(shelf: Shelf, *, ours: bool) -> tuple[Note, State]:
    """Put this machine's mark on a run, whoever held it; what is then known of it, and the run as it stands."""
    for _ in range(TRIES):
        there, tag = _there(shelf)
        mine = State(there.world, files=there.files, results=there.results, events=there.events)
        if new := shelf.swap(mine, tag):
            return Note(shelf.at, new, ours, mine.world, mine.by, mine.files, mine.results), mine
    raise unsettled(shelf)


def _uploading(gate: Gate, folder: Path) -> Gate:
    @contextlib.contextmanager
    def through(phase: str) -> Iterator[None]:
        with gate(phase):
            yield
        _upload(folder)  # not while it holds a place that others wait for

    return through


def _upload(folder: Path) -> None:
    """Have the place hold the run's files as they stand, and all its events."""
    note = Note.of(folder)
    if note is None:
        raise RunError(f"What is known of {folder.name}'s place can't be read. Make the batch again to go on with it.")
    shelf = Shelf(folder.name, note.at)
    files = sent_files(shelf, folder, known=note.files)
    with locked_events(folder / EVENTS) as descriptor:
        note = dataclasses.replace(Note.of(folder) or note, files=files)
        put_state(shelf, folder, note, whole_lines(descriptor))


def _give_back(folder: Path) -> None:
    """Have the place hold the rest, and keep no copy that would grow old here."""
    note = Note.of(folder)
    try:
        _upload(folder)
    except RunBusy:
        _forget(folder, note)
        raise
    _forget(folder, note)


def _forget(folder: Path, note: Note | None) -> None:
    if note and note.ours:
        shutil.rmtree(folder, ignore_errors=True)
    (folder / CARRIED).unlink(missing_ok=True)


def _brought_together(shelf: Shelf, folder: Path, there: State) -> State:
    """A run as this machine and the place know it together; the files of whoever knows more, this machine if both."""
    only_here, only_there = merge_events(folder, there.events)
    if only_there:
        _say_again(folder, only_here)
    files = sent_files(shelf, folder, known=there.files)
    if only_there:
        files = {**files, **there.files, "run.json": files["run.json"]}
    record = read_events(folder / "events.jsonl").events
    results = {**there.results, **sent_results(shelf, there.world, record, known=there.results)}
    with locked_events(folder / EVENTS) as descriptor:
        return State(there.world, files=files, results=results, events=whole_lines(descriptor))


def _say_again(folder: Path, only_here: list[bytes]) -> None:
    """Set a cap aside anew where others' events have come after it: it is for the start that comes next."""
    for line in reversed(only_here):
        with contextlib.suppress(ValueError, KeyError, TypeError):
            said = json.loads(line)
            if said["kind"] == "allotted":
                cap_usd = Decimal(said["cap_usd"])
                Run.open(folder).events.write("allotted", cap_usd=cap_usd, batch=said["batch"])
                return


def _let_cut_go(folder: Path) -> None:
    """Have a finished run not miss the cut, which did not travel and of which the film is made."""
    run = Run.open(folder)
    record = record_of(run, "chunks")
    missed = CUT in record.get("outputs", {}) and CUT not in record.get("let_go", ()) and not run.path(CUT).exists()
    if missed and record_of(run, "refine"):
        let_go(run, "chunks", [CUT])
