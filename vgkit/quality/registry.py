"""All measures of clips, in the order in which they are shown."""

from vgkit.quality import sharpness
from vgkit.quality.measure import Measure

CLIP_MEASURES: tuple[Measure, ...] = (sharpness.MEASURE,)
