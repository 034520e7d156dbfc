"""Replicate made small: predictions as the API tells them, and a host that speaks to a server on loopback."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from wire import Call, Reply, Wire, serving

from vgkit.engines.hosted import Order
from vgkit.engines.replicate.host import Replicate

TOKEN = "r8_0123456789abcdefTESTTOKEN"
VERSION = "9f747673945c62801b13b84701c783929c0ee784e4748ec062204894dda1a351"
MODEL = "anotherjesse/zeroscope-v2-xl"
LOW_CREDIT = (
    "Request was throttled. Your rate limit for creating predictions is reduced to 6 requests per minute with a burst "
    "of 1 requests while you have less than $5.0 in credit. Your rate limit resets in ~5s."
)


def order(**fields: Any) -> Order:
    usual: dict[str, Any] = {
        "model": MODEL,
        "version": VERSION,
        "params": {"prompt": "a bottle", "seed": 7, "fps": 8},
        "suffix": ".mp4",
        "estimate_usd": Decimal("0.08"),
        "typical_s": 88.0,
    }
    return Order(**usual | fields)


def told(id: str = "p1", **fields: Any) -> dict[str, Any]:
    """A prediction as the API tells it."""
    usual: dict[str, Any] = {
        "id": id,
        "model": MODEL,
        "version": VERSION,
        "input": {"prompt": "a bottle", "seed": 7, "fps": 8},
        "logs": "",
        "error": None,
        "output": None,
        "data_removed": False,
        "status": "starting",
        "created_at": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
        "urls": {
            "get": f"https://api.replicate.com/v1/predictions/{id}",
            "cancel": f"https://api.replicate.com/v1/predictions/{id}/cancel",
            "web": f"https://replicate.com/p/{id}",
        },
    }
    return usual | fields


def problem(status: int, detail: str = "", **fields: Any) -> Reply:
    return Reply(status, {"title": "A problem", "detail": detail, "status": status} | fields)


def replies(*answers: Reply) -> Callable[[Call], Reply]:
    """Answer with one after the other, and with the last from then on."""
    left = list(answers)
    return lambda call: left.pop(0) if len(left) > 1 else left[0]


@contextmanager
def replicate(
    monkeypatch: pytest.MonkeyPatch, answer: Callable[[Call], Reply] | Reply, **settings: Any
) -> Iterator[tuple[Replicate, Wire]]:
    """A host whose API is a server on loopback that gives ``answer``; its waits are a thousand times shorter."""
    with serving(answer if callable(answer) else replies(answer)) as wire:
        monkeypatch.setenv("REPLICATE_API_TOKEN", TOKEN)
        monkeypatch.setenv("REPLICATE_BASE_URL", wire.address)
        monkeypatch.setenv("VGKIT_SPEED", "1000")
        yield Replicate(**settings), wire
