"""The one door to every engine.

In this order: know the call again by its fingerprint, take it from the cache, check the cap, reserve, make, check that
it decodes, keep it, settle. Nothing else may ask an engine for a file, so that nothing is paid twice and everything is
on record."""

import dataclasses
import hashlib
import json
import logging
import secrets
import threading
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from vgkit.brief import Role
from vgkit.engines.base import Engine, Made
from vgkit.errors import AssetError, BudgetExceeded, EngineFailed, NotAClip
from vgkit.files import copy_file, sha256_of
from vgkit.ledger import Events

log = logging.getLogger(__name__)

Check = Callable[[Path], object]


class Door:
    """Asks engines on behalf of one run and one phase, within the run's cap."""

    def __init__(
        self, events: Events, *, phase: str, cache: Path, cap_usd: Decimal, spent_usd: Decimal, check: Check
    ) -> None:
        self.events = events
        self.phase = phase
        self.cache = cache
        self.cap_usd = cap_usd
        self.check = check
        self._spent_usd = spent_usd
        self._counting = threading.Lock()  # chunks are asked for side by side

    def ask(self, role: Role, engine: Engine, make: Callable[[Any, Path], Made], request: Any, out: Path) -> Path:
        """Have ``request`` made into ``out``, or found again. ``make`` is the engine's own method for it.

        Raises BudgetExceeded before anything is made, EngineFailed when nothing usable came back.
        """
        mark = fingerprint(engine, make.__name__, request)
        common = {
            "call": secrets.token_hex(8),
            "phase": self.phase,
            "role": role,
            "engine": engine.name,
            "host": engine.host,
            "version": engine.version,
            "subject": request.subject,
            "fingerprint": mark,
        }
        kept = self.cache / mark[:2] / f"{mark}{out.suffix}"
        if kept.exists():
            copy_file(kept, out)
            self.events.write("call_cached", **common, cost_usd=Decimal(0))
            return out
        estimate = self._reserve(engine, request, common)
        made, seconds = self._make(make, request, out, common, estimate)
        copy_file(out, kept, shared=True)
        with self._counting:
            self._spent_usd += made.cost_usd - estimate
        self.events.write("call_settled", **common, cost_usd=made.cost_usd, seconds=seconds, params=made.facts)
        return out

    def _reserve(self, engine: Engine, request: Any, common: dict[str, Any]) -> Decimal:
        estimate = estimate_usd(engine, request)
        with self._counting:
            spent, needed = self._spent_usd, self._spent_usd + estimate
            if needed > self.cap_usd:
                raise BudgetExceeded(
                    f"{request.subject} needs about ${estimate:.2f} from {engine.name}; ${spent:.2f} of "
                    f"${self.cap_usd:.2f} is spent. Raise the cap to at least ${needed:.2f} (caps.run_usd) "
                    "or use --profile offline."
                )
            self._spent_usd = needed
        self.events.write("call_reserved", **common, cost_usd=estimate)
        return estimate

    def _make(
        self, make: Callable[[Any, Path], Made], request: Any, out: Path, common: dict[str, Any], estimate: Decimal
    ) -> tuple[Made, float]:
        begun = time.perf_counter()
        try:
            out.parent.mkdir(parents=True, exist_ok=True)
            made = make(request, out)
            self.check(made.path)
        except BaseException as error:
            self.events.write(
                "call_failed", **common, cost_usd=estimate, error=type(error).__name__, message=str(error)
            )
            if isinstance(error, (NotAClip, AssetError)):
                raise EngineFailed(f"{common['engine']} gave no usable {request.subject}: {error}") from error
            raise
        return made, time.perf_counter() - begun


def estimate_usd(engine: Engine, request: Any) -> Decimal:
    """What a call will cost: nothing on this machine, else by the engine's own dated price. Unpriced is refused."""
    if engine.host == "local":
        return Decimal(0)
    price = getattr(engine, "price_usd", None)
    if price is None:
        raise BudgetExceeded(f"{engine.name}@{engine.host} has no price on record. Add one to its catalog entry first.")
    return Decimal(price(request))


def fingerprint(engine: Engine, method: str, request: Any) -> str:
    """Digest everything that decides a result: engine, version, method, all fields, and the bytes of files named.

    ``subject`` is only a label, so the same picture asked for in another run is found again.
    """
    fields = {name: value for name, value in _plain(request).items() if name != "subject"}
    text = json.dumps([engine.name, engine.host, engine.version, method, fields], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, Path):
        return f"sha256:{sha256_of(value)}"
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value
