"""The run that is open on the page: follows it, and hands on what a person wants to be done with it."""

from collections.abc import Callable

from vgkit.errors import PhaseNotReady
from vgkit.run import Run
from vgkit.studio.handing import Handed, export_to, film_address
from vgkit.studio.launching import go_on, launch
from vgkit.studio.stopping import stop
from vgkit.studio.watching import Sight, Watch
from vgkit.widgets.studio.media import Media
from vgkit.widgets.studio.pulse import Errands
from vgkit.widgets.studio.stage import StageView


class Opened:
    """A run and its view, ``stage``. ``on_turn`` is called with the name of the run that is open, or with none."""

    def __init__(self, wake: Callable[[], None], *, on_turn: Callable[[str], None]) -> None:
        self._wake, self._on_turn = wake, on_turn
        self._watch: Watch | None = None
        self._handed_at: object = None
        self.sight: Sight | None = None
        self.errands, self._lookups = Errands(wake), Errands(wake)
        on = {"stop": self.stop, "go_on": self.go_on, "approve": self.approve, "close": self.close}
        self.stage = StageView(on, on_export=self.export)

    @property
    def name(self) -> str:
        """The run's name; empty where none is open."""
        return self.stage.run.name if self.stage.run else ""

    def open(self, run: Run) -> None:
        """Turn to a run."""
        self._watch, self.sight, self._handed_at = Watch(run), None, None
        self.stage.open(run)
        self._on_turn(run.name)
        self._wake()

    def close(self) -> None:
        """Show no run; one that is at work goes on."""
        self._watch = self.sight = None
        self.stage.open(None)
        self._on_turn("")
        self._wake()

    def look(self, media: Media) -> Sight | None:
        """See how the run stands and show it; called by the page's thread alone."""
        self.errands.report()
        self._lookups.report()
        if (watch := self._watch) is None:
            return None
        sight = watch.look()
        if watch is self._watch:  # a click may have turned to another run meanwhile
            self.sight = sight
            self.stage.show(sight, media)
            self._look_up_address(sight)
        return sight

    def stop(self) -> None:
        """End what works in the run."""
        self._ask(stop, stopping=True)

    def go_on(self) -> None:
        """Make what is missing."""
        self._ask(go_on)

    def approve(self) -> None:
        """Say yes to the stills."""
        self._ask(lambda run: launch(run, approved=True))

    def export(self, destination: str) -> None:
        """Have the film put somewhere."""
        self._handed_at = None
        self._ask(lambda run: export_to(run, destination), exporting=True)

    def _ask(self, wish: Callable[[Run], None], *, stopping: bool = False, exporting: bool = False) -> None:
        run = self.stage.run
        if run is None or self.errands.busy:
            return
        self.stage.busy(True, stopping=stopping)

        def failed(sentence: str) -> None:
            self.stage.busy(False)
            self.stage.fail(sentence, at_export=exporting)

        self.errands.send(lambda: wish(run), then=lambda _: self.stage.busy(False), failed=failed)

    def _look_up_address(self, sight: Sight) -> None:
        """Find out where the film was exported to, once for each of its states: a bucket may take a while to say."""
        run, at = self.stage.run, (self.name, sight.film, sight.state)
        if run is None or sight.film is None or sight.at_work or at == self._handed_at or self._lookups.busy:
            return
        self._handed_at = at
        hand_over = self.stage.film.hand_over
        self._lookups.send(lambda: _address(run), then=hand_over, failed=lambda said: hand_over(None, trouble=said))


def _address(run: Run) -> Handed | None:
    try:
        return film_address(run)
    except PhaseNotReady:
        return None
