"""The take picker of ``04_chunks``."""

from vgkit.widgets.take_picker.picker import take_picker

__all__ = ["take_picker"]
