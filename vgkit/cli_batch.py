"""``vgkit batch``: many films from one file."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from vgkit.cli_options import JsonOption, json_text

batch = typer.Typer(no_args_is_help=True, help="Check and price many films from one file.")


@batch.command()
def check(
    file: Annotated[Path, typer.Argument(help="CSV, JSONL or TOML: a row, an object or a table for each film")],
    rehearsal: Annotated[bool, typer.Option("--rehearse", help="as rehearsals, which need no keys")] = False,
    faults: Annotated[str, typer.Option(help="of rehearsed hosts: none, mild, harsh, or a TOML file")] = "none",
    speed: Annotated[float, typer.Option(min=1, max=100_000, help="how many times faster those are")] = 60.0,
    seed: Annotated[int, typer.Option(help="another one brings other times and faults of theirs")] = 1,
    as_json: JsonOption = False,
) -> None:
    """Check all films of a batch and say what they would cost; nothing is made."""
    from vgkit.batch.check import plan
    from vgkit.batch.costs import costs_of
    from vgkit.batch.spec import read_spec
    from vgkit.errors import BatchError, BudgetExceeded
    from vgkit.rehearse import how_rehearsed
    from vgkit.run import check_space

    how = how_rehearsed(speed=speed, faults=faults, seed=seed) if rehearsal else None
    try:
        films = plan(read_spec(file), rehearsal=how)
    except BatchError as error:
        if as_json:
            sys.stdout.write(json_text({"complaints": error.complaints or [{"message": str(error)}]}))
        raise
    costs = costs_of(films)
    sys.stdout.write(json_text(costs.as_json) if as_json else f"{costs}\n")
    if over := list(costs.over()):
        raise BudgetExceeded("\n".join(over))
    check_space(costs.length_s)
