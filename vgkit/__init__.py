"""From a brief to a finished ad film in six phases.

Heavy libraries are imported where they are used, so this import stays light."""

__version__ = "0.1.0"
