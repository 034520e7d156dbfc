"""From a brief to a finished ad film in six phases.

The command line is thin, like the notebooks: it reads what a person typed, calls one function, and ends with a code
that a script can go by (see ``docs/cli.md``)."""

import json
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from vgkit import __version__
from vgkit.errors import BriefError, Interrupted, ParameterError, VgkitError

app = typer.Typer(
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__.splitlines()[0]
)
templates = typer.Typer(no_args_is_help=False, help="List ad templates, or check a file of your own.")
app.add_typer(templates, name="templates")

View = Literal["auto", "live", "plain", "quiet", "json"]
Kernel = Literal["warm", "fresh"]

ViewOption = Annotated[View, typer.Option("--view", help="live table, plain lines, quiet, or events as JSON lines")]
KernelOption = Annotated[Kernel, typer.Option("--kernel", help="one kernel for all phases, or a new one each")]
FromOption = Annotated[str, typer.Option("--from", help="first phase to consider")]
UntilOption = Annotated[str, typer.Option("--until", help="last phase to consider")]
OnlyOption = Annotated[str, typer.Option("--only", help="consider this phase alone")]
ForceOption = Annotated[bool, typer.Option("--force", help="make the chosen phases again even where they stand")]
VerboseOption = Annotated[bool, typer.Option("-v", "--verbose", help="show the run's log")]


@app.command()
def run(
    brief: Annotated[Path | None, typer.Argument(help="a TOML or JSON file; options below win over it")] = None,
    prompt: Annotated[str | None, typer.Option(help="what the film is about")] = None,
    template: Annotated[str | None, typer.Option(help="a template's name, or the path of your own")] = None,
    product: Annotated[str | None, typer.Option(help="the product's name")] = None,
    brand: Annotated[str | None, typer.Option()] = None,
    tagline: Annotated[str | None, typer.Option()] = None,
    call_to_action: Annotated[str | None, typer.Option("--call-to-action", "--cta")] = None,
    asset: Annotated[
        list[str] | None, typer.Option(help="product=, logo=, music= or lut= and a path; repeatable")
    ] = None,
    duration: Annotated[int | None, typer.Option(help="seconds, 6 to 60")] = None,
    aspect: Annotated[str | None, typer.Option(help="16:9, 9:16 or 1:1")] = None,
    seed: Annotated[int | None, typer.Option()] = None,
    profile: Annotated[str | None, typer.Option(help="engines and limits by name")] = None,
    engine: Annotated[
        list[str] | None, typer.Option(help="plan=, picture=, video= or music= and a name; repeatable")
    ] = None,
    usage: Annotated[str | None, typer.Option(help="research or commercial")] = None,
    cap: Annotated[str | None, typer.Option(help="the most this run may spend, in US dollars")] = None,
    name: Annotated[str, typer.Option(help="the run's name; else the time and the product")] = "",
    setting: Annotated[
        list[str] | None, typer.Option("--set", help="a notebook's parameter, as takes=2; repeatable")
    ] = None,
    approve: Annotated[bool, typer.Option("--approve", help="stop after the animatic until you say yes")] = False,
    first: FromOption = "",
    until: UntilOption = "",
    only: OnlyOption = "",
    kernel: KernelOption = "warm",
    view: ViewOption = "auto",
    verbose: VerboseOption = False,
) -> None:
    """Make a film from a brief: six notebooks, executed into the run's own folder."""
    from vgkit.brief import brief_from
    from vgkit.pipeline import phases_between, settings_by_phase
    from vgkit.start import read_brief, start_run

    fields = read_brief(brief) if brief else {}
    given = {
        "prompt": prompt, "template": template, "product": product, "brand": brand, "tagline": tagline,
        "call_to_action": call_to_action, "duration_s": duration, "aspect": aspect, "seed": seed, "profile": profile,
        "usage": usage,
    }  # fmt: skip
    fields |= {field: value for field, value in given.items() if value is not None}
    typed = {kind: Path(path).expanduser().resolve() for kind, path in _pairs(asset, "--asset").items()}
    for field, pairs in (("assets", typed), ("engines", _pairs(engine, "--engine"))):
        if pairs:
            fields[field] = {**fields.get(field, {}), **pairs}
    if cap is not None:
        fields["caps"] = {**fields.get("caps", {}), "run_usd": cap}
    if not fields:
        raise BriefError('There is nothing to make a film of. Give a brief\'s file, or --prompt "…".')
    settings = {key: _literal(value) for key, value in _pairs(setting, "--set").items()}
    settings_by_phase(settings)
    phases = phases_between(first, until, only)
    started = start_run(
        brief_from(fields),
        base=brief.parent if brief else None,
        allowed=[path.parent for path in typed.values()],
        name=name,
        settings=settings,
        needs_approval=approve,
    )
    _make(started, phases=phases, kernel=kernel, view=view, verbose=verbose)


@app.command()
def resume(
    run: Annotated[str, typer.Argument(help="a run's name or folder; the latest where left out")] = "",
    approved: Annotated[bool, typer.Option("--approved", help="say yes to the animatic")] = False,
    first: FromOption = "",
    until: UntilOption = "",
    only: OnlyOption = "",
    force: ForceOption = False,
    kernel: KernelOption = "warm",
    view: ViewOption = "auto",
    verbose: VerboseOption = False,
) -> None:
    """Go on with a run: what stands is kept, what is missing or changed is made."""
    from vgkit.pipeline import phases_between
    from vgkit.run import Run

    opened = Run.open(run or _latest())
    phases = phases_between(first, until, only)
    _make(opened, phases=phases, kernel=kernel, view=view, verbose=verbose, approved=approved, force=force)


@app.command("list")
def list_runs() -> None:
    """List all runs: state, seconds, cost, film."""
    from vgkit.ledger import Ledger
    from vgkit.places import runs_dir

    ledger = Ledger(runs_dir())
    ledger.sync()
    frame = ledger.query(
        "select run, state, template, aspect, duration_s, seconds, cost_usd from run_summary order by run"
    )
    _print(frame.to_string(index=False) if len(frame) else "There are no runs yet. Make one with `make demo`.")


@app.command()
def show(run: Annotated[str, typer.Argument(help="a run's name or folder; the latest where left out")] = "") -> None:
    """Show one run: what it was asked for, how far each phase is, and where its film lies."""
    from vgkit.phases.report import so_far
    from vgkit.run import Run

    opened = Run.open(run or _latest())
    brief = opened.brief
    _print(f"{opened.name}: {brief.template}, {brief.duration_s} s, {brief.aspect}, profile {brief.profile}")
    _print(f"  prompt: {' '.join(brief.prompt.split())}")
    _print(str(so_far(opened)))
    for file in ("film.mp4", "export", "manifest.json", "notebooks", "run.log"):
        if opened.path(file).exists():
            _print(f"  {opened.path(file)}")


@app.command()
def clean(
    run: Annotated[list[str] | None, typer.Argument(help="runs by name; all where left out")] = None,
    cache: Annotated[bool, typer.Option("--cache", help="also empty the cache of finished calls")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="do it; else only say what would go")] = False,
) -> None:
    """Free the room that intermediates take. Films, notebooks and the record always stay."""
    from vgkit.cleaning import clean_cache, clean_run, largest_first
    from vgkit.run import Run, all_runs

    freed = 0
    for folder in [Run.open(one).folder for one in run] if run else all_runs():
        freed += clean_run(Run.open(folder), really=yes)
    if cache:
        freed += clean_cache(really=yes)
    _print(f"{'Freed' if yes else 'Would free'} {freed / 1e6:,.0f} MB.{'' if yes else ' Say --yes to do it.'}")
    _print(largest_first())


@app.command()
def sql(
    query: Annotated[str, typer.Argument(help='such as "select * from run_summary"')],
    as_csv: Annotated[bool, typer.Option("--csv")] = False,
) -> None:
    """Ask the ledger; it is brought up to date first and can't be changed by a query."""
    from vgkit.ledger import Ledger
    from vgkit.places import runs_dir

    ledger = Ledger(runs_dir())
    ledger.sync()
    frame = ledger.query(query)
    _print(frame.to_csv(index=False).rstrip() if as_csv else frame.to_string(index=False))


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

    notes = [f"  {note}" for note in getattr(error, "__notes__", [])]
    message = Text(f"{type(error).__name__}: ", style="bold red").append(
        "\n".join([str(error), *notes]), style="default"
    )
    Console(stderr=True, soft_wrap=True).print(message)
    sys.exit(error.exit_code)


def _make(opened: Any, *, phases: tuple[str, ...], view: View, verbose: bool, **how: Any) -> None:
    from vgkit.pipeline import run_phases
    from vgkit.progress import follow

    if verbose:
        _show_log()
    with follow(opened.events.path, mode=view, phases=phases):
        outcome = run_phases(opened, phases=phases, **how)
    if view != "json":
        _print(f"{opened.name}: {outcome.seconds:.1f} s, ${outcome.cost_usd:.2f}")
        _print(f"film: {outcome.film}" if outcome.film else f"in: {opened.folder}")


def _show_log() -> None:
    from vgkit.runlog import formatter

    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter())
    logging.getLogger("vgkit").addHandler(handler)
    logging.getLogger("vgkit").setLevel(logging.INFO)


def _latest() -> Path:
    from vgkit.errors import RunNotFound
    from vgkit.run import latest_run

    latest = latest_run()
    if latest is None:
        raise RunNotFound("There are no runs yet. Make one with `make demo` or `vgkit run`.")
    return latest


def _pairs(given: list[str] | None, option: str) -> dict[str, str]:
    pairs = {}
    for text in given or []:
        key, sign, value = text.partition("=")
        if not (sign and key and value):
            raise ParameterError(f"{option}: {text!r} is not name=value.")
        pairs[key.strip()] = value.strip()
    return pairs


def _literal(text: str) -> Any:
    """Read a value as JSON, so that 2 is a number and true a truth; anything else is text."""
    try:
        return json.loads(text, parse_float=float)
    except json.JSONDecodeError:
        return text


def _version(asked: bool) -> None:
    if asked:
        _print(f"vgkit {__version__}")
        raise typer.Exit


@app.callback()
def _top(version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True)] = False) -> None:
    """From a brief to a finished ad film in six phases, each a notebook."""


def _print(text: str) -> None:
    print(text)  # noqa: T201 (the command line is the one place that prints)
