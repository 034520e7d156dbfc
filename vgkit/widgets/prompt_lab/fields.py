"""Fields of the prompt lab's page: a control, a line that explains, and a place for what is wrong, right below it."""

import html
from collections.abc import Callable, Iterable
from typing import Any

import ipywidgets

from vgkit.widgets.parts import hide, markup, stack


class Field:
    """A control with its complaint; ``box`` is shown, ``on_change`` is called when a person changes the value."""

    def __init__(self, control: Any, name: str, on_change: Callable[[], None], *, hint: str = "") -> None:
        self.control = control
        self.complaint, self._hint = markup("vg-complaint-place"), markup("vg-hint")
        self._quiet = False
        self._on_change = on_change
        control.add_class(f"vg-{name}")
        control.observe(lambda _: self._quiet or self._on_change(), names="value")
        self.hint(hint)
        self.complain("")
        self.box = stack(control, self._hint, self.complaint, name="vg-field")

    @property
    def value(self) -> Any:
        """What stands in it."""
        return self.control.value

    def put(self, value: object) -> None:
        """Write into it without telling anybody."""
        self._quiet = True
        try:
            self.control.value = value
        finally:
            self._quiet = False

    def offer(self, options: Iterable[tuple[str, object]], value: object) -> None:
        """Give a choice other options, with one of them chosen, without telling anybody."""
        self._quiet = True
        try:
            self.control.options = list(options)
            self.control.value = value
        finally:
            self._quiet = False

    def hint(self, words: str) -> None:
        """Explain, in a line below; nothing takes no room."""
        _say(self._hint, f"<small>{html.escape(words)}</small>" if words else "")

    def complain(self, sentence: str) -> None:
        """Say what is wrong with the value; nothing where it is right."""
        shown = f"<div class='vg-complaint' role='alert'>{html.escape(sentence)}</div>" if sentence else ""
        _say(self.complaint, shown)


def _say(place: Any, inside: str) -> None:
    if place.value != inside:
        place.value = inside
    hide(place, unless=bool(inside))


def line(label: str, value: str = "", *, example: str = "") -> Any:
    """A line of text."""
    return ipywidgets.Text(description=label, value=value, placeholder=example)


def area(label: str, value: str = "", *, rows: int = 3, example: str = "") -> Any:
    """Several lines of text."""
    return ipywidgets.Textarea(description=label, value=value, rows=rows, placeholder=example)


def choice(label: str, options: Iterable[tuple[str, object]], value: object = None) -> Any:
    """One of several."""
    found = list(options)
    return ipywidgets.Dropdown(description=label, options=found, value=found[0][1] if value is None else value)
