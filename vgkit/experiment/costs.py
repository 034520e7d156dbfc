"""What an experiment still costs and how long its hosts will take, against the caps, before any film is begun."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from vgkit.estimate import Row, estimate, total_s, total_usd
from vgkit.estimate_report import cents, waiting
from vgkit.experiment.films import Film
from vgkit.ledger.money import Spending
from vgkit.phases.report import Table
from vgkit.places import runs_dir
from vgkit.profiles import profile_for, project_cap

_HEAD = ("engine", "films", "to make", "clips each", "shots up to", "clips each $", "all $", "waiting")


@dataclass(frozen=True)
class Bill:
    """What one film asks for: ``own`` for its clips, ``shared`` for what its group needs once.

    ``pays`` says whether it is the film that meets the shared part, ``missing`` whether it is still to be made,
    ``spent_usd`` what it has cost so far.
    """

    film: Film
    own: tuple[Row, ...]
    shared: tuple[Row, ...]
    missing: bool
    pays: bool
    spent_usd: Decimal

    @property
    def rows(self) -> tuple[Row, ...]:
        """What it still asks for."""
        return () if not self.missing else (*self.shared, *self.own) if self.pays else self.own

    @property
    def to_pay_usd(self) -> Decimal:
        """What it will still cost; one that was stopped has paid for a part."""
        return max(total_usd(self.rows) - self.spent_usd, Decimal(0))

    @property
    def cap_usd(self) -> Decimal:
        """The most it may cost."""
        return profile_for(self.film.checked.brief).cap_usd

    @property
    def alone_usd(self) -> Decimal:
        """What it costs where nothing is shared, which is what its own cap must allow."""
        return total_usd(self.own) + total_usd(self.shared)


@dataclass(frozen=True)
class Costs:
    """What all films ask for. Money in US dollars; times are typical seconds of waiting for hosts."""

    bills: tuple[Bill, ...]
    batch_spent_usd: Decimal
    project_left_usd: Decimal | None

    @property
    def to_pay_usd(self) -> Decimal:
        """What the films that are still to be made cost, were none of their calls in the cache."""
        return sum((bill.to_pay_usd for bill in self.bills), Decimal(0))

    @property
    def wait_s(self) -> float:
        """How long their hosts take, one film after the other."""
        return sum(total_s(bill.rows)[1] for bill in self.bills if bill.missing)

    def over(self) -> Iterator[str]:
        """Say which caps would stop it, and what they would have to be."""
        dear = [bill for bill in self.bills if bill.missing and bill.alone_usd > bill.cap_usd]
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
            {"run": bill.film.name, "engine": bill.film.engine, "made": not bill.missing, "usd": bill.to_pay_usd}
            for bill in self.bills
        ]
        sums = {"to_pay_usd": self.to_pay_usd, "wait_s": round(self.wait_s, 1), "over": list(self.over())}
        return {"batch": self.bills[0].film.batch.name, "films": films, **sums}

    def __str__(self) -> str:
        missing = sum(bill.missing for bill in self.bills)
        made = f", {len(self.bills) - missing} of them made" if missing < len(self.bills) else ""
        heading = f"{self.bills[0].film.batch.name}: {len(self.bills)} films{made}"
        if not missing:
            return heading
        engines = dict.fromkeys(bill.film.engine for bill in self.bills)
        rows = [_row(engine, [bill for bill in self.bills if bill.film.engine == engine]) for engine in engines]
        paying = [bill for bill in self.bills if bill.missing and bill.pays]
        shared_usd = sum((total_usd(bill.shared) for bill in paying), Decimal(0))
        return "\n".join(
            [
                str(Table(heading, _HEAD, tuple(rows))),
                f"What films of one storyboard share is paid once: {len(paying)} times plan, stills and music to make, "
                f"about ${shared_usd:.2f}.",
                f"In all about ${self.to_pay_usd:.2f} and {waiting(self.wait_s)} of waiting for hosts, besides this "
                f"machine's own work.",
                self._caps(),
            ]
        )

    def _caps(self) -> str:
        film = self.bills[0].film
        caps = [f"${self.bills[0].cap_usd:.2f} a film"]
        if film.batch.cap_usd is not None:
            caps.append(f"${film.batch.cap_usd:.2f} together, ${self.batch_spent_usd:.2f} of it spent")
        if self.project_left_usd is not None:
            caps.append(f"${self.project_left_usd:.2f} left of the project's")
        return f"The caps: {'; '.join(caps)}."


def costs_of(films: Sequence[Film]) -> Costs:
    """Estimate films, and look up what has been spent.

    What a group shares is met by the first of its films, unless one is made already.
    """
    batch, rehearsal = films[0].batch, films[0].rehearsal is not None
    spending = Spending(runs_dir(), rehearsal=rehearsal)
    spending.refresh()
    rows: dict[tuple[str, str, str], tuple[Row, ...]] = {}
    met = {film.cell.group for film in films if film.made}
    bills = []
    for film in films:
        cell = film.cell
        key = (cell.brief, cell.template, cell.engine)
        if key not in rows:
            takes = film.settings.get("takes", 1)
            rows[key] = estimate(film.checked.brief, film.checked.template, takes=takes, common=film.batch.common)
        own = tuple(row for row in rows[key] if row.role == "video")
        shared = tuple(row for row in rows[key] if row.role != "video")
        pays, spent_usd = cell.group not in met, spending.of_run(film.name)
        bills.append(Bill(film, own, shared, missing=not film.made, pays=pays, spent_usd=spent_usd))
        met.add(cell.group)
    left = None if rehearsal else project_cap() - spending.total()
    return Costs(tuple(bills), spending.of_batch(batch.name), left)


def _row(engine: str, bills: Sequence[Bill]) -> tuple[str, ...]:
    film, missing = bills[0].film, [bill for bill in bills if bill.missing]
    shots = sorted({sum(row.calls for row in bill.own[:1]) for bill in bills})
    common = film.batch.common
    own_usd = sorted({total_usd(bill.own) for bill in bills})
    return (
        engine,
        str(len(bills)),
        str(len(missing)),
        _span([str(count) for count in shots]),
        f"{common.seconds:g} s" if common else "",
        _span([f"{usd:.2f}" for usd in own_usd]),
        f"{sum((total_usd(bill.own) for bill in missing), Decimal(0)):.2f}",
        waiting(sum(total_s(bill.own)[1] for bill in missing)),
    )


def _span(values: Sequence[str]) -> str:
    return values[0] if values[0] == values[-1] else f"{values[0]} to {values[-1]}"
