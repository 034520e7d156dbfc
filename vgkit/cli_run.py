"""``vgkit run`` and ``vgkit resume``: what a person typed becomes a brief, and the brief a film."""

import contextlib
import sys
from typing import Annotated, Any, Literal

import typer

from vgkit.cli_options import (
    AspectOption,
    AssetOption,
    BriefArgument,
    CapOption,
    DurationOption,
    EngineOption,
    ProfileOption,
    PromptOption,
    RunArgument,
    SettingOption,
    TemplateOption,
    UsageOption,
    Wish,
    existing,
    settings_from,
    wish_from,
)

View = Literal["auto", "live", "plain", "quiet", "json"]
Kernel = Literal["warm", "fresh"]

ViewOption = Annotated[View, typer.Option("--view", help="live table, plain lines, quiet, or events as JSON lines")]
KernelOption = Annotated[Kernel, typer.Option("--kernel", help="one kernel for all phases, or a new one each")]
FromOption = Annotated[str, typer.Option("--from", help="first phase to consider")]
UntilOption = Annotated[str, typer.Option("--until", help="last phase to consider")]
OnlyOption = Annotated[str, typer.Option("--only", help="consider this phase alone")]
ForceOption = Annotated[bool, typer.Option("--force", help="make the chosen phases again even where they stand")]
VerboseOption = Annotated[bool, typer.Option("-v", "--verbose", help="show the run's log")]

_FIELDS = (
    *("prompt", "template", "product", "brand", "tagline", "call_to_action", "duration_s", "aspect", "seed"),
    *("profile", "usage"),
)


def run(
    brief: BriefArgument = None,
    prompt: PromptOption = None,
    template: TemplateOption = None,
    product: Annotated[str | None, typer.Option(help="the product's name")] = None,
    brand: Annotated[str | None, typer.Option()] = None,
    tagline: Annotated[str | None, typer.Option()] = None,
    call_to_action: Annotated[str | None, typer.Option("--call-to-action", "--cta")] = None,
    asset: AssetOption = None,
    duration_s: DurationOption = None,
    aspect: AspectOption = None,
    seed: Annotated[int | None, typer.Option()] = None,
    profile: ProfileOption = None,
    engine: EngineOption = None,
    usage: UsageOption = None,
    cap: CapOption = None,
    name: Annotated[str, typer.Option(help="the run's name; else the time and the product")] = "",
    setting: SettingOption = None,
    approve: Annotated[bool, typer.Option("--approve", help="stop after the animatic until you say yes")] = False,
    first: FromOption = "",
    until: UntilOption = "",
    only: OnlyOption = "",
    kernel: KernelOption = "warm",
    view: ViewOption = "auto",
    verbose: VerboseOption = False,
) -> None:
    """Make a film from a brief: six notebooks, executed into the run's own folder."""
    typed = {field: value for field, value in locals().items() if field in _FIELDS}
    wish = wish_from(brief, typed, asset=asset, engine=engine, cap=cap)
    settings, how = settings_from(setting), {"first": first, "last": until, "only": only}
    started = _started(wish, name=name, settings=settings, approve=approve, how=how)
    _make(started, how=how, kernel=kernel, view=view, verbose=verbose)


def resume(
    run: RunArgument = "",
    approved: Annotated[bool, typer.Option("--approved", help="say yes to the animatic")] = False,
    first: FromOption = "",
    until: UntilOption = "",
    only: OnlyOption = "",
    force: ForceOption = False,
    setting: SettingOption = None,
    cap: CapOption = None,
    kernel: KernelOption = "warm",
    view: ViewOption = "auto",
    verbose: VerboseOption = False,
) -> None:
    """Go on with a run: what stands is kept, what is missing or changed is made."""
    from vgkit.pipeline import phases_between, set_anew

    how = {"first": first, "last": until, "only": only}
    phases_between(**how)
    opened = set_anew(existing(run), settings_from(setting), cap_usd=cap)
    _make(opened, how=how, kernel=kernel, view=view, verbose=verbose, approved=approved, force=force)


def take(
    run: Annotated[str, typer.Argument(help="a run's name or folder")],
    shot: Annotated[str, typer.Argument(help="such as s03")],
    take: Annotated[str, typer.Argument(help="such as t02, or auto for what the rule picks")],
) -> None:
    """Choose a take for the cut. Several may be chosen before the film is made anew, and no clip is asked for again."""
    from vgkit.phases.takes import choose_take

    opened = existing(run)
    told = choose_take(opened, shot=shot, take=take)
    sys.stdout.write(f"{told}\nMake the cut and the film anew with `vgkit resume {opened.name}`.\n")


def _started(wish: Wish, *, name: str, settings: dict[str, Any], approve: bool, how: dict[str, str]) -> Any:
    """Check all that was typed before the run's folder is made."""
    from vgkit.brief import brief_from
    from vgkit.pipeline import phases_between, settings_by_phase
    from vgkit.start import start_run

    settings_by_phase(settings)
    phases_between(**how)
    return start_run(
        brief_from(wish.fields),
        base=wish.base,
        allowed=[path.parent for path in wish.assets.values()],
        name=name,
        settings=settings,
        needs_approval=approve,
    )


def _make(opened: Any, *, how: dict[str, str], view: View, verbose: bool, **running: Any) -> None:
    from vgkit.ledger import read_events
    from vgkit.live import following
    from vgkit.live import view as view_of
    from vgkit.pipeline import phases_between, run_phases
    from vgkit.progress import RunProgress
    from vgkit.progress_table import usd
    from vgkit.rehearse import hosts_of
    from vgkit.runlog import showing

    phases = phases_between(**how)
    log = showing(opened.path("run.log"), sys.stderr) if verbose else contextlib.nullcontext()
    with hosts_of(opened), log, following(opened.events.path, view_of(view), RunProgress.of(phases)):
        outcome = run_phases(opened, phases=phases, **running)
    if view != "json":
        where = f"film: {outcome.film}" if outcome.film else f"in: {opened.folder}"
        again = " this time" if len(read_events(opened.events.path).of("run_started")) > 1 else ""
        sys.stdout.write(f"{opened.name}: {outcome.seconds:.1f} s, {usd(outcome.cost_usd)}{again}\n{where}\n")
