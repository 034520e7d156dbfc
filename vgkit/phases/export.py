"""Phase 6: hand the film over, with a poster, a contact sheet and a sidecar that says how it came about."""

import json
import logging
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from vgkit.brief import FILM_FPS
from vgkit.errors import ParameterError, StoreError
from vgkit.files import write_json
from vgkit.phases.handed import FILM, deposits, file_name, listed_previews, preview_name
from vgkit.phases.intermediates import ever_stored, further_films, let_large_go, to_store
from vgkit.phases.report import Figure, PhaseReport, Table, dollars
from vgkit.phases.sidecar import manifest
from vgkit.phases.step import Inputs, Step, begin, catch_up, degraded, made_digest
from vgkit.run import Run
from vgkit.store import LONGEST_LINK_DAYS, Folder, Link, Place, Stored, content_of, deposit, place_for
from vgkit.storyboard import Storyboard

log = logging.getLogger(__name__)

PHASE = "export"
INTERMEDIATES = ("keep", "store", "remove")
_SHEET_FRAMES = 12
_BESIDE = "_intermediate"


def inputs(
    run: Run, *, destination: str = "", intermediates: str = "keep", link_days: float = 7.0, previews: str = ""
) -> Inputs:
    """What the export follows from; how long a link lasts is not stored anywhere, so it is no part of it."""
    asked = {} if intermediates == "keep" else {"intermediates": intermediates}
    films = {name: made_digest(run, "refine", name) for name in (FILM, *further_films(run))}
    files = [name for under in deposits(run, previews).values() for name in under.values()]
    return {**films, "destination": destination, "files": ", ".join(files), **asked}


def check_settings(
    *, destination: str = "", intermediates: str = "keep", link_days: float = 7.0, previews: str = ""
) -> None:
    """Raise ParameterError for a destination that can't be written to, or for another value out of range."""
    if destination:
        place_for(destination)
    if intermediates not in INTERMEDIATES:
        raise ParameterError(f"intermediates: {intermediates!r} is none of {', '.join(INTERMEDIATES)}.")
    if not 0 < link_days <= LONGEST_LINK_DAYS:
        raise ParameterError(
            f"link_days: {link_days:g} is out of range; a signed link lasts up to {LONGEST_LINK_DAYS} days. "
            "A newer one can be had at any time by running the export's notebook again."
        )
    listed_previews(previews)


def export_film(
    run: Run, *, destination: str = "", intermediates: str = "keep", link_days: float = 7.0, previews: str = ""
) -> PhaseReport:
    """Store film, poster, contact sheet and ``manifest.json`` in a folder or at ``s3://bucket/prefix``.

    Films of other aspects and masters go along where phase 5 made them; ``previews``, ``gif`` and ``webp``, are made.
    With no destination it is the run's own ``export`` folder. Each file is verified in place; one that is there already
    stays, and a name that another film has gets a number. Only then are intermediates touched: ``store`` puts them
    beside the film, ``remove`` lets go of what takes room here and of what was stored there. A link to a film in a
    bucket lasts ``link_days``, 7 at most. Raises ParameterError, StoreError.
    """
    settings: dict[str, Any] = {"destination": destination, "intermediates": intermediates, "link_days": link_days}
    settings["previews"] = previews
    check_settings(**settings)
    place = _place_of(run, destination)
    catch_up(run, PHASE)
    with begin(run, PHASE, inputs(run, **settings)) as step:
        if step.needed:
            _draw_poster(step)
            _draw_sheet(step)
            _make_previews(step, previews)
            write_json(run.path("manifest.json"), manifest(run))
            step.make(run.path("manifest.json"))
            stored = _deposited(run, place, previews)
            name = stored[FILM].key.removesuffix(".mp4")
            moved = _see_to_intermediates(step, place, name, intermediates)
            link = _link(run, place, name, link_days)
            _record(step, stored, destination=destination, moved=moved, link=link)
    return report(run, **settings)


def report(
    run: Run, *, destination: str = "", intermediates: str = "keep", link_days: float = 7.0, previews: str = ""
) -> PhaseReport:
    """Show the film, where it is, a fresh link where it lies in a bucket, and the totals."""
    place = _place_of(run, destination)
    made = json.loads(run.path("export.json").read_text("utf-8"))
    link, lost = _link_or_loss(run, place, made["name"], link_days)
    lesser = degraded(run)
    still = f"Degraded: {', '.join(lesser)} show their still in motion instead of a clip." if lesser else ""
    told = manifest(run)
    rows = tuple(
        (name, f"{took['seconds']:.1f}", dollars(Decimal(took["cost_usd"]))) for name, took in told["phases"].items()
    )
    return PhaseReport(
        run,
        PHASE,
        lines=_lines(place, made, link),
        alerts=tuple(filter(None, (lost, link.warning if link else "", still))),
        figures=(
            Figure(run.path("film.mp4"), run.storyboard.title, width_px=960),
            Figure(run.path("sheet.jpg"), "Contact sheet"),
        ),
        tables=(_stored_table(made), Table("What it took before the export", ("phase", "seconds", "cost"), rows)),
    )


def film_link(run: Run, *, link_days: float = 7.0) -> Link:
    """An address of the exported film to open or pass on, signed anew where it lies in a bucket.

    Raises PhaseNotReady before the export, ParameterError, and StoreError where the film is no longer there.
    """
    check_settings(link_days=link_days)
    made = json.loads(run.made("export.json", phase=PHASE).read_text("utf-8"))
    return _link(run, _place_of(run, made["destination"]), made["name"], link_days)


def _deposited(run: Run, place: Place, previews: str) -> dict[str, Stored]:
    """Store all there is to hand over; what was stored, by its name in the run's folder."""
    stored: dict[str, Stored] = {}
    for name, files in deposits(run, previews).items():
        put = deposit(place, name, {ending: content_of(run.path(file)) for ending, file in files.items()})
        stored |= {files[ending]: each for ending, each in put.files.items()}
    return stored


def _place_of(run: Run, destination: str) -> Place:
    """Where a destination leads; the run's own folder holds its newest film only."""
    return place_for(destination) if destination else Folder(run.path("export"), replaces=True)


def _see_to_intermediates(step: Step, place: Place, name: str, wish: str) -> str:
    """Do with the intermediates what was wished, now that the film is verified in place; say what was done."""
    run = step.run
    if wish == "store":
        names = to_store(run)
        for done, inside in enumerate(names):
            step.progress(done, len(names), inside)
            key = f"{name}{_BESIDE}/{inside}"
            if place.put(content_of(run.path(inside)), key, intermediate=True) is None:
                raise StoreError(f"{place.address(key)} holds another file. Remove it there, or export elsewhere.")
        return f"{len(names)} intermediates are stored under {place.address(name + _BESIDE)}, tagged kind=intermediate."
    if wish == "remove":
        there = place.remove_intermediates([f"{name}{_BESIDE}/{inside}" for inside in ever_stored(run)])
        freed = let_large_go(run)
        return f"Intermediates were removed: {freed / 1e6:,.1f} MB in the run's folder, {there} files beside the film."
    return ""


def _record(step: Step, stored: Mapping[str, Stored], *, destination: str, moved: str, link: Link) -> None:
    """Write down what lies where; a signed link itself is a key to the film and stays out of every record."""
    expires = link.expires_at.isoformat(timespec="seconds") if link.expires_at else None
    files = {}
    for file, each in stored.items():
        size, sha256 = each.content.size, each.content.sha256
        media = {"link_expires_at": expires} if expires and file == FILM else {}
        about: dict[str, Any] = {"name": each.key, "path": each.address, "sha256": sha256, "bytes": size}
        step.run.events.write("artifact", phase=PHASE, media=media, **about)
        log.info("%s %s", each.address, "was there already" if each.kept else "was stored and verified")
        files[file] = {"address": each.address, "sha256": sha256, "bytes": size, "kept": each.kept}
    name = stored[FILM].key.removesuffix(".mp4")
    made = {"destination": destination, "name": name, "wished": file_name(step.run), "files": files}
    kept_apart = {"intermediates": moved, "link_expires_at": expires, "warning": link.warning}
    write_json(step.run.path("export.json"), made | kept_apart)
    step.make(step.run.path("export.json"))


def _link(run: Run, place: Place, name: str, link_days: float) -> Link:
    storyboard = run.storyboard
    aspect = storyboard.aspect.replace(":", "x")
    saved_as = f"{storyboard.title} {aspect} {storyboard.duration_s:g}s.mp4"
    return place.link(f"{name}.mp4", lasts=timedelta(days=link_days), name=saved_as)


def _link_or_loss(run: Run, place: Place, name: str, link_days: float) -> tuple[Link | None, str]:
    """A fresh link or, where the film's place can't be asked or has lost it, what is wrong."""
    try:
        return _link(run, place, name, link_days), ""
    except StoreError as refusal:
        return None, str(refusal)


def _lines(place: Place, made: dict[str, Any], link: Link | None) -> tuple[str, ...]:
    film = made["files"]["film.mp4"]
    where = place.path / f"{made['name']}.mp4" if isinstance(place, Folder) else film["address"]
    lines = [f"The film is at {where}{' (it was there already)' if film['kept'] else ''}"]
    if made["name"] != made["wished"]:
        lines.append(f"Other files have the name {made['wished']} there, so these are called {made['name']}.")
    if link and not isinstance(place, Folder):
        lines.append(f"Whoever has this link can download it{link.until}: {link.address}")
    return (*lines, *filter(None, [made["intermediates"]]))


def _stored_table(made: dict[str, Any]) -> Table:
    rows = tuple((name, f"{each['bytes']:,}", each["address"]) for name, each in made["files"].items())
    return Table("What was handed over", ("file", "bytes", "address"), rows)


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


def _make_previews(step: Step, previews: str) -> None:
    from vgkit.media.preview import write_gif, write_webp

    write = {"gif": write_gif, "webp": write_webp}
    for kind in listed_previews(previews):
        preview = step.run.path(preview_name(kind))
        write[kind](step.run.path(FILM), preview)
        step.make(preview)
