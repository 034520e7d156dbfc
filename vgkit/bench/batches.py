"""How sure a batch is, and what a film of it takes: the fifty films of ``templates/batches``, made as ``vgkit batch
run`` makes them, by rehearsed hosts that now and then fail.

The rehearsed hosts keep a bill and draw every call's seconds beforehand, so that money and waiting are known apart from
how busy this machine is. What its own work takes is measured on one film that is made again, alone, from the cache."""

import dataclasses
import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from vgkit.batch.check import plan
from vgkit.batch.make import How, Looked, make_batch
from vgkit.batch.planned import Film
from vgkit.batch.spec import read_spec
from vgkit.batch.summary import Fared, Summary
from vgkit.bench.hosts import critical_path
from vgkit.errors import NotMeasured
from vgkit.ledger import Ledger, read_events
from vgkit.places import rehearsal_dir, runs_dir, templates_dir
from vgkit.profiles import profile_for
from vgkit.rehearsal.book import Book
from vgkit.rehearsal.lines import read_lines
from vgkit.rehearse import how_rehearsed, rehearse
from vgkit.run import Run

FIFTY = templates_dir() / "batches" / "fifty.toml"


@dataclass(frozen=True)
class Asked:
    """Which batch: the first ``count`` films of the fifty, each of ``duration_s``, and how it is rehearsed.

    Rehearsed hosts paint on the cores of this machine, so fewer at once keep it as busy as many do.
    """

    count: int = 50
    duration_s: int = 12
    faults: str = "mild"
    speed: float = 60.0
    seed: int = 1
    at_once: int = 6


@dataclass(frozen=True)
class FilmFigures:
    """What one film came to. ``hosts_s`` are seconds of its hosts, at their speed, that nothing can be done beside;
    ``wall_s`` those of this machine, all its films at once; ``mishaps`` are calls that failed and were made up for;
    ``guessed_usd`` is booked for calls whose reply was lost and whose host can't be asked."""

    name: str
    template: str
    aspect: str
    state: str
    hosts_s: float
    wall_s: float
    cost_usd: Decimal
    mishaps: int
    lacking: str = ""
    guessed_usd: Decimal = Decimal(0)

    @property
    def there(self) -> bool:
        """Whether there is a film."""
        return self.state in ("success", "degraded")


@dataclass(frozen=True)
class Reliability:
    """What a batch came to. ``own_s`` is how long one film takes here alone once its hosts have delivered."""

    asked: Asked
    films: tuple[FilmFigures, ...]
    batch_cap_usd: Decimal
    run_cap_usd: Decimal
    booked_usd: Decimal
    billed_usd: Decimal
    made_twice: int
    faults: Mapping[str, int]
    own_s: float
    wall_s: float

    @property
    def guessed_usd(self) -> Decimal:
        """What of ``booked_usd`` was booked for replies that were lost, at their estimates."""
        return sum((film.guessed_usd for film in self.films), Decimal(0))

    @property
    def finished(self) -> int:
        """How many films there are."""
        return sum(film.there for film in self.films)

    @property
    def undegraded(self) -> int:
        """How many are whole."""
        return sum(film.state == "success" for film in self.films)

    def share(self, value: Callable[[FilmFigures], Any], share: float) -> Any:
        """The value that so great a share of the films that are there does not exceed."""
        ranked = sorted(value(film) for film in self.films if film.there)
        return ranked[max(math.ceil(share * len(ranked)) - 1, 0)]


def fifty(asked: Asked, *, looked: Looked = lambda _: None) -> Reliability:
    """Make the batch, then one of its films alone; ``looked`` is told how far the batch is.

    Raises NotMeasured where no film is whole.
    """
    films = planned(asked)
    summary = make_batch(films, How(at_once=asked.at_once), looked=looked)
    whole = next((film for film, each in zip(films, summary.fared, strict=True) if each.state == "success"), None)
    if whole is None:
        raise NotMeasured(f"No film of {FIFTY.name} is whole:\n{summary}")
    folder = rehearsal_dir(films[0].batch.name)
    ledger = Ledger(runs_dir())
    return Reliability(
        asked=asked,
        films=_figures(films, summary),
        batch_cap_usd=films[0].batch.cap_usd or Decimal(0),
        run_cap_usd=max(profile_for(film.checked.brief).cap_usd for film in films),
        booked_usd=sum((ledger.spent(film.name) for film in films), Decimal(0)),
        billed_usd=summary.billed_usd or Decimal(0),
        made_twice=made_twice(folder),
        faults=faults_met(folder),
        own_s=_alone_s(whole),
        wall_s=summary.wall_s,
    )


def planned(asked: Asked) -> tuple[Film, ...]:
    """The films asked for, checked as for ``vgkit batch run``; caps go with their length."""
    spec = read_spec(FIFTY)
    longer = Decimal(asked.duration_s) / (spec.head.duration_s or asked.duration_s)
    caps = {name: longer * usd for name, usd in spec.head.caps if usd is not None}
    head = spec.head.model_copy(update={"duration_s": asked.duration_s, "caps": spec.head.caps.model_copy(update=caps)})
    rehearsal = how_rehearsed(speed=asked.speed, faults=asked.faults, seed=asked.seed)
    return plan(dataclasses.replace(spec, head=head, rows=spec.rows[: asked.count]), rehearsal=rehearsal)


def made_twice(folder: Path) -> int:
    """How many predictions the hosts of a folder were asked for again although they had taken the order."""
    orders = Counter((each.version, each.input_json) for each in Book(folder).newest_first())
    return sum(count - 1 for count in orders.values())


def faults_met(folder: Path) -> dict[str, int]:
    """What befell the clients of a folder's hosts, and how often."""
    return dict(Counter(str(line["fault"]) for line in read_lines(folder / "faults.jsonl")).most_common())


def _figures(films: Sequence[Film], summary: Summary) -> tuple[FilmFigures, ...]:
    took_s = {charge.prediction: charge.took_s for charge in Book(rehearsal_dir(films[0].batch.name)).bill()}
    return tuple(_figure(film, each, took_s) for film, each in zip(films, summary.fared, strict=True))


def _figure(film: Film, each: Fared, took_s: Mapping[str, float]) -> FilmFigures:
    brief, run = film.checked.brief, Run.open(film.folder)
    record = read_events(run.events.path)
    failed = record.of("call_failed")
    lacking = [f"{event['subject']}: {event['message']}" for event in record.of("fallback")] if each.there else []
    return FilmFigures(
        name=film.name.partition(".")[2],
        template=brief.template,
        aspect=brief.aspect,
        state=each.state,
        hosts_s=critical_path(run, took_s).seconds,
        wall_s=each.seconds,
        cost_usd=each.cost_usd,
        mishaps=len(failed),
        lacking="; ".join(lacking) or each.message,
        guessed_usd=sum((event.usd("cost_usd") for event in failed if event["error"] == "ReplyLost"), Decimal(0)),
    )


def _alone_s(film: Film) -> float:
    """Seconds for a film that is made again alone, and finds in the cache what its hosts delivered."""
    again = dataclasses.replace(film, name=f"{film.batch.name}.alone")
    return rehearse(again.run()).wall_s
