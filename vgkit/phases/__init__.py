"""The six phases. They alone bring engines, the record and media together; each can be run again, keeping the valid."""

from vgkit.phases.step import PHASES

__all__ = ["PHASES"]
