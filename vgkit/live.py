"""The live view of a run: follows its events as they are written and shows them where the person is.

The driver, the phase's kernel and a person who only watches see the same file, so nothing has to report to anything."""

import json
import logging
import secrets
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, Protocol, TextIO

from rich.console import Console
from rich.live import Live

from vgkit.errors import InputError, VgkitError
from vgkit.ledger import Event, read_new
from vgkit.ledger.plain import timestamp
from vgkit.progress import RunProgress
from vgkit.progress_table import clock, ending, lesser, notebook_table, terminal_table, usd

log = logging.getLogger(__name__)

Mode = Literal["auto", "live", "plain", "quiet", "json", "notebook"]


class View(Protocol):
    """Shows a run. ``show`` is called every `interval_s` with what is new, perhaps nothing, from one thread."""

    interval_s: float

    def show(self, progress: RunProgress, new: Sequence[Event], now: datetime) -> None: ...

    def close(self) -> None: ...


def view(mode: Mode = "auto", *, out: TextIO | None = None) -> View:
    """Choose a view; "auto" takes the notebook's in a notebook, the live table in a terminal, else plain lines.

    Tables and lines go to stderr, which leaves stdout to results; "json" is a result and goes to stdout.
    """
    console = Console(file=out or sys.stderr)
    if mode == "auto":
        mode = "notebook" if _in_notebook() else "live"
    if mode == "live":
        can_draw = console.is_terminal and console.encoding.startswith("utf")
        return TerminalView(console) if can_draw else PlainView(out or sys.stderr)
    if mode == "plain":
        return PlainView(out or sys.stderr)
    if mode == "quiet":
        return QuietView(out or sys.stderr)
    if mode == "json":
        return JsonView(out or sys.stdout)
    if mode == "notebook":
        return NotebookView()
    raise InputError(f"There is no view {mode!r}. Choose auto, live, plain, quiet, json or notebook.")


@contextmanager
def following(events: Path, shown: View, start: RunProgress) -> Iterator[None]:
    """Show a run's events while the block runs, and what came last when it ends.

    What the file already holds counts for the sums but is not shown as news.
    """
    past, offset = read_new(events, 0)
    follower = _Follower(events, shown, _after_all(start, past), offset)
    follower.start()
    try:
        yield
    finally:
        follower.stop()


class _Follower(threading.Thread):
    def __init__(self, events: Path, shown: View, progress: RunProgress, offset: int) -> None:
        super().__init__(name="vgkit-view", daemon=True)
        self._events, self._view, self._progress, self._offset = events, shown, progress, offset
        self._ended = threading.Event()

    def run(self) -> None:
        # A view that breaks, on a closed terminal say, must not break the run it shows.
        try:
            while not self._ended.wait(self._view.interval_s):
                self._look()
            self._look()
            self._view.close()
        except (VgkitError, OSError, ValueError) as error:
            log.warning("the live view ended early: %s", error)

    def stop(self) -> None:
        self._ended.set()
        self.join()

    def _look(self) -> None:
        new, self._offset = read_new(self._events, self._offset)
        for damage in new.damaged:
            log.warning("line %d of %s %s", damage.line_number, self._events, damage.reason)
        self._progress = _after_all(self._progress, new)
        self._view.show(self._progress, new.events, datetime.now(UTC))


class TerminalView:
    """One table, redrawn in place; it stays on the screen when the run ends."""

    interval_s = 0.2

    def __init__(self, console: Console) -> None:
        self._live = Live(console=console, auto_refresh=False, redirect_stdout=False, redirect_stderr=False)

    def show(self, progress: RunProgress, new: Sequence[Event], now: datetime) -> None:
        if not self._live.is_started:
            self._live.start()
        self._live.update(terminal_table(progress, now), refresh=True)

    def close(self) -> None:
        self._live.stop()


class PlainView:
    """A line when a phase ends, and one when the run does: for logs and pipes."""

    interval_s = 0.2

    def __init__(self, out: TextIO) -> None:
        self._out = out

    def show(self, progress: RunProgress, new: Sequence[Event], now: datetime) -> None:
        for event in new:
            if line := _line(event, progress):
                self._out.write(f"{line}\n")
        self._out.flush()

    def close(self) -> None:
        self._out.flush()


class QuietView(PlainView):
    """Nothing but the end."""

    def show(self, progress: RunProgress, new: Sequence[Event], now: datetime) -> None:
        super().show(progress, [event for event in new if event.kind == "run_finished"], now)


class JsonView(PlainView):
    """The events themselves, one JSON object a line, for programs."""

    def show(self, progress: RunProgress, new: Sequence[Event], now: datetime) -> None:
        for event in new:
            header = {"id": event.id, "run": event.run, "at": timestamp(event.at), "kind": event.kind}
            self._out.write(json.dumps(header | dict(event.fields), ensure_ascii=False) + "\n")
        self._out.flush()


class NotebookView:
    """The same table as HTML under the cell that started the run; it needs no widget and is saved with the notebook."""

    interval_s = 0.5

    def __init__(self) -> None:
        self._id = f"vgkit-{secrets.token_hex(8)}"
        self._shown: dict[str, str] = {}

    def show(self, progress: RunProgress, new: Sequence[Event], now: datetime) -> None:
        from IPython.core.getipython import get_ipython  # here, since a terminal has no need of it

        table = {"text/html": notebook_table(progress, now), "text/plain": ending(progress) or "running"}
        shell: Any = get_ipython()
        if shell and table != self._shown:
            shell.display_pub.publish(table, transient={"display_id": self._id}, update=bool(self._shown))
            self._shown = table

    def close(self) -> None:
        pass


def _line(event: Event, progress: RunProgress) -> str:
    phase = f"{event.get('phase', ''):<11}"
    if event.kind == "run_started":
        count = len(progress.phases)
        return f"{event.run}: {count} phase{'s' if count > 1 else ''}, profile {event['profile']}"
    if event.kind == "phase_skipped":
        return f"{phase} kept    {event['reason']}"
    if event.kind == "phase_finished":
        done = f"{phase} done    {clock(event['seconds'])}  {usd(event.usd('cost_usd'))}"
        return f"{done}  {lesser(event.get('degraded', ()))}".rstrip()
    if event.kind == "fallback":
        return f"{phase} LESSER  {event['subject']}: {event['message']}"
    if event.kind == "phase_failed":
        return f"{phase} FAILED  {event['error']}: {event['message']}"
    return ending(progress) if event.kind == "run_finished" else ""


def _after_all(progress: RunProgress, events: Sequence[Event] | Any) -> RunProgress:
    for event in events:
        progress = progress.after(event)
    return progress


def _in_notebook() -> bool:
    if "IPython" not in sys.modules:
        return False
    from IPython.core.getipython import get_ipython

    return hasattr(get_ipython(), "kernel")
