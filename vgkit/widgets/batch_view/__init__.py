"""A batch in a notebook: check it, make it, watch it, look at its films."""

from vgkit.widgets.batch_view.view import BatchView

__all__ = ["BatchView"]
