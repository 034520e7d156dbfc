"""All measures of clips, in the order in which they are shown: how a clip moves, how it looks, its faults, its aim.

Those that need no model are always the same; with them comes one whose version is that of a model on disk."""

from vgkit.quality import (
    appearance_consistency,
    blockiness,
    camera,
    clipping,
    colourfulness,
    contrast,
    flicker,
    keyframe_adherence,
    motion_amount,
    noise,
    piqe,
    sharpness,
    smoothness,
    stretches,
    unplanned_cuts,
    warp_error,
)
from vgkit.quality.clip_score import clip_score
from vgkit.quality.measure import Measure

CLIP_MEASURES: tuple[Measure, ...] = (
    motion_amount.MEASURE,
    *camera.MEASURES,
    smoothness.MEASURE,
    warp_error.MEASURE,
    flicker.MEASURE,
    appearance_consistency.MEASURE,
    sharpness.MEASURE,
    contrast.MEASURE,
    colourfulness.MEASURE,
    clipping.MEASURE,
    noise.MEASURE,
    blockiness.MEASURE,
    piqe.MEASURE,
    unplanned_cuts.MEASURE,
    stretches.BLACK,
    stretches.FROZEN,
    keyframe_adherence.MEASURE,
)


def clip_measures() -> tuple[Measure, ...]:
    """Return all measures of clips, the CLIP score by the model that VGKIT_CLIP names now."""
    return (*CLIP_MEASURES, clip_score())
