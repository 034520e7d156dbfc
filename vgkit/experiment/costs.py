"""What an experiment still costs and how long its hosts will take, against the caps, before any film is begun."""

from collections.abc import Sequence
from decimal import Decimal

from vgkit.batch import costs
from vgkit.batch.costs import Bill, estimated, project_left_usd, spending_of
from vgkit.estimate import total_s, total_usd
from vgkit.estimate_report import waiting
from vgkit.experiment.films import Film
from vgkit.phases.report import Table

_HEAD = ("engine", "films", "to make", "clips each", "shots up to", "clips each $", "all $", "waiting")


class Costs(costs.Costs[Film]):
    """What all films ask for, engine by engine. Money in US dollars; times are typical seconds of waiting for hosts."""

    def __str__(self) -> str:
        if not self.missing:
            return self.heading
        engines = dict.fromkeys(bill.film.engine for bill in self.bills)
        rows = [_row(engine, [bill for bill in self.bills if bill.film.engine == engine]) for engine in engines]
        paying = [bill for bill in self.missing if bill.pays]
        shared_usd = sum((total_usd(bill.shared) for bill in paying), Decimal(0))
        return "\n".join(
            [
                str(Table(self.heading, _HEAD, tuple(rows))),
                f"What films of one storyboard share is paid once: {len(paying)} times plan, stills and music to make, "
                f"about ${shared_usd:.2f}.",
                *self.sums(),
            ]
        )


def costs_of(films: Sequence[Film]) -> Costs:
    """Estimate films, and look up what has been spent.

    What a group shares is met by the first of its films, unless one is made already.
    """
    spending = spending_of(films)
    known = {}
    met = {film.cell.group for film in films if film.made}
    bills = []
    for film in films:
        cell = film.cell
        key = (cell.brief, cell.template, cell.engine)
        if key not in known:
            rows = estimated(film)
            known[key] = (
                tuple(row for row in rows if row.role == "video"),
                tuple(row for row in rows if row.role != "video"),
            )
        own, shared = known[key]
        bills.append(
            Bill(
                film=film,
                own=own,
                shared=shared,
                missing=not film.made,
                pays=cell.group not in met,
                spent_usd=spending.of_run(film.name),
            )
        )
        met.add(cell.group)
    return Costs(tuple(bills), spending.of_batch(films[0].batch.name), project_left_usd(films, spending))


def _row(engine: str, bills: Sequence[Bill[Film]]) -> tuple[str, ...]:
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
