"""What a person writes in the prompt lab: the brief's words, and a template's words beat by beat.

Each change is drafted at once; the words that come of it, with all complaints, are handed to who listens."""

import html
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from vgkit.engines.sketch.plan import points
from vgkit.errors import VgkitError
from vgkit.lab.versions import PromptVersion
from vgkit.lab.words import BeatEdit, Edits, Words, words_of
from vgkit.places import templates_dir
from vgkit.template import SLOTS, Beat, Template
from vgkit.template_files import load_template, template_names
from vgkit.widgets.look import heading
from vgkit.widgets.parts import button, markup, row, stack
from vgkit.widgets.prompt_lab.fields import Field, area, choice, line
from vgkit.widgets.prompt_lab.prompts import in_words, spans

_OF_BRIEF = ("prompt", "product", "brand", "call_to_action", "duration_s")
_ITS_OWN = ""  # the look that the template names


class WordsPanel:
    """The form; ``words`` is what it comes to now, ``beat`` the beat whose pattern stands in it."""

    def __init__(self, fields: Mapping[str, Any], template: str, on_change: Callable[[], None]) -> None:
        self._given, self._on_change = dict(fields), on_change
        self._edits: dict[str, Edits] = {}
        self.fields = {name: self._field(name, control) for name, control in _controls(fields, template).items()}
        self._slots, self._rest = markup("vg-slots"), markup("vg-complaint-rest")
        self.restore = button("Undo all here", "vg-restore", self._restore)
        self.box = stack(self._pattern_card(), self._brief_card(), name="vg-words")
        self.words = self._drafted()
        self._turn_template()
        self._show()

    @property
    def template(self) -> str:
        """The name or path of the template."""
        return str(self.fields["template"].value)

    @property
    def template_name(self) -> str:
        """What the template calls itself, which is how versions know it."""
        template = self.words.template
        return template.name if template else self.template

    @property
    def beat(self) -> str:
        """The beat whose words are edited."""
        return str(self.fields["beat"].value or "")

    @property
    def edits(self) -> Edits:
        """What was changed of the template."""
        return self._edits.get(self.template, Edits())

    @property
    def brief(self) -> dict[str, Any]:
        """The brief's fields as they stand; those that have no control are as they were given."""
        return self._given | {name: self.fields[name].value for name in _OF_BRIEF}

    def other(self, edits: Edits) -> Words:
        """The same brief and template in other words."""
        return words_of(self.brief, self.template, edits)

    def filled(self, pattern: str, which: str) -> str:
        """The prompt of a keyframe or shot where the beat had another pattern. Raises ValueError with a complaint."""
        edit = replace(self.edits.beats.get(self.beat, BeatEdit()), prompt=pattern)
        words = self.other(replace(self.edits, beats={**self.edits.beats, self.beat: edit}))
        if words.storyboard is None:
            raise ValueError(f"has {pattern[:40]!r}, which {next(iter(words.complaints.values()), 'can not be used')}")
        told = {line.keyframe: line.prompt for line in words.lines}
        return (told | {shot.id: shot.prompt for shot in words.storyboard.shots})[which]

    def put(self, version: PromptVersion) -> None:
        """Go back to a version, in its template and beat."""
        if version.template != self.template_name:
            self.offer_templates(version.template)
            self._turn_template()
        edits, template = version.edits(), _loaded(self.template)
        if template is None or version.beat not in (beat.name for beat in template.beats):
            return
        self._edits[self.template] = Edits(
            {**self.edits.beats, **edits.beats},
            negative=None if edits.negative == template.negative else edits.negative,
            look=None if edits.look == template.look else edits.look,
            style=edits.style,
        )
        self.fields["beat"].put(version.beat)
        self._fill()
        self._change()

    def offer_templates(self, chosen: str) -> None:
        """Offer the templates that there are now, with one of them chosen."""
        self.fields["template"].offer(_templates(chosen), chosen)

    def _field(self, name: str, control: Any) -> Field:
        edited = {"pattern": self._edit_beat, "captions": self._edit_beat, "negative": self._edit, "look": self._edit}
        moves = {"template": self._turn, "beat": self._turn_beat, "style": self._edit, **edited}
        return Field(control, name.replace("_", "-"), moves.get(name, self._change), hint=_HINTS.get(name, ""))

    def _pattern_card(self) -> Any:
        take = self.fields
        head = row(markup("", heading("Words of the ad")), self.restore, name="vg-head")
        return stack(
            *(head, take["template"].box, take["beat"].box, take["pattern"].box, self._slots),
            *(take[name].box for name in ("style", "negative", "captions", "look")),
            name="vg-card",
        )

    def _brief_card(self) -> Any:
        take = self.fields
        pair = row(take["product"].box, take["brand"].box, name="vg-fields")
        other = row(take["call_to_action"].box, take["duration_s"].box, name="vg-fields")
        return stack(markup("", heading("Brief")), take["prompt"].box, pair, other, self._rest, name="vg-card")

    def _turn(self) -> None:
        self._turn_template()
        self._change()

    def _turn_template(self) -> None:
        """Show another template's beats."""
        self.words = self._drafted()
        template = _loaded(self.template)
        beats = [(in_words(beat.name), beat.name) for beat in template.beats] if template else []
        known = self.beat if self.beat in dict(beats).values() else (beats[0][1] if beats else None)
        self.fields["beat"].offer(beats, known)
        self._fill()

    def _turn_beat(self) -> None:
        self._fill()
        self._change()

    def _fill(self) -> None:
        """Write what the template says, with what was changed of it, into the controls."""
        template = _loaded(self.template)
        if template is None:
            return
        beat, edits = self._own_beat(template), self.edits
        edit = edits.beats.get(beat.name, BeatEdit())
        self.fields["pattern"].put(beat.prompt if edit.prompt is None else edit.prompt)
        self.fields["captions"].put("\n".join(beat.captions if edit.captions is None else edit.captions))
        self.fields["negative"].put(template.negative if edits.negative is None else edits.negative)
        self.fields["look"].offer(_looks(template, edits.look or _ITS_OWN), edits.look or _ITS_OWN)
        self.fields["style"].put(edits.style)

    def _own_beat(self, template: Template) -> Beat:
        return next((beat for beat in template.beats if beat.name == self.beat), template.beats[0])

    def _edit_beat(self) -> None:
        template = _loaded(self.template)
        if template is None:
            return
        beat = self._own_beat(template)
        said = self.fields["pattern"].value
        captions = tuple(filter(None, (each.strip() for each in self.fields["captions"].value.splitlines())))
        edit = BeatEdit(None if said == beat.prompt else said, None if captions == beat.captions else captions)
        beats = {**self.edits.beats, beat.name: edit}
        kept = {name: each for name, each in beats.items() if each != BeatEdit()}
        self._edits[self.template] = replace(self.edits, beats=kept)
        self._change()

    def _edit(self) -> None:
        template = _loaded(self.template)
        if template is None:
            return
        negative = self.fields["negative"].value
        self._edits[self.template] = replace(
            self.edits,
            negative=None if negative == template.negative else negative,
            look=self.fields["look"].value or None,
            style=self.fields["style"].value.strip(),
        )
        self._change()

    def _restore(self) -> None:
        """Take back what was changed of the chosen beat, and of what all beats share."""
        beats = {name: edit for name, edit in self.edits.beats.items() if name != self.beat}
        self._edits[self.template] = Edits(beats=beats)
        self._fill()
        self._change()

    def _change(self) -> None:
        self.words = self._drafted()
        self._show()
        self._on_change()

    def _drafted(self) -> Words:
        return words_of(self.brief, self.template, self.edits)

    def _show(self) -> None:
        """Show complaints beside their fields, and the slots as the brief fills them."""
        found = dict(self.words.complaints)
        places = {f"brief.{name}": name for name in _OF_BRIEF}
        places |= {name: name for name in ("template", "negative", "look", "style")}
        places |= {f"beats.{self.beat}.prompt": "pattern", f"beats.{self.beat}.captions": "captions"}
        said = {name: found.pop(place, "") for place, name in places.items()}
        for name, sentence in said.items():
            self.fields[name].complain(sentence)
        rest = "; ".join(f"{place}: {sentence}" for place, sentence in found.items())
        self._rest.value = f"<div class='vg-complaint' role='alert'>{html.escape(rest)}</div>" if rest else ""
        self.restore.disabled = self.edits in (Edits(), Edits(beats=_without(self.edits.beats, self.beat)))
        self._slots.value = _slots(self.words)
        if self.words.storyboard:
            told = {span.beat: span.told for span in spans(self.words.storyboard)}
            self.fields["beat"].hint(told.get(self.beat, "A film of this length leaves it out."))


_HINTS = {
    "pattern": "What is seen. Slots in braces are filled from the brief.",
    "style": "Ends the prompt of every beat.",
    "captions": "One a line; the first that the brief can fill is shown.",
}


def _controls(fields: Mapping[str, Any], template: str) -> dict[str, Any]:
    length = fields.get("duration_s", 30)
    return {
        "template": choice("Template", _templates(template), template),
        "beat": choice("Beat", [("", "")]),
        "pattern": area("Prompt pattern", rows=5),
        "style": line("Style words", example="35 mm film, soft grain"),
        "negative": area("Negative prompt: what must not be seen", rows=3),
        "captions": area("Captions", rows=2),
        "look": choice("Look", [("", _ITS_OWN)]),
        "prompt": area("What is the film about?", str(fields.get("prompt", "")).strip(), rows=6),
        "product": line("Product", str(fields.get("product", ""))),
        "brand": line("Brand", str(fields.get("brand", ""))),
        "call_to_action": line("Call to action", str(fields.get("call_to_action", ""))),
        "duration_s": line("Length in seconds", str(length)),
    }


def _templates(chosen: str) -> list[tuple[str, str]]:
    names = list(template_names())
    if chosen not in names:
        names.append(chosen)
    return [(found.title if (found := _loaded(name)) else name, name) for name in names]


def _loaded(name: str) -> Template | None:
    try:
        return load_template(name)
    except VgkitError:
        return None


def _looks(template: Template, chosen: str) -> list[tuple[str, str]]:
    """The looks there are files of, and the chosen one even where its file is gone: that is complained about."""
    names = sorted({path.stem for path in (templates_dir() / "looks").glob("*.cube")} | ({chosen} - {_ITS_OWN}))
    own = (f"{in_words(template.look)}, as in the template", _ITS_OWN)
    return [own, *((in_words(name), name) for name in names if name != template.look)]


def _without(beats: Mapping[str, BeatEdit], name: str) -> dict[str, BeatEdit]:
    return {known: edit for known, edit in beats.items() if known != name}


def _slots(words: Words) -> str:
    """The slots that a pattern may hold, with what the brief puts there; nothing is put where it says nothing."""
    if words.brief is None or words.storyboard is None:
        filled: dict[str, str] = {}
    else:
        board, brief = words.storyboard, words.brief
        claims = [*points(brief.prompt), "", "", ""]
        filled = {"prompt": "what the brief says first", "product": brief.product or f"the {board.object}"}
        filled |= {"brand": brief.brand, "tagline": brief.tagline, "call_to_action": brief.call_to_action}
        filled |= {"place": in_words(board.place), "light": board.light, "mood": board.mood}
        filled |= {f"point_{n}": claims[n - 1] for n in (1, 2, 3)}
    parts = "".join(
        f"<li><code>{{{slot}}}</code> {html.escape(filled.get(slot, '')) or '<small>empty</small>'}</li>"
        for slot in SLOTS
    )
    return f"<details><summary>Slots</summary><ul>{parts}</ul></details>"
