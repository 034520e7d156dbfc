from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest

from vgkit.engines.base import Made
from vgkit.engines.spend import Door, fingerprint
from vgkit.errors import BudgetExceeded, EngineFailed, NotAClip
from vgkit.ledger import Events, read_events


@dataclass(frozen=True)
class Wish:
    subject: str
    text: str
    reference: Path | None = None


class Painter:
    """An engine that costs 40 cents a picture and counts how often it was asked."""

    name, host, version = "painter", "studio", "1"

    def __init__(self, *, paints: str = "paint") -> None:
        self.asked = 0
        self.paints = paints

    def price_usd(self, request: Wish) -> Decimal:
        return Decimal("0.40")

    def draw(self, request: Wish, out: Path) -> Made:
        self.asked += 1
        out.write_text(self.paints)
        return Made(out, cost_usd=Decimal("0.38"))


def decodes(path: Path) -> None:
    if path.read_text() != "paint":
        raise NotAClip(f"{path.name} does not decode")


def door(folder: Path, *, cap: str = "1.00") -> Door:
    events = Events(folder / "events.jsonl", run_id="r")
    return Door(
        events, phase="chunks", cache=folder / "cache", cap_usd=Decimal(cap), spent_usd=Decimal(0), check=decodes
    )


def kinds(folder: Path) -> list[str]:
    return [event.kind for event in read_events(folder / "events.jsonl")]


def test_a_call_is_reserved_before_and_settled_after_at_its_real_cost(tmp_path: Path) -> None:
    painter = Painter()
    door(tmp_path).ask("picture", painter, painter.draw, Wish("k00", "a cup"), tmp_path / "00.png")
    reserved, settled = read_events(tmp_path / "events.jsonl").events
    assert (reserved.kind, reserved.usd("cost_usd")) == ("call_reserved", Decimal("0.40"))
    assert (settled.kind, settled.usd("cost_usd")) == ("call_settled", Decimal("0.38"))
    assert reserved["call"] == settled["call"]


def test_the_same_call_is_never_made_twice_whatever_it_is_for(tmp_path: Path) -> None:
    painter = Painter()
    for subject in ("k00", "k07"):
        out = door(tmp_path).ask("picture", painter, painter.draw, Wish(subject, "a cup"), tmp_path / f"{subject}.png")
        assert out.read_text() == "paint"
    assert painter.asked == 1
    assert kinds(tmp_path) == ["call_reserved", "call_settled", "call_cached"]


def test_the_cap_is_checked_before_anything_is_made(tmp_path: Path) -> None:
    painter, ask = Painter(), door(tmp_path, cap="1.00")
    for number in range(2):
        ask.ask("picture", painter, painter.draw, Wish("k", f"cup {number}"), tmp_path / f"{number}.png")
    with pytest.raises(
        BudgetExceeded, match=r"k needs about \$0.40 from painter; \$0.76 of \$1.00 is spent. Raise .* \$1.16"
    ):
        ask.ask("picture", painter, painter.draw, Wish("k", "cup 3"), tmp_path / "3.png")
    assert painter.asked == 2


def test_what_does_not_decode_is_a_failed_call_that_counts_and_is_not_kept(tmp_path: Path) -> None:
    painter = Painter(paints="noise")
    with pytest.raises(EngineFailed, match="painter gave no usable k00"):
        door(tmp_path).ask("picture", painter, painter.draw, Wish("k00", "a cup"), tmp_path / "00.png")
    assert kinds(tmp_path) == ["call_reserved", "call_failed"]
    assert not list((tmp_path / "cache").rglob("*.png"))


def test_an_engine_without_a_price_is_refused(tmp_path: Path) -> None:
    class Unpriced(Painter):
        price_usd = None  # type: ignore[assignment]

    painter = Unpriced()
    with pytest.raises(BudgetExceeded, match="painter@studio has no price on record"):
        door(tmp_path).ask("picture", painter, painter.draw, Wish("k00", "a cup"), tmp_path / "00.png")
    assert painter.asked == 0


def test_a_fingerprint_follows_all_that_decides_the_result_and_nothing_else(tmp_path: Path) -> None:
    painter, one, two = Painter(), tmp_path / "one.png", tmp_path / "two.png"
    one.write_text("same bytes")
    two.write_text("same bytes")
    mark = fingerprint(painter, "draw", Wish("k00", "a cup", one))
    assert mark == fingerprint(painter, "draw", Wish("k07", "a cup", two))
    two.write_text("other bytes")
    assert mark != fingerprint(painter, "draw", Wish("k00", "a cup", two))
    assert mark != fingerprint(painter, "draw", Wish("k00", "a mug", one))
    assert mark != fingerprint(painter, "animate", Wish("k00", "a cup", one))
    painter.version = "2"
    assert mark != fingerprint(painter, "draw", Wish("k00", "a cup", one))
