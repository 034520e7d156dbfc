"""Engines by name. One is imported when it is asked for, so that its libraries cost nothing to those who don't.

They come from three places: our own, the catalog's entries, and whatever other packages offer by an entry point."""

import functools
from collections.abc import Callable
from importlib.metadata import entry_points
from typing import Any, get_args

from vgkit.brief import Role, Usage
from vgkit.engines.catalog import Entry, catalog
from vgkit.errors import EngineUnknown, LicenceForbids

_GROUP = "vgkit.engines"

Maker = Callable[[], Any]


def _sketch() -> Any:
    from vgkit.engines.sketch.engine import Sketch

    return Sketch()


ENGINES: dict[str, tuple[frozenset[Role], Maker]] = {
    "sketch@local": (frozenset(("plan", "picture", "video", "music")), _sketch),
}


def all_engines() -> dict[str, tuple[frozenset[Role], Maker]]:
    """Every engine by ``name@host``, with the roles it can play and how it is made."""
    roles = get_args(Role)
    entries = {ref: entry for ref, entry in catalog().items() if entry.role in roles}
    listed = {ref: (frozenset((entry.role,)), functools.partial(_entered, entry)) for ref, entry in entries.items()}
    return {**ENGINES, **listed, **_offered()}  # type: ignore[dict-item]


def engines_of(role: Role) -> tuple[str, ...]:
    """Name the engines that can play a role, as ``name@host``."""
    return tuple(known for known, (roles, _) in all_engines().items() if role in roles)


def engine_for(role: Role, reference: str, *, usage: Usage = "research") -> Any:
    """Get the engine that ``reference`` (``name@host``, or a name that one host alone has) means for a role.

    Raises EngineUnknown, with those that can, for one that we lack or that can't play the role, and LicenceForbids,
    with those that would serve, where its weights may not be used for what the film is for.
    """
    engine = all_engines()[full_name(role, reference)][1]()
    if usage == "commercial" and not engine.commercial_use:
        licence = getattr(engine, "licence", "its licence")
        serving = [name for name in engines_of(role) if all_engines()[name][1]().commercial_use]
        raise LicenceForbids(
            f"engines.{role}: {engine.name} may not be used commercially ({licence}). Use one of "
            f'{", ".join(serving)}, or usage = "research".'
        )
    return engine


def full_name(role: Role, reference: str) -> str:
    """Write an engine as ``name@host``. Raises EngineUnknown, with those that can play the role."""
    able = engines_of(role)
    found = next((known for known in able if reference in (known, known.split("@")[0])), None)
    if found is None:
        raise EngineUnknown(f"engines.{role}: {reference!r} is no engine for {role}. Use one of {', '.join(able)}.")
    return found


def _entered(entry: Entry) -> Any:
    from vgkit.engines.hosts import host

    if entry.role == "plan":
        from vgkit.engines.openai.planner import ChatPlanner

        return ChatPlanner(entry, host(entry.host))
    from vgkit.engines.model import CatalogEngine

    return CatalogEngine(entry, host(entry.host))


@functools.cache
def _offered() -> dict[str, tuple[frozenset[Role], Maker]]:
    """Engines of other packages: an entry point ``name@host`` that leads to a class with ``roles``.

    Raises EngineUnknown for one that can't be loaded, since a brief may be counting on it.
    """
    found: dict[str, tuple[frozenset[Role], Maker]] = {}
    for point in entry_points(group=_GROUP):
        try:
            maker = point.load()
            found[point.name] = (frozenset(maker.roles), maker)
        except Exception as error:
            raise EngineUnknown(
                f"The engine {point.name!r} of {point.value} can't be loaded: {error}. Mend that package or remove it."
            ) from error
    return found
