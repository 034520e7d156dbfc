"""Prompts as they were, with what they came from, so that a good one is found again and its change can be seen.

They are events of the lab they were written in, and every lab sees those of all."""

import difflib
import secrets
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from vgkit.errors import ParameterError
from vgkit.lab.lab import Lab, lab_names
from vgkit.lab.telling import trials
from vgkit.lab.trial import Rendered
from vgkit.lab.words import BeatEdit, Edits, Words
from vgkit.ledger import Event, Events
from vgkit.ledger.reading import read_kinds
from vgkit.places import runs_dir

_VERSION, _TRIAL = "version", "trial"  # what a vote is on
_LONGEST_NOTE = 500
_DIFFERS = ("pattern", "captions", "negative", "style", "look")

How = Literal["kept", "added", "removed"]


@dataclass(frozen=True)
class PromptVersion:
    """A beat's prompt pattern with all that goes with it; ``parent`` is the id of the version it came from.

    ``negative``, ``style`` and ``look`` are the whole template's, as they were.
    """

    id: str
    lab: str
    at: datetime
    template: str
    beat: str
    pattern: str
    captions: tuple[str, ...]
    negative: str
    style: str
    look: str
    parent: str
    note: str
    starred: bool = False

    def edits(self) -> Edits:
        """The edits that bring the template to this version."""
        beat = BeatEdit(prompt=self.pattern, captions=self.captions)
        return Edits({self.beat: beat}, negative=self.negative, look=self.look, style=self.style)


@dataclass(frozen=True)
class Change:
    """Words of a diff: kept, added or removed, in one of the fields of a version."""

    field: str
    how: How
    text: str


def save_version(lab: Lab, words: Words, beat: str, *, parent: str = "", note: str = "") -> PromptVersion:
    """Keep a beat as its words stand.

    Raises ParameterError for words with complaints, a beat or a parent there is not, or a note that is too long.
    """
    _, template, _ = words.drafted
    pattern = words.pattern(beat)
    if parent:
        version(parent)
    if len(note) > _LONGEST_NOTE:
        raise ParameterError(f"note: has {len(note)} characters; keep it to {_LONGEST_NOTE}.")
    event = lab.events.write(
        "prompt_version",
        version=f"v{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(2)}",
        template=template.name,
        beat=beat,
        pattern=pattern,
        captions=next(each.captions for each in template.beats if each.name == beat),
        negative=template.negative,
        style=words.edits.style,
        look=template.look,
        parent=parent,
        note=note,
    )
    return _read(event, frozenset())


def versions(*, template: str = "", beat: str = "") -> tuple[PromptVersion, ...]:
    """All versions of all labs, or those of one template or beat, the latest at the end."""
    found = [each for name in lab_names() for each in _in_lab(runs_dir() / name)]
    return tuple(
        each
        for each in sorted(found, key=lambda each: (each.at, each.id))
        if template in ("", each.template) and beat in ("", each.beat)
    )


def version(id: str) -> PromptVersion:
    """Find a version. Raises ParameterError that names the latest where there is none."""
    known = versions()
    found = next((each for each in known if each.id == id), None)
    if found is None:
        latest = ", ".join(each.id for each in known[-3:]) or "none yet"
        raise ParameterError(f"version: there is no prompt version {id!r}. The latest are: {latest}.")
    return found


def lineage(id: str) -> tuple[PromptVersion, ...]:
    """A version and what it came from, the oldest first, as far as it is still on record. Raises ParameterError."""
    known = {each.id: each for each in versions()}
    line = [version(id)]
    while (before := known.get(line[0].parent)) and before not in line:
        line.insert(0, before)
    return tuple(line)


def diff(before: PromptVersion, after: PromptVersion) -> tuple[Change, ...]:
    """What changed, word by word, in pattern, captions, negative, style and look; what is alike is left out."""
    return tuple(
        change
        for name in _DIFFERS
        if getattr(before, name) != getattr(after, name)
        for change in _changes(name, _text(before, name), _text(after, name))
    )


def diff_text(changes: Sequence[Change]) -> str:
    """Write a diff as text, a line a field: ``pattern: a {product} [-in rain-] {+at dawn+}``."""
    marks: dict[How, str] = {"kept": "%s", "added": "{+%s+}", "removed": "[-%s-]"}
    lines: dict[str, list[str]] = {}
    for change in changes:
        lines.setdefault(change.field, []).append(marks[change.how] % change.text)
    return "\n".join(f"{name}: {' '.join(said)}" for name, said in lines.items())


def star_version(id: str, *, starred: bool = True) -> None:
    """Put a star on a version, or take it away: a vote on record. Raises ParameterError."""
    found = version(id)
    _vote(Events(runs_dir() / found.lab / "events.jsonl", run_id=found.lab), _VERSION, id, starred=starred)


def star_trial(lab: Lab, id: str, *, starred: bool = True) -> None:
    """Put a star on a trial of the lab, or take it away: a vote on record. Raises ParameterError."""
    if all(each.id != id for each in trials(lab)):
        raise ParameterError(f"trial: {lab.name} has no trial {id!r}. Render it first.")
    _vote(lab.events, _TRIAL, id, starred=starred)


def starred_trials(lab: Lab) -> frozenset[str]:
    """The ids of the lab's trials that bear a star."""
    return _starred(read_kinds(lab.events.path, ("vote",)), _TRIAL)


def trials_of(lab: Lab, id: str) -> tuple[Rendered, ...]:
    """The lab's trials that were made with a version."""
    return tuple(each for each in trials(lab) if each.version == id)


def _vote(events: Events, subject: str, id: str, *, starred: bool) -> None:
    note = "starred" if starred else "no longer starred"
    events.write("vote", subject=subject, take=id, value=int(starred), note=note)


def _starred(votes: Sequence[Event], subject: str) -> frozenset[str]:
    last = {event["take"]: event["value"] for event in votes if event["subject"] == subject}
    return frozenset(take for take, value in last.items() if value == 1)


def _in_lab(folder: Path) -> Iterator[PromptVersion]:
    told = read_kinds(folder / "events.jsonl", ("vote", "prompt_version"))
    starred = _starred([event for event in told if event.kind == "vote"], _VERSION)
    yield from (_read(event, starred) for event in told if event.kind == "prompt_version")


def _read(event: Event, starred: Collection[str]) -> PromptVersion:
    texts = ("template", "beat", "pattern", "negative", "style", "look", "parent", "note")
    return PromptVersion(
        id=event["version"],
        lab=event.run,
        at=event.at,
        captions=tuple(event.get("captions") or ()),
        starred=event["version"] in starred,
        **{name: event.get(name) or "" for name in texts},
    )


def _text(of: PromptVersion, name: str) -> str:
    value = getattr(of, name)
    return " | ".join(value) if isinstance(value, tuple) else str(value)


def _changes(field: str, before: str, after: str) -> Iterator[Change]:
    old, new = _words(before), _words(after)
    for tag, a, b, c, d in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            yield Change(field, "kept", " ".join(old[a:b]))
            continue
        if b > a:
            yield Change(field, "removed", " ".join(old[a:b]))
        if d > c:
            yield Change(field, "added", " ".join(new[c:d]))


def _words(text: str) -> list[str]:
    return text.split()
