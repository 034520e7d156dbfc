"""A batch in a notebook, by a file or from Python: a page for a person, and words where nobody sits there."""

from pathlib import Path
from typing import Any

from vgkit.batch.spec import Spec
from vgkit.widgets.attended import attended
from vgkit.widgets.batch_view.alone import costs_alone, made_alone
from vgkit.widgets.batch_view.checking import Asked, found


class BatchView:
    """A batch by its file, or from ``spec_of``; a cell that ends with it shows it.

    It is rehearsed unless ``rehearse`` says otherwise: ``faults``, ``speed`` and ``seed`` are of the hosts then. A
    person may choose otherwise on the page; ``at_once`` is 0 for as many films as fit.
    """

    def __init__(
        self,
        batch: str | Path | Spec,
        *,
        rehearse: bool = True,
        faults: str = "none",
        speed: float = 60.0,
        seed: int = 1,
        at_once: int = 0,
        retries: int = 1,
        scheduler: str = "",
    ) -> None:
        asked = batch if isinstance(batch, Spec) else found(batch)
        self._asked = Asked(asked, rehearse, faults, speed, seed, at_once, retries, scheduler)

    def show(self, *, make: bool = False) -> Any:
        """Show the page. Where nobody sits at the notebook, check and price the batch; ``make`` it where that is said.

        Raises there BatchError with all that is wrong, and BudgetExceeded where a cap would stop what is to be made.
        """
        if not attended():
            return made_alone(self._asked) if make else costs_alone(self._asked)
        # Imported here, as it takes a fifth of a second that a run at which nobody sits need not spend.
        from vgkit.widgets.batch_view.page import Page

        return Page(self._asked).box

    def _ipython_display_(self) -> None:
        from IPython.display import display

        display(self.show())  # type: ignore[no-untyped-call]
