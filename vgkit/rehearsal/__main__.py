"""A rehearsal as a process of its own, so that a client may be killed while its hosts live on."""

import argparse
import signal
import threading
from pathlib import Path

from vgkit.files import write_json
from vgkit.rehearsal.faults import profile_names
from vgkit.rehearsal.server import KEEP_S, rehearsing


def main() -> None:
    """Serve until SIGTERM or SIGINT; what clients need in their environment goes into the port file."""
    names = ", ".join(profile_names())
    asked = argparse.ArgumentParser(prog="python -m vgkit.rehearsal", description=__doc__)
    asked.add_argument("folder", type=Path, help="where predictions, files and keys are kept")
    asked.add_argument("--speed", type=float, default=60.0, help="how many times faster than the world")
    asked.add_argument("--faults", default="none", help=f"{names}, or a TOML file")
    asked.add_argument("--seed", type=int, default=0, help="another seed gives other times and faults")
    asked.add_argument("--keep-s", type=float, default=KEEP_S, help="how long outputs stay, in the world's seconds")
    asked.add_argument("--port-file", type=Path, help="where to write the environment that clients need, as JSON")
    given = asked.parse_args()
    over = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: over.set())
    with rehearsing(
        given.folder, speed=given.speed, faults=given.faults, seed=given.seed, keep_s=given.keep_s
    ) as servers:
        if given.port_file:
            write_json(given.port_file, dict(servers.environment))
        over.wait()


if __name__ == "__main__":
    main()
