"""The board of results as a widget: tiles in rows and columns, or one after the other.

It shows what it is given and says which tile a person starred or chose to compare; it knows no engine."""

import mimetypes
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import anywidget
import traitlets

from vgkit.serving.addresses import address_of

State = Literal["waiting", "working", "made", "failed", "stopped"]
_HERE = Path(__file__).parent


@dataclass(frozen=True)
class Score:
    """One measure under a tile, as it is shown; ``best`` where no other tile has a better one."""

    name: str
    value: str
    best: bool = False


@dataclass(frozen=True)
class Tile:
    """One result, or the place where it will be; ``note`` tells cost and seconds, ``said`` what went wrong."""

    id: str
    label: str
    row: int = 0
    state: State = "waiting"
    path: Path | None = None
    note: str = ""
    said: str = ""
    scores: tuple[Score, ...] = ()
    best: str = ""
    starred: bool = False
    picked: bool = False

    @property
    def is_clip(self) -> bool:
        """Whether it moves."""
        return self.path is not None and self.path.suffix in (".mp4", ".webm", ".mkv")


class Tiles(anywidget.AnyWidget):
    """Tiles that a person may open, star and pick two of; the last two picked are told to ``on_pair``.

    ``on_seen`` is called when a page shows them. ``plain`` ones can be opened and nothing else.
    """

    _esm = _HERE / "tiles.js"
    _css = _HERE / "tiles.css"
    board = traitlets.Dict().tag(sync=True)

    def __init__(
        self,
        caption: str,
        *,
        on_star: Callable[[Tile, bool], None] = lambda tile, on: None,
        on_pair: Callable[[tuple[Tile, ...]], None] = lambda tiles: None,
        on_seen: Callable[[], None] = lambda: None,
        plain: bool = False,
    ) -> None:
        super().__init__()
        self._caption, self._plain = caption, plain
        self._on_star, self._on_pair, self._on_seen = on_star, on_pair, on_seen
        self._columns: tuple[str, ...] = ()
        self._rows: tuple[str, ...] = ()
        self._picked: list[str] = []
        self.tiles: dict[str, Tile] = {}
        self.on_msg(lambda _, message, __: self.hear(message))
        self.lay(())

    def lay(self, tiles: Sequence[Tile], *, columns: Sequence[str] = (), rows: Sequence[str] = ()) -> None:
        """Show other tiles: row by row under ``columns``, or as a list where there are none."""
        self.tiles = {tile.id: tile for tile in tiles}
        self._columns, self._rows = tuple(columns), tuple(rows)
        self._picked = [known for known in self._picked if known in self.tiles]
        self._show()

    def put(self, *tiles: Tile) -> None:
        """Show tiles as they are now."""
        self.tiles |= {tile.id: tile for tile in tiles}
        self._show()

    @property
    def picked(self) -> tuple[Tile, ...]:
        """The tiles chosen to be compared: two at the most."""
        return tuple(self.tiles[known] for known in self._picked)

    def _show(self) -> None:
        shown = [_plain(replace(tile, picked=tile.id in self._picked)) for tile in self.tiles.values()]
        axes = {"columns": self._columns, "rows": self._rows}
        self.board = {"caption": self._caption, "plain": self._plain, **axes, "tiles": shown}

    def hear(self, message: Mapping[str, Any]) -> None:
        """Take what the page says; what it says of a tile that is gone means nothing."""
        if message.get("seen"):
            self._on_seen()
        if (wanted := self.tiles.get(str(message.get("want")))) and wanted.path and wanted.path.is_file():
            kind = mimetypes.guess_type(wanted.path.name)[0]
            self.send({"file": wanted.id, "type": kind}, [wanted.path.read_bytes()])
        if starred := self.tiles.get(str(message.get("star"))):
            self._on_star(starred, bool(message.get("on")))
        if picked := self.tiles.get(str(message.get("pick"))):
            kept = [known for known in self._picked if known != picked.id]
            self._picked = [*kept, picked.id][-2:] if message.get("on") else kept
            self._show()
            self._on_pair(self.picked)


def _plain(tile: Tile) -> dict[str, Any]:
    """A tile as the page reads it."""
    return {
        "id": tile.id,
        "label": tile.label,
        "row": tile.row,
        "state": tile.state,
        "media": "clip" if tile.is_clip else "picture",
        "file": tile.id if tile.path else "",
        "address": address_of(tile.path) if tile.path else "",
        "note": tile.note,
        "said": tile.said,
        "scores": [{"name": score.name, "value": score.value, "best": score.best} for score in tile.scores],
        "best": tile.best,
        "starred": tile.starred,
        "picked": tile.picked,
    }
