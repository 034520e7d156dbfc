"""``vgkit run`` and ``vgkit resume``: what a person typed becomes a brief, and the brief a film."""

import contextlib
import dataclasses
import json
import sys
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from vgkit.errors import BriefError, ParameterError

View = Literal["auto", "live", "plain", "quiet", "json"]
Kernel = Literal["warm", "fresh"]

ViewOption = Annotated[View, typer.Option("--view", help="live table, plain lines, quiet, or events as JSON lines")]
KernelOption = Annotated[Kernel, typer.Option("--kernel", help="one kernel for all phases, or a new one each")]
FromOption = Annotated[str, typer.Option("--from", help="first phase to consider")]
UntilOption = Annotated[str, typer.Option("--until", help="last phase to consider")]
OnlyOption = Annotated[str, typer.Option("--only", help="consider this phase alone")]
ForceOption = Annotated[bool, typer.Option("--force", help="make the chosen phases again even where they stand")]
VerboseOption = Annotated[bool, typer.Option("-v", "--verbose", help="show the run's log")]
AssetOption = Annotated[list[str] | None, typer.Option(help="product=, logo=, music= or lut= and a path; repeatable")]
EngineOption = Annotated[list[str] | None, typer.Option(help="plan=, picture=, video= or music= and a name")]
SettingOption = Annotated[list[str] | None, typer.Option("--set", help="a notebook's parameter: takes=2; repeatable")]
RunArgument = Annotated[str, typer.Argument(help="a run's name or folder; the latest where left out")]

_FIELDS = (
    *("prompt", "template", "product", "brand", "tagline", "call_to_action", "duration_s", "aspect", "seed"),
    *("profile", "usage"),
)


def run(
    brief: Annotated[Path | None, typer.Argument(help="a TOML or JSON file; options below win over it")] = None,
    prompt: Annotated[str | None, typer.Option(help="what the film is about")] = None,
    template: Annotated[str | None, typer.Option(help="a template's name, or the path of your own")] = None,
    product: Annotated[str | None, typer.Option(help="the product's name")] = None,
    brand: Annotated[str | None, typer.Option()] = None,
    tagline: Annotated[str | None, typer.Option()] = None,
    call_to_action: Annotated[str | None, typer.Option("--call-to-action", "--cta")] = None,
    asset: AssetOption = None,
    duration_s: Annotated[int | None, typer.Option("--duration", help="seconds, 6 to 60")] = None,
    aspect: Annotated[str | None, typer.Option(help="16:9, 9:16 or 1:1")] = None,
    seed: Annotated[int | None, typer.Option()] = None,
    profile: Annotated[str | None, typer.Option(help="engines and limits by name")] = None,
    engine: EngineOption = None,
    usage: Annotated[str | None, typer.Option(help="research or commercial")] = None,
    cap: Annotated[str | None, typer.Option(help="the most this run may spend, in US dollars")] = None,
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
    typed = {field: value for field, value in locals().items() if field in _FIELDS and value is not None}
    assets = {kind: Path(path).expanduser().resolve() for kind, path in _pairs(asset, "--asset").items()}
    fields = _wish(brief, typed, assets=assets, engines=_pairs(engine, "--engine"), cap=cap)
    settings = _settings(setting)
    how = {"first": first, "last": until, "only": only}
    started = _started(fields, brief, assets=assets, name=name, settings=settings, approve=approve, how=how)
    _make(started, how=how, kernel=kernel, view=view, verbose=verbose)


def resume(
    run: RunArgument = "",
    approved: Annotated[bool, typer.Option("--approved", help="say yes to the animatic")] = False,
    first: FromOption = "",
    until: UntilOption = "",
    only: OnlyOption = "",
    force: ForceOption = False,
    setting: SettingOption = None,
    kernel: KernelOption = "warm",
    view: ViewOption = "auto",
    verbose: VerboseOption = False,
) -> None:
    """Go on with a run: what stands is kept, what is missing or changed is made."""
    how = {"first": first, "last": until, "only": only}
    opened = _set_anew(existing(run), _settings(setting))
    _make(opened, how=how, kernel=kernel, view=view, verbose=verbose, approved=approved, force=force)


def existing(name: str) -> Any:
    """Open a run by name, or the latest. Raises RunNotFound where there is none."""
    from vgkit.errors import RunNotFound
    from vgkit.run import Run, latest_run

    found = name or latest_run()
    if found is None:
        raise RunNotFound("There are no runs yet. Make one with `make demo` or `vgkit run`.")
    return Run.open(found)


def _settings(setting: list[str] | None) -> dict[str, Any]:
    return {key: _literal(value) for key, value in _pairs(setting, "--set").items()}


def _set_anew(opened: Any, settings: dict[str, Any]) -> Any:
    """Lay settings over those of a run, and keep them, so that the next ``resume`` goes by them too."""
    from vgkit.lock import RunLock
    from vgkit.pipeline import settings_by_phase

    if not settings:
        return opened
    changed = dataclasses.replace(opened, settings={**opened.settings, **settings})
    settings_by_phase(changed.settings)
    with RunLock(changed.folder):
        changed.save()
    return changed


def _wish(
    brief: Path | None, typed: dict[str, Any], *, assets: dict[str, Path], engines: dict[str, str], cap: str | None
) -> dict[str, Any]:
    """Lay what was typed over the brief's file."""
    from vgkit.start import read_brief

    fields = (read_brief(brief) if brief else {}) | typed
    for field, pairs in (("assets", assets), ("engines", engines), ("caps", {"run_usd": cap} if cap else {})):
        if pairs:
            fields[field] = {**fields.get(field, {}), **pairs}
    if not fields:
        raise BriefError('There is nothing to make a film of. Give a brief\'s file, or --prompt "…".')
    return fields


def _started(
    fields: dict[str, Any],
    brief: Path | None,
    *,
    assets: dict[str, Path],
    name: str,
    settings: dict[str, Any],
    approve: bool,
    how: dict[str, str],
) -> Any:
    """Check all that was typed before the run's folder is made."""
    from vgkit.brief import brief_from
    from vgkit.pipeline import phases_between, settings_by_phase
    from vgkit.start import start_run

    settings_by_phase(settings)
    phases_between(**how)
    return start_run(
        brief_from(fields),
        base=brief.parent if brief else None,
        allowed=[path.parent for path in assets.values()],
        name=name,
        settings=settings,
        needs_approval=approve,
    )


def _make(opened: Any, *, how: dict[str, str], view: View, verbose: bool, **running: Any) -> None:
    from vgkit.live import following
    from vgkit.live import view as view_of
    from vgkit.pipeline import phases_between, run_phases
    from vgkit.progress import RunProgress
    from vgkit.runlog import showing

    phases = phases_between(**how)
    log = showing(opened.path("run.log"), sys.stderr) if verbose else contextlib.nullcontext()
    with log, following(opened.events.path, view_of(view), RunProgress.of(phases)):
        outcome = run_phases(opened, phases=phases, **running)
    if view != "json":
        where = f"film: {outcome.film}" if outcome.film else f"in: {opened.folder}"
        sys.stdout.write(f"{opened.name}: {outcome.seconds:.1f} s, ${outcome.cost_usd:.2f}\n{where}\n")


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
        return json.loads(text)
    except json.JSONDecodeError:
        return text
