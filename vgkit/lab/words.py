"""From a brief and a template to the words that engines get: what a person edits, seen at once as keyframe prompts.

Pure and quick, since it is done at every keystroke: the plan is by rule, and no engine is asked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from vgkit.brief import Brief
from vgkit.storyboard import Storyboard
from vgkit.template import Template


@dataclass(frozen=True)
class BeatEdit:
    """What a beat says otherwise; None leaves it as the template has it."""

    prompt: str | None = None
    captions: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Edits:
    """What is changed of a template: beats by name, its negative prompt and look, and words on style that every beat's
    prompt ends with."""

    beats: Mapping[str, BeatEdit] = field(default_factory=dict)
    negative: str | None = None
    look: str | None = None
    style: str = ""


@dataclass(frozen=True)
class Line:
    """A keyframe in words: where it stands, what an engine is told, and how much of each beat that carries."""

    keyframe: str
    time_s: float
    beat: str
    shot: str
    prompt: str
    negative: str
    weights: Mapping[str, float]


@dataclass(frozen=True)
class Words:
    """A brief in a template's words. ``template`` is the edited one.

    ``complaints`` say by field what can't be used: ``brief.prompt``, ``template``, ``beats.<name>.prompt``,
    ``beats.<name>.captions``, ``negative``, ``look``, ``style``; then some of the rest is None.
    """

    brief: Brief | None
    template: Template | None
    storyboard: Storyboard | None
    complaints: Mapping[str, str] = field(default_factory=dict)

    @property
    def lines(self) -> tuple[Line, ...]:
        """All keyframes in order, 15 for 30 s; none where there are complaints."""
        raise NotImplementedError

    @property
    def drafted(self) -> Storyboard:
        """The storyboard. Raises ParameterError with the complaints where there is none."""
        raise NotImplementedError


def words_of(brief: Brief | Mapping[str, object], template: str | Template, edits: Edits | None = None) -> Words:
    """Draft the words of a brief (or of the fields of one) in a template, by name, path or as it is. Raises nothing."""
    raise NotImplementedError


def side_by_side(
    brief: Brief | Mapping[str, object], names: Sequence[str], edits: Edits | None = None
) -> tuple[Words, ...]:
    """Draft the words of one brief in several templates; edits of beats count where a template has a beat so named."""
    raise NotImplementedError
