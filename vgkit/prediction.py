"""What a film would cost, how long its hosts would take and how likely it is to come through, with 90 % intervals: the
same odds that a rehearsal draws one run from, drawn many times."""

from collections.abc import Iterable
from decimal import Decimal

from vgkit.brief import Role
from vgkit.engines.catalog import catalog
from vgkit.engines.hosted import Order
from vgkit.film_calls import Wanted
from vgkit.rehearsal.fates import Leg
from vgkit.rehearsal.faults import Faults
from vgkit.rehearsal.forecast import Forecast, Stage, Work, forecast

_AFTER: dict[Role, tuple[str, ...]] = {"plan": (), "picture": ("plan",), "video": ("picture",), "music": ("plan",)}


def predict(wanted: Iterable[Wanted], *, faults: Faults, seed: int = 0) -> Forecast:
    """Draw many runs of a film's calls; what is made on this machine counts as taking no time."""
    hosted = [each for each in wanted if each.orders]
    at_once = {each.engine.host: each.engine.client.at_once for each in hosted}
    return forecast(stages(hosted), faults=faults, at_once=at_once, seed=seed)


def stages(hosted: Iterable[Wanted]) -> list[Stage]:
    """Lay a film's calls out as a run makes them: stills after the plan, clips after the stills, music beside both."""
    works: dict[Role, list[Work]] = {role: [] for role in _AFTER}
    for each in hosted:
        works[each.role].append(_work(each))
    return [Stage(role, tuple(works[role]), after) for role, after in _AFTER.items()]


def _work(wanted: Wanted) -> Work:
    engine = wanted.engine
    legs = tuple(_leg(f"{engine.name}@{engine.host}", order) for order in wanted.orders)
    model, video = wanted.orders[0].model, wanted.role == "video"
    return Work(engine.host, legs, role=wanted.role, model=model, on_failure="degrade" if video else "stop")


def _leg(name: str, order: Order) -> tuple[Leg, float, float]:
    """A call's seconds with US dollars for each of them, or for the whole, as the host charges."""
    entry = catalog().get(name)
    leg = Leg(order.typical_s, entry.boot_s if entry else (0.0, 0.0))
    if entry and entry.price.per == "second" and order.typical_s:
        return leg, float(order.estimate_usd / Decimal(str(order.typical_s))), 0.0
    return leg, 0.0, float(order.estimate_usd)
