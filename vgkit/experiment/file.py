"""What an experiment's file says: briefs x templates x engines x seeds, and which films that makes.

Films that differ in nothing but their video engine are a group; what a group shares is paid for once."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field, ValidationError

from vgkit.batch import matrix
from vgkit.batch.head import Head, Seeds, Words, toml_fields
from vgkit.batch.text import read_text
from vgkit.complaints import complain
from vgkit.errors import BatchError, ExperimentError


class Experiment(Head):
    """An experiment as its file has it; paths in it are read from the file's folder.

    Where ``templates`` or ``duration_s`` is left out, each brief's own counts. ``engines`` are the video engines that
    are compared, ``shared`` those that all films have in common where they are not the profile's.
    """

    profile: Annotated[str, Field(min_length=1, max_length=40)] = "dev"
    briefs: Annotated[Words, Field(min_length=1)]
    engines: Annotated[Words, Field(min_length=1)]
    seeds: Annotated[Seeds, Field(min_length=1)]


@dataclass(frozen=True)
class Cell(matrix.Cell):
    """One film of an experiment: its place on each axis, and its group. A template of "" is the brief's own."""

    group: int


def read_experiment(path: Path) -> Experiment:
    """Read an experiment's TOML file. Raises ExperimentError, naming each field, its value and what is accepted."""
    try:
        return Experiment.model_validate(toml_fields(read_text(path, wanted="a TOML file"), path))
    except BatchError as error:
        raise ExperimentError(str(error)) from error
    except ValidationError as refusal:
        raise ExperimentError(f"The experiment {path} can't be made:\n{complain(refusal)}") from refusal


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
