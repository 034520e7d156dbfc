"""How a phase asks engines: by the door, within the caps, side by side, with a look at what came back."""

import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, Protocol

from vgkit.brief import Role
from vgkit.engines.base import Ask, Engine, Staging, Words
from vgkit.engines.cache import Cache
from vgkit.engines.open_calls import CallBook
from vgkit.engines.purse import Caps, Purse
from vgkit.engines.registry import engine_for
from vgkit.engines.remote_call import Within
from vgkit.engines.spend import Door
from vgkit.errors import EngineFailed, Interrupted, OrderRejected
from vgkit.ledger import Events
from vgkit.phases.step import Step
from vgkit.places import cache_dir, runs_dir
from vgkit.profiles import project_cap
from vgkit.run import Batch, Run
from vgkit.storyboard import Caption, EndCard, Shot, Storyboard

_ON_THIS_MACHINE = 4


class Payer(Protocol):
    """Whose money goes through a door: a run's, or a prompt lab's, whose calls all are of the phase ``lab``."""

    @property
    def name(self) -> str: ...
    @property
    def folder(self) -> Path: ...
    @property
    def whose(self) -> Literal["run", "lab"]: ...
    @property
    def events(self) -> Events: ...
    @property
    def cap_usd(self) -> Decimal: ...
    @property
    def batch(self) -> Batch | None: ...
    @property
    def rehearsal(self) -> Mapping[str, Any] | None: ...
    @property
    def world(self) -> str: ...
    def check_rehearsal(self) -> None: ...


def door(payer: Payer, phase: str, *, stopping: threading.Event | None = None) -> Door:
    """Open the one door to engines for a phase of a run; it lets go of its calls when ``stopping`` is set.

    Raises RunError for a rehearsal outside of one.
    """
    payer.check_rehearsal()
    return onlooker(payer, phase, stopping=stopping)


def onlooker(payer: Payer, phase: str, *, stopping: threading.Event | None = None) -> Door:
    """A door to foresee through, for which a rehearsal's hosts need not run; who asks takes ``door``."""
    rehearsal = payer.rehearsal is not None
    # A rehearsal is a world of its own: what its hosts made and charged is neither found nor taken up by another.
    cache = Cache(cache_dir(payer.world))
    caps = Caps(payer.cap_usd, None if rehearsal else project_cap(), whose=payer.whose)
    if payer.batch:
        caps = replace(caps, batch=payer.batch.name, batch_usd=payer.batch.cap_usd)
    purse = Purse(runs_dir(), payer.name, caps, rehearsal=rehearsal)
    within = Within(cache, CallBook(runs_dir(), rehearsal=payer.world), decodes, stopping or threading.Event())
    return Door(payer.events, phase=phase, purse=purse, within=within)


def ask_all(
    step: Step, asks: Sequence[Ask], *, spare: bool = False, on_made: Callable[[Ask], None] = lambda _: None
) -> list[tuple[Ask, EngineFailed]]:
    """Ask for several things side by side, as many at once as their engine bears.

    The first error ends it: what is under way is brought home, since it is paid for, and nothing more is begun. With
    ``spare``, an engine that does not deliver one thing does not stop the others; those that failed are returned.
    ``on_made`` is told of each that came, while others are waited for.
    """
    through = door(step.run, step.phase)
    failed: list[tuple[Ask, EngineFailed]] = []
    # Twice: a person may also lose patience while, after an error, what is under way is brought home.
    threads = ThreadPoolExecutor(at_once(asks[0].engine))
    with _let_go_when_stopped(through), threads as pool, _let_go_when_stopped(through):
        try:
            step.progress(0, len(asks), asks[0].subject)
            pending = {pool.submit(through.ask, ask): ask for ask in asks}
            for done, future in enumerate(as_completed(pending), 1):
                if failure := _failure(future, spare=spare):
                    failed.append((pending[future], failure))
                else:
                    on_made(pending[future])
                step.progress(done, len(asks), pending[future].subject)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
    return failed


@contextmanager
def _let_go_when_stopped(through: Door) -> Iterator[None]:
    try:
        yield
    except (KeyboardInterrupt, SystemExit, Interrupted):
        through.stop()
        raise


def _failure(future: "Future[Path]", *, spare: bool) -> EngineFailed | None:
    try:
        future.result()
    except OrderRejected:
        raise
    except EngineFailed as failure:
        if not spare:
            raise
        return failure
    return None


def at_once(engine: Engine) -> int:
    """Calls at once: cores for engines on this machine, what the host bears for those that are waited for."""
    client = getattr(engine, "client", None)
    return client.at_once if client else min(os.cpu_count() or 1, _ON_THIS_MACHINE)


def engine(run: Run, role: Role) -> Any:
    """The run's engine for a role."""
    return engine_for(role, run.profile.engines[role], usage=run.brief.usage)


def engine_mark(run: Run, role: Role) -> str:
    """Name, host and version of the run's engine for a role, as an input of a phase."""
    asked = engine(run, role)
    return f"{asked.name}@{asked.host} {asked.version}"


def staging(run: Run, storyboard: Storyboard, shot: Shot) -> Staging:
    """How a shot is set up."""
    return Staging(
        scene=shot.scene,
        light=storyboard.light,
        palette=storyboard.palette,
        size=shot.size,
        camera=shot.camera,
        presence=shot.presence,
        object=storyboard.object,
        words=_words_over(storyboard, shot),
        label=run.brief.brand or run.brief.product,
    )


def _words_over(storyboard: Storyboard, shot: Shot) -> Words:
    """What the shot must leave room for; an end card that comes in over a shot's tail finds a caption's room enough."""

    def over(words: Caption | EndCard) -> int:
        return min(words.end_frame, shot.end_frame) - max(words.first_frame, shot.first_frame)

    if over(storyboard.end_card) > shot.frames / 2:
        return "end_card"
    captioned = over(storyboard.end_card) > 0 or any(over(caption) > 0 for caption in storyboard.captions)
    return "caption" if captioned else "none"


def decodes(path: Path) -> None:
    """Read what an engine delivered as what its name says. Raises NotAClip or AssetError for bytes that aren't."""
    from vgkit.media.frames import read_frames, read_picture
    from vgkit.media.sound import read_sound

    if path.suffix in (".png", ".jpg", ".webp"):
        read_picture(path)
    elif path.suffix in (".wav", ".mp3"):
        read_sound(path)
    elif path.suffix != ".json":  # a planner's words are read by the planner itself
        for _ in read_frames(path):  # to the end: a file that was cut short has a good beginning
            pass
