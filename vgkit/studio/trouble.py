"""An error as a page shows it: the fact, and apart from it the next move, which our messages end with."""

import re
from dataclasses import dataclass

# How the next move of a message begins; what stands before it is the fact.
_MOVES = (
    "Add|Allow|Ask|Check|Choose|Close|Export|Get|Give|Keep|Look|Make|Mend|Move|Or|Put|Raise|Remove|Run|Save|Say|See|Set"
    "|Start|Stop|Take|Try|Use|Wait|Without|Write"
)
_NEXT_MOVE = re.compile(rf"(?<=[.!?)]) (?=(?:{_MOVES})\b)")

_WANTED_CAP = re.compile(r"`vgkit resume \S+ --cap (\d+(?:\.\d+)?)`")


@dataclass(frozen=True)
class Trouble:
    """An error in a person's words: ``name`` of the error, the ``fact``, and the ``cure`` where it says one.

    ``cap_usd`` is what the run's cap must be raised to, where that is the cure.
    """

    name: str
    fact: str
    cure: str = ""
    cap_usd: str = ""


def trouble(name: str, message: str) -> Trouble:
    """Take a message apart at the first sentence that tells to do something."""
    parts = _NEXT_MOVE.split(message.strip(), maxsplit=1)
    fact, cure = parts[0], parts[1] if len(parts) > 1 else ""
    if wanted := _WANTED_CAP.search(cure):
        raised = f"Raise the cap to ${wanted[1]} or more and go on; what is paid for is kept."
        return Trouble(name, fact, raised, wanted[1])
    return Trouble(name, fact, cure)
