"""An error as a page shows it: the fact, and apart from it the next move, which our messages end with."""

import re
from dataclasses import dataclass

# How the next move of a message begins; what stands before it is the fact.
_MOVES = (
    "Add|Allow|Ask|Check|Choose|Close|Export|Get|Give|Keep|Look|Make|Mend|Move|Or|Put|Raise|Remove|Run|Save|Say|See|Set"
    "|Start|Stop|Take|Try|Use|Wait|Without|Write"
)
_NEXT_MOVE = re.compile(rf"(?<=[.!?)]) (?=(?:{_MOVES})\b)")


@dataclass(frozen=True)
class Trouble:
    """An error in a person's words: ``name`` of the error, the ``fact``, and the ``cure`` where it says one."""

    name: str
    fact: str
    cure: str = ""


def trouble(name: str, message: str) -> Trouble:
    """Take a message apart at the first sentence that tells to do something."""
    parts = _NEXT_MOVE.split(message.strip(), maxsplit=1)
    return Trouble(name, parts[0].strip(), parts[1].strip() if len(parts) > 1 else "")
