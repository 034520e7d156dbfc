"""From a brief and a template to the words that engines get: what a person edits, seen at once as keyframe prompts.

Pure and quick, since it is done at every keystroke: the plan is by rule, and no engine is asked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import ValidationError

from vgkit.brief import Brief
from vgkit.complaints import complaints, field_name
from vgkit.draft import draft_storyboard
from vgkit.engines.registry import engine_for
from vgkit.engines.sketch.plan import plan_by_rule
from vgkit.errors import AssetError, EngineError, ParameterError, TemplateError
from vgkit.profiles import profile_for
from vgkit.storyboard import Plan, Storyboard
from vgkit.template import Template
from vgkit.template_files import Place, load_template, unknown_names

_LONGEST_STYLE = 200


@dataclass(frozen=True)
class BeatEdit:
    """What a beat says otherwise; None leaves it as the template has it."""

    prompt: str | None = None
    captions: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Edits:
    """What is changed of a template: beats by name, its negative prompt and look, and words on style that every beat's
    prompt ends with. A template has one negative prompt for all its beats."""

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
    """A brief in a template's words. ``template`` is the edited one, style included.

    ``complaints`` say by field what can't be used: ``brief.prompt``, ``template``, ``beats.<name>.prompt``,
    ``beats.<name>.captions``, ``negative``, ``look``, ``style``; then some of the rest is None.
    """

    brief: Brief | None
    template: Template | None
    storyboard: Storyboard | None
    edits: Edits = field(default_factory=Edits)
    complaints: Mapping[str, str] = field(default_factory=dict)

    @property
    def lines(self) -> tuple[Line, ...]:
        """All keyframes in order, 15 for 30 s; none where there are complaints."""
        if self.storyboard is None:
            return ()
        shots = {shot.id: shot for shot in self.storyboard.shots}
        return tuple(
            Line(
                each.id,
                each.time_s,
                shots[each.shot].beat,
                each.shot,
                each.prompt,
                shots[each.shot].negative,
                each.weights,
            )
            for each in self.storyboard.keyframes
        )

    @property
    def drafted(self) -> tuple[Brief, Template, Storyboard]:
        """Brief, edited template and storyboard. Raises ParameterError with the complaints where there are any."""
        if self.brief is None or self.template is None or self.storyboard is None:
            told = "\n".join(f"{name}: {said}" for name, said in self.complaints.items())
            raise ParameterError(f"The words can't be used yet:\n{told}")
        return self.brief, self.template, self.storyboard

    def pattern(self, beat: str) -> str:
        """A beat's prompt pattern without the words on style. Raises ParameterError for a beat there is not."""
        beats = {each.name: each for each in self.template.beats} if self.template else {}
        if beat not in beats:
            raise ParameterError(
                f"beat: there is no beat {beat!r}. The beats are {', '.join(beats) or 'not known yet'}."
            )
        return beats[beat].prompt.removesuffix(_style_of(self.edits))


def words_of(brief: Brief | Mapping[str, object], template: str | Template, edits: Edits | None = None) -> Words:
    """Draft the words of a brief (or of its fields) in a template, by name, path or as it is; nothing is raised."""
    edits = edits or Edits()
    asked, found = _brief(brief)
    edited, of_template = _edited(template, edits)
    found |= of_template
    if asked is None or edited is None or found:
        return Words(asked, edited, None, edits, found)
    try:
        return Words(asked, edited, _storyboard(asked, edited), edits)
    except EngineError as error:
        found = {"brief.profile": str(error)}
    except AssetError as error:
        found = {"brief.assets.product": str(error)}
    except _Empty as empty:
        found = {f"beats.{empty}.prompt": "comes out empty for this brief; add words"}
    return Words(asked, edited, None, edits, found)


def side_by_side(
    brief: Brief | Mapping[str, object], names: Sequence[str], edits: Edits | None = None
) -> tuple[Words, ...]:
    """Draft the words of one brief in several templates, edited alike; beats are not, each template has its own."""
    shared = Edits(negative=edits.negative, look=edits.look, style=edits.style) if edits else Edits()
    return tuple(words_of(brief, name, shared) for name in names)


class _Empty(Exception):
    """A beat whose pattern holds nothing that the brief could fill."""


def _brief(brief: Brief | Mapping[str, object]) -> tuple[Brief | None, dict[str, str]]:
    if isinstance(brief, Brief):
        return brief, {}
    try:
        return Brief.model_validate(dict(brief)), {}
    except ValidationError as refusal:
        return None, {f"brief.{field_name(place)}": said for place, said in complaints(refusal)}


def _edited(template: str | Template, edits: Edits) -> tuple[Template | None, dict[str, str]]:
    """The template with the edits made, or what is wrong with them."""
    try:
        base = load_template(template) if isinstance(template, str) else template
    except TemplateError as error:
        return None, {"template": str(error)}
    names = [beat.name for beat in base.beats]
    unknown = {
        f"beats.{name}.prompt": f"the template {base.name} has no beat {name!r}; it has {', '.join(names)}"
        for name in edits.beats
        if name not in names
    }
    empty = {
        f"beats.{name}.prompt": "is empty; write what is seen"
        for name, edit in edits.beats.items()
        if edit.prompt is not None and not edit.prompt.strip()
    }
    found = empty | unknown
    if len(edits.style) > _LONGEST_STYLE:
        found["style"] = f"has {len(edits.style)} characters; keep it to {_LONGEST_STYLE}"
        edits = replace(edits, style="")
    try:
        edited = Template.model_validate(_with_edits(base, edits))
    except ValidationError as refusal:
        # That there are too few beats only says again that one can't be used.
        return None, {_field(place, names): said for place, said in complaints(refusal) if place != ("beats",)} | found
    return edited, {_field(place, names): said for place, said in unknown_names(edited)} | found


def _with_edits(base: Template, edits: Edits) -> dict[str, Any]:
    fields = base.model_dump()
    for beat in fields["beats"]:
        edit = edits.beats.get(beat["name"], BeatEdit())
        beat["prompt"] = beat["prompt"] if edit.prompt is None else edit.prompt
        beat["prompt"] += _style_of(edits)
        beat["captions"] = beat["captions"] if edit.captions is None else edit.captions
    changed = {"negative": edits.negative, "look": edits.look}
    return fields | {name: value for name, value in changed.items() if value is not None}


def _style_of(edits: Edits) -> str:
    """The end that words on style put to each pattern; their braces are no slots."""
    style = " ".join(edits.style.split()).replace("{", "{{").replace("}", "}}")
    return f", {style}" if style else ""


def _field(place: Place, beats: Sequence[str]) -> str:
    """Name a place in a template as a page does: beats by name, and a beat's captions as one field."""
    match place:
        case ("beats", int(number), str(part), *_):
            return f"beats.{beats[number]}.{part}"
        case _:
            return field_name(place[:1])


def _storyboard(brief: Brief, template: Template) -> Storyboard:
    """Draft as a film does. Raises EngineError, AssetError, or _Empty."""
    clip = engine_for("video", profile_for(brief).engines["video"]).shape(brief.aspect)
    return draft_storyboard(brief, template, _plan(brief, template), clip)


def _plan(brief: Brief, template: Template) -> Plan:
    """Plan by rule, in the product's own colour where there is a picture of it. Raises AssetError and _Empty."""
    accent = None
    if product := brief.assets.product:
        # Imported here: to cut a picture out takes libraries that words alone need not load.
        from vgkit.engines.sketch.engine import accent_of

        accent = accent_of(product.expanduser().resolve())
    try:
        return plan_by_rule(brief, template, accent=accent)
    except ValidationError:
        for beat in template.beats:
            try:
                plan_by_rule(brief, template.model_copy(update={"beats": (beat,)}))
            except ValidationError as refusal:
                raise _Empty(beat.name) from refusal
        raise
