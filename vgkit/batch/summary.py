"""How a batch went, for the morning after: how many films there are and how surely, what they cost and took, and for
each that is missing why, and what to do."""

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from vgkit.batch.planned import Film
from vgkit.batch.standing import FINISHED, Standing
from vgkit.paired import LEVEL, wilson
from vgkit.phases.report import Table, dollars
from vgkit.progress_table import clock

_SHOWN = 20
_ENDED = (*FINISHED, "failed")
_BEGUN = ("failed", "open", "stopped")


@dataclass(frozen=True)
class Fared:
    """How one film fared in all its turns. ``state`` is "waiting" where it was never begun, "open" where it was and no
    end is on record; ``has_run`` says whether there is a run of it to go on with."""

    run: str
    place: str
    state: str
    seconds: float
    cost_usd: Decimal
    phase: str = ""
    error: str = ""
    message: str = ""
    has_run: bool = True

    @property
    def there(self) -> bool:
        """Whether there is a film."""
        return self.state in FINISHED

    @property
    def why(self) -> str:
        """What kept it from being there, in a line; empty where nothing did."""
        return ": ".join(filter(None, (self.error, self.message)))

    @property
    def next_move(self) -> str:
        """The command that goes on with it: alone, or with its batch where no run of it can go on by itself.

        None where it is there, or merely waits for its turn.
        """
        if self.there or self.state == "waiting":
            return ""
        alone = self.has_run and self.state in _BEGUN
        return f"vgkit resume {self.run}" if alone else f"vgkit batch resume {self.run.partition('.')[0]}"


@dataclass(frozen=True)
class Summary:
    """How all films of a batch fared. ``booked_usd`` is what all its runs have cost by their events, ``billed_usd``
    what rehearsed hosts charged, None where there are none; ``stopped`` says that a person ended it before its end."""

    batch: str
    fared: tuple[Fared, ...]
    cap_usd: Decimal | None
    booked_usd: Decimal
    billed_usd: Decimal | None
    wall_s: float
    stopped: bool = False
    why_ended: str = ""

    @property
    def states(self) -> Counter[str]:
        """How many films are in which state."""
        return Counter(each.state for each in self.fared)

    @property
    def adds_up(self) -> bool:
        """Whether the books say to the cent a film what rehearsed hosts do."""
        slack = Decimal("0.01") * len(self.fared)
        return self.billed_usd is None or abs(self.booked_usd - self.billed_usd) < slack

    @property
    def well(self) -> bool:
        """Whether all films are there, and the books agree with the bill."""
        return all(each.there for each in self.fared) and self.adds_up

    @property
    def as_json(self) -> dict[str, Any]:
        """All of it, for a script."""
        return {
            "batch": self.batch,
            "films": len(self.fared),
            "states": dict(self.states),
            "finished": self._rate(FINISHED),
            "undegraded": self._rate(("success",)),
            "seconds": {"p50": self.seconds(0.5), "p95": self.seconds(0.95), "wall": self.wall_s},
            "cost_usd": self.booked_usd,
            "cost_per_film_usd": self.cost_per_film_usd,
            "cap_usd": self.cap_usd,
            "billed_usd": self.billed_usd,
            "adds_up": self.adds_up,
            "well": self.well,
            "stopped": self.stopped,
            "why_ended": self.why_ended,
            "results": [_told(each) for each in self.fared],
        }

    def __str__(self) -> str:
        counts = ", ".join(f"{count:,} {state}" for state, count in self.states.most_common())
        lines = [f"{self.batch}: {counts}; {clock(self.wall_s)} in all", *self._rates(), *self._figures()]
        if self.why_ended:
            lines.append(self.why_ended)
        missing = [each for each in self.fared if not each.there]
        if missing:
            lines += ["", str(_missing_table(missing[:_SHOWN]))]
        if len(missing) > _SHOWN:
            lines.append(f"and {len(missing) - _SHOWN:,} more; all are in the summary")
        return "\n".join(lines)

    @property
    def cost_per_film_usd(self) -> Decimal | None:
        """What each film that is there has cost, what went into the others included; None where there is none."""
        there = sum(each.there for each in self.fared)
        return self.booked_usd / there if there else None

    def seconds(self, share: float) -> float | None:
        """The seconds within which that share of the films that are there was made; None where there is none."""
        ranked = sorted(each.seconds for each in self.fared if each.there)
        return ranked[max(math.ceil(share * len(ranked)) - 1, 0)] if ranked else None

    def _rate(self, states: Sequence[str]) -> dict[str, float] | None:
        """The share of films in some states among those that came to an end of their own, with Wilson's interval."""
        ended = [each for each in self.fared if each.state in _ENDED]
        if not ended:
            return None
        share = sum(each.state in states for each in ended) / len(ended)
        interval = wilson(share, len(ended))
        return {"share": share, "low": interval.low, "high": interval.high, "films": len(ended)}

    def _rates(self) -> Iterator[str]:
        for name, states in (("finished", FINISHED), ("undegraded", ("success",))):
            if rate := self._rate(states):
                yield (
                    f"{name}: {100 * rate['share']:.1f} % of {rate['films']:,} that came to an end, "
                    f"{100 * LEVEL:.0f} % interval {100 * rate['low']:.1f} to {100 * rate['high']:.1f} %"
                )

    def _figures(self) -> Iterator[str]:
        cap = f" of {dollars(self.cap_usd)} allowed" if self.cap_usd is not None else ""
        yield f"cost: {dollars(self.booked_usd)}{cap} by the ledger{self._bill()}"
        if self.cost_per_film_usd is not None:
            p50, p95 = clock(self.seconds(0.5)), clock(self.seconds(0.95))
            yield f"a film: {dollars(self.cost_per_film_usd)}; half took up to {p50}, 95 of 100 up to {p95}"

    def _bill(self) -> str:
        if self.billed_usd is None:
            return ""
        return f", {dollars(self.billed_usd)} by the hosts' bill: {'the same' if self.adds_up else 'NOT THE SAME'}"


def fared(film: Film, *, heard: Mapping[str, Any], standing: Standing) -> Fared:
    """Bring together what the coordinator heard of a film and what its events say."""
    state, seconds, cost_usd = standing
    told = heard.get("state")
    # The events of a run that could not be made, or was not begun for want of money, do not tell of that.
    if (told == "failed" and state == "waiting") or (told == "unaffordable" and state not in (*FINISHED, "open")):
        state = told
    why = {} if state in FINISHED else {name: str(heard.get(name) or "") for name in ("phase", "error", "message")}
    where = f"line {film.place.line}" if film.place.line else film.place.name
    has_run = (film.folder / "run.json").exists()
    return Fared(film.name, where, state, seconds, cost_usd, **why, has_run=has_run)


def _told(each: Fared) -> dict[str, Any]:
    facts = {"run": each.run, "at": each.place, "state": each.state, "seconds": each.seconds, "cost_usd": each.cost_usd}
    why = {"phase": each.phase, "error": each.error, "message": each.message, "next": each.next_move}
    return facts | {name: said for name, said in why.items() if said}


def _missing_table(missing: Sequence[Fared]) -> Table:
    rows = tuple(
        (each.run, each.state, each.phase, " ".join(each.why.split())[:100], each.next_move) for each in missing
    )
    return Table("Not there", ("film", "state", "phase", "why", "go on with"), rows)
