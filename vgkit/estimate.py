"""What a film will cost and how long its calls take, before anything is asked of anyone: by the catalog's dated prices
and typical times."""

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from vgkit.brief import Brief, Role
from vgkit.engines.hosted import Order
from vgkit.film_calls import Wanted, film_calls
from vgkit.storyboard import ClipShape
from vgkit.template import Template

PHASE_OF: dict[Role, str] = {"plan": "validate", "picture": "animatic", "video": "chunks", "music": "refine"}
_MICRO = Decimal("0.000001")


@dataclass(frozen=True)
class Row:
    """The calls of one phase to one engine, one row for each step of a chain. Money in US dollars.

    ``alone_s`` is how long they take one after the other, ``together_s`` with as many at once as the host allows; both
    are typical seconds of work, without a host's queue and cold start, and None for what is made on this machine.
    """

    phase: str
    role: Role
    engine: str
    step: str
    calls: int
    each_usd: Decimal
    all_usd: Decimal
    alone_s: float | None
    together_s: float | None
    licence: str
    commercial_use: bool


def estimate(brief: Brief, template: Template, *, takes: int = 1, common: ClipShape | None = None) -> tuple[Row, ...]:
    """Say what each phase would ask of its engine, were nothing in the cache and no call to fail.

    ``common`` is as for ``film_calls``. Raises EngineUnknown for an engine or profile there is not.
    """
    wanted = itertools.groupby(film_calls(brief, template, takes=takes, common=common), key=lambda each: each.role)
    return tuple(row for _, alike in wanted for row in _rows(list(alike)))


def total_usd(rows: Iterable[Row]) -> Decimal:
    """What all rows cost."""
    return sum((row.all_usd for row in rows), Decimal(0))


def total_s(rows: Sequence[Row]) -> tuple[float, float]:
    """How long all calls take, in seconds: one after the other, and as a run makes them.

    Music needs the storyboard alone and is made beside the stills and the clips.
    """
    spans = {role: sum(row.together_s or 0.0 for row in rows if row.role == role) for role in PHASE_OF}
    together = spans["plan"] + max(spans["picture"] + spans["video"], spans["music"])
    return sum(row.alone_s or 0.0 for row in rows), together


def _rows(alike: Sequence[Wanted]) -> list[Row]:
    """The rows of one role: one for each step of the chains its engine takes."""
    steps: dict[str, list[Order]] = {}
    for order in itertools.chain.from_iterable(wanted.orders for wanted in alike):
        steps.setdefault(order.step, []).append(order)
    if not steps:
        return [_row(alike[0], "", [], calls=len(alike))]
    return [_row(alike[0], step, orders, calls=len(orders)) for step, orders in steps.items()]


def _row(wanted: Wanted, step: str, orders: Sequence[Order], *, calls: int) -> Row:
    engine = wanted.engine
    all_usd = sum((order.estimate_usd for order in orders), Decimal(0))
    rounds = math.ceil(calls / engine.client.at_once) if orders else 0
    return Row(
        phase=PHASE_OF[wanted.role],
        role=wanted.role,
        engine=f"{engine.name}@{engine.host}",
        step=step,
        calls=calls,
        each_usd=(all_usd / calls).quantize(_MICRO),
        all_usd=all_usd,
        alone_s=sum(order.typical_s for order in orders) if orders else None,
        together_s=rounds * max(order.typical_s for order in orders) if orders else None,
        licence=getattr(engine, "licence", ""),
        commercial_use=engine.commercial_use,
    )
