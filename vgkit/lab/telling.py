"""Trials on record: an artifact with all that decided it, its prompt, and its scores; and how they are read back."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from vgkit.files import sha256_of
from vgkit.lab.asked import Asked
from vgkit.lab.lab import Lab
from vgkit.lab.measuring import score_from
from vgkit.lab.trial import Rendered, Score
from vgkit.ledger import Event, read_events

PHASE = "lab"


def tell(lab: Lab, asked: Asked, rendered: Rendered) -> None:
    """Put a trial on record."""
    weights: dict[str, Any] = {"weights": asked.weights} if asked.weights else {}
    lab.events.write(
        "prompt",
        phase=PHASE,
        subject=rendered.id,
        role=asked.ask.role,
        text=rendered.prompt,
        negative=rendered.negative,
        **weights,
    )
    about = ("kind", "which", "engine", "seed", "params", "version", "seconds", "cached")
    lab.events.write(
        "artifact",
        phase=PHASE,
        name=rendered.id,
        path=rendered.path.relative_to(lab.folder).as_posix(),
        sha256=sha256_of(rendered.path),
        bytes=rendered.path.stat().st_size,
        media={name: getattr(rendered, name) for name in about},
    )


def trials(lab: Lab) -> tuple[Rendered, ...]:
    """All trials of a lab that are still there, the latest at the end; each once for each version it was made with.

    ``cost_usd`` is all that a trial's calls have cost, and the rest is as it was first made.
    """
    log = read_events(lab.events.path)
    prompts = {event["subject"]: event for event in log.of("prompt")}
    costs, scores = costs_of(log.events), _scores(log.of("metric"))
    found: dict[tuple[str, str], Rendered] = {}
    for event in log.of("artifact"):
        id, media = event["name"], event.get("media") or {}
        path, said = lab.folder / event["path"], prompts.get(id)
        if said is None or (id, media.get("version")) in found or not path.is_file():
            continue
        found[id, media["version"]] = Rendered(
            id=id,
            path=path,
            prompt=said["text"],
            negative=said.get("negative") or "",
            cost_usd=costs[id],
            rehearsal=lab.rehearsal is not None,
            at=event.at,
            scores=scores.get(id, ()),
            **media,
        )
    return tuple(found.values())


def costs_of(events: Iterable[Event]) -> Mapping[str, Decimal]:
    """What calls that are over have cost, failed ones included, by what they were for."""
    ends = {event.get("call"): event for event in events if event.kind in ("call_settled", "call_failed")}
    costs: dict[str, Decimal] = defaultdict(Decimal)
    for event in ends.values():
        costs[str(event.get("subject"))] += event.usd("cost_usd")
    return costs


def _scores(metrics: Iterable[Event]) -> dict[str, tuple[Score, ...]]:
    latest: dict[str, dict[str, Mapping[str, Any]]] = defaultdict(dict)
    for event in metrics:
        latest[event["subject"]][event["name"]] = event.fields
    return {id: tuple(score_from(name, each) for name, each in named.items()) for id, named in latest.items()}
