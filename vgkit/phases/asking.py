"""How a phase asks an engine: by the door, within the run's cap, with a look at what came back."""

from decimal import Decimal
from pathlib import Path
from typing import Any

from vgkit.brief import Role
from vgkit.engines.base import Staging, Words
from vgkit.engines.registry import engine_for
from vgkit.engines.spend import Door
from vgkit.ledger import read_events
from vgkit.places import runs_dir
from vgkit.run import Run
from vgkit.storyboard import Caption, EndCard, Shot, Storyboard


def door(run: Run, phase: str) -> Door:
    """Open the one door to engines for a phase of a run."""
    paid = read_events(run.events.path).of("call_settled", "call_failed")
    spent = sum((event.usd("cost_usd") for event in paid), Decimal(0))
    return Door(
        run.events,
        phase=phase,
        cache=runs_dir() / "cache",
        cap_usd=run.profile.cap_usd,
        spent_usd=spent,
        check=decodes,
    )


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
    from vgkit.media.frames import read_picture
    from vgkit.media.probe import probe
    from vgkit.media.sound import read_sound

    if path.suffix == ".png":
        read_picture(path)
    elif path.suffix == ".wav":
        read_sound(path)
    else:
        probe(path)
