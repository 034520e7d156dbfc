"""What a person chooses before a batch is made: money or rehearsal, how many films at once, which of them."""

from collections.abc import Callable
from typing import Any

import ipywidgets

from vgkit.batch.coordinator import Policy
from vgkit.batch.make import How, Which
from vgkit.widgets.batch_view.checking import Asked
from vgkit.widgets.parts import row, stack
from vgkit.widgets.prompt_lab.fields import Field, choice

_AT_ONCE = (1, 2, 4, 8, 16, 32, 64, 128)
_MOST_RETRIES = 5
_WHICH: tuple[tuple[str, Which], ...] = (
    ("All that are missing", "missing"),
    ("Only those that failed", "failed"),
    ("Leave out those that failed", "unfailed"),
)


class Choices:
    """The controls as ``box``; ``on_money`` is called when rehearsed turns to real or back."""

    def __init__(self, asked: Asked, on_money: Callable[[], None]) -> None:
        options = [
            ("Rehearsed on this machine, for nothing", True),
            ("For real: as the batch says, money included", False),
        ]
        self.money = Field(ipywidgets.RadioButtons(options=options, value=asked.rehearse), "batch-money", on_money)
        many = sorted({*_AT_ONCE, *([asked.at_once] if asked.at_once else [])})
        at_once = choice(
            "Films at once", [("as many as fit", 0), *((str(count), count) for count in many)], asked.at_once
        )
        retries = choice(
            "More turns where one fails",
            [(str(n), n) for n in range(max(_MOST_RETRIES, asked.retries) + 1)],
            asked.retries,
        )
        self.at_once, self.retries, self.which = (
            Field(control, name, lambda: None)
            for control, name in ((at_once, "at-once"), (retries, "retries"), (choice("Which films", _WHICH), "which"))
        )
        fields = row(self.at_once.box, self.retries.box, self.which.box, name="vg-fields")
        self.box = stack(self.money.box, fields, name="vg-choices")

    @property
    def rehearse(self) -> bool:
        """Whether it is to be rehearsed."""
        return bool(self.money.value)

    @property
    def how(self) -> How:
        """How it is to be made."""
        return How(self.which.value, int(self.at_once.value), Policy(int(self.retries.value)))

    def freeze(self, frozen: bool) -> None:
        """Take no other choice while films are made."""
        controls: tuple[Any, ...] = (self.money, self.at_once, self.retries, self.which)
        for each in controls:
            each.control.disabled = frozen
