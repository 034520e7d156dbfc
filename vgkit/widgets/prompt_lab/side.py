"""One brief through several templates, side by side: beats with their times, captions and prompts."""

import html
from collections.abc import Mapping, Sequence
from typing import Any

import ipywidgets

from vgkit.brief import FILM_FPS
from vgkit.lab.words import Edits, Words, side_by_side
from vgkit.storyboard import Storyboard
from vgkit.template_files import template_names
from vgkit.widgets.look import heading, note, quiet
from vgkit.widgets.parts import markup, row, stack
from vgkit.widgets.prompt_lab.prompts import Span, colours, in_words, spans


class SidePanel:
    """``show`` takes a brief and edits; a person ticks the templates."""

    def __init__(self) -> None:
        self._brief: Mapping[str, object] = {}
        self._edits = Edits()
        self.ticks: dict[str, Any] = {}
        self._ticks, self.columns = row(name="vg-side-ticks"), markup("vg-side")
        head = markup("", heading("One brief, several templates"))
        self.box = stack(stack(head, self._ticks, name="vg-card"), self.columns)

    def show(self, brief: Mapping[str, object], edits: Edits) -> None:
        """Draft another brief, or other edits, in the templates that are ticked."""
        self._brief, self._edits = brief, edits
        if tuple(self.ticks) != template_names():
            self._offer()
        self._draft()

    def _offer(self) -> None:
        before = {name: tick.value for name, tick in self.ticks.items()}
        self.ticks = {name: _tick(name, before.get(name, True)) for name in template_names()}
        for tick in self.ticks.values():
            tick.observe(lambda _: self._draft(), names="value")
        self._ticks.children = list(self.ticks.values())

    def _draft(self) -> None:
        names = [name for name, tick in self.ticks.items() if tick.value]
        drafted = side_by_side(self._brief, names, self._edits)
        columns = "".join(map(_column, names, drafted))
        self.columns.value = f"<div class='vg-columns'>{columns}</div>" if names else quiet("Tick a template or more.")


def _tick(name: str, value: bool) -> Any:
    tick = ipywidgets.Checkbox(description=in_words(name), value=value, indent=False)
    tick.add_class("vg-side-tick")
    return tick


def _column(name: str, words: Words) -> str:
    if words.template is None or words.storyboard is None:
        found = "; ".join(f"{place}: {sentence}" for place, sentence in words.complaints.items())
        return f"<section class='vg-card'><h3>{html.escape(in_words(name))}</h3>{note(found, 'bad')}</section>"
    beats = "".join(_beat(span, words.storyboard) for span in spans(words.storyboard))
    look = in_words(words.storyboard.look)
    return (
        f"<section class='vg-card'><div><h3>{html.escape(words.template.title)}</h3>"
        f"<p class='vg-small'>{html.escape(words.template.purpose)} Look: {html.escape(look)}.</p></div>"
        f"<ol class='vg-beats'>{beats}</ol></section>"
    )


def _beat(span: Span, storyboard: Storyboard) -> str:
    prompt = next(shot.prompt for shot in storyboard.shots if shot.beat == span.beat)
    captions = _captions(span, storyboard)
    caption = "".join(f"<p class='vg-beat-caption'>“{html.escape(each)}”</p>" for each in captions)
    return (
        f"<li style='--beat:{colours(storyboard)[span.beat]}'><b>{html.escape(in_words(span.beat))}</b> "
        f"<small>{span.told}</small>{caption}<p class='vg-small'>{html.escape(prompt)}</p></li>"
    )


def _captions(span: Span, storyboard: Storyboard) -> Sequence[str]:
    found = [c.text for c in storyboard.captions if span.start_s <= c.first_frame / FILM_FPS < span.end_s]
    card = storyboard.end_card
    if span.start_s <= card.first_frame / FILM_FPS < span.end_s:
        found.append(" · ".join(filter(None, (card.brand, card.tagline, card.call_to_action))))
    return found
