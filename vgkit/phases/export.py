"""Phase 6: hand the film over, with a poster, a contact sheet and a sidecar that says how it came about."""

import re
from decimal import Decimal
from pathlib import Path
from typing import Any

from vgkit import __version__
from vgkit.brief import FILM_FPS
from vgkit.files import write_json
from vgkit.ledger import read_events
from vgkit.phases.asking import engine_mark
from vgkit.phases.report import Figure, PhaseReport, Table
from vgkit.phases.step import Inputs, Step, begin, catch_up, digest_of, made_digest
from vgkit.profiles import ROLES
from vgkit.run import Run
from vgkit.store import folder_for, put
from vgkit.storyboard import Storyboard

PHASE = "export"
_SHEET_FRAMES = 12


def inputs(run: Run, *, destination: str = "") -> Inputs:
    """What the export follows from."""
    return {"film.mp4": made_digest(run, "refine", "film.mp4"), "destination": destination}


def check_settings(*, destination: str = "") -> None:
    """Raise ParameterError for a destination that can't be written to."""
    folder_for(destination)


def export_film(run: Run, *, destination: str = "") -> PhaseReport:
    """Copy film, poster, contact sheet and ``manifest.json`` to a folder (the run's ``export`` where none is given)."""
    check_settings(destination=destination)
    folder = folder_for(destination) if destination else run.path("export")
    catch_up(run, PHASE)
    with begin(run, PHASE, inputs(run, destination=destination)) as step:
        if step.needed:
            _draw_poster(step)
            _draw_sheet(step)
            write_json(run.path("manifest.json"), manifest(run))
            step.make(run.path("manifest.json"))
            name = file_name(run)
            for source, suffix in (("film.mp4", ".mp4"), ("poster.jpg", ".jpg"), ("manifest.json", ".json")):
                address = put(run.path(source), folder, name + suffix)
                step.run.events.write("artifact", phase=PHASE, name=name + suffix, path=address)
    return report(run, destination=destination)


def report(run: Run, *, destination: str = "") -> PhaseReport:
    """Show the film, where it is, and the totals."""
    folder = folder_for(destination) if destination else run.path("export")
    film = folder / f"{file_name(run)}.mp4"
    totals = manifest(run)["phases"]
    rows = tuple((name, f"{phase['seconds']:.1f}", f"${phase['cost_usd']}") for name, phase in totals.items())
    return PhaseReport(
        run,
        PHASE,
        lines=(f"The film is at {film}",),
        figures=(
            Figure(run.path("film.mp4"), run.storyboard.title, width_px=960),
            Figure(run.path("sheet.jpg"), "Contact sheet"),
        ),
        tables=(Table("What it took", ("phase", "seconds", "cost"), rows),),
    )


def file_name(run: Run) -> str:
    """Name the exported film after what it is: ``aurora_16x9_30s``."""
    words = re.findall(r"[a-z0-9]+", run.storyboard.title.lower())[:5]
    aspect = run.storyboard.aspect.replace(":", "x")
    return "_".join([*(words or ["film"]), aspect, f"{run.storyboard.duration_s:g}s"])


def manifest(run: Run) -> dict[str, Any]:
    """Say how the film came about: brief, storyboard, engines, seeds, every artifact's digest, cost and seconds."""
    storyboard = run.storyboard
    events = read_events(run.events.path)
    phases = {
        event["phase"]: {"seconds": round(event["seconds"], 3), "cost_usd": str(event.usd("cost_usd"))}
        for event in events.of("phase_finished")
    }
    artifacts = {event["path"]: event["sha256"] for event in events.of("artifact") if event.get("sha256")}
    return {
        "run": run.name,
        "vgkit": __version__,
        "title": storyboard.title,
        "brief": run.brief.model_dump(mode="json"),
        "template": run.template.name,
        "storyboard_sha256": digest_of(run.path("storyboard.json")),
        "engines": {role: engine_mark(run, role) for role in ROLES},
        "seeds": {"brief": run.brief.seed, **{shot.id: shot.seed for shot in storyboard.shots}},
        "artifacts": {name: digest for name, digest in artifacts.items() if run.path(name).exists()},
        "phases": phases,
        "seconds": round(sum(phase["seconds"] for phase in phases.values()), 3),
        "cost_usd": str(sum((Decimal(phase["cost_usd"]) for phase in phases.values()), Decimal(0))),
    }


def _draw_poster(step: Step) -> None:
    """Take the frame in which the first caption stands fully: product and words together."""
    from vgkit.media.sheet import film_frame, write_jpeg

    storyboard, film = step.run.storyboard, step.run.path("film.mp4")
    poster = step.run.path("poster.jpg")
    write_jpeg(film_frame(film, _poster_frame(storyboard)), poster)
    step.make(poster)


def _poster_frame(storyboard: Storyboard) -> int:
    if storyboard.captions:
        first = storyboard.captions[0]
        return (first.first_frame + first.end_frame) // 2
    return min(2 * FILM_FPS, storyboard.frames - 1)


def _draw_sheet(step: Step) -> None:
    from vgkit.media.sheet import film_sheet, write_jpeg

    columns = 6 if step.run.storyboard.aspect == "9:16" else 4
    sheet: Path = step.run.path("sheet.jpg")
    write_jpeg(film_sheet(step.run.path("film.mp4"), count=_SHEET_FRAMES, columns=columns), sheet)
    step.make(sheet)
