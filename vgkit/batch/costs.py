"""What the films of a batch still cost and how long their hosts take, against the caps, before any film is begun."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from itertools import chain
from typing import Any, Generic, TypeVar

from vgkit.batch.planned import Film
from vgkit.batch.standing import is_there, standings_of
from vgkit.estimate import Row, estimate, total_s, total_usd
from vgkit.estimate_report import cents, waiting
from vgkit.ledger.money import Spending
from vgkit.phases.report import Table
from vgkit.places import runs_dir
from vgkit.profiles import profile_for, project_cap

_HEAD = ("template", "length", "aspect", "video", "takes", "films", "to make", "each $", "all $", "waiting")
_MOST_KINDS = 20
_NOTHING = Decimal(0)

AnyFilm = TypeVar("AnyFilm", bound=Film)


@dataclass(frozen=True, kw_only=True, slots=True)
class Bill(Generic[AnyFilm]):
    """What one film asks for: ``own`` for itself, ``shared`` for what it has in common with others and is made once.

    ``pays`` says whether it is the film that meets the shared part, ``missing`` whether it is still to be made,
    ``spent_usd`` what it has cost so far.
    """

    film: AnyFilm
    own: tuple[Row, ...]
    shared: tuple[Row, ...] = ()
    missing: bool
    pays: bool = True
    spent_usd: Decimal

    @property
    def rows(self) -> tuple[Row, ...]:
        """What it still asks for."""
        return () if not self.missing else (*self.shared, *self.own) if self.pays else self.own

    @property
    def to_pay_usd(self) -> Decimal:
        """What it will still cost; one that was stopped has paid for a part."""
        return max(total_usd(self.rows) - self.spent_usd, _NOTHING)

    @property
    def cap_usd(self) -> Decimal:
        """The most it may cost."""
        return profile_for(self.film.checked.brief).cap_usd

    @property
    def alone_usd(self) -> Decimal:
        """What it costs where nothing is shared, which is what its own cap must allow."""
        return total_usd(self.own) + total_usd(self.shared)


@dataclass(frozen=True)
class Costs(Generic[AnyFilm]):
    """What all films ask for. Money in US dollars; times are typical seconds of waiting for hosts."""

    bills: tuple[Bill[AnyFilm], ...]
    batch_spent_usd: Decimal
    project_left_usd: Decimal | None

    @property
    def missing(self) -> tuple[Bill[AnyFilm], ...]:
        """Those of the films that are still to be made."""
        return tuple(bill for bill in self.bills if bill.missing)

    @cached_property
    def to_pay_usd(self) -> Decimal:
        """What the films that are still to be made cost, were none of their calls in the cache."""
        return sum((bill.to_pay_usd for bill in self.missing), _NOTHING)

    @cached_property
    def wait_s(self) -> float:
        """How long their hosts take, one film after the other."""
        return sum(total_s(bill.rows)[1] for bill in self.missing)

    @property
    def length_s(self) -> int:
        """How many seconds of film are still to be made."""
        return sum(bill.film.checked.brief.duration_s for bill in self.missing)

    def over(self) -> Iterator[str]:
        """Say which caps would stop it, and what they would have to be."""
        dear = [bill for bill in self.missing if bill.alone_usd > bill.cap_usd]
        if dear:
            most = max(dear, key=lambda bill: bill.alone_usd)
            yield (
                f"caps.run_usd: {len(dear)} of {len(self.bills)} films need more than the ${most.cap_usd:.2f} that one "
                f"may cost, {most.film.name} about ${most.alone_usd:.2f}. Set it to at least {cents(most.alone_usd)}."
            )
        batch_cap = self.bills[0].film.batch.cap_usd
        wanted = self.batch_spent_usd + self.to_pay_usd
        if batch_cap is not None and wanted > batch_cap:
            yield (
                f"caps.batch_usd: the films need about ${self.to_pay_usd:.2f} more; ${self.batch_spent_usd:.2f} of "
                f"${batch_cap:.2f} is spent. Set it to at least {cents(wanted)}."
            )
        if self.project_left_usd is not None and self.to_pay_usd > self.project_left_usd:
            yield (
                f"VGKIT_PROJECT_CAP: the films need about ${self.to_pay_usd:.2f}; ${self.project_left_usd:.2f} of it "
                f"is left. Raise it by at least {cents(self.to_pay_usd - self.project_left_usd)}."
            )

    @property
    def as_json(self) -> dict[str, Any]:
        """All of it, for a script."""
        films = [
            {
                "run": bill.film.name,
                "at": bill.film.place.line or bill.film.place.name,
                "engine": _video(bill.film),
                "made": not bill.missing,
                "usd": bill.to_pay_usd,
            }
            for bill in self.bills
        ]
        sums = {"to_pay_usd": self.to_pay_usd, "wait_s": round(self.wait_s, 1), "over": list(self.over())}
        return {"batch": self.bills[0].film.batch.name, "films": films, "engines": self._engines(), **sums}

    def __str__(self) -> str:
        if not self.missing:
            return self.heading
        kinds, engines = self.tables
        return "\n".join([str(kinds), "", *str(engines).splitlines()[1:], "", *self.sums()])

    @property
    def tables(self) -> tuple[Table, Table]:
        """What each kind of film costs, and what is asked of each engine."""
        rows = tuple((name, f"{one['calls']:,}", f"{one['usd']:.2f}") for name, one in self._engines().items())
        return Table(self.heading, _HEAD, tuple(self._kinds())), Table("", ("engine", "calls", "all $"), rows)

    @property
    def heading(self) -> str:
        """How many films it has, and how many are made."""
        made = len(self.bills) - len(self.missing)
        count = f"{len(self.bills):,} film{'s'[: len(self.bills) != 1]}"
        return f"{self.bills[0].film.batch.name}: {count}{f', {made:,} of them made' if made else ''}"

    def sums(self) -> list[str]:
        """What it comes to, and what may be spent."""
        caps = [f"{span(sorted({bill.cap_usd for bill in self.bills}))} a film"]
        batch_cap = self.bills[0].film.batch.cap_usd
        if batch_cap is not None:
            caps.append(f"${batch_cap:.2f} together, ${self.batch_spent_usd:.2f} of it spent")
        if self.project_left_usd is not None:
            caps.append(f"${self.project_left_usd:.2f} left of the project's")
        return [
            f"In all about ${self.to_pay_usd:.2f} and {waiting(self.wait_s)} of waiting for hosts, besides this "
            f"machine's own work.",
            f"The caps: {'; '.join(caps)}.",
        ]

    def _kinds(self) -> Iterator[tuple[str, ...]]:
        """A row for each kind of film, the dearest first; what is beyond a number that can be read is summed."""
        kinds: dict[tuple[str, ...], list[Bill[AnyFilm]]] = {}
        for bill in self.bills:
            kinds.setdefault(_kind(bill.film), []).append(bill)
        ranked = sorted(kinds.items(), key=lambda kind: -sum(bill.to_pay_usd for bill in kind[1]))
        for kind, bills in ranked[:_MOST_KINDS]:
            yield (*kind, *_figures(bills))
        if further := ranked[_MOST_KINDS:]:
            rest = list(chain.from_iterable(bills for _, bills in further))
            yield (f"… {len(further):,} kinds more", "", "", "", "", *_figures(rest))

    def _engines(self) -> dict[str, dict[str, Any]]:
        """What the films still ask of each engine, before what stopped ones have paid is taken off."""
        sums: dict[str, dict[str, Any]] = {}
        for row in chain.from_iterable(bill.rows for bill in self.missing):
            one = sums.setdefault(row.engine, {"calls": 0, "usd": _NOTHING})
            one["calls"] += row.calls
            one["usd"] += row.all_usd
        return sums


def costs_of(films: Sequence[Film]) -> Costs[Film]:
    """Estimate films and look up what has been spent. Films of one kind are estimated once, by the first of them: what
    stands in a prompt hardly moves a price."""
    spending, standings = spending_of(films), standings_of(films[0].batch.name)
    known: dict[Any, tuple[Row, ...]] = {}
    bills = []
    for film in films:
        key = _asks_alike(film)
        if key not in known:
            known[key] = estimated(film)
        bills.append(
            Bill(
                film=film,
                own=known[key],
                missing=not is_there(film.name, standings),
                spent_usd=spending.of_run(film.name),
            )
        )
    spent = spending.of_batch(films[0].batch.name, set_aside=False)
    return Costs(tuple(bills), spent, project_left_usd(films, spending))


def spending_of(films: Sequence[Film]) -> Spending:
    """What runs of the films' kind, real ones or rehearsals, have spent by now."""
    spending = Spending(runs_dir(), rehearsal=films[0].rehearsal is not None)
    spending.refresh()
    return spending


def project_left_usd(films: Sequence[Film], spending: Spending) -> Decimal | None:
    """What is left of the project's cap; None for rehearsals, which cost nothing."""
    if films[0].rehearsal is not None:
        return None
    batch = films[0].batch.name
    # A crash may have left something set aside for the very films that are to be made.
    theirs = spending.of_batch(batch) - spending.of_batch(batch, set_aside=False)
    return project_cap() - spending.total() + theirs


def estimated(film: Film) -> tuple[Row, ...]:
    """What a film would ask for, were nothing in the cache."""
    return estimate(film.checked.brief, film.checked.template, takes=_takes(film), common=film.batch.common)


def span(amounts: Sequence[Decimal]) -> str:
    """Write amounts in order as ``$2.00``, or ``$2.00 to $3.50`` where they differ."""
    return f"${amounts[0]:.2f}" if amounts[0] == amounts[-1] else f"${amounts[0]:.2f} to ${amounts[-1]:.2f}"


def _asks_alike(film: Film) -> tuple[Any, ...]:
    brief = film.checked.brief
    engines, assets = tuple(sorted(brief.engines.items())), brief.assets
    given = assets.music is not None, assets.product is not None
    return id(film.checked.template), brief.duration_s, brief.aspect, brief.profile, engines, given, _takes(film)


def _takes(film: Film) -> int:
    return int(film.settings.get("takes", 1))


def _video(film: Film) -> str:
    return profile_for(film.checked.brief).engines["video"]


def _kind(film: Film) -> tuple[str, ...]:
    brief = film.checked.brief
    return brief.template, f"{brief.duration_s} s", brief.aspect, _video(film), str(_takes(film))


def _figures(bills: Sequence[Bill[Any]]) -> tuple[str, ...]:
    missing = [bill for bill in bills if bill.missing]
    return (
        f"{len(bills):,}",
        f"{len(missing):,}",
        span(sorted({bill.alone_usd for bill in bills})).replace("$", ""),
        f"{sum((bill.to_pay_usd for bill in missing), _NOTHING):.2f}",
        waiting(sum(total_s(bill.rows)[1] for bill in missing)),
    )
