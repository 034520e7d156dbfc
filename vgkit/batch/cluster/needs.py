"""What a film asks of the worker that makes it, and how many of such films workers take: Dask's resources.

Dask lets a task wait for ever where no worker has what it needs, and says nothing; so whether one has is asked here."""

import functools
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from vgkit.batch.planned import Film
from vgkit.brief import Role
from vgkit.engines.hosts import HOSTS
from vgkit.engines.registry import full_name
from vgkit.profiles import profile_for

Needs = tuple[tuple[str, float], ...]  # resources and how much of each, sorted: films that need the same are alike

KEYS: Mapping[str, str] = {"replicate": "REPLICATE_API_TOKEN", "openai": "OPENAI_API_KEY"}
LOCAL, REHEARSAL = "host:local", "host:rehearsal"
_PHASE: Mapping[Role, str] = {"plan": "validate", "picture": "animatic", "video": "chunks", "music": "refine"}


def hosts_by_phase(film: Film) -> dict[str, tuple[str, ...]]:
    """Which hosts each phase of a film asks; what is drawn by the worker itself is left out."""
    return dict(_asked(tuple(profile_for(film.checked.brief).engines.items())))


@functools.lru_cache(maxsize=256)
def _asked(engines: tuple[tuple[Role, str], ...]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    hosts = {_PHASE[role]: full_name(role, reference).rpartition("@")[2] for role, reference in engines}
    return tuple((phase, (host,)) for phase, host in hosts.items() if host != "local")


def needs_of(film: Film) -> Needs:
    """What one film needs: a place at each of its hosts, or one of a machine's cores where it asks none, and what its
    batch says besides."""
    hosts = {host for hosts in hosts_by_phase(film).values() for host in hosts} & {*HOSTS}
    asked = {f"host:{host}" for host in hosts} if film.rehearsal is None else {REHEARSAL} if hosts else set()
    needs: list[tuple[str, float]] = [(host, 1.0) for host in asked or {LOCAL}]
    return tuple(sorted([*needs, *film.needs.items()]))


def counted(films: Iterable[Film]) -> Counter[Needs]:
    """How many films need what."""
    return Counter(map(needs_of, films))


def places(needs: Needs, workers: Iterable[Mapping[str, Any]]) -> int:
    """How many films of such needs workers take at once; a worker is as Dask's scheduler tells of it."""
    return sum(_places(needs, worker.get("resources") or {}, int(worker["nthreads"])) for worker in workers)


def _places(needs: Needs, resources: Mapping[str, float], threads: int) -> int:
    return min(threads, *(int(resources.get(name, 0) // amount) for name, amount in needs))


def unmet(wanted: Mapping[Needs, int], workers: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Say what films need that no worker offers, and the cure."""
    offers = [worker.get("resources") or {} for worker in workers]
    short: Counter[str] = Counter()
    for needs, films in wanted.items():
        if not any(all(offer.get(name, 0) >= amount for name, amount in needs) for offer in offers):
            alone = [name for name, amount in needs if not any(offer.get(name, 0) >= amount for offer in offers)]
            short[" and ".join(alone) or " together with ".join(name for name, _ in needs)] += films
    for what, films in short.items():
        yield (
            f"no worker offers {what}: {films:,} film{' needs' if films == 1 else 's need'} it. "
            f"{_cure(what)}, then start it again"
        )


def _cure(what: str) -> str:
    if what == "gpu":
        return "Give a worker its --gpus"
    keys = [name for host, name in KEYS.items() if f"host:{host}" in what]
    return f"Set {' and '.join(keys)} where a worker runs" if keys else "Give a worker what it lacks"
