"""How steady and sharp each shot came and how it is in the film: for the report, and on record."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from vgkit.files import write_json
from vgkit.phases.step import Step
from vgkit.run import Run

if TYPE_CHECKING:
    from vgkit.media.steady import Steadied

_MEASURES = (
    ("flicker", "levels", "lower"),
    ("warp_error", "levels", "lower"),
    ("sharpness", "Tenengrad", "higher"),
)


def figures_only(steady: "Steadied") -> "Steadied":
    """Keep the figures and let go of the pictures."""
    return replace(steady, pictures=[], motions=[])


def record_steadiness(step: Step, steadiness: "Mapping[int, Steadied]") -> None:
    """Put on record how steady and sharp each shot came, and how it is in the film."""
    run = step.run
    table = []
    for number, steady in sorted(steadiness.items()):
        shot = run.storyboard.shots[number].id
        before, after = _plain(steady.before), _plain(steady.after)
        table.append({"shot": shot, "steps": steady.steps, "before": before, "after": after})
        for stage, figures in (("generated", before), ("film", after)):
            for name, unit, direction in _MEASURES:
                _record(run, shot, name, figures[name], unit, direction, stage, steady.steps)
    write_json(run.path("steadiness.json"), table)
    step.make(run.path("steadiness.json"))


def _plain(figures: Any) -> dict[str, float | None]:
    """Name a clip's figures; one that could not be taken is null."""
    # Rounded, as the last digits of a sum depend on where in memory its numbers lie.
    return {name: None if value != value else round(value, 6) for name, value in vars(figures).items()}


def _record(
    run: Run, shot: str, name: str, value: float | None, unit: str, direction: str, stage: str, steps: tuple[str, ...]
) -> None:
    run.events.write(
        "metric",
        phase="refine",
        subject=shot,
        name=name,
        value=value,
        unit=unit,
        direction=direction,
        implementation="vgkit.media.measures",
        version="1",
        scored={"stage": stage, "steps": list(steps)},
        **_reason(value),
    )


def _reason(value: float | None) -> dict[str, Any]:
    return {"reason": "no two neighbouring frames could be followed"} if value is None else {}
