"""What a trial is, what it would mean to make it, and what came of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Literal

from vgkit.brief import Role
from vgkit.engines.settings import Value
from vgkit.lab.words import Words

Kind = Literal["keyframe", "clip"]
Means = Literal["cached", "open", "here", "bought"]

ROLES: Mapping[Kind, Role] = {"keyframe": "picture", "clip": "video"}


@dataclass(frozen=True)
class Trial:
    """What to try. ``which`` is a keyframe (k03) or, for a clip, a shot (s02).

    Empty or None is what the film would have: the brief's engine, the shot's seed, the storyboard's words, the engine's
    own parameters. ``params`` are settings by their own name, or ``guidance`` and ``steps`` on any engine.
    ``still_engine`` draws the keyframe that a clip grows from. ``version`` is the prompt version, if any.
    """

    words: Words
    kind: Kind
    which: str
    engine: str = ""
    seed: int | None = None
    params: Mapping[str, Value] = field(default_factory=dict)
    prompt: str | None = None
    negative: str | None = None
    still_engine: str = ""
    version: str = ""

    @property
    def still(self) -> "Trial | None":
        """The keyframe that a clip grows from, as a trial of its own: the film's, whatever is varied of the clip.

        Raises ParameterError for words with complaints, KeyError for a shot there is not.
        """
        if self.kind == "keyframe":
            return None
        _, _, storyboard = self.words.drafted
        keyframe = storyboard.keyframe_of(storyboard.shot(self.which))
        return Trial(self.words, "keyframe", keyframe.id, engine=self.still_engine, version=self.version)

    def varied(self, name: str, value: object) -> "Trial":
        """The trial with another ``seed``, ``prompt``, ``negative`` or ``engine``, or another setting of the engine."""
        if name in ("seed", "prompt", "negative", "engine"):
            return replace(self, **{name: value})  # type: ignore[arg-type]
        return replace(self, params={**self.params, name: value})  # type: ignore[dict-item]


@dataclass(frozen=True)
class Outlook:
    """What rendering means now: found in the cache, taken up where it was left open, made here, or bought.

    ``seconds`` is what a host typically works, without its queue and cold start; None for what is made here or known.
    """

    means: Means
    usd: Decimal
    seconds: float | None
    rehearsal: bool = False

    def __str__(self) -> str:
        """A few words for a button: ``free, from the cache``, ``about $0.147, 2 min``."""
        if self.means == "cached":
            return "free, from the cache"
        cost = priced(self.usd, rehearsal=self.rehearsal)
        if self.means == "open":
            return f"{cost}, taken up where it was left"
        return f"{cost}, made here" if self.seconds is None else f"{cost}, {lasting(self.seconds)}"


@dataclass(frozen=True)
class Score:
    """A measure of a trial; ``value`` is None where there is none, and then ``reason`` says why."""

    name: str
    value: float | None
    unit: str
    direction: str
    reason: str = ""


@dataclass(frozen=True)
class Rendered:
    """A trial that was made, or found again; ``cost_usd`` and ``seconds`` are of this time, 0 USD where it was
    ``cached``.

    ``id`` is the same whenever the same thing is tried.
    """

    id: str
    kind: Kind
    which: str
    engine: str
    seed: int
    params: Mapping[str, Value]
    prompt: str
    negative: str
    version: str
    path: Path
    cost_usd: Decimal
    seconds: float
    cached: bool
    rehearsal: bool
    at: datetime
    scores: tuple[Score, ...] = ()

    def score(self, name: str) -> float | None:
        """What a measure found; None where it found nothing, or was not asked."""
        return next((score.value for score in self.scores if score.name == name), None)


def priced(usd: Decimal, *, rehearsal: bool) -> str:
    """An estimate in words; in a rehearsal it is said that the money is not real."""
    if not usd:
        return "free"
    return f"about ${usd:.3f}{' of rehearsed money' if rehearsal else ''}"


def lasting(seconds: float) -> str:
    """A time in words: whole seconds up to two minutes, then minutes."""
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
