"""What phase 1 settles, to the frame.

Every later phase reads its work from here and decides nothing about time again."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from vgkit.brief import FILM_FPS, Aspect
from vgkit.template import Camera, Mood, Presence, ShotSize, Slug, Transition

Hex = Annotated[str, Field(pattern=r"^#[0-9a-f]{6}$")]
Light = Literal["morning", "day", "golden", "dusk", "night", "neon", "overcast", "studio"]


class Palette(BaseModel):
    """Colours of a film, as hex. From far to near, then the product's accent, dark ink and the colour of the light."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sky: Hex
    far: Hex
    mid: Hex
    near: Hex
    accent: Hex
    ink: Hex
    light: Hex


class BeatPlan(BaseModel):
    """What a beat shows and says for this brief."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    beat: Slug
    prompt: str = Field(min_length=1, max_length=1200)
    caption: str = Field(default="", max_length=120)
    kicker: str = Field(default="", max_length=60)


class Plan(BaseModel):
    """A planner's answer: words and colours. Time is not its business; ``timing`` settles that by rule."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str = Field(min_length=1, max_length=80)
    place: Slug
    light: Light
    mood: Mood
    object: Slug = Field(description="what the product is drawn as when there is no picture of it")
    palette: Palette
    beats: tuple[BeatPlan, ...] = Field(min_length=1)
    music_prompt: str = Field(min_length=1, max_length=400)


class ClipShape(BaseModel):
    """What a video engine gives natively for one chunk."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    frames: int = Field(ge=2, le=200)
    fps: int = Field(ge=1, le=60)
    width_px: int = Field(ge=64, le=4096)
    height_px: int = Field(ge=64, le=4096)

    @property
    def seconds(self) -> float:
        """How long the clip runs at its own rate."""
        return self.frames / self.fps


class Shot(BaseModel):
    """One continuous view. ``transition`` leads into the next shot and is centred on the border between them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Annotated[str, Field(pattern=r"^s\d\d$")]
    beat: Slug
    first_frame: int = Field(ge=0)
    frames: int = Field(ge=FILM_FPS)
    prompt: str = Field(min_length=1)
    negative: str = ""
    size: ShotSize
    camera: Camera
    scene: Slug
    presence: Presence
    transition: Transition
    transition_frames: int = Field(ge=0, le=FILM_FPS)
    seed: int = Field(ge=0)

    @property
    def end_frame(self) -> int:
        """The first frame that is no longer this shot's."""
        return self.first_frame + self.frames


class Keyframe(BaseModel):
    """One still on a two-second grid; ``weights`` say how much of each beat's prompt it carries."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Annotated[str, Field(pattern=r"^k\d\d$")]
    time_s: float = Field(ge=0)
    shot: str
    prompt: str = Field(min_length=1)
    weights: dict[str, float]

    @model_validator(mode="after")
    def _weights_sum_to_one(self) -> Self:
        if abs(sum(self.weights.values()) - 1) > 1e-6:
            raise ValueError(f"weights sum to {sum(self.weights.values()):g}; they must sum to 1")
        return self


class Caption(BaseModel):
    """Words on screen over ``first_frame`` up to, not including, ``end_frame``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: str = Field(min_length=1, max_length=120)
    kicker: str = Field(default="", max_length=60)
    first_frame: int = Field(ge=0)
    end_frame: int = Field(gt=0)


class EndCard(BaseModel):
    """Who it was and what to do next; held to the end of the film."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    brand: str
    tagline: str = ""
    call_to_action: str = ""
    first_frame: int = Field(ge=0)
    end_frame: int = Field(gt=0)


class MusicPlan(BaseModel):
    """What music to make."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    mood: Mood
    tempo_bpm: float = Field(ge=60, le=160)
    prompt: str


class Storyboard(BaseModel):
    """The whole film on paper: shots cover every frame exactly once, every shot holds a keyframe."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str
    template: str
    aspect: Aspect
    width_px: int
    height_px: int
    frames: int = Field(gt=0)
    clip: ClipShape
    common: ClipShape | None = None  # what shots and stills go by, where other engines make the same film
    place: Slug
    light: Light
    mood: Mood
    object: Slug
    palette: Palette
    look: str
    look_strength: float
    shots: tuple[Shot, ...] = Field(min_length=1)
    keyframes: tuple[Keyframe, ...] = Field(min_length=1)
    captions: tuple[Caption, ...]
    end_card: EndCard
    music: MusicPlan

    @property
    def duration_s(self) -> float:
        """The film's length in seconds."""
        return self.frames / FILM_FPS

    @property
    def pace(self) -> ClipShape:
        """The clip that the length of shots and the size of stills follow: the engine's own, unless one is common."""
        return self.common or self.clip

    @property
    def cuts_s(self) -> tuple[float, ...]:
        """Where one shot gives way to the next, in seconds."""
        return tuple(shot.first_frame / FILM_FPS for shot in self.shots[1:])

    def shot(self, shot_id: str) -> Shot:
        """Find a shot by its id. Raises KeyError for an id that is not in the film."""
        return {shot.id: shot for shot in self.shots}[shot_id]

    def keyframe_of(self, shot: Shot) -> Keyframe:
        """The still that stands for a shot: the first on the grid within it."""
        return next(keyframe for keyframe in self.keyframes if keyframe.shot == shot.id)

    @model_validator(mode="after")
    def _covers_the_film(self) -> Self:
        at = 0
        for shot in self.shots:
            if shot.first_frame != at:
                raise ValueError(f"shot {shot.id} starts at frame {shot.first_frame}; {at} was expected")
            at = shot.end_frame
        if at != self.frames:
            raise ValueError(f"the shots cover {at} frames; the film has {self.frames}")
        bare = [shot.id for shot in self.shots if all(k.shot != shot.id for k in self.keyframes)]
        if bare:
            raise ValueError(f"shot {bare[0]} holds no keyframe; shots must last at least two seconds")
        spans = [(words.first_frame, words.end_frame) for words in self.captions]
        for first, end in [*spans, (self.end_card.first_frame, self.end_card.end_frame)]:
            if not first < end <= self.frames:
                raise ValueError(f"words run from frame {first} to {end} in a film of {self.frames}")
        return self
