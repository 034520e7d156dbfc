"""One picture or clip of a storyboard, tried with other words, settings or engines, by the same door as a film's.

Since it is asked for exactly as a film's phases would, a film finds in the cache what the lab has made, and the lab
what a film has."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Literal

from vgkit.lab.lab import Lab
from vgkit.lab.words import Words

Kind = Literal["keyframe", "clip"]
Means = Literal["cached", "open", "here", "bought"]
Value = int | float | str | bool


@dataclass(frozen=True)
class Setting:
    """A parameter that an engine lets one set: its name (``draft.init_weight`` where the calls of a chain differ), what
    it is otherwise, and its range as far as the model tells one."""

    name: str
    default: Value
    whole: bool  # whole numbers only
    least: float | None = None
    most: float | None = None
    choices: tuple[Value, ...] = ()


@dataclass(frozen=True)
class Trial:
    """What to try. ``which`` is a keyframe (k03) or, for a clip, a shot (s02).

    Empty or None is what the film would have: the brief's engine, the shot's seed, the storyboard's words, the engine's
    own parameters. ``still_engine`` draws the keyframe that a clip grows from. ``version`` is the prompt version, if any.
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


@dataclass(frozen=True)
class Outlook:
    """What rendering means now: found in the cache, taken up where it was left open, made here, or bought.

    ``seconds`` is what a host typically works, without its queue and cold start; None for what is made here or known.
    """

    means: Means
    usd: Decimal
    seconds: float | None

    def __str__(self) -> str:
        """A few words for a button: ``free, from the cache``, ``about $0.147, 2 min``."""
        raise NotImplementedError


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
    """A trial that was made, or found again; ``cost_usd`` and ``seconds`` are of this time, 0 where it was ``cached``.

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


def settable(engine: str, kind: Kind) -> tuple[Setting, ...]:
    """What an engine lets one set beside seed and words; nothing for one on this machine. Raises EngineUnknown."""
    raise NotImplementedError


def engines_for(kind: Kind) -> tuple[str, ...]:
    """Name the engines that can make a keyframe or a clip, as ``name@host``."""
    raise NotImplementedError


def complaints_of(trial: Trial) -> Mapping[str, str]:
    """What is wrong with a trial, by field: ``words``, ``which``, ``engine``, ``seed``, ``prompt``, ``negative``,
    ``params.<name>``."""
    raise NotImplementedError


def foresee(lab: Lab, trial: Trial) -> Outlook:
    """Say what rendering would mean now, keyframe included. Asks nobody. Raises ParameterError for a bad trial."""
    raise NotImplementedError


def render(lab: Lab, trial: Trial, *, stopping: threading.Event | None = None) -> Rendered:
    """Make a trial, or find it again, and score it; a clip's keyframe is made first.

    It may take minutes: call it in a thread. Setting ``stopping`` ends it within seconds; a call that is under way is
    left open, and rendering again takes it up, so that nothing is paid twice. Raises ParameterError for a bad trial,
    BudgetExceeded before anything that the cap does not allow is asked for, EngineFailed, HostError, or Interrupted.
    """
    raise NotImplementedError


def trials(lab: Lab) -> tuple[Rendered, ...]:
    """All trials of a lab that are still there, each as it was first made, the latest at the end."""
    raise NotImplementedError
