"""What several commands let a person type, and how it becomes a brief and settings."""

import json
import sys
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any

import typer

from vgkit.errors import BriefError, ParameterError, StoreError

BriefArgument = Annotated[Path | None, typer.Argument(help="a TOML or JSON file; options below win over it")]
PromptOption = Annotated[str | None, typer.Option(help="what the film is about")]
TemplateOption = Annotated[str | None, typer.Option(help="a template's name, or the path of your own")]
DurationOption = Annotated[int | None, typer.Option("--duration", help="seconds, 6 to 60")]
AspectOption = Annotated[str | None, typer.Option(help="16:9, 9:16 or 1:1")]
ProfileOption = Annotated[str | None, typer.Option(help="engines and limits by name")]
UsageOption = Annotated[str | None, typer.Option(help="research or commercial")]
CapOption = Annotated[str | None, typer.Option(help="the most this run may spend, in US dollars")]
AssetOption = Annotated[
    list[str] | None, typer.Option(help="product=, logo=, music=, voice= or lut= and a path; repeatable")
]
EngineOption = Annotated[list[str] | None, typer.Option(help="plan=, picture=, video= or music= and a name")]
SettingOption = Annotated[list[str] | None, typer.Option("--set", help="a notebook's parameter: takes=2; repeatable")]
RunArgument = Annotated[str, typer.Argument(help="a run's name or folder; the latest where left out")]
FpsOption = Annotated[str, typer.Option("--fps", help="the clip's rate, whatever its header says: 8 for AnimateDiff")]
JsonOption = Annotated[bool, typer.Option("--json", help="one JSON object on stdout, and nothing else")]


@dataclass(frozen=True)
class Wish:
    """What a person typed, laid over a brief's file: the fields of a brief, and where its relative paths start."""

    fields: dict[str, Any]
    assets: dict[str, Path]
    base: Path | None


def wish_from(
    brief: Path | None, typed: dict[str, Any], *, asset: list[str] | None, engine: list[str] | None, cap: str | None
) -> Wish:
    """Lay what was typed over the brief's file. Raises BriefError where there is nothing at all."""
    from vgkit.start import read_brief

    assets = {kind: Path(path).expanduser().resolve() for kind, path in pairs(asset, "--asset").items()}
    engines, caps = pairs(engine, "--engine"), {"run_usd": cap} if cap else {}
    fields = (read_brief(brief) if brief else {}) | {name: value for name, value in typed.items() if value is not None}
    for field, given in (("assets", assets), ("engines", engines), ("caps", caps)):
        if given:
            fields[field] = {**fields.get(field, {}), **given}
    if not fields:
        raise BriefError('There is nothing to make a film of. Give a brief\'s file, or --prompt "…".')
    return Wish(fields, assets, brief.parent if brief else None)


def template_of(brief: Any, base: Path | None) -> Any:
    """Load a brief's template; a file is named relative to the brief."""
    from vgkit.start import template_ref
    from vgkit.template_files import load_template

    return load_template(template_ref(brief, (base or Path.cwd()).resolve()))


def existing(name: str) -> Any:
    """Open a run by name, or the latest. Raises RunNotFound where there is none."""
    from vgkit.errors import RunNotFound
    from vgkit.run import Run, latest_run

    found = name or latest_run()
    if found is None:
        raise RunNotFound("There are no runs yet. Make one with `make demo` or `vgkit run`.")
    return Run.open(found)


def ledger() -> Any:
    """Return the ledger, brought up to date where the disk lets us; what it knows can be read either way."""
    from vgkit.ledger import Ledger
    from vgkit.places import runs_dir

    found = Ledger(runs_dir())
    try:
        found.sync()
    except StoreError as refusal:
        sys.stderr.write(f"Not up to date: {refusal}\n")
    return found


def settings_from(setting: list[str] | None) -> dict[str, Any]:
    """Read ``--set`` options; each value as JSON where it is JSON, else as text."""
    return {key: _literal(value) for key, value in pairs(setting, "--set").items()}


def pairs(given: list[str] | None, option: str) -> dict[str, str]:
    """Read ``name=value`` options. Raises ParameterError, naming the option, for one that is neither."""
    found = {}
    for text in given or []:
        key, sign, value = text.partition("=")
        if not (sign and key and value):
            raise ParameterError(f"{option}: {text!r} is not name=value.")
        found[key.strip()] = value.strip()
    return found


def rate_from(typed: str, option: str) -> Fraction | None:
    """Read a rate, None where nothing was typed. Raises ParameterError, naming the option, for what is none."""
    if not typed:
        return None
    try:
        rate = Fraction(typed).limit_denominator(1001)
    except (ValueError, ZeroDivisionError):
        rate = Fraction(0)
    if not 1 <= rate <= 240:
        raise ParameterError(f"{option}: {typed!r} is no rate from 1 to 240. Say, for example, 8 or 24000/1001.")
    return rate


def json_text(value: Any) -> str:
    """Write what ``--json`` prints: amounts as strings, exact to the last digit, and paths and times too."""
    return json.dumps(value, indent=2, ensure_ascii=False, default=_plain) + "\n"


def _plain(value: Any) -> str:
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def _literal(text: str) -> Any:
    """Read a value as JSON, so that 2 is a number and true a truth; anything else is text."""
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text
