"""The studio's page: from a few sentences to a film that one can watch, save and export, without a line of code.

It shows what ``vgkit.studio`` finds and hands on what a person wants; films are made by processes of their own."""

import os
import time
from importlib.resources import files
from pathlib import Path
from typing import Any

from vgkit.errors import RunError, RunNotFound
from vgkit.places import runs_dir
from vgkit.run import Run
from vgkit.studio.form import Draft, Verdict, verdict
from vgkit.studio.history import PastRun, past_runs
from vgkit.studio.launching import start
from vgkit.widgets.attended import attended
from vgkit.widgets.look import PAGE, STYLE, note
from vgkit.widgets.parts import markup, stack
from vgkit.widgets.studio.compare import side_by_side
from vgkit.widgets.studio.form import FormView
from vgkit.widgets.studio.history import HistoryView
from vgkit.widgets.studio.media import Media
from vgkit.widgets.studio.opened import Opened
from vgkit.widgets.studio.plan import PlanView, first_complaint
from vgkit.widgets.studio.pulse import Errands, Pulse
from vgkit.widgets.visitor import Arrival, Visitor

_AT_WORK_S, _AT_REST_S, _LIST_S, _TYPING_S = 0.5, 2.0, 3.0, 0.35
_TO_COME_BACK_TO = ("queued", "running", "approval")
_STYLE = STYLE + f"<style>{files('vgkit.widgets.studio').joinpath('page.css').read_text('utf-8')}</style>"
_TITLE = (
    "<h1>Make an ad film</h1>"
    "<p class='vg-small'>Say what it is about, see what it costs, and watch it being made. "
    "Close the page if you like: the film goes on.</p>"
)


class Studio:
    """The page of one person, as ``box``. It does nothing until their browser has reported.

    ``run_dir`` names a run to open at once. ``everyone`` shows the runs of all people; else one sees one's own, and
    those that nobody's page made. ``typing_s`` is for how long nothing must be typed before a draft is looked at.
    """

    def __init__(self, run_dir: str = "", *, everyone: bool, typing_s: float = _TYPING_S) -> None:
        self._run_name, self._everyone, self._typing_s = Path(run_dir).name, everyone, typing_s
        self._arrival: Arrival | None = None
        self._person, self._media = "", Media()
        self._edited_at: float | None = float("-inf")
        self._listed_at = float("-inf")
        self._judged: Draft | None = None
        self._verdict: Verdict | None = None
        self._made: tuple[Draft, str] | None = None
        self._refused = ""
        self.pulse = Pulse(self.tick, on_error=self._stumble)
        self.visitor = Visitor(self.welcome)
        self.form, self.plan = FormView(self._edited), PlanView(self.generate)
        self.opened = Opened(self.pulse.wake, on_turn=self._turned)
        self.history = HistoryView(on_open=self._turn_to, on_compare=self._compare, on_more=self._relist)
        self.errands, self._lookups = Errands(self.pulse.wake), Errands(self.pulse.wake)
        self.head, self.trouble = markup("vg-title", _STYLE + _TITLE), markup("vg-page-trouble")
        self.box = self._laid_out()
        # Here and not when somebody has come: what this loads takes longer than all that follows.
        self._judge()

    def arrive(self, arrival: Arrival) -> None:
        """Take note of who has come; the next tick sees to them."""
        self._arrival = arrival

    def welcome(self, arrival: Arrival) -> None:
        """Take note of who has come, and keep the page alive from here on."""
        self.arrive(arrival)
        self.pulse.start()
        self.pulse.wake()

    def end(self) -> None:
        """Leave a sentence in the page's place, since another takes it. Films that are being made go on."""
        self.pulse.end()
        told = note("This page was opened anew.", more="Run its cell again to have it here.")
        self.box.children = (self.head, markup("vg-page-ended", told))

    def tick(self) -> float:
        """Bring the whole page up to date, and answer after how many seconds to do so again."""
        if self._arrival is not None:
            arrival, self._arrival = self._arrival, None
            self._settle_in(arrival)
        self.errands.report()
        self._lookups.report()
        typing_for_s = self._judge()
        before = self.opened.sight
        sight = self.opened.look(self._media)
        self._offer()
        if time.monotonic() - self._listed_at >= _LIST_S or (before and sight and before.state != sight.state):
            self._list()
        self.trouble.value = ""
        pause_s = _AT_WORK_S if sight and sight.at_work else _AT_REST_S
        return min(pause_s, typing_for_s) if typing_for_s else pause_s

    def generate(self) -> None:
        """Make a film of what stands in the form. A second click while the first is seen to does nothing."""
        if self.plan.generate.disabled or self.errands.busy:
            return
        self.form.insist()
        self._refused = ""
        self.plan.may(reason="Starting …")
        draft, owner = self.form.draft, self._person
        self.errands.send(
            lambda: start(draft, owner=owner), then=lambda run: self._started(draft, run), failed=self._not_started
        )

    def open(self, name: str) -> None:
        """Open a run of this person's by its name; one that is not there any more is taken off the list."""
        try:
            self.opened.open(self._own(name))
        except RunError as refusal:
            self._say_beside(str(refusal))
        self._relist()

    def _turn_to(self, name: str) -> None:
        """Open a run from the list, which stands far below it on a narrow page."""
        self.open(name)
        if self.opened.name == name:
            self.visitor.bring_into_view("vg-run")

    def _own(self, name: str) -> Run:
        """Take up a run that this person may see. Raises RunNotFound for any other, without a word on whether it is."""
        folder = runs_dir() / name
        if folder.parent == runs_dir() and (folder / "run.json").is_file():
            run = Run.open(folder)
            if self._everyone or run.owner in ("", self._person):
                return run
        raise RunNotFound(f"There is no run {name!r} of yours, or it was deleted. Choose one from the list.")

    def _laid_out(self) -> Any:
        beside = stack(self.plan.box, self.opened.stage.box, self.plan.beats, name="vg-beside-form")
        desk = stack(self.form.box, beside, name="vg-desk")
        return stack(self.head, self.visitor, self.trouble, desk, self.history.box, name=f"{PAGE} vg-studio")

    def _edited(self) -> None:
        self._edited_at = time.monotonic()
        self._refused = ""
        self.pulse.wake()

    def _turned(self, name: str) -> None:
        self.visitor.opened = name
        self.history.tiles.now = name

    def _settle_in(self, arrival: Arrival) -> None:
        known, self._person, self._media = self._person, arrival.person, Media(arrival.base)
        if known == arrival.person:
            return
        if self.form.untouched and arrival.draft:
            self.form.fill(arrival.draft)
        self._edited_at = float("-inf")  # the page may have been built hours ago: what is left of the caps may differ
        runs = self._list()
        at_work = [run.name for run in runs if run.state in _TO_COME_BACK_TO and run.owner == self._person]
        kept = [run.name for run in runs if run.name == arrival.opened]
        for name in [self._run_name, *at_work, *kept]:
            if name and not self.opened.name:
                self.open(name)
        self.form.keep_pictures(runs_dir() / ".uploads" / self._person)

    def _judge(self) -> float:
        """Look at the draft once nothing has been typed for a moment; else answer how long that moment still lasts."""
        if self._edited_at is None:
            return 0.0
        still_s = self._edited_at + self._typing_s - time.monotonic()
        if still_s > 0:
            return still_s
        self._edited_at = None
        draft = self.form.draft
        found = verdict(draft)
        self._judged, self._verdict = draft, found
        self.form.show(found.complaints)
        self.plan.show(found)
        if not self.form.untouched:
            self.visitor.draft = self.form.kept()
        self._offer()
        return 0.0

    def _offer(self) -> None:
        """Let Generate be clicked or say why not."""
        sight = self.opened.sight
        if self.errands.busy or self._verdict is None:
            return
        if self._refused:
            self.plan.fail(self._refused)
        elif self._made == (self._judged, self.opened.name) and sight is not None and sight.at_work:
            self.plan.may(reason="This film is in the making. Change something to make another.")
        elif self.form.untouched and not self._verdict.good:
            self.plan.may(reason="Say what the film is about, or fill in a sample.")
        else:
            self.plan.may(reason=first_complaint(self._verdict, self.form.labels), alert="" in self._verdict.complaints)

    def _started(self, draft: Draft, run: Run) -> None:
        self._made = (draft, run.name)
        self.opened.open(run)
        self._relist()

    def _not_started(self, sentence: str) -> None:
        self._refused = sentence
        self._edited_at = float("-inf")

    def _list(self) -> list[PastRun]:
        self._listed_at = time.monotonic()
        owner = None if self._everyone else self._person
        runs = past_runs(owner, most=self.history.shown + 1)
        self.history.show(runs, now=self.opened.name)
        return runs

    def _relist(self) -> None:
        self._listed_at = float("-inf")
        self.pulse.wake()

    def _compare(self, first: str, second: str) -> None:
        self._lookups.send(
            lambda: side_by_side(self._own(first), self._own(second)),
            then=self.history.set_beside,
            failed=self._say_beside,
        )

    def _say_beside(self, sentence: str) -> None:
        self.history.set_beside(markup("vg-history-trouble", note(sentence, "bad")))

    def _stumble(self, error: Exception) -> None:
        self.trouble.value = note("The page could not be brought up to date.", "bad", more=f"{error}. It tries again.")


_shown: list[Studio] = []


def studio(run_dir: str = "") -> Any:
    """Show the studio; ``run_dir`` names a run to open at once. Where nobody sits at the notebook, say so instead.

    A kernel has one such page: the one before, whose cell was run again or stands elsewhere, ends.
    """
    if not attended():
        return "The studio is a page for a person. Open this notebook in JupyterLab, or start `vgkit studio`."
    served = any(name.startswith("VOILA_") for name in os.environ)
    while _shown:
        _shown.pop().end()
    _shown.append(Studio(run_dir, everyone=not served))
    return _shown[-1].box
