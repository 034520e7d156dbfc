"""A path or an address that a person copies with one click."""

from pathlib import Path

import anywidget
import traitlets


class Copyable(anywidget.AnyWidget):
    """Shows ``text`` with a button that copies it; nothing where it is empty."""

    _esm = Path(__file__).with_name("copy.js")
    text = traitlets.Unicode("").tag(sync=True)
