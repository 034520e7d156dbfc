"""What a person reads when a notebook did not reach its end: what happened, what is kept, where to look.

An error of ours that a phase raised stays that error, so that the command line still ends with its exit code."""

from pathlib import Path
from typing import Protocol

from vgkit import errors
from vgkit.errors import Interrupted, KernelDied, PhaseFailed, VgkitError
from vgkit.files import refused


class CellError(Protocol):
    """What papermill tells of a cell that raised."""

    exec_count: int | None
    ename: str
    evalue: str


def cell_failed(notebook: Path, out: Path, error: CellError) -> VgkitError:
    """A cell raised: the very error if it is one of ours, else PhaseFailed with its name and words."""
    if error.ename == "KeyboardInterrupt":
        return asked_to_stop(notebook, out)
    ours = getattr(errors, error.ename, None)
    if isinstance(ours, type) and issubclass(ours, VgkitError):
        return _seen_in(out, ours(error.evalue))
    failure = PhaseFailed(
        f"{notebook.stem} stopped in cell [{error.exec_count}] with {error.ename}: {error.evalue}\n"
        f"The whole error is in its notebook, {out}."
    )
    failure.error_name, failure.error_message = error.ename, error.evalue
    return _seen_in(out, failure)


def not_run(notebook: Path, out: Path, error: Exception) -> VgkitError:
    """Something outside of the cells: a full disk, a notebook that is no notebook."""
    if isinstance(error, OSError):
        return _seen_in(out, refused(out, error))
    failure = PhaseFailed(
        f"{notebook.stem} could not be run: {type(error).__name__}: {error}. Check that {notebook} opens in JupyterLab."
    )
    failure.error_name, failure.error_message = type(error).__name__, str(error)
    return _seen_in(out, failure)


def died(notebook: Path, out: Path, *, ended: str, last_words: str) -> VgkitError:
    """The kernel ended by itself or by another's hand."""
    message = (
        f"The kernel of {notebook.stem} died {ended}.{last_words} Run it again: it goes on from what is finished. "
        f"Its notebook is {out}."
    )
    return _seen_in(out, KernelDied(message))


def late(notebook: Path, out: Path, *, deadline_s: float) -> VgkitError:
    """The deadline passed."""
    message = (
        f"{notebook.stem} was stopped at its deadline of {deadline_s:g} s. What it finished is kept: run it again "
        f"to go on from there, or allow more time. Its notebook is {out}."
    )
    return _seen_in(out, PhaseFailed(message))


def asked_to_stop(notebook: Path, out: Path) -> VgkitError:
    """A person or the system interrupted it."""
    message = (
        f"{notebook.stem} was stopped. What it finished is kept; run it again to go on from there. "
        f"Its notebook is {out}."
    )
    return _seen_in(out, Interrupted(message))


def _seen_in(out: Path, error: VgkitError) -> VgkitError:
    error.add_note(f"notebook: {out}")
    if isinstance(error, PhaseFailed):
        error.notebook = out
    return error
