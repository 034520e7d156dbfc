"""An engine out of a catalog entry: which calls a request takes, what they cost, and what becomes of their results."""

import dataclasses
from collections.abc import Mapping, Sequence
from decimal import ROUND_UP, Decimal
from pathlib import Path
from typing import Any

from vgkit.brief import FILM_SIZES
from vgkit.draft import seed_for
from vgkit.engines.base import ClipRequest, MusicRequest, PictureRequest, Request
from vgkit.engines.catalog import Entry, Pass
from vgkit.engines.hosted import Attachment, Host, Order, Standing
from vgkit.engines.slots import Asked, params_of
from vgkit.storyboard import ClipShape

_MICRO_USD = Decimal("0.000001")


class CatalogEngine:
    """A hosted model for pictures, clips or music; a ``HostedEngine``."""

    def __init__(self, entry: Entry, client: Host) -> None:
        self.entry = entry
        self.client = client
        self.name = entry.name
        self.host = entry.host
        self.version = f"{entry.version[:12]}.{entry.digest}"
        self.commercial_use = entry.commercial_use
        self.licence = entry.licence
        self.roles = (entry.role,)

    def shape(self, aspect: str) -> ClipShape:
        """What one clip has once it is cropped to the film's aspect; sides are even, as video needs them."""
        width, height = next(size for known, size in self.entry.size.items() if known == aspect)
        film_width, film_height = next(size for known, size in FILM_SIZES.items() if known == aspect)
        wide, high = min(width, height * film_width / film_height), min(height, width * film_height / film_width)
        assert self.entry.frames is not None
        assert self.entry.fps is not None
        return ClipShape(
            frames=self.entry.frames, fps=self.entry.fps, width_px=round(wide / 2) * 2, height_px=round(high / 2) * 2
        )

    def next_order(self, request: Request, results: Sequence[Path]) -> Order | None:
        """The call after those whose raw results are given. Raises OrderRejected for what the model won't accept."""
        if len(results) == len(self.entry.passes):
            return None
        return self._order(_asked(request), self.entry.passes[len(results)], results)

    def finish(self, request: Request, results: Sequence[Path], out: Path) -> Mapping[str, Any]:
        """Turn the last result into what the role asks for; facts say what had come.

        Raises NotAClip or AssetError for bytes that do not decode, EngineFailed for a result that is of no use.
        """
        # Imported here: an estimate asks for orders too, and needs no codecs.
        from vgkit.engines.finishing import finish_clip, finish_music, finish_picture

        if isinstance(request, PictureRequest):
            return finish_picture(request, results[-1], out)
        if isinstance(request, ClipRequest):
            return finish_clip(request, results[-1], out)
        assert isinstance(request, MusicRequest)
        return finish_music(request, results[-1], out)

    def cost_usd(self, order: Order, standing: Standing) -> Decimal:
        """What a call has cost: its billed seconds at the price of its hardware, rounded up to a micro-dollar.

        One that never started is free. Failed and canceled ones count for the time they ran, since hosts charge for it.
        """
        if standing.state == "aborted":
            return Decimal(0)
        if self.entry.price.per == "output":
            return self.entry.price.usd if standing.state == "succeeded" else Decimal(0)
        if standing.seconds is None:
            return order.estimate_usd
        return self._usd(standing.seconds)

    def forecast(self, request: Request) -> Sequence[Order]:
        """All calls a request will take; later ones lack the result they build on. Raises OrderRejected."""
        asked = _asked(request)
        return [self._order(asked, each, ()) for each in self.entry.passes]

    def vary(self, request: Request, attempt: int) -> Request:
        """The same with another seed, always the same one for the same attempt."""
        return dataclasses.replace(request, seed=seed_for(request.seed, f"try{attempt}"))

    def _order(self, request: Asked, this: Pass, results: Sequence[Path]) -> Order:
        output_s = request.duration_s if isinstance(request, MusicRequest) else 0.0
        typical_s = this.typical_s + this.per_output_s * output_s
        price = self.entry.price
        params = params_of(self.entry, this, request, results)
        return Order(
            model=self.entry.model,
            version=self.entry.version,
            params=params,
            suffix=f".{self.entry.output}",
            estimate_usd=price.usd if price.per == "output" else self._usd(typical_s),
            typical_s=typical_s,
            deadline_s=self.entry.deadline_s,
            step=this.step,
            adapter=self._adapter(this, params),
        )

    def _adapter(self, this: Pass, params: Mapping[str, Any]) -> str:
        """The adapter a call really makes use of; one that builds on the call before has no more need of any."""
        if self.entry.adapter == "text_only" and "$previous" not in this.input.values():
            return self.entry.adapter
        return next((file.adapter for file in params.values() if isinstance(file, Attachment) and file.adapter), "")

    def _usd(self, seconds: float) -> Decimal:
        return (Decimal(str(seconds)) * self.entry.price.usd).quantize(_MICRO_USD, rounding=ROUND_UP)


def _asked(request: Request) -> Asked:
    assert isinstance(request, (PictureRequest, ClipRequest, MusicRequest))
    return request
