"""``vgkit rehearse``: films made against hosts on this machine, to be seen through before a cent is spent."""

import sys
from dataclasses import asdict
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

import typer

from vgkit.cli_options import (
    CapOption,
    DurationOption,
    EngineOption,
    JsonOption,
    SettingOption,
    json_text,
    settings_from,
    template_of,
    wish_from,
)


def rehearse(
    briefs: Annotated[list[Path], typer.Argument(help="TOML or JSON files")],
    profile: Annotated[str, typer.Option(help="engines and limits by name")] = "dev",
    engine: EngineOption = None,
    duration_s: DurationOption = None,
    cap: CapOption = None,
    setting: SettingOption = None,
    faults: Annotated[str, typer.Option(help="none, mild, harsh, or a TOML file")] = "mild",
    speed: Annotated[float, typer.Option(min=1, max=100_000, help="how many times faster hosts are")] = 60.0,
    seed: Annotated[int, typer.Option(help="another one brings other times and faults")] = 1,
    as_json: JsonOption = False,
) -> None:
    """Make films against hosts on this machine, with faults, and hold the books against the hosts' bill. Free."""
    from vgkit.pipeline import settings_by_phase
    from vgkit.rehearse import how_rehearsed

    settings_by_phase(settings_from(setting))
    how = how_rehearsed(speed=speed, faults=faults, seed=seed)
    typed = {"profile": profile, "duration_s": duration_s}
    wishes = [wish_from(brief, typed, asset=None, engine=engine, cap=cap) for brief in briefs]
    told = [_rehearse(wish, settings_from(setting), how, as_json=as_json) for wish in wishes]
    if as_json:
        sys.stdout.write(json_text({"rehearsed": told}))
    if not all(one["well"] for one in told):
        raise typer.Exit(1)


def _rehearse(wish: Any, settings: dict[str, Any], how: dict[str, Any], *, as_json: bool) -> dict[str, Any]:
    from vgkit.brief import brief_from
    from vgkit.film_calls import film_calls
    from vgkit.live import following, view
    from vgkit.phases.step import PHASES
    from vgkit.prediction import predict
    from vgkit.profiles import profile_for
    from vgkit.progress import RunProgress
    from vgkit.rehearsal.faults import load_faults
    from vgkit.rehearse import rehearse as rehearse_run
    from vgkit.start import start_run

    brief = brief_from(wish.fields)
    wanted = film_calls(brief, template_of(brief, wish.base), takes=settings.get("takes", 1))
    predicted = predict(wanted, faults=load_faults(how["faults"]), seed=how["seed"])
    run = start_run(brief, base=wish.base, settings=settings, rehearsal=how)
    with following(run.events.path, view("quiet" if as_json else "auto"), RunProgress.of(PHASES)):
        fared = rehearse_run(run)
    here_s = max(fared.wall_s - predicted.wall_s.median / fared.speed, 0.0) if fared.film else 0.0
    if not as_json:
        sys.stdout.write(f"{fared}\n{_expectation(predicted, here_s, profile_for(brief).cap_usd)}\n")
    return {**fared.as_json, "predicted": {**asdict(predicted), "here_s": round(here_s, 1)}}


def _expectation(predicted: Any, here_s: float, cap_usd: Decimal) -> str:
    """What to expect of a real run; how long this machine takes is known only where a film was made."""
    cost, wall, whole, lesser = predicted.cost_usd, predicted.wall_s, predicted.success, predicted.degraded
    median, low, high = (f"{(seconds + here_s) / 60:.1f}" for seconds in (wall.median, wall.low, wall.high))
    here = f"{here_s:.0f} s of it on this machine" if here_s else "without this machine's own"
    stops = max(1 - whole.median - lesser.median, 0.0)
    return (
        "  with such faults at their real speed, 9 of 10 runs lie between\n"
        f"    cost     ${cost.median:.2f} (${cost.low:.2f} to ${cost.high:.2f}); the cap is ${cap_usd:.2f}\n"
        f"    minutes  {median} ({low} to {high}), {here}\n"
        f"    outcome  {whole.median:.0%} whole ({whole.low:.0%} to {whole.high:.0%}), {lesser.median:.0%} with a "
        f"still for a clip, {stops:.0%} stop and need `vgkit resume`"
    )
