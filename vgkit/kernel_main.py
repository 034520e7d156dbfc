"""What runs inside a kernel's own process: it ends with its driver, and turns to a clean page between notebooks.

`kill -9` leaves a driver no time for goodbyes, so the kernel holds the reading end of a pipe whose other end only the
driver has. When that closes, for whatever reason, the kernel goes with its whole process group, children included."""

import atexit
import contextlib
import gc
import importlib
import os
import shutil
import signal
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

_UNTIL_IT_ANSWERED_S = 0.1  # about when its driver has its first answer, and listens for 0.2 s more


def main() -> None:
    """Start an IPython kernel: ``kernel_main.py <pipe's descriptor> <module>,… -f <connection file> …``.

    The modules are imported while its driver still waits to see whether the new kernel goes on talking.
    """
    lifeline, modules = int(sys.argv.pop(1)), sys.argv.pop(1).split(",")
    folder = Path(sys.argv[sys.argv.index("-f") + 1]).parent
    # Children must not inherit it: a reader they keep would do no harm, but it is none of theirs.
    os.set_inheritable(lifeline, False)
    threading.Thread(target=_end_with_driver, args=(lifeline, folder), daemon=True).start()
    # Started by path, Python put our own folder first, where `store` or `batch` would hide other people's modules.
    sys.path[0] = str(Path(__file__).parent.parent)

    from ipykernel.kernelapp import IPKernelApp  # after the path is right
    from tornado.ioloop import IOLoop

    kernel: Any = IPKernelApp.instance()
    kernel.initialize()
    IOLoop.current().call_later(_UNTIL_IT_ANSWERED_S, _import, modules)
    kernel.start()
    # What asked for a word at the end has it; all else the system takes at once, and Python in a third of a second.
    atexit._run_exitfuncs()
    os._exit(0)


def turn_page(cwd: str, changed: Mapping[str, str], removed: Sequence[str]) -> None:
    """Forget what the last notebook left: variables, widgets, folder, environment; then take the driver's."""
    from IPython.core.getipython import get_ipython

    if widgets := sys.modules.get("ipywidgets"):
        widgets.Widget.close_all()
    shell: Any = get_ipython()
    shell.reset(new_session=True)
    os.environ.clear()
    os.environ.update({**_at_start, **changed})
    for name in removed:
        os.environ.pop(name, None)
    os.chdir(cwd)
    gc.collect()
    gc.freeze()  # what is left are modules: the next turns need not look through them again


def _import(modules: Sequence[str]) -> None:
    for name in filter(None, modules):
        with contextlib.suppress(Exception):  # the notebook that needs it says it better
            importlib.import_module(name)


def _end_with_driver(lifeline: int, folder: Path) -> None:
    os.read(lifeline, 1)
    shutil.rmtree(folder, ignore_errors=True)
    os.killpg(0, signal.SIGKILL)


_at_start = dict(os.environ)

if __name__ == "__main__":
    main()
