"""The prompt lab as a page: words at the left, and at the right what they come to, part by part.

It shows and hands on; what a change means, costs or makes is decided in ``vgkit.lab``."""

from collections.abc import Mapping
from decimal import Decimal
from importlib.resources import files
from pathlib import Path
from typing import Any

import ipywidgets

from vgkit.errors import VgkitError
from vgkit.lab.words import Edits
from vgkit.start import SAMPLE_BRIEF, read_brief
from vgkit.widgets.attended import attended
from vgkit.widgets.look import PAGE, STYLE, heading, note, quiet
from vgkit.widgets.parts import hide, markup, row, stack
from vgkit.widgets.prompt_lab.desk import Desk, can_pay
from vgkit.widgets.prompt_lab.fields import Field
from vgkit.widgets.prompt_lab.grid import GridPanel
from vgkit.widgets.prompt_lab.prompts import in_words, prompts, timeline
from vgkit.widgets.prompt_lab.side import SidePanel
from vgkit.widgets.prompt_lab.trial import TrialPanel
from vgkit.widgets.prompt_lab.versions import VersionsPanel, named
from vgkit.widgets.prompt_lab.words import WordsPanel
from vgkit.widgets.prompt_lab.work import Change, Newest, Stage

_STYLE = f"<style>{files('vgkit.widgets.prompt_lab').joinpath('page.css').read_text('utf-8')}</style>"
_PARTS = ("Prompts", "Render", "Grid", "Versions", "Templates")


class PromptLab:
    """The page; ``box`` is what is shown. Only the part that is in view follows each change of the words."""

    def __init__(self, fields: Mapping[str, Any], template: str, desk: Desk) -> None:
        self.stage, self.desk = Stage(), desk
        self.budgets = Newest(self.stage)
        self.words = WordsPanel(fields, template, self._change)
        self.versions = VersionsPanel(desk, self.words, on_base=self._show)
        self.trial = TrialPanel(self.stage, desk, on_spent=self.refresh_budget, on_seen=self.arrive)
        self.grid = GridPanel(
            self.stage, desk, fill=self._filled, patterns=self._patterns, on_spent=self.refresh_budget
        )
        self.side = SidePanel()
        self.prompts, self.budget = markup("vg-prompts"), markup("vg-budget")
        self.part = Field(ipywidgets.RadioButtons(options=_PARTS, description="Show"), "parts", self._show)
        self.paying = Field(_paying(desk.rehearse), "paying", self._turn_money)
        boxes = (stack(self.prompts, name="vg-card"), self.trial.box, self.grid.box, self.versions.box, self.side.box)
        self.parts = dict(zip(_PARTS, boxes, strict=True))
        self.box = self._page()
        self.trial.offer_engines()
        self._show()

    def arrive(self) -> None:
        """Look at money and records as they are now: somebody opened the page, maybe long after it was built."""
        self.versions.refresh()
        self.trial.recall()
        self._show()
        self.refresh_budget()

    def refresh_budget(self) -> None:
        """Show what is spent and what is left."""
        self.budgets.order(self._budget)

    def _page(self) -> Any:
        title = markup("", heading("Prompt lab", "words, pictures and their price"))
        head = row(title, self.budget, name="vg-head vg-lab-head")
        hide(self.paying.box, unless=can_pay())
        right = stack(self.paying.box, self.part.box, *self.parts.values(), name="vg-lab-right")
        columns = ipywidgets.Box([self.words.box, right])
        columns.add_class("vg-lab-columns")
        return stack(markup("", STYLE + _STYLE), head, columns, name=f"{PAGE} vg-lab")

    def _budget(self) -> Change:
        try:
            told = self.desk.budget().html()
        except VgkitError as refusal:
            told = note(str(refusal), "bad")
        return lambda: setattr(self.budget, "value", told)

    def _turn_money(self) -> None:
        if self.trial.doer.busy or self.grid.doer.busy:
            self.paying.put(self.desk.rehearse)
            self.paying.complain("Something is being rendered. Wait for it, or cancel it, first.")
            return
        self.paying.complain("")
        self.desk.rehearse = bool(self.paying.value)
        self.trial.results.lay(())
        self.trial.offer_engines()
        self.arrive()

    def _change(self) -> None:
        """Follow a change of the words."""
        if self.versions.of != (self.words.template_name, self.words.beat):
            self.versions.refresh()
        self._show()

    def _show(self) -> None:
        """Bring the part in view up to date."""
        chosen = str(self.part.value)
        for name, part in self.parts.items():
            hide(part, unless=name == chosen)
        if chosen == "Prompts":
            self._show_prompts()
        elif chosen == "Render":
            self.trial.show(self.words.words, self.versions.version)
        elif chosen == "Grid":
            self.trial.show(self.words.words, self.versions.version)
            self.grid.show(self.trial.trial)
        elif chosen == "Templates":
            self.side.show(self.words.brief, self.words.edits)

    def _show_prompts(self) -> None:
        words, base = self.words.words, self.versions.base
        if words.storyboard is None:
            self.prompts.value = note("There are no prompts yet.", "warn", more="See what is said beside the fields.")
            return
        since = self.words.other(base.edits() if base else Edits())
        against = f"the version “{named(base)}”" if base else "the template as it is"
        about = (
            f"{len(words.lines)} stills, one every two seconds. What {in_words(self.words.beat)} says is marked; "
            f"+ and − tell what changed against {against}."
        )
        self.prompts.value = (
            heading("Keyframe prompts")
            + quiet(about)
            + timeline(words.storyboard, self.words.beat)
            + prompts(words, self.words.beat, since=since)
        )

    def _filled(self, pattern: str) -> str:
        return self.words.filled(pattern, str(self.trial.which.value))

    def _patterns(self) -> list[str]:
        """The beat's pattern as it stands, and the last versions of it."""
        now = str(self.words.fields["pattern"].value)
        return list(dict.fromkeys([now, *(version.pattern for version in reversed(self.versions.kept))]))[:3]


def prompt_lab(
    *, template: str = "", brief: str = "", name: str = "", rehearse: bool = True, cap_usd: float | None = None
) -> Any:
    """Show the prompt lab for a template and a brief's file; where nobody sits at the page, only say how to come back.

    Empty is the brief's template, the sample brief, and today's lab; without a cap the lab has the one it had. With
    ``rehearse`` hosted engines answer from this machine, as they do without a key.
    """
    if not attended():
        return "The prompt lab waits for a person: open this notebook in JupyterLab, or run `vgkit studio`."
    try:
        fields = read_brief(Path(brief).expanduser() if brief else SAMPLE_BRIEF)
    except VgkitError as refusal:
        return stack(markup("", STYLE + note(str(refusal), "bad")), name=PAGE)
    chosen = template or str(fields.get("template", "product_showcase"))
    cap = None if cap_usd is None else Decimal(str(cap_usd))
    return PromptLab(fields, chosen, Desk(name, rehearse=rehearse, cap_usd=cap)).box


def _paying(rehearse: bool) -> Any:
    options = [("Hosted engines are rehearsed: nothing is sent or paid", True), ("Hosted engines are paid", False)]
    return ipywidgets.RadioButtons(options=options, value=rehearse, description="Money")
