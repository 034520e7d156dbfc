"""What the player's JavaScript is told, as JSON: the same in a notebook and in a page."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from vgkit.errors import ParameterError
from vgkit.player.shown import Shown, notices

MODULE = Path(__file__).with_name("player.js")
STYLE = Path(__file__).with_name("player.css")
MOST_FILMS = 2


def spec(shown: Sequence[Shown], addresses: Sequence[str], *, served: bool = False) -> dict[str, Any]:
    """Tell what is shown and where each film is found; ``served`` means from the server's base address.

    Raises ParameterError for none, or for more than two.
    """
    check_count(shown)
    return {
        "films": [_film(each, address) for each, address in zip(shown, addresses, strict=True)],
        "notices": list(notices(shown)),
        "served": served,
    }


def check_count(shown: Sequence[Shown]) -> None:
    """Raise ParameterError unless there are one or two."""
    if not 1 <= len(shown) <= MOST_FILMS:
        raise ParameterError(f"The player shows one film or two in step, not {len(shown)}. Choose two of them.")


def _film(shown: Shown, address: str) -> dict[str, Any]:
    return {
        "title": shown.title,
        "address": address,
        "type": shown.type,
        "fps": float(shown.fps),
        "frames": shown.frames,
        "width": shown.size[0],
        "height": shown.size[1],
        "sound": shown.sound,
        "trouble": shown.state,
        **{
            kind: [{"at": mark.at_s, "label": mark.label} for mark in marks]
            for kind, marks in (("shots", shown.shots), ("beats", shown.beats))
        },
        "strips": [
            {"name": strip.name, "unit": strip.unit, "better": strip.better, "values": strip.values}
            for strip in shown.strips
        ],
    }
