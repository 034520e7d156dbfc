"""The craft of an ad, written down once: which beats, how long, what is seen and said.

A template holds no product and no place; patterns such as ``{product}`` are filled from the brief, so one file
serves any of them."""

import string
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

ShotSize = Literal["wide", "medium", "close", "detail"]
Camera = Literal["push_in", "pull_out", "pan_left", "pan_right", "tilt_up", "tilt_down", "orbit", "static"]
Transition = Literal["cut", "dissolve", "wipe", "push", "dip", "match"]
Framing = Literal["fill", "fit"]
Presence = Literal["hidden", "in_scene", "hero"]
Mood = Literal["uplifting", "warm", "calm", "energetic", "elegant", "epic"]

SLOTS = (
    *("prompt", "product", "brand", "tagline", "call_to_action", "place", "light", "mood"),
    *("point_1", "point_2", "point_3"),  # what the brief's further sentences claim for the product
)
_SHARE_SLACK = 0.001


def _slots_known(pattern: str) -> str:
    try:
        fields = [(name, spec, conversion) for _, name, spec, conversion in string.Formatter().parse(pattern)]
    except ValueError as error:
        message = f"is {pattern!r}, which does not parse ({error}); write a literal brace as {{{{ or }}}}"
        raise ValueError(message) from error
    for name, spec, conversion in fields:
        if name is not None and (name not in SLOTS or spec or conversion):
            raise ValueError(f"uses the slot {{{name}}}; the slots are {', '.join('{' + s + '}' for s in SLOTS)}")
    return pattern


Slug = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Pattern = Annotated[str, Field(min_length=1, max_length=400), AfterValidator(_slots_known)]
# No longer than the storyboard takes.
CaptionPattern = Annotated[str, Field(min_length=1, max_length=120), AfterValidator(_slots_known)]
KickerPattern = Annotated[str, Field(min_length=1, max_length=60), AfterValidator(_slots_known)]


class View(BaseModel):
    """One way to show a beat; a beat that lasts several shots takes its views in turn."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    size: ShotSize
    camera: Camera
    setting: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")] = Field(
        default="place", description="a scene's name, or 'place': where the brief's words put it"
    )


class Beat(BaseModel):
    """One step of the story. ``keep`` ranks beats for short films: 1 always stays, the highest goes first."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Slug
    share: float = Field(gt=0, lt=1, description="share of the film's time; all beats' shares sum to 1")
    keep: int = Field(default=1, ge=1, le=9)
    presence: Presence = Field(default="hero", description="how the product is seen")
    views: tuple[View, ...] = Field(min_length=1, max_length=6)
    prompt: Pattern
    captions: tuple[CaptionPattern, ...] = Field(
        default=(), max_length=6, description="first one whose slots the brief can fill is used; none: no caption"
    )
    kicker: KickerPattern | None = None
    transition: Transition = Field(default="cut", description="into the next beat")
    end_card: bool = False


class MusicStyle(BaseModel):
    """What the music should feel like."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    mood: Mood
    tempo_bpm: float = Field(ge=60, le=160)
    prompt: Pattern


class Template(BaseModel):
    """The beats of an ad with its look and music; see ``templates/schema.json`` for the same as JSON Schema."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Slug
    title: Annotated[str, Field(min_length=1, max_length=60)]
    purpose: Annotated[str, Field(min_length=1, max_length=300)]
    look: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
    look_strength: float = Field(default=0.8, ge=0, le=1)
    framing: Framing = Field(
        default="fill", description="clips of another shape are cut around their subject, or stand whole on a blur"
    )
    negative: Annotated[str, Field(max_length=400)] = ""
    music: MusicStyle
    beats: tuple[Beat, ...] = Field(min_length=5, max_length=8)

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        names = [beat.name for beat in self.beats]
        doubled = sorted({name for name in names if names.count(name) > 1})
        if doubled:
            raise ValueError(f"beats: the name {doubled[0]!r} stands twice; give each beat its own")
        total = sum(beat.share for beat in self.beats)
        if abs(total - 1) > _SHARE_SLACK:
            shares = " + ".join(f"{beat.share:g}" for beat in self.beats)
            raise ValueError(f"beats: the shares {shares} sum to {total:g}; they must sum to 1")
        if [beat.end_card for beat in self.beats] != [False] * (len(self.beats) - 1) + [True]:
            raise ValueError("beats: exactly one beat, the last, must have end_card true (brand and call to action)")
        if self.beats[0].presence == "hidden":
            raise ValueError(
                "beats[0].presence is 'hidden'; the product must be seen by second 3: say in_scene or hero"
            )
        return self
