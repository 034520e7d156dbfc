"""Batches of six-second films, and a crew that makes none of them, but tells what a crew would."""

from collections import deque
from decimal import Decimal
from typing import Any

from vgkit.batch.check import plan
from vgkit.batch.crew import Ending, Job
from vgkit.batch.planned import Film
from vgkit.batch.spec import spec_of
from vgkit.ledger import Events
from vgkit.places import runs_dir

REHEARSAL = {"speed": 1000.0, "faults": "none", "seed": 1}
CALL: dict[str, Any] = {"role": "video", "engine": "zeroscope", "host": "replicate"}


def films(
    count: int, *, cap: str = "2.00", batch: str | None = None, rehearsal: dict[str, Any] | None = REHEARSAL
) -> tuple[Film, ...]:
    rows = [
        {"name": f"f{number:02d}", "prompt": "A kite over dunes.", "duration_s": 6, "seed": number}
        for number in range(count)
    ]
    caps = {"run_usd": cap, **({"batch_usd": batch} if batch else {})}
    return plan(spec_of(rows, name="kites", profile="dev", caps=caps), rehearsal=rehearsal)


class Hands:
    """A crew whose films end when the test says so, each at a price, in the order they were begun."""

    def __init__(self, at_once: int, *, cost: str = "0.50", fates: dict[str, list[str]] | None = None) -> None:
        self.at_once, self.cost, self.fates = at_once, Decimal(cost), fates or {}
        self.begun: list[str] = []
        self.most = 0
        self.stopped = ""
        self._there: deque[Job] = deque()

    def room(self) -> int:
        return self.at_once - len(self._there)

    def begin(self, job: Job) -> None:
        self.begun.append(job.run.split(".")[1])
        self._there.append(job)
        self.most = max(self.most, len(self._there))
        events(job.run).write(
            "run_started", brief={}, profile="dev", engines={}, batch="kites-rehearsed", rehearsal=True
        )

    def ended(self, timeout_s: float) -> Ending:
        job = self._there.popleft()
        events(job.run).write("call_reserved", call=f"c{job.attempt}", cost_usd=self.cost, **CALL)
        events(job.run).write("call_settled", call=f"c{job.attempt}", cost_usd=self.cost)
        fate = (self.fates.get(job.run.split(".")[1]) or ["success"]).pop(0)
        state = "stopped" if self.stopped else "success" if fate == "success" else "failed"
        events(job.run).write("run_finished", state=state, seconds=1.0, cost_usd=self.cost)
        if state == "success":
            (runs_dir() / job.run / "film.mp4").touch()
        return Ending(
            job.run,
            state,  # type: ignore[arg-type]
            1.0,
            self.cost,
            attempt=job.attempt,
            again=fate == "again",
            hopeless=fate == "hopeless",
            message=fate,
        )

    def soon(self) -> None:
        self.stopped = "soon"

    def now(self) -> None:
        self.stopped = "now"


def events(run: str) -> Events:
    return Events(runs_dir() / run / "events.jsonl", run_id=run)
