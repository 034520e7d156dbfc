"""The take picker's page: the shots of a film one below the other, of which one at a time shows its takes.

What a choice sets in motion is done in a thread, so that the page answers meanwhile."""

import logging
import threading
from functools import partial
from pathlib import Path

import ipywidgets

from vgkit.errors import VgkitError
from vgkit.phases.choosing import put_in_the_cut, shots_with_takes
from vgkit.run import Run
from vgkit.widgets.look import PAGE, STYLE, note
from vgkit.widgets.parts import markup, stack
from vgkit.widgets.take_picker.card import TakeCard
from vgkit.widgets.take_picker.words import under_way

log = logging.getLogger(__name__)
_OWN_STYLE = f"<style>{Path(__file__).with_name('page.css').read_text('utf-8')}</style>"


class TakePage:
    """Shows the shots that have several takes; ``box`` is the widget. ``work`` follows the latest choice."""

    def __init__(self, run: Run, *, takes: int) -> None:
        self._run, self._takes = run, takes
        self.work = threading.Thread()
        self._busy = False
        self._said = markup("vg-take-said")
        self.cards = {
            shot.shot: TakeCard(
                run,
                shot,
                self._said,
                on_turn=partial(self._turn, shot.shot),
                on_choose=partial(self._choose, shot.shot),
            )
            for shot in shots_with_takes(run)
        }
        style = ipywidgets.HTML(STYLE + _OWN_STYLE)
        self.box = stack(style, *(card.box for card in self.cards.values()), name=f"{PAGE} vg-take-page")

    @property
    def said(self) -> str:
        """What stands in the open shot of what was done last, as HTML."""
        return str(self._said.value)

    def _turn(self, shot: str) -> None:
        """Open a shot and fold the one that was open, since each player holds two clips."""
        wanted = not self.cards[shot].is_open
        for card in self.cards.values():
            if card.is_open:
                card.fold()
        if wanted:
            self.cards[shot].open()
        if not self._busy:
            self._said.value = ""
        self._show()

    def _choose(self, shot: str, take: str) -> None:
        if not self._busy:
            self._busy = True
            self._show()
            self.work = threading.Thread(target=self._follow, args=(shot, take), daemon=True)
            self.work.start()

    def _follow(self, shot: str, take: str) -> None:
        try:
            done = put_in_the_cut(self._run, shot=shot, take=take, takes=self._takes, tell=self._tell)
            told = note(done, more="The clips of the other shots are as they were.")
        except VgkitError as refusal:
            told = note("The cut is as it was.", "bad", more=str(refusal))
        except Exception as error:
            log.exception("%s of %s was not put into the cut", take, shot)
            told = note("That did not work.", "bad", more=f"{error}. Run this notebook's cells again.")
        self._busy = False
        self._show()
        self._said.value = told

    def _tell(self, share: float, words: str) -> None:
        self._said.value = under_way(share, words)

    def _show(self) -> None:
        """Bring all cards up to what is on record; what can't be read is said, and the cards stay as they are."""
        standing = {}
        try:
            standing = {shot.shot: shot for shot in shots_with_takes(self._run)}
        except VgkitError as refusal:
            self._said.value = note("The takes can't be read.", "bad", more=str(refusal))
        for name, card in self.cards.items():
            card.show(standing.get(name, card.shot), may_choose=not self._busy)
