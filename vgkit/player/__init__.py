"""Two films or clips in step, or one alone, frame by frame, with what was measured of each frame under the timeline.

One JavaScript module does it in notebooks and in pages that stand alone; here it is told what to show."""

from vgkit.player.embed import html
from vgkit.player.shown import Mark, Shown, shown_clip, shown_film, shown_take, with_strips
from vgkit.player.strips import Strip

__all__ = ["Mark", "Shown", "Strip", "html", "shown_clip", "shown_film", "shown_take", "with_strips"]
