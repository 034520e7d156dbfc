"""The studio's page: from a form to a film."""

from vgkit.widgets.studio.page import Studio, studio

__all__ = ["Studio", "studio"]
