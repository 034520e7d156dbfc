"""What may still be spent. A run's cap and the project's are checked, and the reservation written, under one lock over
all processes, so that two that look at the same moment can't both take the last dollar."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Literal

from vgkit.errors import BudgetExceeded
from vgkit.ledger.money import Spending, money_lock


@dataclass(frozen=True)
class Caps:
    """The most that may be spent, in USD; None where there is no such cap."""

    run_usd: Decimal
    project_usd: Decimal | None = None
    batch: str = ""
    batch_usd: Decimal | None = None
    whose: Literal["run", "lab"] = "run"


class Purse:
    """Reserves money for one run. Threads may share one."""

    def __init__(self, runs: Path, run_id: str, caps: Caps, *, rehearsal: bool) -> None:
        self.runs = runs
        self.run_id = run_id
        self.caps = caps
        self.spending = Spending(runs, rehearsal=rehearsal)
        self._promised: dict[int, Decimal] = {}
        self._promises = threading.Lock()

    @contextmanager
    def chain(self, what: str, engine: str, expected_usd: Callable[[], Decimal]) -> Iterator["Chain"]:
        """Hold money for a whole chain of calls while it is made; ``expected_usd`` says what is still to be paid."""
        chain = Chain(self, what, engine, expected_usd)
        try:
            yield chain
        finally:
            with self._promises:
                self._promised.pop(id(chain), None)

    def reserve(self, chain: "Chain", amount_usd: Decimal, write: Callable[[], object]) -> None:
        """Write a reservation if it, and what the chain will need after it, fit all caps. Raises BudgetExceeded."""
        with money_lock(self.runs) as held, self._promises:
            self.spending.refresh(only=self.run_id)
            allotted = self.spending.is_allotted(self.run_id)
            if not allotted:
                self.spending.keep_up(held)
            further = max(chain.expected_usd() - amount_usd, Decimal(0))
            others = sum((usd for key, usd in self._promised.items() if key != id(chain)), Decimal(0))
            needed = amount_usd + further
            for name, spent, cap in self._scopes(alone=allotted):
                if spent + others + needed > cap:
                    raise BudgetExceeded(_refusal(chain, name, spent + others, needed, cap))
            self._promised[id(chain)] = further
            if not allotted:
                held.moved()
            write()
            self.spending.refresh(only=self.run_id)  # so that all on this machine know of it

    def _scopes(self, *, alone: bool) -> Iterator[tuple[str, Decimal, Decimal]]:
        """What is spent and the cap of each scope; ``alone`` is a run whose cap a batch has set aside in the others."""
        yield self.caps.whose, self.spending.of_run(self.run_id), self.caps.run_usd
        if alone:
            return
        if self.caps.batch and self.caps.batch_usd is not None:
            yield "batch", self.spending.of_batch(self.caps.batch), self.caps.batch_usd
        if self.caps.project_usd is not None:
            yield "project", self.spending.total(), self.caps.project_usd


@dataclass(frozen=True, eq=False)
class Chain:
    """The money side of one ask: all calls it takes, paid one after the other."""

    purse: Purse
    what: str
    engine: str
    expected_usd: Callable[[], Decimal]

    def reserve(self, amount_usd: Decimal, write: Callable[[], object]) -> None:
        """Reserve for the chain's next call. Raises BudgetExceeded."""
        self.purse.reserve(self, amount_usd, write)


_NEXT_MOVE = {
    "run": "Raise the run's cap with `vgkit resume {run} --cap {wanted}` or more (`vgkit why {run} {phase}` tells what "
    "the rest would cost)",
    "lab": "Raise the lab's cap to ${wanted} or more",
    "batch": "Raise the batch's cap to {wanted}",
    "project": "Raise VGKIT_PROJECT_CAP to {wanted}",
}


def _refusal(chain: Chain, scope: str, spent: Decimal, needed: Decimal, cap: Decimal) -> str:
    wanted = (spent + needed).quantize(Decimal("0.01")) + Decimal("0.01")
    move = _NEXT_MOVE[scope].format(run=chain.purse.run_id, phase=chain.what.split()[0], wanted=wanted)
    otherwise = "Or try it with sketch." if chain.purse.caps.whose == "lab" else "Or use --profile offline."
    return (
        f"{chain.what} needs about ${needed:.3f} from {chain.engine}; ${spent:.3f} of the {scope}'s ${cap:.2f} is "
        f"spent or reserved. {move}; what is paid for is kept. {otherwise}"
    )
