"""One film of an experiment: a film of a batch that has a group."""

from dataclasses import dataclass

from vgkit.batch.planned import Film as BatchFilm
from vgkit.experiment.file import Cell


@dataclass(frozen=True, kw_only=True, slots=True)
class Film(BatchFilm):
    """One film of an experiment: its cell, its video engine in full, and all its run is made of."""

    cell: Cell
    engine: str
