"""The page of a batch: what is wrong or what it costs, Make and Stop, films as they come, and how they fared.

It shows and hands on; a batch is checked, priced and made by ``vgkit.batch``, as for the command line."""

import functools
import html
import logging
from importlib.resources import files
from typing import Any

from vgkit.batch.summary import Summary
from vgkit.errors import VgkitError
from vgkit.ledger.plain import plain
from vgkit.progress_table import usd
from vgkit.widgets.batch_view.checking import Asked, Checked, check, last_summary
from vgkit.widgets.batch_view.choices import Choices
from vgkit.widgets.batch_view.fared import FaredView
from vgkit.widgets.batch_view.making import CrewAt, Making, crew_at, under_way
from vgkit.widgets.batch_view.verdict import verdict
from vgkit.widgets.look import PAGE, STYLE, heading, note, quiet
from vgkit.widgets.parts import button, hide, markup, row, stack
from vgkit.widgets.prompt_lab.work import Change, Newest, Stage
from vgkit.widgets.visitor import Arrival, Visitor

log = logging.getLogger(__name__)

_STYLE = f"<style>{files('vgkit.widgets.batch_view').joinpath('page.css').read_text('utf-8')}</style>"
_STOPPING = {
    "no": "",
    "soon": "No more films are begun, and the phases at work come to their end. Stop now ends those at once too, and "
    "cancels what is open on hosts.",
    "now": "The films under way are ended, and what they have open on hosts is canceled.",
}


class Page:
    """The page; ``box`` is what is shown. It checks at once, and takes up a making of its batch that goes on."""

    def __init__(self, asked: Asked, *, crew_at: CrewAt = crew_at) -> None:
        self.asked, self.stage, self._crew_at = asked, Stage(), crew_at
        self.checks = Newest(self.stage)
        self.checked: Checked | None = None
        self.making: Making | None = None
        self._base, self._told = "/", None
        self._newest = ""
        self.visitor = Visitor(self._arrive)
        self.choices = Choices(asked, self.check)
        self.again = button("Check again", "vg-check", self.check)
        self.make = button("Make", "vg-make", self._make, primary=True)
        self.stop = button("Stop", "vg-stop-batch", self._stop)
        self.verdict, self.why, self.live = markup("vg-verdict"), markup("vg-why"), markup("vg-live")
        self.fared = FaredView()
        self.box = self._laid_out()
        self.check()

    def check(self) -> None:
        """Check and price the batch as it is now, beside the page."""
        if self.making is None:
            self.checked = None
            self.verdict.value = quiet("It is being checked …")
            self._offer()
            self.checks.order(functools.partial(self._check, self.choices.rehearse))

    def _laid_out(self) -> Any:
        where = f"on the cluster at {self.asked.scheduler}" if self.asked.scheduler else "on this machine"
        head = row(markup("", heading(self.asked.called, where)), self.again, name="vg-head")
        desk = stack(head, self.verdict, self.choices.box, row(self.make, self.stop), self.why, name="vg-card")
        self.at_work = stack(self.live, name="vg-card")
        hide(self.at_work, unless=False)
        inside = (markup("", STYLE + _STYLE), self.visitor, desk, self.at_work, self.fared.box)
        return stack(*inside, name=f"{PAGE} vg-batch")

    def _arrive(self, arrival: Arrival) -> None:
        """Take note of the address of the page's server, by which films are reached."""
        self._base = arrival.base
        if self._told is not None:
            self._tell(self._told)

    def _check(self, rehearse: bool) -> Change:
        try:
            found = check(self.asked, rehearse=rehearse)
            told = last_summary(found.films[0].batch.name) if found.films else None
        except VgkitError as refusal:
            said = note(str(refusal), "bad")
            return lambda: setattr(self.verdict, "value", said)
        except Exception as fault:
            log.exception("%s could not be checked", self.asked.called)
            said = note(f"It can't be checked by a fault of ours: {type(fault).__name__}: {fault}", "bad")
            return lambda: setattr(self.verdict, "value", said)
        return lambda: self._show(found, told)

    def _show(self, found: Checked, told: Any) -> None:
        self.checked = found
        self.verdict.value = verdict(found, called=self.asked.called)
        going_on = under_way(found.films[0].batch.name) if found.films else None
        if going_on and self.making is None:
            self._follow(going_on)
        elif told is not None:
            self._tell(told)
        else:
            self.fared.clear()
        self._offer()

    def _offer(self) -> None:
        """Let be pressed what may be, and say what it does."""
        costs = self.checked.costs if self.checked else None
        missing = len(costs.missing) if costs else 0
        self.make.description = "Make the films"
        if costs and missing:
            verb = "Make" if missing == len(costs.bills) else "Go on with"
            paid = any(row.all_usd for bill in costs.missing for row in bill.rows)
            price = f"about {usd(costs.to_pay_usd)}" if paid else "free"
            play = ", play money" if paid and self.choices.rehearse else ""
            self.make.description = f"{verb} {missing:,} film{'s'[: missing != 1]} · {price}{play}"
        refused = bool(self.checked and self.checked.refusals)
        self.make.disabled = self.making is not None or not missing or refused
        self.again.disabled = self.making is not None
        self.choices.freeze(self.making is not None)
        hide(self.stop, unless=self.making is not None)
        if self.making is not None:
            self.stop.description = "Stop" if self.making.asked == "no" else "Stop now"
            self.stop.disabled = self.making.asked == "now"
            self.why.value = quiet(_STOPPING[self.making.asked])

    def _make(self) -> None:
        if self.make.disabled or self.checked is None:
            return
        file, scheduler = self.asked.file, self.asked.scheduler
        making = Making(self.checked, self.choices.how, file=file, scheduler=scheduler, crew_at=self._crew_at)
        self._follow(making)
        making.begin(self.stage)

    def _follow(self, making: Making) -> None:
        """Look on at a making, from its beginning or later."""
        self.making, self.why.value = making, ""
        making.drawn, making.ended = self._draw, self._ended
        self.live.value = quiet("The first films are being begun …")
        self.fared.clear()
        hide(self.at_work, unless=True)
        self._offer()
        if making.found:  # it ended between being found and being looked at
            self._ended(making.found)

    def _stop(self) -> None:
        if self.making is not None:
            self.making.stop()
            self._offer()

    def _draw(self, shown: str) -> None:
        """Show the newest picture; while the kernel runs a cell for long, those before it are dropped and not kept."""
        due, self._newest = not self._newest, shown
        if due:
            self.stage.show(self._put)

    def _put(self) -> None:
        shown, self._newest = self._newest, ""
        if self.making is not None:
            self.live.value = self._links() + shown

    def _links(self) -> str:
        """Where Dask shows the cluster at work."""
        if self.making is None or not self.making.dashboard.startswith(("http://", "https://")):
            return ""
        address = html.escape(self.making.dashboard)
        return f"<p><a href='{address}' target='_blank' rel='noopener'>Dask's dashboard</a></p>"

    def _ended(self, found: Summary | str) -> None:
        told = plain(found.as_json, place="summary") if isinstance(found, Summary) else None
        self.stage.show(lambda: self._end(told, str(found)))

    def _end(self, told: Any, said: str) -> None:
        self.checked = self.making = None
        self.why.value = note(said, "bad") if told is None else ""
        hide(self.at_work, unless=told is None)
        if told is not None:
            self._tell(told)
        self.check()

    def _tell(self, told: Any) -> None:
        self._told = told
        where = f" --scheduler {self.asked.scheduler}" if self.asked.scheduler else ""
        go_on = f"vgkit batch resume {told['batch']}{where}" if self.asked.file else ""
        self.fared.show(told, base=self._base, go_on=go_on)
