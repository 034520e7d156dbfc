"""One thing the doctor looked at. A finding names the profiles it keeps from running, so that a key nobody asked for
worries nobody."""

from dataclasses import asdict, dataclass
from typing import Any, Literal

from vgkit.profiles import profiles

State = Literal["green", "yellow", "red"]


@dataclass(frozen=True)
class Finding:
    """What was looked at, how it stands, the fact, what to do about it, and the profiles that can't run as it is."""

    name: str
    state: State
    fact: str
    next_move: str = ""
    stops: tuple[str, ...] = ()

    @property
    def as_json(self) -> dict[str, Any]:
        """The same as a JSON object."""
        return asdict(self)


def broken(name: str, fact: str, next_move: str = "") -> Finding:
    """Say that something is broken without which no film can be made at all."""
    return Finding(name, "red", fact, next_move, stops=tuple(profiles()))
