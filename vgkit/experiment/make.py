"""Makes the films of an experiment, one after the other.

Not side by side: a film already asks for as many calls at once as its host allows, so that two would only wait for each
other, and the seconds of each, which are compared, would be those of the other too."""

import json
import logging
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, replace
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from typing import Any

from vgkit.errors import CreditExhausted, Interrupted, KeyMissing, KeyRejected, StoreError, VgkitError
from vgkit.experiment.films import Film
from vgkit.ledger import Ledger, read_events
from vgkit.lock import RunLock
from vgkit.phases.report import Table, dollars
from vgkit.pipeline import run_phases
from vgkit.places import runs_dir
from vgkit.rehearse import hosts_of
from vgkit.run import Run, check_room

log = logging.getLogger(__name__)

Watch = Callable[[Run], AbstractContextManager[None]]

_NO_OTHER_FARES_BETTER = (KeyMissing, KeyRejected, CreditExhausted, StoreError)
_SHARED = re.compile(r"plan\.json|(animatic|references)/.*\.png|music_raw\.wav")
_SHARING = ("validate", "animatic", "references", "refine")


@dataclass(frozen=True)
class Fared:
    """How one film fared. ``kept`` films were made before; seconds and cost are of all turns."""

    run: str
    engine: str
    state: str
    seconds: float
    cost_usd: Decimal
    film: Path | None
    kept: bool
    message: str = ""


@dataclass(frozen=True)
class Fares:
    """How all films fared. ``billed_usd`` is what rehearsed hosts have charged for them, None where none were asked;
    ``unlocked`` says where films of a group differ in more than their clips."""

    batch: str
    films: tuple[Fared, ...]
    booked_usd: Decimal
    billed_usd: Decimal | None
    unlocked: tuple[str, ...]

    @property
    def well(self) -> bool:
        """Whether all are made and can be compared, and the books agree with the bill."""
        return all(each.film for each in self.films) and self.adds_up and not self.unlocked

    @property
    def adds_up(self) -> bool:
        """Whether the ledger says to the cent what rehearsed hosts do; see ``Rehearsed.adds_up``."""
        return self.billed_usd is None or abs(self.booked_usd - self.billed_usd) < Decimal("0.01") * len(self.films)

    @property
    def as_json(self) -> dict[str, Any]:
        """All of it, for a script."""
        return {**asdict(self), "adds_up": self.adds_up, "well": self.well}

    def __str__(self) -> str:
        rows = tuple(
            (each.run, f"{each.state}{', kept' if each.kept else ''}", f"{each.seconds:.0f} s", dollars(each.cost_usd))
            for each in self.films
        )
        made = sum(bool(each.film) for each in self.films)
        lines = [str(Table(f"{self.batch}: {made} of {len(rows)} films", ("film", "state", "took", "cost"), rows))]
        lines += [f"  {each.run}: {each.message}" for each in self.films if each.message]
        lines.append(f"cost: {dollars(self.booked_usd)} by the ledger{self._bill()}")
        return "\n".join([*lines, *(f"NOT LOCKED: {difference}" for difference in self.unlocked)])

    def _bill(self) -> str:
        if self.billed_usd is None:
            return ""
        return f", {dollars(self.billed_usd)} by the hosts' bill: {'the same' if self.adds_up else 'NOT THE SAME'}"


def make_films(films: Sequence[Film], watch: Watch) -> Fares:
    """Make the films that are missing, and tell how all fared; ``watch`` is entered around each.

    A film that fails is told and the others are made, unless none would fare better. Raises RunBusy where another
    process makes the same experiment, Interrupted, and StoreError where they would not fit.
    """
    missing = [film for film in films if not film.made]
    check_room(sum(film.checked.brief.duration_s for film in missing))
    failed: dict[str, str] = {}
    billed_usd = None
    with _alone(films[0].batch.name):
        if missing:
            with hosts_of(missing[0].run()) as servers:
                failed = _make_each(missing, watch)
                if servers:
                    billed_usd = sum((charge.usd for charge in servers.bill()), Decimal(0))
        ledger = Ledger(runs_dir())
        ledger.sync()
        fared = tuple(_fared(film, ledger, failed, kept=film not in missing) for film in films)
        booked = sum((each.cost_usd for each in fared), Decimal(0))
        return Fares(films[0].batch.name, fared, booked, billed_usd, tuple(unlocked(films)))


def unlocked(films: Sequence[Film]) -> Iterator[str]:
    """Say where films of one group, as far as they are made, differ in what they were to share."""
    for _, alike in groupby(films, key=lambda film: film.cell.group):
        made = [(film.name, _shared(film)) for film in alike if film.made]
        for name, there in made[1:]:
            first, here = made[0]
            if differing := sorted(each for each in {*here, *there} if here.get(each) != there.get(each)):
                yield f"{first} and {name} differ in {', '.join(differing)}"


def _shared(film: Film) -> dict[str, str]:
    """What a film shares with its group: its storyboard but for the engine's clip, and digests of files."""
    run = Run.open(film.folder)
    records = [json.loads(run.path(f"phases/{phase}.json").read_text("utf-8")) for phase in _SHARING]
    digests = {name: digest for record in records for name, digest in record["outputs"].items()}
    files = {name: digest for name, digest in digests.items() if _SHARED.fullmatch(name)}
    return files | {"storyboard.json": run.storyboard.model_dump_json(exclude={"clip"})}


def _make_each(films: Sequence[Film], watch: Watch) -> dict[str, str]:
    """Make films; what those that failed had to say, by name."""
    failed: dict[str, str] = {}
    for film in films:
        try:
            run = film.run()
            with watch(run):
                run_phases(run)
        except Interrupted:
            raise
        except VgkitError as error:
            failed[film.name] = f"{type(error).__name__}: {error}"
            if isinstance(error, _NO_OTHER_FARES_BETTER):
                log.warning("%s: the other films would fare no better", film.name)
                break
    return failed


def _fared(film: Film, ledger: Ledger, failed: dict[str, str], *, kept: bool) -> Fared:
    events = film.folder / "events.jsonl"
    ends = read_events(events).of("run_finished") if events.exists() else []
    told = Fared(film.name, film.engine, "waiting", 0.0, Decimal(0), None, kept, failed.get(film.name, ""))
    if not ends:
        return told
    return replace(
        told,
        state=str(ends[-1]["state"]),
        seconds=sum(float(end["seconds"]) for end in ends),
        cost_usd=ledger.spent(film.name),
        film=film.folder / "film.mp4" if film.made else None,
        message=told.message or str(ends[-1].get("message") or ""),
    )


def _alone(batch: str) -> RunLock:
    """What holds an experiment against a second process that would make it."""
    return RunLock(runs_dir() / ".experiments" / batch, make=True)
