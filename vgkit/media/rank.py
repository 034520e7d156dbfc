"""Gives back the rank that an encoder has taken: SVT-AV1, run by root, makes its threads real-time and its caller too.

Those go before everything else on the machine, and so does every process that is begun from then on."""

import os
from contextlib import suppress
from pathlib import Path


def give_rank_back() -> None:
    """Make all threads of this process ordinary again, where the system has such ranks."""
    if not hasattr(os, "sched_setscheduler"):
        return
    for task in Path("/proc/self/task").glob("*"):
        with suppress(OSError):  # it has ended meanwhile
            if os.sched_getscheduler(int(task.name)) in (os.SCHED_FIFO, os.SCHED_RR):
                os.sched_setscheduler(int(task.name), os.SCHED_OTHER, os.sched_param(0))
