"""What a person asks before money goes, and while it does: is all in place, what will it cost, why again, stop it.

Every command has ``--json``: one object on stdout and nothing else, amounts as strings, exact to the last digit."""

import sys
from dataclasses import asdict
from decimal import Decimal
from typing import Annotated, Any

import typer

from vgkit.cli_options import (
    AspectOption,
    AssetOption,
    BriefArgument,
    CapOption,
    DurationOption,
    EngineOption,
    JsonOption,
    ProfileOption,
    PromptOption,
    RunArgument,
    SettingOption,
    TemplateOption,
    UsageOption,
    existing,
    json_text,
    settings_from,
    template_of,
    wish_from,
)

_COLOURS = {"green": "green", "yellow": "yellow", "red": "bold red"}


def doctor(
    profile: Annotated[str, typer.Option(help="only what this profile needs; else offline decides the end")] = "",
    as_json: JsonOption = False,
) -> None:
    """Check that all is in place to make films: machine, keys, prices, profiles."""
    from vgkit.doctor import examine, stopping

    findings = examine(profile)
    asked = profile or "offline"
    stops = stopping(findings, asked)
    if as_json:
        found = [finding.as_json for finding in findings]
        sys.stdout.write(json_text({"profile": asked, "can_run": not stops, "findings": found}))
    else:
        for finding in findings:
            _say_finding(finding)
    if stops:
        raise typer.Exit(1)


def estimate(
    brief: BriefArgument = None,
    prompt: PromptOption = None,
    template: TemplateOption = None,
    asset: AssetOption = None,
    duration_s: DurationOption = None,
    aspect: AspectOption = None,
    profile: ProfileOption = None,
    engine: EngineOption = None,
    usage: UsageOption = None,
    cap: CapOption = None,
    setting: SettingOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say what a film would cost and how long its calls take, by phase and engine. Nothing is spent."""
    from vgkit.brief import brief_from
    from vgkit.estimate_report import estimate_report
    from vgkit.pipeline import settings_by_phase

    typed = {"prompt": prompt, "template": template, "duration_s": duration_s, "aspect": aspect}
    wish = wish_from(brief, {**typed, "profile": profile, "usage": usage}, asset=asset, engine=engine, cap=cap)
    settings = settings_from(setting)
    settings_by_phase(settings)
    asked = brief_from(wish.fields)
    report = estimate_report(asked, template_of(asked, wish.base), takes=settings.get("takes", 1))
    sys.stdout.write(json_text(report.as_json) if as_json else f"{report}\n")


def why(
    run: Annotated[str, typer.Argument(help="a run's name or folder")],
    phase: Annotated[str, typer.Argument(help="validate, animatic, references, chunks, refine or export")],
    as_json: JsonOption = False,
) -> None:
    """Say whether a phase would be made again, what changed, and what its calls would cost. Nothing is spent."""
    from vgkit.why import why as why_again

    answer = why_again(existing(run), phase)
    sys.stdout.write(json_text(answer.as_json) if as_json else f"{answer}\n")


def cancel(
    run: RunArgument = "",
    yes: Annotated[bool, typer.Option("--yes", help="stop the process that works in the run first")] = False,
    as_json: JsonOption = False,
) -> None:
    """Cancel what a run has under way on hosts, and settle it."""
    from vgkit.stopping import cancel_run

    opened = existing(run)
    settled = cancel_run(opened, stop=yes)
    cost_usd = sum((call.cost_usd for call in settled), Decimal(0))
    if as_json:
        canceled = [asdict(call) for call in settled]
        sys.stdout.write(json_text({"run": opened.name, "canceled": canceled, "cost_usd": cost_usd}))
        return
    for call in settled:
        sys.stdout.write(
            f"{call.subject} by {call.engine}, {call.prediction or 'never created'}: ${call.cost_usd:.4f}\n"
        )
    what = f"{len(settled)} calls canceled and settled for ${cost_usd:.4f}" if settled else "nothing was open on hosts"
    sys.stdout.write(f"{opened.name}: {what}. `vgkit resume {opened.name}` goes on from here.\n")


def _say_finding(finding: Any) -> None:
    from rich.console import Console
    from rich.text import Text

    line = Text(f"{finding.state:<8}", style=_COLOURS[finding.state]).append(f"{finding.name}: ", style="bold")
    line.append(f"{finding.fact} {finding.next_move}".rstrip(), style="default")
    Console(file=sys.stdout, soft_wrap=True, highlight=False).print(line)
