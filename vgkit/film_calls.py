"""What a film asks of its engines, known before any of them is asked.

The storyboard is drafted by rule, as ``sketch`` plans it: how many shots and stills there are is arithmetic, the same
under every planner, and what stands in a prompt hardly moves a price."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vgkit.brief import Brief, Role
from vgkit.draft import draft_storyboard
from vgkit.engines.base import ClipRequest, MusicRequest, PictureRequest, PlanRequest, Request, Staging
from vgkit.engines.hosted import HostedEngine, Order
from vgkit.engines.registry import engine_for
from vgkit.profiles import profile_for
from vgkit.storyboard import ClipShape, Shot, Storyboard
from vgkit.template import Template

_SOME_STILL = Path("keyframe.png")  # an engine asks whether there is one, not what it shows


@dataclass(frozen=True)
class Wanted:
    """One thing a film needs made: by whom, and the calls to a host it takes; none for what is made on this machine."""

    role: Role
    engine: Any
    orders: tuple[Order, ...]


def film_calls(
    brief: Brief, template: Template, *, takes: int = 1, common: ClipShape | None = None
) -> tuple[Wanted, ...]:
    """List all that a film needs made, role by role, as if nothing were in the cache and no call failed.

    ``common`` is the clip its shots go by where other engines make the same film. Raises EngineUnknown for an engine or
    profile there is not.
    """
    engines = {role: engine_for(role, name) for role, name in profile_for(brief).engines.items()}
    # Imported here: reading the scenes and palettes takes a moment that no other command needs.
    from vgkit.engines.sketch.plan import plan_by_rule

    clip = engines["video"].shape(brief.aspect)
    storyboard = draft_storyboard(brief, template, plan_by_rule(brief, template), clip, common=common)
    return tuple(
        Wanted(role, engines[role], _orders(engines[role], request))
        for role, requests in _requests(brief, template, storyboard, takes=takes).items()
        for request in requests
    )


def _orders(engine: Any, request: Request) -> tuple[Order, ...]:
    return tuple(engine.forecast(request)) if isinstance(engine, HostedEngine) else ()


def _requests(brief: Brief, template: Template, storyboard: Storyboard, *, takes: int) -> dict[Role, list[Request]]:
    """What each role would be asked, in a film's order; music only where the brief brings none."""
    clip, pace, product = storyboard.clip, storyboard.pace, brief.assets.product
    stills: list[Request] = [
        PictureRequest(
            subject=keyframe.id,
            prompt=keyframe.prompt,
            negative=template.negative,
            seed=storyboard.shot(keyframe.shot).seed,
            width_px=pace.width_px,
            height_px=pace.height_px,
            at=0.0,
            staging=_staging(storyboard, storyboard.shot(keyframe.shot)),
            product=product,
        )
        for keyframe in storyboard.keyframes
    ]
    clips: list[Request] = [
        ClipRequest(
            subject=f"{shot.id}/t{take:02d}",
            prompt=shot.prompt,
            negative=shot.negative,
            seed=shot.seed,
            shape=clip,
            staging=_staging(storyboard, shot),
            keyframe=_SOME_STILL,
            product=product,
        )
        for take in range(1, takes + 1)
        for shot in storyboard.shots
    ]
    plan: list[Request] = [PlanRequest("plan", brief, template, product=product, seed=brief.seed)]
    return {"plan": plan, "picture": stills, "video": clips, "music": _music(brief, storyboard)}


def _music(brief: Brief, storyboard: Storyboard) -> list[Request]:
    if brief.assets.music:
        return []
    music = storyboard.music
    seconds, cuts = storyboard.duration_s, storyboard.cuts_s
    return [MusicRequest("music", music.prompt, music.mood, music.tempo_bpm, seconds, cuts, brief.seed)]


def _staging(storyboard: Storyboard, shot: Shot) -> Staging:
    return Staging(
        scene=shot.scene,
        light=storyboard.light,
        palette=storyboard.palette,
        size=shot.size,
        camera=shot.camera,
        presence=shot.presence,
        object=storyboard.object,
    )
