"""Prompts as they were, with what they came from, so that a good one is found again and its change can be seen.

They are events of the lab they were written in, and every lab sees those of all."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from vgkit.lab.lab import Lab
from vgkit.lab.trials import Rendered
from vgkit.lab.words import Edits, Words


@dataclass(frozen=True)
class PromptVersion:
    """A beat's prompt pattern with all that goes with it; ``parent`` is the id of the version it came from."""

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
    starred: bool

    def edits(self) -> Edits:
        """The edits that bring a template's beat to this version."""
        raise NotImplementedError


@dataclass(frozen=True)
class Change:
    """Words of a diff: ``kept``, ``added`` or ``removed``, in one of the fields of a version."""

    field: str
    how: Literal["kept", "added", "removed"]
    text: str


def save_version(
    lab: Lab, words: Words, beat: str, *, style: str = "", parent: str = "", note: str = ""
) -> PromptVersion:
    """Keep a beat as its words stand. Raises ParameterError for words with complaints, or a beat or parent there is not."""
    raise NotImplementedError


def versions(*, template: str = "", beat: str = "") -> tuple[PromptVersion, ...]:
    """All versions of all labs, or those of one template or beat, the latest at the end."""
    raise NotImplementedError


def version(id: str) -> PromptVersion:
    """Find a version. Raises ParameterError that names the latest where there is none."""
    raise NotImplementedError


def lineage(id: str) -> tuple[PromptVersion, ...]:
    """A version and what it came from, the oldest first. Raises ParameterError."""
    raise NotImplementedError


def diff(before: PromptVersion, after: PromptVersion) -> tuple[Change, ...]:
    """What changed, word by word, in pattern, captions, negative, style and look; fields that are alike are left out."""
    raise NotImplementedError


def diff_text(changes: Sequence[Change]) -> str:
    """Write a diff as text, a line a field: ``pattern: a {product} [-in rain-] {+at dawn+}``."""
    raise NotImplementedError


def star_version(id: str, *, starred: bool = True) -> None:
    """Put a star on a version, or take it away: a vote on record. Raises ParameterError."""
    raise NotImplementedError


def star_trial(lab: Lab, id: str, *, starred: bool = True) -> None:
    """Put a star on a trial of the lab, or take it away: a vote on record. Raises ParameterError."""
    raise NotImplementedError


def starred_trials(lab: Lab) -> frozenset[str]:
    """The ids of the lab's trials that bear a star."""
    raise NotImplementedError


def trials_of(lab: Lab, id: str) -> tuple[Rendered, ...]:
    """The lab's trials that were made with a version."""
    raise NotImplementedError
