"""What a person has typed into the studio's form, and everything there is to say about it before a film is made.

All complaints at once and each by its field, because who fills a form wants to see the whole of it, not the next
mistake after each click."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from vgkit.brief import Brief
from vgkit.estimate_report import EstimateReport
from vgkit.template import Template


@dataclass(frozen=True)
class Draft:
    """A form as it stands, as a person typed it: numbers may be text, and anything may be wrong.

    ``picture`` and ``logo`` are files on this machine; ``cap_usd`` is empty for the profile's own cap; ``name`` is
    empty for one made of the time and the product.
    """

    prompt: str = ""
    template: str = "product_showcase"
    product: str = ""
    brand: str = ""
    tagline: str = ""
    call_to_action: str = ""
    duration_s: int | str = 30
    aspect: str = "16:9"
    seed: int | str = 0
    profile: str = "offline"
    usage: str = "research"
    takes: int | str = 1
    approve_stills: bool = False
    rehearse: bool = False
    cap_usd: str = ""
    picture: Path | None = None
    logo: Path | None = None
    name: str = ""


@dataclass(frozen=True)
class BeatRow:
    """One beat of the template as this brief makes it; ``seconds`` is 0 where so short a film leaves it out."""

    name: str
    first_s: float
    seconds: float
    sizes: tuple[str, ...]
    caption: str
    prompt: str


@dataclass(frozen=True)
class Verdict:
    """What there is to say about a draft.

    ``complaints`` maps a field of ``Draft`` to a sentence, "" to what concerns the whole. ``brief`` is there only where
    nothing is wrong. ``template``, ``estimate`` and ``beats`` are there as far as the rest allows: what is wrong is
    taken at its default. ``notes`` are short lines on cost, time and licences. ``rehearsed``: nothing is sent or paid.
    """

    complaints: Mapping[str, str]
    brief: Brief | None = None
    template: Template | None = None
    estimate: EstimateReport | None = None
    beats: tuple[BeatRow, ...] = ()
    notes: tuple[str, ...] = ()
    rehearsed: bool = False
    allowed: tuple[Path, ...] = field(default=(), repr=False)

    @property
    def good(self) -> bool:
        """Whether a film can be made of it."""
        return not self.complaints


def verdict(draft: Draft) -> Verdict:
    """Check a draft against everything it names, estimate it and lay out its beats; nothing is made or written."""
    raise NotImplementedError
