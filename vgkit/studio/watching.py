"""A run as its record tells it, whichever process makes it, so that a page that is opened again finds it as it is."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from vgkit.errors import VgkitError
from vgkit.ledger.reading import NEVER_READ, Mark, read_on
from vgkit.phases.step import PHASES
from vgkit.progress import PhaseProgress, RunProgress
from vgkit.run import Run
from vgkit.studio.history import title_of
from vgkit.studio.open_calls import OpenCalls
from vgkit.studio.pace import typical_seconds
from vgkit.studio.shots import ClipState, Shots, ShotSight
from vgkit.studio.states import Standing, State, only_unexported, standing
from vgkit.studio.trouble import Trouble, trouble
from vgkit.studio.turns import at_once, before

_SAID: Mapping[State, str] = {
    "waiting": "Not started yet.",
    "approval": "The stills are there. Look at them, then have the film made, or stop here.",
    "success": "The film is ready.",
    "stopped": "Stopped. What is finished is kept; go on from there when you like.",
    "interrupted": "It broke off: its process is gone and left no end on record. What is finished is kept; go on.",
}

__all__ = ["ClipState", "ShotSight", "Sight", "State", "Trouble", "Watch"]


@dataclass(frozen=True)
class Sight:
    """A run at one moment. Seconds are those of this attempt, money in US dollars that of all attempts.

    ``said`` is the sentence to show beside the state; it may be empty. ``before`` counts the films that wait before a
    queued one. ``left_s``, from when its turn comes, is None where it can't be told. Paths are None until there is such
    a file: ``sheet`` and ``animatic`` are the stills, ``film_sheet`` and ``poster`` the film. ``unexported``: the film
    is there, and what failed is its export alone. ``open_calls`` are under way at hosts and may cost up to
    ``open_usd``; where nothing is at work, they go on though nobody waits for them.
    """

    run: str
    state: State
    title: str = ""
    said: str = ""
    before: int = 0
    phases: tuple[PhaseProgress, ...] = ()
    shots: tuple[ShotSight, ...] = ()
    seconds: float | None = None
    left_s: float | None = None
    cost_usd: Decimal = Decimal(0)
    cap_usd: Decimal = Decimal(0)
    degraded: tuple[str, ...] = ()
    trouble: Trouble | None = None
    open_calls: int = 0
    open_usd: Decimal = Decimal(0)
    rehearsed: bool = False
    owner: str = ""
    sheet: Path | None = None
    animatic: Path | None = None
    film: Path | None = None
    film_sheet: Path | None = None
    poster: Path | None = None
    unexported: bool = False

    @property
    def at_work(self) -> bool:
        """Whether a process makes it or waits to."""
        return self.state in ("queued", "running")


class Watch:
    """Follows a run by its folder. One thread at a time may look."""

    def __init__(self, run: Run | Path) -> None:
        self.folder = run if isinstance(run, Path) else run.folder
        self._run: tuple[int, Run] | None = None
        self._typical_s: Mapping[str, float] | None = None
        self._begin()

    def _begin(self) -> None:
        """Forget all that events have told."""
        self._mark: Mark = NEVER_READ
        self._progress = RunProgress.of(PHASES, typical_s=self._typical_s)
        self._shots, self._calls = Shots(self.folder), OpenCalls()
        self._failure = ""

    def look(self) -> Sight:
        """See how it stands now; only what is new on record is read."""
        try:
            run = self._opened()
            self._read()
            return self._sight(run, datetime.now(UTC))
        except FileNotFoundError:
            return Sight(self.folder.name, "gone", said="This film's folder was deleted.")
        except VgkitError as error:
            return Sight(self.folder.name, "failed", said=str(error), trouble=trouble(type(error).__name__, str(error)))

    def _opened(self) -> Run:
        """The run, opened again only where ``run.json`` has changed."""
        changed_ns = (self.folder / "run.json").stat().st_mtime_ns
        if self._run is None or self._run[0] != changed_ns:
            self._run = changed_ns, Run.open(self.folder)
        if self._typical_s is None:
            self._typical_s = typical_seconds(self._run[1])
            self._progress = replace(self._progress, typical_s=self._typical_s)
        return self._run[1]

    def _read(self) -> None:
        path = self.folder / "events.jsonl"
        if not path.exists():
            if self._mark is not NEVER_READ:
                self._begin()
            return
        news = read_on(path, self._mark)
        if news is None:
            return
        if news.anew:
            self._begin()
        self._mark = news.mark
        for event in news.log:
            self._progress = self._progress.after(event)
            self._shots.after(event)
            self._calls.after(event)
            if event.kind == "phase_failed":
                self._failure = str(event["error"])

    def _sight(self, run: Run, now: datetime) -> Sight:
        stands = standing(self.folder, self._progress, needs_approval=run.needs_approval)
        at_work = stands.state in ("queued", "running")
        begun = stands.state == "running" and stands.launch is None
        progress = replace(self._progress, phases=tuple(_as_they_stand(run, self._progress, at_work=at_work)))
        forecast = progress if begun else RunProgress.of(PHASES, typical_s=progress.typical_s)
        failure = _failure(stands, progress, self._failure)
        waiting = before(self.folder.name) if stands.state == "queued" else 0
        left = "" if at_work else _left_open(self._calls)
        film = _file(run, "film.mp4") if run.path("phases/refine.json").exists() else None
        return Sight(
            run=self.folder.name,
            state=stands.state,
            title=self._shots.title or title_of(run.brief.model_dump()),
            said=" ".join(filter(None, (_said(stands, progress, failure, waiting), left))),
            before=waiting,
            phases=progress.phases,
            shots=self._shots.sights(),
            seconds=progress.elapsed_s(now) if begun or not at_work else None,
            left_s=forecast.remaining_s(now) if at_work else None,
            cost_usd=progress.cost_usd,
            cap_usd=run.profile.cap_usd,
            degraded=progress.degraded,
            trouble=failure,
            open_calls=self._calls.count,
            open_usd=self._calls.usd,
            rehearsed=run.rehearsal is not None,
            owner=run.owner,
            sheet=_file(run, "animatic/sheet.png"),
            animatic=_file(run, "animatic/animatic.mp4"),
            film=film,
            film_sheet=_file(run, "sheet.jpg"),
            poster=_file(run, "poster.jpg"),
            unexported=only_unexported(progress, film),
        )


def _as_they_stand(run: Run, progress: RunProgress, *, at_work: bool) -> Iterator[PhaseProgress]:
    """The phases: one that a run passed over, because a later one alone was asked for, is kept; one that was stopped
    has not failed, and one at which nobody works any more does not run."""
    for number, phase in enumerate(progress.phases):
        passed = any(later.state != "waiting" for later in progress.phases[number + 1 :])
        stands = phase.state == "waiting" and run.path(f"phases/{phase.phase}.json").exists()
        if stands and (passed or progress.state != "running"):
            yield replace(phase, state="kept")
        elif (phase.state == "failed" and progress.state == "stopped") or (phase.state == "running" and not at_work):
            yield replace(phase, state="stopped", label="")
        else:
            yield phase


def _failure(stands: Standing, progress: RunProgress, name: str) -> Trouble | None:
    if stands.state != "failed":
        return None
    if stands.launch:
        return trouble(stands.launch.error, stands.launch.message)
    return trouble(name, progress.message)


def _said(stands: Standing, progress: RunProgress, failure: Trouble | None, waiting: int) -> str:
    if failure:
        return failure.fact
    if stands.state == "queued":
        return _queue_told(waiting)
    if stands.state == "running" and stands.launch:
        return "Starting."
    if stands.state == "degraded":
        return progress.message
    return _SAID.get(stands.state, "")


def _queue_told(waiting: int) -> str:
    ahead = "it is next" if not waiting else f"{waiting} {'waits' if waiting == 1 else 'wait'} before it"
    made = at_once()
    return f"Waits for its turn: {made} {'film is' if made == 1 else 'films are'} made at once, {ahead}."


def _left_open(calls: OpenCalls) -> str:
    if not calls.count:
        return ""
    many = "One call goes on at its host" if calls.count == 1 else f"{calls.count} calls go on at their hosts"
    return f"{many} and may cost up to ${calls.usd:.2f}: go on to take up what was asked for, or cancel it."


def _file(run: Run, name: str) -> Path | None:
    path = run.path(name)
    return path if path.is_file() else None
