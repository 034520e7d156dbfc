"""What all parts of the prompt lab's page share: the lab that pays, rehearsed or not, and what is left to spend."""

import threading
from dataclasses import dataclass
from decimal import Decimal

from vgkit.engines.hosts import host
from vgkit.errors import KeyMissing
from vgkit.lab.lab import Lab
from vgkit.lab.trial import Kind
from vgkit.lab.trials import engines_for
from vgkit.ledger.money import Spending
from vgkit.places import runs_dir
from vgkit.profiles import project_cap
from vgkit.widgets.look import chip

REHEARSED = "rehearsed: drawn on this machine, nothing is sent or paid"


@dataclass(frozen=True)
class Budget:
    """What a lab has spent, its cap, and what is left of all runs' cap; None where it is rehearsed."""

    spent_usd: Decimal
    cap_usd: Decimal
    left_usd: Decimal | None

    def html(self) -> str:
        """The same as a line of a page."""
        spent = f"<b>${self.spent_usd:.4f}</b> of ${self.cap_usd:.2f} is spent in this lab"
        if self.left_usd is None:
            return f"{chip(REHEARSED, 'warn')} <span>{spent}, in play money</span>"
        return f"<span>{spent}</span> <span>${self.left_usd:.2f} is left of the project</span>"


class Desk:
    """One person's lab. It is opened when it is first needed: a page may be built long before anybody looks at it."""

    def __init__(self, name: str, *, rehearse: bool, cap_usd: Decimal | None) -> None:
        self._name, self._cap_usd = name, cap_usd
        self.rehearse = rehearse or not can_pay()
        self._labs: dict[bool, Lab] = {}
        self._guard = threading.Lock()
        self.at_record = threading.Lock()  # held while the record is read, which one thread at a time may do
        self._spending = Spending(runs_dir(), rehearsal=False)

    @property
    def lab(self) -> Lab:
        """The lab, paid or rehearsed as it is set. Raises ParameterError for a name or a cap that is none."""
        with self._guard:
            if self.rehearse not in self._labs:
                self._labs[self.rehearse] = self._opened()
            return self._labs[self.rehearse]

    def _opened(self) -> Lab:
        # An offline lab may spend nothing, and so could never try what is paid.
        return Lab.open(self._name, profile="dev", rehearse=self.rehearse, cap_usd=self._cap_usd)

    def budget(self) -> Budget:
        """What is spent and left now; reads the record, so ask beside the page."""
        lab = self.lab
        with self.at_record:
            if lab.rehearsal is not None:
                return Budget(lab.spent_usd(), lab.cap_usd, None)
            self._spending.refresh()
            left = project_cap() - self._spending.total()
            return Budget(lab.spent_usd(), lab.cap_usd, max(left, Decimal(0)))

    def engines(self, kind: Kind) -> list[tuple[str, str]]:
        """The engines that make a kind, as a person would choose among them."""
        return [(self._told(reference), reference) for reference in engines_for(kind)]

    def _told(self, reference: str) -> str:
        name, _, where = reference.partition("@")
        if where == "local":
            return f"{name}: drawn here, free"
        return f"{name}: {'rehearsed' if self.rehearse else f'paid, by {where}'}"


def can_pay() -> bool:
    """Whether there is a key with which hosted pictures and clips could be paid."""
    try:
        host("replicate").check_key()
    except KeyMissing:
        return False
    return True
