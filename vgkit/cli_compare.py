"""``vgkit compare``: two video engines by films that are alike in all else."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from vgkit.cli_options import JsonOption, json_text


def compare(
    a: Annotated[
        str, typer.Argument(help="an engine, as name@host or its name; with B left out, the pair most filmed")
    ] = "",
    b: Annotated[str, typer.Argument(help="the engine that is set against it")] = "",
    experiment: Annotated[str, typer.Option(help="only films of this experiment")] = "",
    rehearsals: Annotated[bool, typer.Option("--rehearsals", help="take in rehearsed films, labelled as such")] = False,
    html: Annotated[Path | None, typer.Option("--html", help="write it as one self-contained page")] = None,
    as_json: JsonOption = False,
) -> None:
    """Compare two video engines by all films on record that are alike in all else."""
    from vgkit.compare.comparison import compare as compared
    from vgkit.compare.report import CompareReport
    from vgkit.errors import ParameterError
    from vgkit.files import write_text

    if a and not b:
        raise ParameterError(f"B: {a} is to be compared with what? Name two engines, or none.")
    report = CompareReport(compared(a, b, experiment=experiment, rehearsals=rehearsals))
    sys.stdout.write(json_text(report.as_json) if as_json else f"{report}\n")
    if html is not None:
        write_text(html, report.page(html.absolute().parent))
        sys.stderr.write(f"{html}\n")
