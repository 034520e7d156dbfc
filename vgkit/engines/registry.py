"""Engines by name. One is imported when it is asked for, so that its libraries cost nothing to those who don't."""

from collections.abc import Callable
from typing import Any

from vgkit.brief import Role, Usage
from vgkit.errors import EngineUnknown, LicenceForbids


def _sketch() -> Any:
    from vgkit.engines.sketch.engine import Sketch

    return Sketch()


ENGINES: dict[str, tuple[frozenset[Role], Callable[[], Any]]] = {
    "sketch@local": (frozenset(("plan", "picture", "video", "music")), _sketch),
}


def engines_of(role: Role) -> tuple[str, ...]:
    """Name the engines that can play a role, as ``name@host``."""
    return tuple(known for known, (roles, _) in ENGINES.items() if role in roles)


def engine_for(role: Role, reference: str, *, usage: Usage = "research") -> Any:
    """Get the engine that ``reference`` (``name@host``, or a name that one host alone has) means for a role.

    Raises EngineUnknown, with those that can, for one that we lack or that can't play the role, and LicenceForbids
    where its weights may not be used for what the film is for.
    """
    engine = ENGINES[full_name(role, reference)][1]()
    if usage == "commercial" and not engine.commercial_use:
        raise LicenceForbids(
            f"engines.{role}: {engine.name} may not be used commercially, by its licence. Choose another engine, or "
            'usage = "research".'
        )
    return engine


def full_name(role: Role, reference: str) -> str:
    """Write an engine as ``name@host``. Raises EngineUnknown, with those that can play the role."""
    able = engines_of(role)
    found = next((known for known in able if reference in (known, known.split("@")[0])), None)
    if found is None:
        raise EngineUnknown(f"engines.{role}: {reference!r} is no engine for {role}. Use one of {', '.join(able)}.")
    return found
