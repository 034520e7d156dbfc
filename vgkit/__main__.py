"""``python -m vgkit`` is the same as ``vgkit``."""

from vgkit.cli import main

main()
