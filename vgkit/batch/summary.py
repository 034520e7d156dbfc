"""How a batch went, for the morning after: how many films there are and how surely, what they cost and took, and for
each that is missing why, and what to do."""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from vgkit.batch.planned import Film
from vgkit.paired import LEVEL, wilson
from vgkit.phases.report import Table, dollars
from vgkit.progress_table import clock

_SHOWN = 20
_FINISHED = ("success", "degraded")


@dataclass(frozen=True)
class Fared:
    """How one film fared in all its turns. ``state`` is "waiting" where it was never begun."""

    run: str
    place: str
    state: str
    seconds: float
    cost_usd: Decimal
    phase: str = ""
    error: str = ""
    message: str = ""

    @property
    def next_move(self) -> str:
        """The command that goes on with it; nothing where there is nothing to do."""
        if self.state == "success":
            return ""
        return f"vgkit resume {self.run}"


@dataclass(frozen=True)
class Summary:
    """How all films of a batch fared. ``billed_usd`` is what rehearsed hosts charged, None where there are none."""

    batch: str
    fared: tuple[Fared, ...]
    cap_usd: Decimal | None
    billed_usd: Decimal | None
    wall_s: float
    why_ended: str = ""

    @property
    def states(self) -> Counter[str]:
        """How many films are in which state."""
        return Counter(each.state for each in self.fared)

    @property
    def booked_usd(self) -> Decimal:
        """What all films have cost, by their events."""
        return sum((each.cost_usd for each in self.fared), Decimal(0))

    @property
    def adds_up(self) -> bool:
        """Whether the books say to the cent a film what rehearsed hosts do."""
        slack = Decimal("0.01") * len(self.fared)
        return self.billed_usd is None or abs(self.booked_usd - self.billed_usd) < slack

    @property
    def well(self) -> bool:
        """Whether all films are there, and the books agree with the bill."""
        return all(each.state in _FINISHED for each in self.fared) and self.adds_up

    @property
    def as_json(self) -> dict[str, Any]:
        """All of it, for a script."""
        finished = [each for each in self.fared if each.state in _FINISHED]
        return {
            "batch": self.batch,
            "films": len(self.fared),
            "states": dict(self.states),
            "finished": self._rate(_FINISHED),
            "undegraded": self._rate(("success",)),
            "seconds": {"p50": _quantile(finished, 0.5), "p95": _quantile(finished, 0.95), "wall": self.wall_s},
            "cost_usd": self.booked_usd,
            "cost_per_film_usd": self.booked_usd / len(finished) if finished else None,
            "cap_usd": self.cap_usd,
            "billed_usd": self.billed_usd,
            "adds_up": self.adds_up,
            "well": self.well,
            "why_ended": self.why_ended,
            "results": [_told(each) for each in self.fared],
        }

    def __str__(self) -> str:
        counts = ", ".join(f"{count:,} {state}" for state, count in self.states.most_common())
        lines = [f"{self.batch}: {counts}; {clock(self.wall_s)} in all", *self._rates(), *self._figures()]
        if self.why_ended:
            lines.append(self.why_ended)
        missing = [each for each in self.fared if each.state not in _FINISHED]
        if missing:
            lines += ["", str(_missing_table(missing[:_SHOWN]))]
        if len(missing) > _SHOWN:
            lines.append(f"and {len(missing) - _SHOWN:,} more; all are in the summary")
        return "\n".join(lines)

    def _rate(self, states: Sequence[str]) -> dict[str, float] | None:
        """How large a share of the films that were begun is in one of the states, with Wilson's interval."""
        begun = [each for each in self.fared if each.state not in ("waiting", "unaffordable")]
        if not begun:
            return None
        share = sum(each.state in states for each in begun) / len(begun)
        interval = wilson(share, len(begun))
        return {"share": share, "low": interval.low, "high": interval.high, "films": len(begun)}

    def _rates(self) -> Iterator[str]:
        for name, states in (("finished", _FINISHED), ("undegraded", ("success",))):
            if rate := self._rate(states):
                yield (
                    f"{name}: {100 * rate['share']:.1f} % of {rate['films']:,} begun, {100 * LEVEL:.0f} % interval "
                    f"{100 * rate['low']:.1f} to {100 * rate['high']:.1f} %"
                )

    def _figures(self) -> Iterator[str]:
        finished = [each for each in self.fared if each.state in _FINISHED]
        cap = f" of {dollars(self.cap_usd)} allowed" if self.cap_usd is not None else ""
        yield f"cost: {dollars(self.booked_usd)}{cap} by the ledger{self._bill()}"
        if finished:
            p50, p95 = _quantile(finished, 0.5), _quantile(finished, 0.95)
            each = dollars(self.booked_usd / len(finished))
            yield f"a film: {each}; half took up to {clock(p50)}, 95 of 100 up to {clock(p95)}"

    def _bill(self) -> str:
        if self.billed_usd is None:
            return ""
        return f", {dollars(self.billed_usd)} by the hosts' bill: {'the same' if self.adds_up else 'NOT THE SAME'}"


def summed_up(
    films: Iterable[Film],
    results: Mapping[str, Mapping[str, Any]],
    spent: Mapping[str, tuple[str, float, Decimal]],
    **about: Any,
) -> Summary:
    """Bring together what the coordinator heard of each film and what its events say: state, seconds, cost."""
    return Summary(fared=tuple(_fared(film, results.get(film.name, {}), spent) for film in films), **about)


def _fared(film: Film, heard: Mapping[str, Any], spent: Mapping[str, tuple[str, float, Decimal]]) -> Fared:
    state, seconds, cost_usd = spent.get(film.name, ("waiting", 0.0, Decimal(0)))
    if state not in _FINISHED and heard.get("state") == "unaffordable":
        state = "unaffordable"
    why = {} if state in _FINISHED else {name: str(heard.get(name) or "") for name in ("phase", "error", "message")}
    where = f"line {film.place.line}" if film.place.line else film.place.name
    return Fared(film.name, where, state, seconds, cost_usd, **why)


def _told(each: Fared) -> dict[str, Any]:
    facts = {"run": each.run, "at": each.place, "state": each.state, "seconds": each.seconds, "cost_usd": each.cost_usd}
    why = {"phase": each.phase, "error": each.error, "message": each.message, "next": each.next_move}
    return facts | {name: said for name, said in why.items() if said}


def _missing_table(missing: Sequence[Fared]) -> Table:
    rows = tuple(
        (each.run, each.state, each.phase, " ".join(f"{each.error}: {each.message}".split())[:100], each.next_move)
        for each in missing
    )
    return Table("Not there", ("film", "state", "phase", "why", "go on with"), rows)


def _quantile(finished: Sequence[Fared], share: float) -> float | None:
    """The seconds within which that share of the films was made."""
    if not finished:
        return None
    ranked = sorted(each.seconds for each in finished)
    return ranked[max(math.ceil(share * len(ranked)) - 1, 0)]
