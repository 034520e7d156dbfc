"""What the studio's terminal says: a line for what went wrong, and never the token.

Servers like to log the addresses they were asked for, tokens and all, and a traceback for each wrong turn."""

import logging
import textwrap

from nbclient.exceptions import CellExecutionError

from vgkit.ledger.redaction import redact_text

_LONGEST = 400

log = logging.getLogger("vgkit.studio")


class OneLine(logging.Formatter):
    """A record as one line, with the error's name and last words instead of its traceback."""

    def format(self, record: logging.LogRecord) -> str:
        """Say when, what, and by which error."""
        said = record.getMessage().partition("\n")[0]
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, CellExecutionError):
            said = f"A cell of a page failed: {error.ename}: {error.evalue}"
        elif error is not None:
            said = f"{said}: {type(error).__name__}: {error}"
        told = textwrap.shorten(redact_text(said), _LONGEST)
        return f"{self.formatTime(record, '%H:%M:%S')} {told}"


def quieten() -> None:
    """Send warnings and errors of this process to stderr, a line each."""
    handler = logging.StreamHandler()
    handler.setFormatter(OneLine())
    handler.addFilter(_matters)
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)


def silence() -> None:
    """Say nothing more: a server that was asked to end has only broken connections to tell of."""
    logging.disable()


def _matters(record: logging.LogRecord) -> bool:
    """Whether there is anything that a person could do about it."""
    # Jupyter's trust is about outputs in a notebook's file, and ours have none.
    untrusted = record.msg == "Notebook %s is not trusted"
    # Whoever is not logged in is told so; it is no news to the terminal that somebody tried.
    stranger = str(record.msg).startswith("Couldn't authenticate")
    # A page that is closed while it opens trips Jupyter's handler of sockets, which is then of no use to anyone.
    closed = record.name == "tornado.application" and "/channels?" in record.getMessage()
    # Jupyter pings by itself and waits for more than one; tornado, whose own pings are hours apart, would rather not.
    patient = "websocket_ping_timeout" in str(record.msg)
    return not (untrusted or stranger or closed or patient)
