"""What an experiment's file says: briefs x templates x engines x seeds, and which films that makes.

Films that differ in nothing but their video engine are a group; what a group shares is paid for once."""

import itertools
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StrictInt, ValidationError, model_validator

from vgkit.complaints import complain, shown
from vgkit.errors import ExperimentError

REHEARSED = "-rehearsed"  # what is played for nothing bears another name than the films to come

Seed = Annotated[StrictInt, Field(ge=0, le=2**31 - 1)]


class ExperimentCaps(BaseModel):
    """The most that one film and all of them may cost, in US dollars."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    run_usd: Decimal | None = Field(default=None, ge=0, le=1000, max_digits=10, decimal_places=6)
    batch_usd: Decimal | None = Field(default=None, ge=0, le=100_000, max_digits=12, decimal_places=6)


class Experiment(BaseModel):
    """An experiment as its file has it; paths in it are read from the file's folder.

    Where ``templates`` or ``duration_s`` is left out, each brief's own counts. ``engines`` are the video engines that
    are compared, ``shared`` those that all films have in common where they are not the profile's.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
    profile: Annotated[str, Field(min_length=1, max_length=40)] = "dev"
    duration_s: int | None = Field(default=None, ge=6, le=60)
    briefs: tuple[str, ...] = Field(min_length=1)
    templates: tuple[str, ...] = ()
    engines: tuple[str, ...] = Field(min_length=1)
    seeds: tuple[Seed, ...] = Field(min_length=1)
    shared: dict[Literal["plan", "picture", "music"], str] = Field(default_factory=dict)
    settings: dict[str, Any] = Field(default_factory=dict)
    caps: ExperimentCaps = ExperimentCaps()

    @model_validator(mode="after")
    def _says_each_thing_once(self) -> Self:
        if self.name.endswith(REHEARSED):
            raise ValueError(f"name: {self.name!r} is what a rehearsal of it is called; leave {REHEARSED} out")
        for axis in ("briefs", "templates", "engines", "seeds"):
            entries = getattr(self, axis)
            if twice := [entry for number, entry in enumerate(entries) if entry in entries[:number]]:
                raise ValueError(f"{axis}: {shown(twice[0])} stands there twice; say it once")
        return self


@dataclass(frozen=True)
class Cell:
    """One film of an experiment: its place on each axis, and its group. A template of "" is the brief's own."""

    brief: str
    template: str
    engine: str
    seed: int
    group: int


def read_experiment(path: Path) -> Experiment:
    """Read an experiment's TOML file. Raises ExperimentError, naming each field, its value and what is accepted."""
    try:
        fields = tomllib.loads(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise ExperimentError(f"{path} is not text in UTF-8 (byte {error.start}). Give a TOML file.") from error
    except OSError as error:
        raise ExperimentError(f"{path} can't be read: {error.strerror}. Give the path of a TOML file.") from error
    except tomllib.TOMLDecodeError as error:
        raise ExperimentError(f"{path} is not TOML: {error}. Mend that line and try again.") from error
    try:
        return Experiment.model_validate(fields)
    except ValidationError as refusal:
        told = complain(refusal).replace("the whole: ", "")
        raise ExperimentError(f"The experiment {path} can't be made:\n{told}") from refusal


def cells(experiment: Experiment) -> Iterator[Cell]:
    """List the films in the order they are made: group by group, so that there are pairs early.

    The engine that begins changes from group to group: the first of a group pays and waits for what the group shares,
    and none should always be the one.
    """
    engines = experiment.engines
    groups = itertools.product(experiment.briefs, experiment.templates or ("",), experiment.seeds)
    for group, (brief, template, seed) in enumerate(groups):
        first = group % len(engines)
        for engine in engines[first:] + engines[:first]:
            yield Cell(brief, template, engine, seed, group)
