"""How a batch fared: rate and figures, each missing film with its cause and the command that goes on, and the films.

It reads the summary as it lies on disk, so that a kernel which was started anew shows the same."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from vgkit.paired import LEVEL
from vgkit.places import runs_dir
from vgkit.progress_table import clock, usd
from vgkit.serving.addresses import address_of
from vgkit.widgets.batch_view.live import film_row
from vgkit.widgets.look import facts, heading, note, quiet, state_in_words, state_tone
from vgkit.widgets.parts import hide, markup, refill, stack
from vgkit.widgets.studio.copy import Copyable
from vgkit.widgets.studio.media import thumbnail
from vgkit.widgets.studio.tiles import Tile, Tiles

_SHOWN = 20
_THERE = ("success", "degraded")
Told = Mapping[str, Any]


class FaredView:
    """A summary as widgets, ``box``; the latest films of it, however many there are."""

    def __init__(self) -> None:
        self.told, self.more = markup("vg-fared"), markup("vg-more-missing")
        self.missing = stack(name="vg-missing")
        self.resume = Copyable()
        self.resume.add_class("vg-resume")
        self.on = stack(markup("", quiet("In a terminal all of it goes on with")), self.resume, name="vg-go-on-by")
        self.tiles = Tiles(label="Films of the batch", least="196px")
        self.tiles.add_class("vg-batch-tiles")
        self.box = stack(self.told, self.missing, self.more, self.on, self.tiles, name="vg-card vg-fared-card")
        self.clear()

    def clear(self) -> None:
        """Show no summary."""
        hide(self.box, unless=False)

    def show(self, told: Told, *, base: str, go_on: str = "") -> None:
        """Show a summary; ``base`` is the address of the page's server, ``go_on`` the command that goes on with all."""
        results: Sequence[Told] = told["results"]
        gone = [each for each in results if each["state"] not in _THERE]
        self.told.value = f"<div class='vg-stack'>{_lead(told, len(gone))}{facts(_figures(told))}</div>"
        refill(self.missing, *(_missing(each) for each in gone[:_SHOWN]))
        more = len(gone) - _SHOWN
        self.more.value = quiet(f"and {more:,} more; all of them are in {_kept(told)}") if more > 0 else ""
        self.resume.text = go_on if gone else ""
        hide(self.on, unless=bool(self.resume.text))
        there = [each for each in results if each["state"] in _THERE]
        self.tiles.show([_tile(each, str(told["batch"]), base) for each in there[-_SHOWN:]])
        hide(self.box, unless=True)


def _lead(told: Told, gone: int) -> str:
    count = int(told["films"])
    parts = [heading("Films", f"{count - gone:,} of {count:,} are there")]
    if told["why_ended"]:
        parts.append(note(str(told["why_ended"]), "warn"))
    if not told["adds_up"]:
        parts.append(note("The ledger and the hosts' bill do not agree.", "bad", more="See the figures below."))
    return "".join(parts)


def _figures(told: Told) -> Iterator[tuple[str, str]]:
    for name, words in (("finished", "Finished"), ("undegraded", "Undegraded")):
        if rate := told[name]:
            low, high = 100 * rate["low"], 100 * rate["high"]
            share = f"{100 * rate['share']:.1f} % of {rate['films']:,}"
            yield words, f"{share} ({100 * LEVEL:.0f} %: {low:.1f} to {high:.1f} %)"
    cap = f" of {usd(Decimal(told['cap_usd']))}" if told["cap_usd"] is not None else ""
    yield "Cost", f"{usd(Decimal(told['cost_usd']))}{cap}"
    if told["billed_usd"] is not None:
        yield "The hosts' bill", usd(Decimal(told["billed_usd"]))
    if told["cost_per_film_usd"] is not None:
        yield "A film", usd(Decimal(told["cost_per_film_usd"]))
        yield "Half took up to", clock(told["seconds"]["p50"])
        yield "95 of 100 up to", clock(told["seconds"]["p95"])
    yield "In all", clock(told["seconds"]["wall"])


def _missing(each: Told) -> Any:
    """A film that is not there: why, and the command that goes on with it alone, to copy."""
    why = ": ".join(filter(None, [each.get("error", ""), " ".join(str(each.get("message", "")).split())]))
    at = f"{each['at']}, {each['phase']}" if each.get("phase") else str(each["at"])
    shown = film_row(
        str(each["run"]), str(each["state"]), at, each["seconds"], Decimal(each["cost_usd"]), below=quiet(why[:300])
    )
    row = markup("", f"<ul class='vg-films'>{shown}</ul>")
    return stack(row, *([Copyable(text=each["next"])] if each.get("next") else []), name="vg-missing-film")


def _tile(each: Told, batch: str, base: str) -> Tile:
    run, state = str(each["run"]), str(each["state"])
    film = runs_dir() / run / "film.mp4"
    address = address_of(film)
    where = () if address else (str(film),)
    return Tile(
        key=run,
        title=run.removeprefix(f"{batch}."),
        lines=(f"{clock(each['seconds'])} · {usd(Decimal(each['cost_usd']))}", *where),
        chip=(state_in_words(state), state_tone(state)),
        picture=thumbnail(runs_dir() / run / "poster.jpg", width_px=400),
        clip=base + address if address else "",
        link=base + address if address else "",
        instead="no poster",
    )


def _kept(told: Told) -> str:
    return f"runs/.batches/{told['batch']}/summary.json"
