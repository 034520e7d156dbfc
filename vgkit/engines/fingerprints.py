"""Knows a call again by all that decides its result: the engine, its version, every parameter, and the bytes of files.

What does not decide it, such as the shot a clip is for, is left out, so that another run finds the same clip."""

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from vgkit.engines.base import VERBS, Ask, Engine
from vgkit.engines.hosted import Order
from vgkit.files import sha256_of


def ask_mark(ask: Ask) -> str:
    """Digest an ask of an engine on this machine."""
    fields = {name: value for name, value in _plain(ask.request).items() if name != "subject"}
    return _digest(ask.engine, ask.engine.version, VERBS[ask.role], fields)


def order_mark(engine: Engine, order: Order) -> str:
    """Digest a call to a host. All that the engine's settings decide is in the order, so its version plays no part."""
    return _digest(engine, order.version, order.model, sent(order))


def sent(order: Order) -> dict[str, Any]:
    """What an order sends, with each file as its digest and what is made of it on the way."""
    return {name: _plain(value) for name, value in order.params.items()}


def _digest(engine: Engine, version: str, method: str, fields: Any) -> str:
    text = json.dumps([engine.name, engine.host, version, method, fields], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, Path):
        return f"sha256:{sha256_of(value)}"
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(name): _plain(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value
