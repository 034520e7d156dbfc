"""A batch in a notebook at which nobody sits: checked and priced, and made only where a parameter says so."""

import html
from dataclasses import dataclass

from vgkit.batch.coordinator import Policy
from vgkit.batch.make import How, make_batch
from vgkit.batch.view import watching
from vgkit.errors import BudgetExceeded
from vgkit.widgets.batch_view.checking import Asked, Checked, check
from vgkit.widgets.batch_view.making import crew_at

_WAITS = "Nothing is made where nobody sits at the notebook, unless make = True."


@dataclass(frozen=True)
class Said:
    """Words that read well as they are, as text and in a notebook."""

    words: str

    def __repr__(self) -> str:
        return self.words

    def _repr_html_(self) -> str:
        # Jupyter would show it in the letters of running text, in which no column stands below its name.
        return f"<pre style='font-family: monospace'>{html.escape(self.words)}</pre>"


def costs_alone(asked: Asked) -> Said:
    """Check and price a batch. Raises BatchError with all that is wrong."""
    checked = _good(asked)
    return Said("\n\n".join([str(checked.costs), *checked.refusals, _WAITS]))


def made_alone(asked: Asked) -> Said:
    """Make a batch and sum it up. Raises BatchError, and BudgetExceeded where a cap would stop a film."""
    checked = _good(asked)
    if checked.costs and (over := list(checked.costs.over())):
        raise BudgetExceeded("\n".join(over))
    films, how = checked.films, How(at_once=asked.at_once, policy=Policy(asked.retries))
    with crew_at(asked.scheduler, films, at_once=asked.at_once) as crew, watching(films[0].batch.cap_usd) as looked:
        return Said(str(make_batch(films, how, file=asked.file, crew=crew, looked=looked)))


def _good(asked: Asked) -> Checked:
    checked = check(asked, rehearse=asked.rehearse)
    if checked.wrong:
        raise checked.wrong
    return checked
