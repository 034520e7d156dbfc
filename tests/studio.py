"""A host and an engine made small, in memory: they obey the real protocols, and go wrong when they are told to."""

import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from vgkit.engines.base import Ask
from vgkit.engines.cache import Cache
from vgkit.engines.hosted import Order, OutputGone, ReplyLost, Standing, UnknownCall
from vgkit.engines.open_calls import CallBook
from vgkit.engines.purse import Caps, Purse
from vgkit.engines.remote_call import Within
from vgkit.engines.spend import Door
from vgkit.errors import EngineFailed, HostUnavailable, NotAClip
from vgkit.ledger import Events

DRAFT_USD, FINAL_USD = Decimal("0.10"), Decimal("0.30")


@dataclass(frozen=True)
class Wish:
    subject: str
    text: str
    seed: int = 0
    reference: Path | None = None


@dataclass
class Studio:
    """Creates at once and delivers on the second look.

    ``goes`` lists what befalls the next creations, in turn; ``fails`` tells which orders always fail.
    """

    name: str = "studio"
    at_once: int = 4
    keeps_list: bool = True
    goes: list[str] = field(default_factory=list)
    fails: Callable[[Order], bool] = lambda order: False
    calls: dict[str, dict[str, Any]] = field(default_factory=dict)
    looks: int = 0
    blind: bool = False  # its list can't be read

    def check_key(self) -> None:
        pass

    def create(self, order: Order, files: Mapping[str, str]) -> Standing:
        fate = self.goes.pop(0) if self.goes else "well"
        if fate == "refuse":
            raise EngineFailed("studio: not today")
        if fate == "lose before":
            raise ReplyLost("the connection was reset")
        prediction = f"p{len(self.calls)}"
        self.calls[prediction] = {"order": order, "fate": fate, "looked": 0}
        if fate in ("lose", "die"):
            raise ReplyLost("the connection was reset") if fate == "lose" else KeyboardInterrupt
        return Standing(prediction, "waiting")

    def attach(self, path: Path) -> str:
        return f"data:;{hashlib.sha256(path.read_bytes()).hexdigest()}"

    def look(self, prediction: str) -> Standing:
        self.looks += 1
        if prediction not in self.calls or self.calls[prediction]["fate"] == "forgotten":
            raise UnknownCall(prediction)
        call = self.calls[prediction]
        call["looked"] += 1
        if call["fate"] == "die waiting":
            call["fate"] = "well"
            raise KeyboardInterrupt
        if call["looked"] < 2:
            return Standing(prediction, "running")
        if call["fate"] in ("fail", "nsfw") or self.fails(call["order"]):
            return Standing(prediction, "failed", seconds=1.0, error="boom", facts={"refused": call["fate"] == "nsfw"})
        if call["fate"] in ("aborted", "canceled"):
            return Standing(prediction, call["fate"], seconds=1.0)
        return Standing(prediction, "succeeded", output=prediction, seconds=1.0)

    def cancel(self, prediction: str) -> Standing:
        if prediction not in self.calls:
            raise UnknownCall(prediction)
        self.calls[prediction] |= {"fate": "canceled", "looked": 9}
        return Standing(prediction, "canceled", seconds=0.5)

    def find(
        self, order: Order, files: Mapping[str, str], *, since: datetime, known: Collection[str]
    ) -> Standing | None:
        if self.blind:
            raise HostUnavailable("studio: the list can't be read")
        alike = [p for p, call in self.calls.items() if call["order"].params == order.params and p not in known]
        return Standing(alike[0], "waiting") if alike else None

    def fetch(self, standing: Standing, out: Path) -> None:
        fate = self.calls[standing.prediction]["fate"]
        if fate == "gone":
            raise OutputGone("it was removed after an hour")
        if fate == "noise once":
            self.calls[standing.prediction]["fate"] = "well"
        out.write_text("noise" if fate.startswith("noise") else f"paint by {standing.prediction}")


@dataclass
class Painter:
    """Takes a draft and a final call for each wish, or one call where ``steps`` says so."""

    client: Studio = field(default_factory=Studio)
    name: str = "painter"
    host: str = "studio"
    version: str = "1"
    commercial_use: bool = True
    steps: tuple[str, ...] = ("draft", "final")

    def next_order(self, request: Wish, results: Sequence[Path]) -> Order | None:
        return self._order(request, len(results)) if len(results) < len(self.steps) else None

    def _order(self, request: Wish, step: int) -> Order:
        return Order(
            model="acme/painter",
            version="1" * 64,
            params={"text": request.text, "seed": request.seed, "step": self.steps[step]},
            suffix=".png",
            estimate_usd=DRAFT_USD if self.steps[step] == "draft" else FINAL_USD,
            typical_s=5.0,
            deadline_s=1e9,  # the world goes fast in these tests
            step=self.steps[step],
        )

    def finish(self, request: Wish, results: Sequence[Path], out: Path) -> Mapping[str, Any]:
        if "useless" in request.text:
            raise EngineFailed("painter: nothing of use came back")
        out.write_text(results[-1].read_text())
        return {}

    def cost_usd(self, order: Order, standing: Standing) -> Decimal:
        return Decimal(0) if standing.state == "aborted" else order.estimate_usd - Decimal("0.02")

    def forecast(self, request: Wish) -> list[Order]:
        return [self._order(request, step) for step in range(len(self.steps))]

    def vary(self, request: Wish, attempt: int) -> Wish:
        return replace(request, seed=request.seed + attempt)


def decodes(path: Path) -> None:
    if "paint" not in path.read_text():
        raise NotAClip(f"{path.name} does not decode")


def door(
    runs: Path,
    *,
    run: str = "one",
    cap: str = "10.00",
    project: str | None = None,
    check: Callable[[Path], object] = decodes,
) -> Door:
    """Open the door of a run in a folder of runs, as a phase does."""
    folder = runs / run
    folder.mkdir(parents=True, exist_ok=True)
    caps = Caps(Decimal(cap), Decimal(project) if project else None)
    within = Within(Cache(runs / "cache"), CallBook(runs), check)
    purse = Purse(runs, run, caps, rehearsal=False)
    return Door(Events(folder / "events.jsonl", run_id=run), phase="chunks", purse=purse, within=within)


def ask(painter: Any, runs: Path, *, subject: str = "s01/t01", text: str = "a cup") -> Ask:
    wish: Any = Wish(subject, text)
    return Ask("picture", painter, wish, runs / "one" / f"{subject.replace('/', '-')}.png")
