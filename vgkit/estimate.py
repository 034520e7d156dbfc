"""What a film will cost and how long its calls take, before anything is asked of anyone.

The storyboard is drafted by rule, as ``sketch`` plans it: how many shots and stills there are is arithmetic, the same
under every planner. Each engine then says which calls it would make, by the catalog's dated prices and times."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from vgkit.brief import Brief, Role
from vgkit.draft import draft_storyboard
from vgkit.engines.base import ClipRequest, MusicRequest, PictureRequest, PlanRequest, Request, Staging
from vgkit.engines.hosted import HostedEngine, Order
from vgkit.engines.registry import engine_for
from vgkit.profiles import profile_for
from vgkit.storyboard import Shot, Storyboard
from vgkit.template import Template

_PHASES: dict[Role, str] = {"plan": "validate", "picture": "animatic", "video": "chunks", "music": "refine"}
_SOME_STILL = Path("keyframe.png")  # an engine asks whether there is one, not what it shows
_MICRO = Decimal("0.000001")


@dataclass(frozen=True)
class Row:
    """The calls of one phase to one engine, one row for each step of a chain. Money in US dollars.

    ``alone_s`` is how long they take one after the other, ``together_s`` with as many at once as the host allows; both
    are typical seconds of work, without a host's queue and cold start, and None for what is made on this machine.
    """

    phase: str
    role: Role
    engine: str
    step: str
    calls: int
    each_usd: Decimal
    all_usd: Decimal
    alone_s: float | None
    together_s: float | None
    licence: str
    commercial_use: bool


def estimate(brief: Brief, template: Template, *, takes: int = 1) -> tuple[Row, ...]:
    """Say what each phase would ask of its engine, were nothing in the cache and no call to fail.

    Raises EngineUnknown for an engine or profile there is not.
    """
    engines = {role: engine_for(role, name) for role, name in profile_for(brief).engines.items()}
    storyboard = _drafted(brief, template, engines["video"])
    rows: list[Row] = []
    for role, requests in _requests(brief, template, storyboard, takes=takes).items():
        rows += _rows(role, engines[role], requests)
    return tuple(rows)


def total_usd(rows: Iterable[Row]) -> Decimal:
    """What all rows cost."""
    return sum((row.all_usd for row in rows), Decimal(0))


def total_s(rows: Sequence[Row]) -> tuple[float, float]:
    """How long all calls take, in seconds: one after the other, and as a run makes them.

    Music needs the storyboard alone and is made beside the stills and the clips.
    """
    spans = {role: sum(row.together_s or 0.0 for row in rows if row.role == role) for role in _PHASES}
    together = spans["plan"] + max(spans["picture"] + spans["video"], spans["music"])
    return sum(row.alone_s or 0.0 for row in rows), together


def _drafted(brief: Brief, template: Template, maker: Any) -> Storyboard:
    # Imported here: reading the scenes and palettes takes a moment that no other command needs.
    from vgkit.engines.sketch.plan import plan_by_rule

    return draft_storyboard(brief, template, plan_by_rule(brief, template), maker.shape(brief.aspect))


def _requests(brief: Brief, template: Template, storyboard: Storyboard, *, takes: int) -> dict[Role, list[Request]]:
    """What each role would be asked, in a film's order; music only where the brief brings none."""
    clip, product = storyboard.clip, brief.assets.product
    stills: list[Request] = [
        PictureRequest(
            subject=keyframe.id,
            prompt=keyframe.prompt,
            negative=template.negative,
            seed=storyboard.shot(keyframe.shot).seed,
            width_px=clip.width_px,
            height_px=clip.height_px,
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


def _rows(role: Role, engine: Any, requests: Sequence[Request]) -> list[Row]:
    if not isinstance(engine, HostedEngine):
        return [_row(role, engine, "", len(requests), Decimal(0))] if requests else []
    orders: dict[str, list[Order]] = {}
    for request in requests:
        for order in engine.forecast(request):
            orders.setdefault(order.step, []).append(order)
    return [_hosted_row(role, engine, step, calls) for step, calls in orders.items()]


def _hosted_row(role: Role, engine: HostedEngine, step: str, orders: Sequence[Order]) -> Row:
    together_s = math.ceil(len(orders) / engine.client.at_once) * max(order.typical_s for order in orders)
    cost_usd = sum((order.estimate_usd for order in orders), Decimal(0))
    alone_s = sum(order.typical_s for order in orders)
    return _row(role, engine, step, len(orders), cost_usd, alone_s=alone_s, together_s=together_s)


def _row(
    role: Role,
    engine: Any,
    step: str,
    calls: int,
    cost_usd: Decimal,
    *,
    alone_s: float | None = None,
    together_s: float | None = None,
) -> Row:
    return Row(
        phase=_PHASES[role],
        role=role,
        engine=f"{engine.name}@{engine.host}",
        step=step,
        calls=calls,
        each_usd=(cost_usd / calls).quantize(_MICRO),
        all_usd=cost_usd,
        alone_s=alone_s,
        together_s=together_s,
        licence=getattr(engine, "licence", ""),
        commercial_use=engine.commercial_use,
    )
