"""From a brief to a finished ad film in six phases.

The command line is thin, like the notebooks: it reads what a person typed, calls one function, and ends with a code
that a script can go by (see ``docs/cli.md``)."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from vgkit import (
    __version__,
    cli_batch,
    cli_compare,
    cli_enlarge,
    cli_experiment,
    cli_film,
    cli_media,
    cli_money,
    cli_rehearse,
    cli_report,
    cli_run,
    cli_score,
    cli_studio,
    cli_worker,
)
from vgkit.cli_options import RunArgument, existing, ledger
from vgkit.errors import Interrupted, VgkitError

app = typer.Typer(
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__.splitlines()[0]
)
templates = typer.Typer(no_args_is_help=False, help="List ad templates, or check a file of your own.")
app.add_typer(templates, name="templates")
app.add_typer(cli_batch.batch, name="batch")

app.command()(cli_run.run)
app.command()(cli_run.resume)
app.command()(cli_run.take)
app.command()(cli_money.doctor)
app.command()(cli_money.estimate)
app.command()(cli_money.why)
app.command()(cli_money.cancel)
app.command()(cli_rehearse.rehearse)
app.command()(cli_experiment.experiment)
app.command()(cli_compare.compare)
app.command()(cli_report.report)
app.command()(cli_report.sql)
app.command()(cli_enlarge.enlarge)
app.command()(cli_film.film)
app.command()(cli_film.smooth)
app.command()(cli_film.interpolate)
app.command()(cli_film.grade)
app.command()(cli_media.conform)
app.command()(cli_score.score)
app.command()(cli_studio.studio)
app.command()(cli_worker.worker)


_LIST = """
    select
        run,
        state || case fallbacks when 0 then '' when 1 then ' (1 still)' else ' (' || fallbacks || ' stills)' end
            || if(rehearsal, ', rehearsed', '') as state,
        printf('%g s %s', duration_s, aspect) as film,
        profile,
        coalesce(printf('%.0f s', seconds), '') as took,
        if(cost_usd > 0, printf('$%.4f', cost_usd::double), '$0') as cost
    from run_summary
    order by started_at
"""


@app.command("list")
def list_runs() -> None:
    """List all runs: how each ended, its film, how long it took and what it cost."""
    from vgkit.phases.report import Table

    frame = ledger().query(_LIST)
    rows = tuple(frame.fillna("").itertuples(index=False, name=None))
    table = str(Table("", tuple(frame.columns), rows)).lstrip()
    _print(table if rows else "There are no runs yet. Make one with `make demo`.")


@app.command()
def show(run: RunArgument = "") -> None:
    """Show one run: what it was asked for, how it ended, how far each phase is, and where its film lies."""
    from vgkit.phases.report import so_far

    opened = existing(run)
    brief = opened.brief
    rehearsal = "" if opened.rehearsal is None else ", a rehearsal"
    _print(f"{opened.name}: {brief.template}, {brief.duration_s} s, {brief.aspect}, profile {brief.profile}{rehearsal}")
    _print(f"  prompt: {' '.join(brief.prompt.split())}")
    _print(f"  state: {_state(opened)}")
    _print(str(so_far(opened)))
    for file in ("film.mp4", "export", "manifest.json", "notebooks", "run.log"):
        if opened.path(file).exists():
            _print(f"  {opened.path(file)}")


def _state(opened: Any) -> str:
    """Say how a run ended and why so; or who works in it, or that nobody does and no end is on record."""
    from vgkit.ledger import read_events
    from vgkit.lock import held_by

    if owner := held_by(opened.folder):
        return f"at work ({owner})"
    marks = [event for event in read_events(opened.events.path) if event.kind in ("run_started", "run_finished")]
    if not marks or marks[-1].kind == "run_started":
        return f"open: no end is on record. `vgkit resume {opened.name}` goes on."
    said = str(marks[-1].get("message") or "")
    return f"{marks[-1]['state']}\n  {said}" if said else str(marks[-1]["state"])


@app.command()
def link(
    run: RunArgument = "",
    days: Annotated[float, typer.Option(help="how long it lasts where the film lies in a bucket, 7 at most")] = 7.0,
) -> None:
    """Give an address of the exported film to open or to pass on; one to a bucket is signed anew."""
    from vgkit.phases.export import film_link

    given = film_link(existing(run), link_days=days)
    _print(given.address)
    for note in filter(None, (f"It opens{given.until}." if given.until else "", given.warning)):
        print(note, file=sys.stderr)


@app.command()
def clean(
    run: Annotated[list[str] | None, typer.Argument(help="runs by name; all where left out")] = None,
    cache: Annotated[bool, typer.Option("--cache", help="empty the cache of calls; alone, nothing else")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="do it; else only say what would go")] = False,
) -> None:
    """Free the room that intermediates take. Films, notebooks and the record always stay."""
    from vgkit.cleaning import clean_cache, clean_rehearsals, clean_run, largest_first
    from vgkit.run import Run, all_runs

    named = [] if cache and not run else [Run.open(one).folder for one in run] if run else all_runs()
    freed = sum(clean_run(Run.open(folder), really=yes) for folder in named)
    if cache:
        freed += clean_cache(really=yes)
    if cache or not run:
        freed += clean_rehearsals(really=yes, caches=cache)
    _print(f"{'Freed' if yes else 'Would free'} {freed / 1e6:,.0f} MB.{'' if yes else ' Say --yes to do it.'}")
    _print(largest_first())


@app.command()
def sheet(
    film: Annotated[Path, typer.Argument(help="a film or clip")],
    out: Annotated[Path, typer.Argument(help="the picture to write: .jpg or .png")],
    count: Annotated[int, typer.Option(min=1, max=100)] = 12,
    columns: Annotated[int, typer.Option(min=1, max=20)] = 4,
    width: Annotated[int, typer.Option(min=200, max=8000, help="pixels")] = 1200,
) -> None:
    """Draw a contact sheet of a film, evenly through its length."""
    from vgkit.media.frames import write_picture
    from vgkit.media.sheet import film_sheet, write_jpeg

    write = write_picture if out.suffix.lower() == ".png" else write_jpeg
    write(film_sheet(film, count=count, columns=columns, width_px=width), out)
    _print(str(out))


@templates.callback(invoke_without_command=True)
def list_templates(context: typer.Context) -> None:
    """List the templates that ship with vgkit."""
    if context.invoked_subcommand is None:
        from vgkit.template_files import load_template, template_names

        for name in template_names():
            template = load_template(name)
            beats = ", ".join(beat.name.replace("_", " ") for beat in template.beats)
            _print(f"{name}: {template.purpose}\n    {len(template.beats)} beats: {beats}; look {template.look}")


@templates.command()
def check(file: Annotated[Path, typer.Argument(help="a template of your own")]) -> None:
    """Check a template's file and complain by line."""
    from vgkit.errors import TemplateError
    from vgkit.template_files import check_template

    template, complaints = check_template(file)
    if template is None:
        raise TemplateError(f"{file} can't be used:\n" + "\n".join(complaints))
    _print(f"{file} is a template: {template.title}, {len(template.beats)} beats.")


def main() -> None:
    """Run the command line; an error of ours is one message and its exit code, never a traceback."""
    with _errors_as_messages():
        app()


@contextmanager
def _errors_as_messages() -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        _fail(Interrupted("Stopped. What is finished is kept; `vgkit resume` goes on from there."))
    except VgkitError as error:
        _fail(error)


def _fail(error: VgkitError) -> None:
    from rich.console import Console
    from rich.text import Text

    from vgkit.ledger.redaction import redact_text

    notes = [f"  {note}" for note in getattr(error, "__notes__", [])]
    said = redact_text("\n".join([str(error), *notes]))
    message = Text(f"{type(error).__name__}: ", style="bold red").append(said, style="default")
    Console(stderr=True, soft_wrap=True).print(message)
    sys.exit(error.exit_code)


def _version(asked: bool) -> None:
    if asked:
        _print(f"vgkit {__version__}")
        raise typer.Exit


@app.callback()
def _top(version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True)] = False) -> None:
    """From a brief to a finished ad film in six phases, each a notebook."""


def _print(text: str) -> None:
    print(text)
