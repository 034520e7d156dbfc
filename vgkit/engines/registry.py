"""Engines by name. One is imported when it is asked for, so that its libraries cost nothing to those who don't.

They come from three places: our own, the catalog's entries, and whatever other packages offer by an entry point."""

import functools
import logging
import os
from collections.abc import Callable
from importlib.metadata import entry_points
from typing import Any, get_args

from vgkit.brief import Role, Usage
from vgkit.engines.catalog import Entry, catalog
from vgkit.errors import EngineUnknown, LicenceForbids

log = logging.getLogger(__name__)

_GROUP = "vgkit.engines"
_ROLES: tuple[Role, ...] = get_args(Role)

Maker = Callable[[], Any]


def _sketch() -> Any:
    from vgkit.engines.sketch.engine import Sketch

    return Sketch()


ENGINES: dict[str, tuple[frozenset[Role], Maker]] = {
    "sketch@local": (frozenset(("plan", "picture", "video", "music")), _sketch),
}


def all_engines() -> dict[str, tuple[frozenset[Role], Maker]]:
    """Every engine by ``name@host``, with the roles it can play and how it is made.

    Another package's engine never takes the place of one of ours: it would bear its name in the record.
    """
    known = dict(ENGINES)
    for reference, made in _catalogued(os.environ.get("VGKIT_ENGINES", "")).items():
        known.setdefault(reference, made)
    for reference, offer in _offered().items():
        if not isinstance(offer, str):
            known.setdefault(reference, offer)
    return known


def engines_of(role: Role) -> tuple[str, ...]:
    """Name the engines that can play a role, as ``name@host``."""
    return tuple(known for known, (roles, _) in all_engines().items() if role in roles)


def commercial_engines(role: Role) -> tuple[str, ...]:
    """Name those of them that may be used commercially."""
    known = all_engines()
    return tuple(name for name in engines_of(role) if known[name][1]().commercial_use)


def engine_for(role: Role, reference: str, *, usage: Usage = "research") -> Any:
    """Get the engine that ``reference`` (``name@host``, or a name that one host alone has) means for a role.

    Raises EngineUnknown, with those that can, for one that we lack or that can't play the role, and LicenceForbids,
    with those that would serve, where its weights may not be used for what the film is for.
    """
    engine = all_engines()[full_name(role, reference)][1]()
    if usage == "commercial" and not engine.commercial_use:
        licence = getattr(engine, "licence", "its licence")
        raise LicenceForbids(
            f"engines.{role}: {engine.name} may not be used commercially ({licence}). Use one of "
            f'{", ".join(commercial_engines(role))}, or usage = "research".'
        )
    return engine


def full_name(role: Role, reference: str) -> str:
    """Write an engine as ``name@host``. Raises EngineUnknown, with those that can play the role."""
    able = engines_of(role)
    found = next((known for known in able if reference in (known, known.split("@")[0])), None)
    if found is None:
        _complain_of_broken(reference)
        raise EngineUnknown(f"engines.{role}: {reference!r} is no engine for {role}. Use one of {', '.join(able)}.")
    return found


@functools.lru_cache(maxsize=8)
def _catalogued(_own_files: str) -> dict[str, tuple[frozenset[Role], Maker]]:
    """The catalog's engines; looked up for every film of a batch, so that they are listed once."""
    return {
        reference: (frozenset({role}), functools.partial(_entered, entry))
        for reference, entry in catalog().items()
        for role in _ROLES
        if role == entry.role
    }


def _entered(entry: Entry) -> Any:
    from vgkit.engines.hosts import host

    if entry.role == "plan":
        from vgkit.engines.openai.planner import ChatPlanner

        return ChatPlanner(entry, host(entry.host))
    from vgkit.engines.model import CatalogEngine

    return CatalogEngine(entry, host(entry.host))


@functools.cache
def _offered() -> dict[str, tuple[frozenset[Role], Maker] | str]:
    """Engines of other packages: an entry point ``name@host`` that leads to a class with ``roles``.

    One that can't be loaded stands here with the reason: it stops nobody but who asks for it.
    """
    found: dict[str, tuple[frozenset[Role], Maker] | str] = {}
    for point in entry_points(group=_GROUP):
        try:
            found[point.name] = _offer(point.name, point.load())
        except Exception as error:  # whatever a stranger's module raises on import
            found[point.name] = f"{point.value} can't be used: {error}"
            log.warning("the engine %s of %s", point.name, found[point.name])
    return found


def _offer(name: str, maker: Any) -> tuple[frozenset[Role], Maker]:
    if not all(name.partition("@")):
        raise ValueError("its entry point must be named name@host")
    roles = frozenset(role for role in _ROLES if role in getattr(maker, "roles", ()))
    if not roles:
        raise ValueError(f"it must have roles, of {', '.join(_ROLES)}")
    return roles, maker


def _complain_of_broken(reference: str) -> None:
    for name, offer in _offered().items():
        if isinstance(offer, str) and reference in (name, name.split("@")[0]):
            raise EngineUnknown(f"The engine {name} of {offer}. Mend that package, or choose another engine.")
