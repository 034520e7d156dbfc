"""One making of a batch, in a thread beside the page, which stays free for Stop.

It outlives the page that began it: a cell that is run again finds it by the batch's name and looks on."""

import functools
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from vgkit.batch.coordinator import Stopping, Tally
from vgkit.batch.crew import Crew
from vgkit.batch.make import How, make_batch
from vgkit.batch.planned import Film
from vgkit.batch.summary import Summary
from vgkit.errors import VgkitError
from vgkit.widgets.batch_view.checking import Checked
from vgkit.widgets.batch_view.live import Live
from vgkit.widgets.prompt_lab.work import Stage

log = logging.getLogger(__name__)

CrewAt = Callable[..., AbstractContextManager[Crew | None]]
_DRAW_EVERY_S = 0.5
_under_way: dict[str, "Making"] = {}


class Making:
    """A batch in the making. Whoever looks on sets ``drawn``, called with HTML, and ``ended``, with a summary or why
    there is none; both are called from its thread."""

    def __init__(self, checked: Checked, how: How, *, file: Path | None, scheduler: str, crew_at: CrewAt) -> None:
        assert checked.costs is not None
        films = checked.films
        self.batch = films[0].batch
        self.asked: Stopping = "no"
        self.dashboard = ""
        self.drawn: Callable[[str], None] = lambda _: None
        self.ended: Callable[[Summary | str], None] = lambda _: None
        self.found: Summary | str = ""
        self._films, self._how, self._file = films, how, file
        self._crew = functools.partial(crew_at, scheduler, films, at_once=how.at_once)
        self._live = Live(cap_usd=self.batch.cap_usd, spent_usd=checked.costs.batch_spent_usd)
        self._drawn_at = 0.0

    def begin(self, stage: Stage) -> None:
        """Make the films beside the page."""
        _under_way[self.batch.name] = self
        self.thread = stage.begin(self._go)

    def stop(self) -> None:
        """Begin no more films and let phases come to their end; asked again, end them at once."""
        self.asked = "soon" if self.asked == "no" else "now"

    def _go(self) -> None:
        try:
            self.found = self._made()
        except VgkitError as refusal:
            self.found = str(refusal)
        except Exception as fault:  # the button must come back whatever happened
            log.exception("the making of %s ended by an error that should not be", self.batch.name)
            self.found = f"That failed by a fault of ours: {type(fault).__name__}: {fault}. What is finished is kept."
        finally:
            _under_way.pop(self.batch.name, None)
        self.ended(self.found)

    def _made(self) -> Summary:
        with self._crew() as crew:
            self.dashboard = str(getattr(crew, "dashboard", "") or "")
            return make_batch(
                self._films,
                self._how,
                file=self._file,
                crew=crew,
                looked=self._looked,
                stopping=lambda: self.asked,
            )

    def _looked(self, tally: Tally) -> None:
        now = time.monotonic()
        if now - self._drawn_at > _DRAW_EVERY_S:
            self._drawn_at = now
            try:
                self.drawn(self._live.drawn(tally))
            except Exception:  # who only looks on must not end the batch
                log.exception("%s could not be drawn", self.batch.name)


def under_way(batch: str) -> Making | None:
    """The making of a batch that goes on in this kernel, if one does."""
    return _under_way.get(batch)


@contextmanager
def crew_at(scheduler: str, films: Sequence[Film], *, at_once: int) -> Iterator[Crew | None]:
    """Hold a crew on a Dask cluster for one block; None, for one of threads, where no scheduler is named."""
    if not scheduler:
        yield None
        return
    # Imported here: Dask takes seconds that a batch on one machine need not spend.
    from vgkit.batch.cluster import cluster_crew

    with cluster_crew(scheduler, films, at_once=at_once) as crew:
        yield crew
