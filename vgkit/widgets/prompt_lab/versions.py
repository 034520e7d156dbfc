"""Versions of a beat's words: kept with a note, below what they came from, compared word by word, gone back to."""

import html
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import ipywidgets

from vgkit.errors import VgkitError
from vgkit.lab.versions import Change, PromptVersion, diff, save_version, star_version, trials_of, versions
from vgkit.lab.writing import write_template
from vgkit.places import templates_dir
from vgkit.widgets.look import chip, heading, note, quiet
from vgkit.widgets.parts import button, markup, row, stack
from vgkit.widgets.prompt_lab.desk import Desk
from vgkit.widgets.prompt_lab.fields import Field, choice, line
from vgkit.widgets.prompt_lab.prompts import Piece, in_words, marked
from vgkit.widgets.prompt_lab.words import WordsPanel

_NONE = ""
_DEEPEST = 6
_LONGEST = 110


class VersionsPanel:
    """``base`` is the version that the words came from; ``on_base`` is called when that is another.

    Templates are written into ``folder``, or to where they all are.
    """

    def __init__(
        self, desk: Desk, words: WordsPanel, *, on_base: Callable[[], None], folder: Path | None = None
    ) -> None:
        self._desk, self._words, self._on_base = desk, words, on_base
        self._folder = folder or templates_dir()
        self.base: PromptVersion | None = None
        self.of = ("", "")
        self.kept: tuple[PromptVersion, ...] = ()
        self.note = Field(line("Note", example="what you tried"), "version-note", lambda: None)
        self.save = button("Save version", "vg-save", self._save, primary=True)
        self.before = Field(choice("From", [("", _NONE)]), "before", self._show_diff)
        self.after = Field(choice("To", [("", _NONE)]), "after", self._show_diff)
        self.name = Field(line("Name of the new template", example="my_showcase"), "template-name", self._show_path)
        self.use = button("Use in template", "vg-use", self._use)
        self.said, self.difference, self.wrote = markup("vg-save-said"), markup("vg-diff"), markup("vg-use-said")
        self.list = ipywidgets.VBox()
        self.list.add_class("vg-versions")
        self.box = stack(self._versions_card(), self._diff_card(), self._template_card())

    @property
    def version(self) -> str:
        """The id of the version that the words are now, unchanged; empty where they are none."""
        return self.base.id if self.base and _same(self._words, self.base) else ""

    def refresh(self) -> None:
        """Show the versions of the beat that is edited now."""
        self.of = template, beat = self._words.template_name, self._words.beat
        self.kept = versions(template=template, beat=beat)
        if self.base is not None and (self.base.template, self.base.beat) != (template, beat):
            self.base = None
        latest = {version.id: version for version in self.kept}
        self.base = latest.get(self.base.id) if self.base else None
        shown = list(_tree(self.kept))
        self.list.children = [self._row(version, depth) for version, depth in shown] or [
            markup("", quiet("Nothing is saved of this beat yet."))
        ]
        self._offer()

    def _versions_card(self) -> Any:
        save = row(self.note.box, self.save, name="vg-save-row")
        return stack(markup("", heading("Versions")), save, self.said, self.list, name="vg-card")

    def _diff_card(self) -> Any:
        pick = row(self.before.box, self.after.box, name="vg-fields")
        return stack(markup("", heading("What changed")), pick, self.difference, name="vg-card")

    def _template_card(self) -> Any:
        about = markup("", heading("Use in template", "a new file; films use it by its name"))
        self._show_path()
        return stack(about, row(self.name.box, self.use, name="vg-save-row"), self.wrote, name="vg-card")

    def _row(self, version: PromptVersion, depth: int) -> Any:
        star = button(
            "★ Starred" if version.starred else "☆ Star",
            "vg-version-star",
            lambda: self._star(version),
        )
        star.tooltip = f"Star {named(version)}"
        back = button("Go back to it", "vg-version-back", lambda: self._go_back(version))
        here = chip("in the editor", "good") if self.base and self.base.id == version.id else ""
        made = len(trials_of(self._desk.lab, version.id))
        rendered = f" · {made} rendered" if made else ""
        told = markup(
            "vg-version-told",
            f"<b>{html.escape(named(version))}</b> {here}<br>"
            f"<small>{version.at:%d %b, %H:%M} UTC{rendered} · {html.escape(_shortened(version.pattern))}</small>",
        )
        return row(told, star, back, name=f"vg-version vg-depth-{min(depth, _DEEPEST)}")

    def _save(self) -> None:
        parent, said = self.base.id if self.base else "", str(self.note.value).strip()
        try:
            saved = save_version(self._desk.lab, self._words.words, self._words.beat, parent=parent, note=said)
        except VgkitError as refusal:
            self.said.value = note(str(refusal), "bad")
            return
        self.base = saved
        self.note.put("")
        self.said.value = quiet(f"Kept: {named(saved)}.")
        self._follow()

    def _go_back(self, version: PromptVersion) -> None:
        self.base = version
        self._words.put(version)
        self.said.value = quiet(f"The editor holds it again: {named(version)}.")
        self._follow()

    def _follow(self) -> None:
        self.refresh()
        self._on_base()

    def _star(self, version: PromptVersion) -> None:
        try:
            star_version(version.id, starred=not version.starred)
        except VgkitError as refusal:
            self.said.value = note(str(refusal), "bad")
        self.refresh()

    def _offer(self) -> None:
        """Offer all versions for comparison: at first the latest, with what it came from."""
        found = [(named(version), version.id) for version in self.kept] or [("none is saved yet", _NONE)]
        latest = self.kept[-1] if self.kept else None
        ids = [version.id for version in self.kept]
        before = latest.parent if latest and latest.parent in ids else (ids[-2] if len(ids) > 1 else found[0][1])
        self.before.offer(found, before)
        self.after.offer(found, latest.id if latest else _NONE)
        self._show_diff()

    def _show_diff(self) -> None:
        known = {version.id: version for version in self.kept}
        before, after = known.get(self.before.value), known.get(self.after.value)
        if before is None or after is None or before.id == after.id:
            self.difference.value = quiet("Save two versions to see what changed between them.")
            return
        self.difference.value = diff_html(diff(before, after)) or quiet("These two say the same.")

    def _show_path(self) -> None:
        name = str(self.name.value).strip() or "<name>"
        self.name.hint(f"Becomes {self._folder / f'{name}.json'}")
        self.name.complain("")

    def _use(self) -> None:
        try:
            path = write_template(self._words.words, str(self.name.value).strip(), folder=self._folder)
        except VgkitError as refusal:
            self.name.complain(str(refusal))
            self.wrote.value = ""
            return
        more = f"`vgkit run --template {path.stem}` and the studio use it from now on."
        self.wrote.value = note(f"Written to {path}.", more=more)
        self._words.offer_templates(self._words.template)


def diff_html(changes: Sequence[Change]) -> str:
    """A diff with signs and strokes as well as colours, field by field; nothing where nothing changed."""
    fields: dict[str, list[Piece]] = {}
    for change in changes:
        fields.setdefault(change.field, []).append(Piece(f"{change.text} ", own=False, how=change.how))
    parts = "".join(f"<dt>{html.escape(in_words(name))}</dt><dd>{marked(found)}</dd>" for name, found in fields.items())
    return f"<dl class='vg-diff-fields'>{parts}</dl>" if parts else ""


def _tree(kept: Sequence[PromptVersion]) -> list[tuple[PromptVersion, int]]:
    """Versions below what they came from, with their depth, the latest of each family first."""
    ids = {version.id for version in kept}
    children: dict[str, list[PromptVersion]] = {}
    for version in reversed(kept):
        children.setdefault(version.parent if version.parent in ids else _NONE, []).append(version)
    return list(_below(_NONE, 0, children))


def _below(parent: str, depth: int, children: Mapping[str, list[PromptVersion]]) -> list[tuple[PromptVersion, int]]:
    found = []
    for version in children.get(parent, ()):
        found += [(version, depth), *_below(version.id, depth + 1, children)]
    return found


def named(version: PromptVersion) -> str:
    """A version by its note, or by when it was saved."""
    return version.note or f"saved {version.at:%d %b, %H:%M:%S}"


def _shortened(pattern: str) -> str:
    return pattern if len(pattern) <= _LONGEST else pattern[: _LONGEST - 1].rsplit(" ", 1)[0] + "…"


def _same(words: WordsPanel, version: PromptVersion) -> bool:
    """Whether the beat stands as a version has it."""
    template = words.words.template
    beat = next((each for each in template.beats if each.name == version.beat), None) if template else None
    if template is None or beat is None:
        return False
    now = (words.words.pattern(beat.name), beat.captions, template.negative, words.edits.style, template.look)
    return now == (version.pattern, version.captions, version.negative, version.style, version.look)
