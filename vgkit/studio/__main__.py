"""Makes the film of one launched run, by ``launching`` alone: ``python -m vgkit.studio <folder> <descriptor of its
launch> <ticket> <descriptor of its ticket>``."""

import os
import signal
import sys
import traceback
from pathlib import Path

from vgkit.errors import Interrupted, VgkitError
from vgkit.studio import launches

_MANNERS = 5  # of niceness: pages and their kernels go first


def main() -> None:
    """Wait for the run's turn and make what is missing of it; how that ended stands in its launch and its events."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    folder, descriptor, ticket = Path(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])
    for held in (descriptor, int(sys.argv[4])):
        os.set_inheritable(held, False)
    os.nice(_MANNERS)
    try:
        _make(folder, descriptor, launches.add(descriptor, pid=os.getpid()), ticket)
    except (KeyboardInterrupt, Interrupted) as error:
        _end(descriptor, Interrupted(str(error) or "Stopped while it waited for its turn."))
    except VgkitError as error:
        _end(descriptor, error)
    except Exception as error:
        sys.stderr.write(_redacted(traceback.format_exc()))
        said = f"{type(error).__name__}: {error}. All of it is in {folder / launches.LOG}; try again with Go on."
        _end(descriptor, VgkitError(said))
    else:
        launches.add(descriptor, ended_at=launches.now())


def _make(folder: Path, descriptor: int, launch: launches.Launch, ticket: Path) -> None:
    from vgkit.studio.turns import turn

    with turn(ticket):
        launches.add(descriptor, turn_at=launches.now())
        # Only now: those who wait need not hold the memory that all of this takes.
        from vgkit.pipeline import phases_between, run_phases
        from vgkit.rehearse import hosts_of
        from vgkit.run import Run

        run = Run.open(folder)
        with hosts_of(run):
            run_phases(run, phases=phases_between(only=launch.only), approved=launch.approved)


def _end(descriptor: int, error: VgkitError) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # it is ending already
    launches.add(descriptor, ended_at=launches.now(), error=type(error).__name__, message=_redacted(str(error)))
    sys.exit(error.exit_code)


def _redacted(text: str) -> str:
    # Imported here: it takes the ledger's libraries along, which those who wait for their turn need not hold.
    from vgkit.ledger.redaction import redact_text

    return redact_text(text)


if __name__ == "__main__":
    main()
