"""What the films of a batch have in common, and the axes along which they differ.

An experiment has the same: it is a batch whose films are locked together (see ``vgkit.experiment.file``)."""

import tomllib
from collections import Counter
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StrictInt, ValidationError

from vgkit.complaints import shown
from vgkit.errors import BatchError

REHEARSED = "-rehearsed"  # what is played for nothing bears another name than the films to come


def _no_rehearsal(name: str) -> str:
    if name.endswith(REHEARSED):
        raise ValueError(f"{name!r} is what a rehearsal of it is called; leave {REHEARSED} out")
    return name


def _once(entries: tuple[Any, ...]) -> tuple[Any, ...]:
    if len(set(entries)) < len(entries):
        twice = next(entry for entry, count in Counter(entries).items() if count > 1)
        raise ValueError(f"{shown(twice)} stands there twice; say it once")
    return entries


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str | int) else value


Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$"), AfterValidator(_no_rehearsal)]
Seed = Annotated[StrictInt, Field(ge=0, le=2**31 - 1)]
Words = Annotated[tuple[str, ...], AfterValidator(_once)]
Seeds = Annotated[tuple[Seed, ...], AfterValidator(_once)]


class _Noun(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class BatchCaps(_Noun):
    """The most that one film and all of them may cost, in US dollars."""

    run_usd: Decimal | None = Field(default=None, ge=0, le=1000, max_digits=10, decimal_places=6)
    batch_usd: Decimal | None = Field(default=None, ge=0, le=100_000, max_digits=12, decimal_places=6)


class Head(_Noun):
    """What holds for all films, and the axes of a matrix; paths in it are read from the file's folder.

    ``profile``, ``duration_s`` and the templates are each brief's own where they are left out. ``engines`` are video
    engines, ``shared`` those that all films have in common where they are not the profile's.
    """

    name: Name
    profile: Annotated[str, Field(max_length=40)] = ""
    duration_s: int | None = Field(default=None, ge=6, le=60)
    briefs: Words = ()
    templates: Words = ()
    engines: Words = ()
    seeds: Seeds = ()
    shared: dict[Literal["plan", "picture", "music"], str] = Field(default_factory=dict)
    settings: dict[str, Any] = Field(default_factory=dict)
    caps: BatchCaps = BatchCaps()

    @property
    def laid(self) -> dict[str, Any]:
        """What it says of every film, over the film's brief, by flat names."""
        said = {"profile": self.profile, "duration_s": self.duration_s, "caps.run_usd": self.caps.run_usd}
        engines = {f"engines.{role}": engine for role, engine in self.shared.items()}
        return {name: value for name, value in {**said, **engines}.items() if value not in (None, "")}


class Exclude(_Noun):
    """Which films of the matrix are not made: those that are, on each axis named, one of the entries said."""

    brief: Annotated[Words, BeforeValidator(_listed)] = ()
    template: Annotated[Words, BeforeValidator(_listed)] = ()
    engine: Annotated[Words, BeforeValidator(_listed)] = ()
    seed: Annotated[Seeds, BeforeValidator(_listed)] = ()


class BatchFile(Head):
    """A batch as a TOML file has it: a matrix, films one by one, a table beside it, or all three.

    ``needs`` is what a worker of a cluster must offer, besides hosts, to be given one of its films.
    """

    needs: dict[Literal["gpu"], Annotated[StrictInt, Field(ge=1, le=64)]] = Field(default_factory=dict)
    exclude: tuple[Exclude, ...] = ()
    films: tuple[dict[str, Any], ...] = ()
    rows: str = ""


def toml_fields(text: str, path: Path) -> dict[str, Any]:
    """Read a TOML file's tables. Raises BatchError with the line where it breaks."""
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise BatchError(f"{path} is not TOML: {error}. Mend that line and try again.") from error


def without(fields: dict[str, Any], refusal: ValidationError) -> dict[str, Any]:
    """Leave out what a model refused, so that the rest can be checked too."""
    refused: Iterable[Any] = {error["loc"][0] for error in refusal.errors(include_url=False) if error["loc"]}
    return {name: value for name, value in fields.items() if name not in refused}
