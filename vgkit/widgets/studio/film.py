"""A finished film: watch it, see what it is, save it, and have it put where it is wanted."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

import ipywidgets

from vgkit.ledger import read_events
from vgkit.phases.handed import file_name
from vgkit.player import shown_film
from vgkit.progress_table import clock, usd
from vgkit.run import Run
from vgkit.studio.handing import Handed
from vgkit.studio.history import worked_s
from vgkit.studio.watching import Sight
from vgkit.widgets.look import chip, facts, note, quiet, table
from vgkit.widgets.parts import button, hide, markup, refill, row, stack
from vgkit.widgets.player import player
from vgkit.widgets.studio.copy import Copyable
from vgkit.widgets.studio.media import Media

_CHECKS = ("check", "wanted", "found", "")


class FilmView:
    """The film as widgets, ``box``; ``on_export`` is called with a destination."""

    def __init__(self, on_export: Callable[[str], None]) -> None:
        self._shown: tuple[object, ...] = ()
        self.player, self.told, self.save = stack(name="vg-film"), markup("vg-film-facts"), markup("vg-save")
        self.destination = ipywidgets.Text(
            description="Export to", placeholder="a folder, or s3://bucket/prefix; empty: the run's own folder"
        )
        self.destination.add_class("vg-destination")
        self.export = button("Export", "vg-export", lambda: on_export(self.destination.value.strip()))
        self.trouble, self.said, self.link = markup("vg-export-trouble"), markup("vg-exported"), Copyable()
        self.link.add_class("vg-link")
        field = row(self.destination, self.export, name="vg-export-row")
        handing = stack(field, self.trouble, self.said, self.link, name="vg-handing")
        self.box = stack(self.player, self.told, self.save, handing, name="vg-film-box")
        self.clear()

    def clear(self) -> None:
        """Show no film."""
        self._shown, self.save.value, self.told.value = (), "", ""
        refill(self.player)
        self.hand_over(None)
        hide(self.box, unless=False)

    def show(self, run: Run, sight: Sight, media: Media) -> None:
        """Show a run's film, once for each film: a player that is replaced would start again."""
        assert sight.film is not None
        now = (sight.film, sight.film.stat().st_mtime_ns, sight.state, sight.poster, sight.cost_usd)
        if now == self._shown:
            return
        self._shown = now
        hide(self.box, unless=True)
        refill(self.player, player(shown_film(run, title=sight.title), measure=False))
        checks = _checks(run)
        self.told.value = _facts(run, sight, checks) + _details(sight, media, checks)
        self.save.value = media.download(sight.film, "Download", save_as=f"{file_name(run)}.mp4")

    def hand_over(self, handed: Handed | None, *, trouble: str = "") -> None:
        """Show where the exported film is to be had, or why not."""
        self.link.text = _plain(handed.address) if handed else ""
        until = quiet(f"It can be had there {handed.until}.") if handed and handed.until else ""
        warning = note(handed.warning, "warn") if handed and handed.warning else ""
        self.said.value = until + warning + (note(trouble, "bad") if trouble else "")


def _plain(address: str) -> str:
    """Write a path as a person would paste it."""
    return unquote(address.removeprefix("file://")) if address.startswith("file://") else address


def _facts(run: Run, sight: Sight, checks: list[dict[str, Any]]) -> str:
    found = {check["name"]: str(check["found"]) for check in checks}
    width, height = run.brief.size_px
    pairs = [("Length", f"{run.brief.duration_s} s"), ("Size", f"{width} x {height}")]
    if sight.film is not None:
        pairs.append(("File", f"{sight.film.stat().st_size / 1e6:.1f} MB"))
    measured = (("loudness", "Loudness"), ("true peak", "True peak"))
    pairs += [(shown, found[name]) for name, shown in measured if name in found]
    made_s = worked_s(read_events(run.events.path).events)
    rehearsed = ", rehearsed" if sight.rehearsed else ""
    pairs += [("Made in", clock(made_s)), ("Cost", f"{usd(sight.cost_usd)}{rehearsed}")]
    return facts(pairs)


def _details(sight: Sight, media: Media, checks: list[dict[str, Any]]) -> str:
    failed = sum(not check["passed"] for check in checks)
    parts = []
    if checks:
        rows = [(c["name"], c["wanted"], c["found"], "passed" if c["passed"] else "FAILED") for c in checks]
        words = f"{len(checks) - failed} of {len(checks)} passed"
        told = chip(words, "bad" if failed else "good")
        parts.append(
            f"<details class='vg-checks'><summary>Checks of the film {told}</summary>{table(_CHECKS, rows)}</details>"
        )
    if sheet := media.picture(sight.film_sheet, "Contact sheet of the film"):
        parts.append(f"<details class='vg-film-sheet'><summary>Contact sheet</summary>{sheet}</details>")
    return "".join(parts)


def _checks(run: Run) -> list[dict[str, Any]]:
    try:
        found = json.loads(run.path("conform.json").read_text("utf-8"))
    except (OSError, ValueError):
        return []
    return found if isinstance(found, list) else []
