"""What a batch's page was given, and what a check finds: what is wrong with it, or what it would cost.

The page and a notebook at which nobody sits ask the same, so that both refuse the same."""

import json
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from vgkit.batch.check import plan
from vgkit.batch.costs import Costs, costs_of
from vgkit.batch.planned import Film
from vgkit.batch.record import BatchRecord
from vgkit.batch.spec import Spec, read_spec
from vgkit.errors import BatchError, StoreError
from vgkit.places import top_dir
from vgkit.rehearse import how_rehearsed
from vgkit.run import check_space


@dataclass(frozen=True)
class Asked:
    """A batch by its file or as a spec, and how it is to be made unless a person chooses otherwise.

    ``faults``, ``speed`` and ``seed`` are of rehearsed hosts; ``scheduler`` is a Dask cluster's, if any.
    """

    batch: Path | Spec
    rehearse: bool = True
    faults: str = "none"
    speed: float = 60.0
    seed: int = 1
    at_once: int = 0
    retries: int = 1
    scheduler: str = ""

    @property
    def file(self) -> Path | None:
        """The file that asks for it, from which it can be resumed elsewhere."""
        return self.batch if isinstance(self.batch, Path) else None

    @property
    def called(self) -> str:
        """What a person knows it as."""
        return self.batch.head.name if isinstance(self.batch, Spec) else self.batch.name


@dataclass(frozen=True)
class Checked:
    """What a check found: films with their costs, or what is wrong. ``refusals`` say why good films may not begin."""

    films: tuple[Film, ...] = ()
    costs: Costs[Film] | None = None
    refusals: tuple[str, ...] = ()
    wrong: BatchError | None = None

    @property
    def complaints(self) -> list[Mapping[str, Any]]:
        """Everything that is wrong, with lines and columns where it stands in a file."""
        return [] if self.wrong is None else [*self.wrong.complaints] or [{"message": str(self.wrong)}]


def check(asked: Asked, *, rehearse: bool) -> Checked:
    """Check a batch and price it; nothing is made. Raises ParameterError for faults of hosts that there are not."""
    how = how_rehearsed(speed=asked.speed, faults=asked.faults, seed=asked.seed) if rehearse else None
    try:
        films = plan(_fresh(asked.batch), rehearsal=how)
    except BatchError as error:
        return Checked(wrong=error)
    costs = costs_of(films)
    return Checked(films, costs, (*costs.over(), *_no_room(costs)))


def found(file: str | Path) -> Path:
    """Find a batch's file from the working folder, a notebook's own say, or from the top folder."""
    path = Path(file).expanduser()
    return path if path.exists() or not (top_dir() / path).exists() else top_dir() / path


def last_summary(batch: str) -> Mapping[str, Any] | None:
    """The summary on record; None where there is none, or where films have ended since it was written."""
    record = BatchRecord(batch)
    try:
        if record.results.exists() and record.results.stat().st_mtime_ns > record.summary.stat().st_mtime_ns:
            return None
        told = json.loads(record.summary.read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return told if isinstance(told, dict) else None


def _fresh(batch: Path | Spec) -> Spec:
    # A check adds to what is wrong with a spec, and the next one may ask for a rehearsal instead.
    return replace(batch, wrong=deepcopy(batch.wrong)) if isinstance(batch, Spec) else read_spec(batch)


def _no_room(costs: Costs[Film]) -> Iterator[str]:
    try:
        check_space(costs.length_s)
    except StoreError as refusal:
        yield str(refusal)
