"""Pictures side by side with their words: the shots of a run as they come, and the runs of the past."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from vgkit.widgets.look import Tone


@dataclass(frozen=True)
class Tile:
    """One picture; ``picture`` and ``clip`` are addresses, and a clip plays under the pointer.

    ``instead`` are the words where there is no picture; with none, one is on its way. ``link`` is where its title goes.
    """

    key: str
    title: str
    lines: tuple[str, ...] = ()
    chip: tuple[str, Tone] = ("", "")
    picture: str = ""
    clip: str = ""
    link: str = ""
    instead: str = ""
    pickable: bool = False


class Tiles(anywidget.AnyWidget):
    """A grid of tiles. With ``on_open`` each can be opened, and two can be picked: ``picked`` holds their keys."""

    _esm = Path(__file__).with_name("tiles.js")
    _css = Path(__file__).with_name("tiles.css")
    label = traitlets.Unicode("").tag(sync=True)
    tiles = traitlets.List(traitlets.Dict()).tag(sync=True)
    now = traitlets.Unicode("").tag(sync=True)
    picked = traitlets.List(traitlets.Unicode()).tag(sync=True)
    ratio = traitlets.Unicode("16/9").tag(sync=True)
    least = traitlets.Unicode("150px").tag(sync=True)
    actions = traitlets.Bool(False).tag(sync=True)

    def __init__(self, *, on_open: Callable[[str], None] | None = None, **traits: Any) -> None:
        super().__init__(actions=on_open is not None, **traits)
        self._on_open = on_open
        self.on_msg(self._heard)

    def show(self, tiles: Sequence[Tile]) -> None:
        """Put these tiles in the place of those that are there; equal ones change nothing."""
        self.tiles = [asdict(tile) for tile in tiles]

    def _heard(self, _: Any, said: Mapping[str, Any], __: Any) -> None:
        if self._on_open is not None and said.get("kind") == "open":
            self._on_open(str(said.get("key")))
