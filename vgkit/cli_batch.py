"""``vgkit batch``: many films from one file."""

import sys
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from vgkit.cli_options import JsonOption, json_text

batch = typer.Typer(no_args_is_help=True, help="Check, price and make many films from one file.")

FileArgument = Annotated[Path, typer.Argument(help="CSV, JSONL or TOML: a row, an object or a table for each film")]
RehearseOption = Annotated[bool, typer.Option("--rehearse", help="as rehearsals, which need no keys")]
FaultsOption = Annotated[str, typer.Option(help="of rehearsed hosts: none, mild, harsh, or a TOML file")]
SpeedOption = Annotated[float, typer.Option(min=1, max=100_000, help="how many times faster those are")]
SeedOption = Annotated[int, typer.Option(help="another one brings other times and faults of theirs")]
AtOnceOption = Annotated[int, typer.Option(min=0, max=500, help="films side by side; 0: as many as this machine bears")]
RetriesOption = Annotated[int, typer.Option(min=0, max=5, help="more turns for a film that may fare better")]
FailFastOption = Annotated[bool, typer.Option("--fail-fast/--keep-going", help="end with the first film that fails")]
RetryFailedOption = Annotated[bool, typer.Option("--retry-failed", help="only films whose last turn failed")]
OnlyMissingOption = Annotated[bool, typer.Option("--only-missing", help="leave out films that have failed")]
SchedulerOption = Annotated[str, typer.Option(help="of a Dask cluster whose workers make the films: tcp://HOST:8786")]
RunsAtOption = Annotated[str, typer.Option(help="carry runs by this bucket or folder, where no disk is shared")]
LimitOption = Annotated[list[str] | None, typer.Option(help="replicate=8: in how many films at once it is asked")]


@batch.command()
def check(
    file: FileArgument,
    rehearsal: RehearseOption = False,
    faults: FaultsOption = "none",
    speed: SpeedOption = 60.0,
    seed: SeedOption = 1,
    as_json: JsonOption = False,
) -> None:
    """Check all films of a batch and say what they would cost; nothing is made."""
    from vgkit.run import check_space

    costs = _priced(_planned(file, _how_rehearsed(rehearsal, faults, speed, seed), as_json=as_json))
    sys.stdout.write(json_text(costs.as_json) if as_json else f"{costs}\n")
    _check_caps(costs)
    check_space(costs.length_s)


@batch.command()
def run(
    file: FileArgument,
    rehearsal: RehearseOption = False,
    faults: FaultsOption = "none",
    speed: SpeedOption = 60.0,
    seed: SeedOption = 1,
    at_once: AtOnceOption = 0,
    retries: RetriesOption = 1,
    fail_fast: FailFastOption = False,
    retry_failed: RetryFailedOption = False,
    only_missing: OnlyMissingOption = False,
    scheduler: SchedulerOption = "",
    runs_at: RunsAtOption = "",
    limit: LimitOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="as `vgkit batch check`")] = False,
    as_json: JsonOption = False,
) -> None:
    """Make the films of a batch that are not there yet, as the caps allow. Start it again at any time: it goes on."""
    if dry_run:
        return check(file, rehearsal, faults, speed, seed, as_json)
    rehearsed = _how_rehearsed(rehearsal, faults, speed, seed)
    how = _how(at_once, retries, fail_fast, retry_failed, only_missing)
    return _make(file, rehearsed, how, _Where.of(scheduler, runs_at, limit), as_json=as_json)


@batch.command()
def resume(
    name: Annotated[str, typer.Argument(help="the batch's name, as films of it begin: spring, spring-rehearsed")],
    at_once: AtOnceOption = 0,
    retries: RetriesOption = 1,
    fail_fast: FailFastOption = False,
    retry_failed: RetryFailedOption = False,
    only_missing: OnlyMissingOption = False,
    scheduler: SchedulerOption = "",
    runs_at: RunsAtOption = "",
    limit: LimitOption = None,
    as_json: JsonOption = False,
) -> None:
    """Go on with a batch that was begun, from the file it was begun with."""
    from vgkit.batch.record import BatchRecord

    where = _Where.of(scheduler, runs_at, limit)
    file, rehearsed = BatchRecord(name).asked_for()
    _make(file, rehearsed, _how(at_once, retries, fail_fast, retry_failed, only_missing), where, as_json=as_json)


@dataclass(frozen=True)
class _Where:
    """On which machines films are made: this one, or the workers of a cluster."""

    scheduler: str
    runs_at: str
    limits: dict[str, int]

    @classmethod
    def of(cls, scheduler: str, runs_at: str, limit: list[str] | None) -> "_Where":
        from vgkit.errors import ParameterError

        for option, given in (("--runs-at", runs_at), ("--limit", limit)):
            if given and not scheduler:
                raise ParameterError(f"{option} is for films that a cluster makes. Give its --scheduler too.")
        return cls(scheduler, runs_at, dict(map(_limit, limit or ())))

    @property
    def again(self) -> str:
        """The options that a batch goes on with in the same place."""
        runs_at = f" --runs-at {self.runs_at}" if self.runs_at else ""
        return f" --scheduler {self.scheduler}{runs_at}" if self.scheduler else ""

    def crew(self, films: Any, at_once: int) -> AbstractContextManager[Any]:
        from vgkit.batch.cluster import cluster_crew

        if not self.scheduler:
            return nullcontext()
        return cluster_crew(self.scheduler, films, runs_at=self.runs_at, limits=self.limits, at_once=at_once)


def _limit(stated: str) -> tuple[str, int]:
    from vgkit.engines.hosts import HOSTS
    from vgkit.errors import ParameterError

    host, _, count = stated.partition("=")
    if host not in HOSTS or not count.isdecimal() or not int(count):
        raise ParameterError(f"--limit: {stated!r} is no limit. Write {' or '.join(f'{host}=8' for host in HOSTS)}.")
    return host, int(count)


def _make(file: Path, rehearsed: dict[str, Any] | None, how: Any, where: _Where, *, as_json: bool) -> None:
    from vgkit.batch.make import make_batch
    from vgkit.batch.record import BatchRecord
    from vgkit.batch.view import watching
    from vgkit.errors import Interrupted

    films = _planned(file, rehearsed, as_json=as_json)
    costs = _priced(films)
    if not as_json:
        sys.stderr.write(f"{costs}\n\n")
    _check_caps(costs)
    with where.crew(films, how.at_once) as crew, watching(films[0].batch.cap_usd) as looked:
        summary = make_batch(films, how, file=file, crew=crew, looked=looked)
    told = f"{summary}\nsummary: {BatchRecord(summary.batch).summary}\n"
    if not all(each.there for each in summary.fared):
        told += f"go on with all of it: vgkit batch resume {summary.batch}{where.again}\n"
    sys.stdout.write(json_text(summary.as_json) if as_json else told)
    if not summary.well:
        raise typer.Exit(Interrupted.exit_code if summary.stopped else 1)


def _planned(file: Path, rehearsed: dict[str, Any] | None, *, as_json: bool) -> Any:
    from vgkit.batch.check import plan
    from vgkit.batch.spec import read_spec
    from vgkit.errors import BatchError

    try:
        return plan(read_spec(file), rehearsal=rehearsed)
    except BatchError as error:
        if as_json:
            sys.stdout.write(json_text({"complaints": error.complaints or [{"message": str(error)}]}))
        raise


def _priced(films: Any) -> Any:
    from vgkit.batch.costs import costs_of

    return costs_of(films)


def _check_caps(costs: Any) -> None:
    from vgkit.errors import BudgetExceeded

    if over := list(costs.over()):
        raise BudgetExceeded("\n".join(over))


def _how_rehearsed(rehearsal: bool, faults: str, speed: float, seed: int) -> dict[str, Any] | None:
    from vgkit.rehearse import how_rehearsed

    return how_rehearsed(speed=speed, faults=faults, seed=seed) if rehearsal else None


def _how(at_once: int, retries: int, fail_fast: bool, retry_failed: bool, only_missing: bool) -> Any:
    from vgkit.batch.coordinator import Policy
    from vgkit.batch.make import How
    from vgkit.errors import ParameterError

    if retry_failed and only_missing:
        raise ParameterError("--retry-failed makes only films that failed, --only-missing none of those. Choose one.")
    policy = Policy(retries, fail_fast)
    return How("failed" if retry_failed else "unfailed" if only_missing else "missing", at_once, policy)
