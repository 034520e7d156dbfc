"""Who sits at a page: their browser keeps an id that it made up, the draft of the form and which run was open.

A kernel may have been started before anybody came, so nothing is known until the browser reports."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anywidget
import traitlets

_PERSON = re.compile(r"[0-9a-f]{32}")
_LONGEST_DRAFT = 20_000


@dataclass(frozen=True)
class Arrival:
    """What a browser reports: who it is, the server's base URL, and what it kept. ``draft`` is JSON as text."""

    person: str
    base: str = "/"
    draft: str = ""
    opened: str = ""


class Visitor(anywidget.AnyWidget):
    """Reports who has come, and hands on to their browser what it is to keep: ``draft`` and ``opened``, both texts."""

    _esm = Path(__file__).with_name("visitor.js")
    draft = traitlets.Unicode("").tag(sync=True)
    opened = traitlets.Unicode("").tag(sync=True)

    def __init__(self, on_arrival: Callable[[Arrival], None]) -> None:
        super().__init__()
        self._on_arrival = on_arrival
        self.on_msg(self._heard)

    def bring_into_view(self, name: str) -> None:
        """Scroll to the part of the page that has the class ``name``."""
        self.send({"kind": "look", "at": name})

    def _heard(self, _: Any, said: Mapping[str, Any], __: Any) -> None:
        if said.get("kind") == "here" and (arrival := arrival_from(said)):
            self._on_arrival(arrival)


def arrival_from(said: Mapping[str, Any]) -> Arrival | None:
    """Read a browser's report, trusting nothing of it; None where it names nobody."""
    words = {name: str(said.get(name) or "") for name in ("person", "base", "draft", "opened")}
    if not _PERSON.fullmatch(words["person"]):
        return None
    if not words["base"].startswith("/") or words["base"].startswith("//"):
        words["base"] = "/"
    if len(words["draft"]) > _LONGEST_DRAFT:
        words["draft"] = ""
    return Arrival(**words)
