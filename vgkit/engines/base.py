"""What an engine is. Four roles, one protocol each; a request carries everything that decides the result, so that its
fingerprint is also the key under which the result may be found again instead of being paid for twice."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, Protocol, runtime_checkable

from vgkit.brief import Brief, Role
from vgkit.storyboard import ClipShape, Light, Palette
from vgkit.template import Camera, Mood, Presence, ShotSize, Template

Words = Literal["none", "caption", "end_card"]


@dataclass(frozen=True)
class Staging:
    """How a shot is set up, for engines that build their pictures rather than imagine them from words.

    ``words`` says what will be set over the picture, so that the product can stand clear of it; ``label`` is what a
    drawn product bears.
    """

    scene: str
    light: Light
    palette: Palette
    size: ShotSize
    camera: Camera
    presence: Presence
    object: str
    words: Words = "none"
    label: str = ""


@dataclass(frozen=True)
class PlanRequest:
    """Words and colours for a brief; ``product`` is the person's picture, where there is one."""

    subject: str
    brief: Brief
    template: Template
    product: Path | None = None
    seed: int = 0


@dataclass(frozen=True)
class PictureRequest:
    """One still. ``at`` tells how far into the shot it stands, 0 to 1; references are files it must respect."""

    subject: str
    prompt: str
    negative: str
    seed: int
    width_px: int
    height_px: int
    at: float
    staging: Staging
    product: Path | None = None


@dataclass(frozen=True)
class ClipRequest:
    """One chunk of a shot, ``shape.frames`` long; ``keyframe`` is the still it should grow from."""

    subject: str
    prompt: str
    negative: str
    seed: int
    shape: ClipShape
    staging: Staging
    keyframe: Path | None = None
    product: Path | None = None


@dataclass(frozen=True)
class MusicRequest:
    """Music of an exact length whose accents may fall on the cuts."""

    subject: str
    prompt: str
    mood: Mood
    tempo_bpm: float
    duration_s: float
    cuts_s: tuple[float, ...]
    seed: int


Request = PlanRequest | PictureRequest | ClipRequest | MusicRequest


@dataclass(frozen=True)
class Made:
    """What an engine delivered: the file, and what should be on record about it."""

    path: Path
    cost_usd: Decimal = Decimal(0)
    facts: dict[str, Any] = field(default_factory=dict)


@runtime_checkable
class Engine(Protocol):
    """What all engines have: a name as in the ledger, the host they run on, a version that changes with the result."""

    name: str
    host: str
    version: str
    commercial_use: bool  # whether its licence, or its weights', permits it


@dataclass(frozen=True)
class Ask:
    """One thing a phase wants made: the role, the engine that plays it, the request, and where the result goes."""

    role: Role
    engine: Engine
    request: Request
    out: Path

    @property
    def subject(self) -> str:
        """What it is for, such as ``s03/t01``."""
        return self.request.subject


class Planner(Engine, Protocol):
    """Writes a ``Plan`` as JSON into ``out``."""

    def plan(self, request: PlanRequest, out: Path) -> Made: ...


class PictureEngine(Engine, Protocol):
    """Draws a still into ``out`` (PNG)."""

    def draw(self, request: PictureRequest, out: Path) -> Made: ...


class VideoEngine(Engine, Protocol):
    """Makes a clip into ``out`` (MP4) in the shape it says it gives for an aspect."""

    def shape(self, aspect: str) -> ClipShape: ...

    def animate(self, request: ClipRequest, out: Path) -> Made: ...


class MusicEngine(Engine, Protocol):
    """Composes into ``out`` (WAV, 48 kHz stereo)."""

    def compose(self, request: MusicRequest, out: Path) -> Made: ...


VERBS: Mapping[Role, str] = {"plan": "plan", "picture": "draw", "video": "animate", "music": "compose"}
