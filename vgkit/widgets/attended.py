"""Whether a person sits at this notebook, since a widget that nobody sees costs time and tells nothing.

A front end says with each cell whether it can ask somebody; nbclient, by which papermill and our pipeline run cells,
says that it can't. So does Voilà, whose server runs the cells of a page that is then shown, but it names its kernel."""

import os
import sys
from pathlib import Path
from typing import Any


def attended() -> bool:
    """Whether a person is shown what this cell shows, and may answer; outside a notebook nobody is.

    Ask in a cell: a message that a widget sends does not tell.
    """
    shell = _shell()
    if shell is None:
        return False
    return bool(shell.get_parent().get("content", {}).get("allow_stdin")) or _is_voilas_kernel()


def _shell() -> Any:
    """The shell of this process where it is a notebook's kernel. A kernel has IPython loaded, so nothing is loaded."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return shell if hasattr(shell, "kernel") else None


def _is_voilas_kernel() -> bool:
    # A run that is started from a page inherits the name, but its kernel has another connection file.
    from ipykernel.connect import get_connection_file

    kernel = os.environ.get("VOILA_KERNEL_ID")
    return bool(kernel) and Path(get_connection_file()).stem == f"kernel-{kernel}"
