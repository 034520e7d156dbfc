"""``vgkit report`` and ``vgkit sql``: what all runs on record say."""

import sys
import webbrowser
from pathlib import Path
from typing import Annotated

import typer

from vgkit.cli_options import ledger

SinceOption = Annotated[str, typer.Option(help="only runs that started on this day or later, such as 2026-11-27")]
UntilOption = Annotated[str, typer.Option(help="only runs that started on this day or before")]


def report(
    since: SinceOption = "",
    until: UntilOption = "",
    profile: Annotated[str, typer.Option(help="only runs of this profile")] = "",
    template: Annotated[str, typer.Option(help="only films of this template")] = "",
    rehearsals: Annotated[bool, typer.Option("--rehearsals/--real", help="rehearsed films, or real ones")] = False,
    measure: Annotated[str, typer.Option(help="by what films are ranked")] = "warp_error",
    html: Annotated[Path | None, typer.Option("--html", help="write it as one self-contained page")] = None,
    opened: Annotated[bool, typer.Option("--open", help="write the page, if only as report.html, and show it")] = False,
) -> None:
    """Report on all runs: what films cost, how long they take, how often they succeed, how good they are."""
    from vgkit.report import report as reported

    choice = {"since": since, "until": until, "profile": profile, "template": template}
    told = reported(**choice, rehearsals=rehearsals, measure=measure)
    if html is None and not opened:
        sys.stdout.write(f"{told}\n")
        return
    page = told.write(html or "")
    sys.stdout.write(f"{page}\n")
    if opened and not webbrowser.open(page.absolute().as_uri()):
        sys.stderr.write("No browser could be opened here. Open the file in one.\n")


def sql(
    query: Annotated[str, typer.Argument(help='such as "select * from run_summary"; left out, what there is')] = "",
    as_csv: Annotated[bool, typer.Option("--csv", help="for spreadsheets")] = False,
    parquet: Annotated[Path | None, typer.Option("--parquet", help="write the answer to this file")] = None,
) -> None:
    """Ask the ledger; it is brought up to date first and can't be changed by a query."""
    from vgkit.ledger.database import CONTENTS
    from vgkit.ledger.parquet import write_parquet

    found, asked = ledger(), query or CONTENTS
    if parquet is not None:
        sys.stdout.write(f"{parquet}: {write_parquet(found, asked, parquet):,} rows\n")
    elif as_csv:
        sys.stdout.write(found.query(asked).to_csv(index=False))
    elif query:
        sys.stdout.write(f"{found.query(query).to_string(index=False)}\n")
    else:
        rows = found.query(CONTENTS).to_numpy().tolist()
        sys.stdout.write("".join(f"{kind:<6} {name:<15} {about}\n" for kind, name, about in rows))
