"""The player in notebooks: films come from the server that serves them, else as bytes by the notebook's own wire.

What was not measured yet is measured in a thread while the films can be watched already; the curves come when it is
done."""

import threading
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import anywidget
import traitlets

from vgkit.player.shown import Shown, with_strips
from vgkit.player.spec import MODULE, STYLE, check_count, spec
from vgkit.serving.addresses import address_of
from vgkit.widgets.attended import attended

MOST_BYTES = 40_000_000
_MEASURING = "Each frame is being measured; the curves come when that is done. It costs nothing."
# One clip at a time, however many players there are, and none twice: the second finds what the first has kept.
_ONE_BY_ONE = threading.Lock()


class Player(anywidget.AnyWidget):
    """One or two films, each at the address of the same place, else in ``media``. ``measuring`` is the thread at it."""

    _esm = MODULE
    _css = STYLE
    spec = traitlets.Dict().tag(sync=True)
    media = traitlets.List(traitlets.Bytes()).tag(sync=True)

    def __init__(self, shown: Sequence[Shown], *, measure: bool) -> None:
        addresses = ["" if each.state else address_of(each.path) for each in shown]
        by_wire = [not address and not each.state for each, address in zip(shown, addresses, strict=True)]
        self._shown = [_within_reach(each) if wired else each for each, wired in zip(shown, by_wire, strict=True)]
        self._addresses = addresses
        self.measuring: threading.Thread | None = None
        bare = measure and any(not each.strips and not each.state for each in self._shown)
        super().__init__(
            spec=self._told(_MEASURING if bare else ""),
            media=[
                each.path.read_bytes() if wired and not each.state else b""
                for each, wired in zip(self._shown, by_wire, strict=True)
            ],
        )
        if bare:
            self.measuring = threading.Thread(target=self._measure, name="vgkit-strips", daemon=True)
            self.measuring.start()

    def _told(self, notice: str = "") -> dict[str, Any]:
        told = spec(self._shown, self._addresses, served=True)
        return told | {"notices": [*told["notices"], *filter(None, [notice])]}

    def _measure(self) -> None:
        with _ONE_BY_ONE:
            self._shown = [with_strips(each) for each in self._shown]
        self.spec = self._told()


def player(*shown: Shown, measure: bool = True) -> Player:
    """Show one film, or two in step. Raises ParameterError for another number.

    ``measure`` has what was not measured yet measured meanwhile, which takes a core about 30 s for 30 s of film.
    """
    check_count(shown)
    return Player(shown, measure=measure)


def watch(*shown: Shown) -> Any:
    """Show the player in a cell; where nobody sits at the notebook, only say so."""
    if attended():
        return player(*shown)
    return f"Open this notebook yourself to watch {' and '.join(each.title for each in shown)} here."


def _within_reach(shown: Shown) -> Shown:
    """Refuse what is too large to come by the notebook's own wire."""
    size = shown.path.stat().st_size
    if size <= MOST_BYTES:
        return shown
    why = f"{shown.path.name} has {size / 1e6:,.0f} MB; without a server that serves films up to {MOST_BYTES / 1e6:g} "
    return replace(shown, trouble=f"{why}MB can be shown. Open this notebook with `make lab`, or use `vgkit studio`.")
