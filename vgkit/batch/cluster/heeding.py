"""How a stop reaches turns on workers, and how a turn notices that nobody is in charge of it any more.

Dask does not end a task that runs, whoever cancels it. So the driver sets an event at the scheduler, and a thread
beside each turn looks at it, and at whether the scheduler still wants the task."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from distributed import Client, Event, Worker, get_client, get_worker

from vgkit.batch.cluster.connecting import GONE
from vgkit.halt import Halt

Stop = Literal["soon", "now"]

_LOOK_EVERY_S = 1.0
_WANTED = ("executing", "long-running", "resumed")


def event(crew: str, stop: Stop, client: Client) -> Event:
    """The event at the scheduler that is set where the films of a crew are to stop."""
    return Event(f"vgkit-{crew}-{stop}", client=client)


class Heeding:
    """Has one turn, that of the calling thread, stop as its crew is asked to, or once its driver is gone."""

    def __init__(self, crew: str, halt: Halt, client: Client, worker: Worker) -> None:
        self._events: dict[Stop, Event] = {"soon": event(crew, "soon", client), "now": event(crew, "now", client)}
        self._halt, self._worker, self._task = halt, worker, worker.get_current_task()
        self._over = threading.Event()
        self.canceling = False

    def look(self) -> None:
        """Look once whether it is to stop; a scheduler that is gone is a stop too."""
        try:
            if self._events["now"].is_set():
                self.canceling = True
                self._halt.now()
            elif not self._halt.asked and (self._events["soon"].is_set() or not self._wanted()):
                self._halt.soon()
        except GONE:
            self._halt.soon()

    def _wanted(self) -> bool:
        task = self._worker.state.tasks.get(self._task)
        return task is not None and task.state in _WANTED

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Look again and again while the block runs."""
        threading.Thread(target=self._watch, name=f"vgkit-heeding-{self._task}", daemon=True).start()
        try:
            yield
        finally:
            self._over.set()

    def _watch(self) -> None:
        while not (self._over.wait(_LOOK_EVERY_S) or self.canceling):
            self.look()


@contextmanager
def heeding(crew: str, halt: Halt) -> Iterator[Heeding]:
    """Let a crew stop the turn in the block by its ``halt``; what was asked before it began is known at once."""
    heeds = Heeding(crew, halt, get_client(), get_worker())
    heeds.look()
    with heeds.watching():
        yield heeds
