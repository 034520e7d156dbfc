"""``python -m vgkit`` is the same as ``vgkit``."""

from vgkit.cli import main

if __name__ == "__main__":  # a process that this one spawns imports it again
    main()
