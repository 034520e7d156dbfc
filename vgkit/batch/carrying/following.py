"""Puts what happens in a run that is held here at its place, before the next step is taken.

Called by the ledger for each event that others must know of, in whichever process writes it, with the events locked: so
a machine that is lost leaves nothing paid for that the place does not know, and one that was only thought lost is
refused here, before its next call leaves."""

import dataclasses
from collections.abc import Iterable, Mapping
from pathlib import Path

from vgkit.batch.carrying.state import Note, Shelf, State
from vgkit.errors import RunError
from vgkit.ledger import Event
from vgkit.places import cache_dir


def follow(folder: Path, event: Event, events: bytes) -> None:
    """Have the place hold a run's ``events``, of which ``event`` is the last, and first what its call has brought.

    Raises RunBusy where another machine has taken the run up, and StoreError.
    """
    note = Note.of(folder)
    if note is None:
        raise RunError(f"What is known of {folder.name}'s place can't be read. Make the batch again to go on with it.")
    shelf = Shelf(folder.name, note.at)
    results = {**note.results, **sent_results(shelf, note.world, [event], known=note.results)}
    put_state(shelf, folder, dataclasses.replace(note, results=results), events)


def put_state(shelf: Shelf, folder: Path, note: Note, events: bytes) -> None:
    """Swap the state for one with these events, and note its tag; the events' lock is held."""
    tag = shelf.hold_on(note.state(events), note.tag)
    dataclasses.replace(note, tag=tag).save(folder)


def sent_results(shelf: Shelf, world: str, events: Iterable[Event], *, known: Mapping[str, str]) -> dict[str, str]:
    """Send what calls have brought, which lies in this machine's cache only; digests by name.

    What was drawn or composed on this machine costs nothing to make again, and stays.
    """
    cache = cache_dir(world)
    sent: dict[str, str] = {}
    for event in events:
        if event.kind in ("call_settled", "call_cached") and event.get("host") != "local":
            mark = str(event.get("fingerprint") or "-")
            for result in sorted((cache / mark[:2]).glob(f"{mark}.*")):
                if result.name not in known and result.name not in sent:
                    sent[result.name] = shelf.keep(result)
    return sent


def bring_results(shelf: Shelf, state: State) -> None:
    """Fetch what the run's calls have brought into this machine's cache.

    Raises RunError where one is not whole: to go on without it would pay for it again.
    """
    cache = cache_dir(state.world)
    for name, digest in state.results.items():
        kept = cache / name[:2] / name
        if not kept.is_file() and not shelf.bring(digest, kept):
            raise RunError(
                f"{shelf.run}: what was paid for lies not whole at {shelf.address_of(digest)}. Put it back there as it "
                "was sent, or begin the film anew under another name; to go on without it would pay for it again."
            )
