"""The few kinds of ipywidgets that the studio's page is put together from, each with its class for the style."""

import html
from collections.abc import Callable
from typing import Any

import ipywidgets


def markup(name: str, value: str = "") -> Any:
    """A place for HTML; what stands in it has been escaped by whoever made it."""
    made = ipywidgets.HTML(value)
    if name:
        made.add_class(name)
    return made


def text(words: str, name: str) -> Any:
    """A small line that explains."""
    return markup(name, f"<small>{html.escape(words)}</small>")


def button(words: str, name: str, on_click: Callable[[], None], *, primary: bool = False) -> Any:
    """A button; what it does must be quick, since no other control answers meanwhile."""
    made = ipywidgets.Button(description=words)
    for each in (name, *(["vg-primary"] if primary else [])):
        made.add_class(each)
    made.on_click(lambda _: on_click())
    return made


def stack(*inside: Any, name: str = "") -> Any:
    """Widgets one below the other."""
    box = ipywidgets.VBox(list(inside))
    for each in ("vg-stack", *name.split()):
        box.add_class(each)
    return box


def row(*inside: Any, name: str = "") -> Any:
    """Widgets side by side, which wrap where it gets narrow."""
    box = ipywidgets.Box(list(inside))
    for each in ("vg-row", *name.split()):
        box.add_class(each)
    return box


def refill(box: Any, *inside: Any) -> None:
    """Put widgets into a box in the place of others, which are let go of."""
    before, box.children = box.children, inside
    for each in before:
        each.close()


def hide(widget: Any, *, unless: bool) -> None:
    """Show a widget or take it out of the page."""
    (widget.remove_class if unless else widget.add_class)("vg-hidden")
