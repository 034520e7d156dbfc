"""A reply as it came over the wire, and the errors that replies mean.

The client drops what it has no field for, such as how long to wait, and fails on what it does not expect; so a reply is
read here, tolerantly, whatever the client makes of it."""

import email.utils
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from vgkit.errors import CreditExhausted, HostUnavailable, KeyRejected, OrderRejected, VgkitError
from vgkit.ledger.redaction import redact_text

_LONGEST_PAUSE_S = 300.0
_LONGEST_DETAIL = 400
_RESETS_IN = re.compile(r"(?:resets in ~?|available in )(\d+(?:\.\d+)?) ?s", re.IGNORECASE)
_REDUCED = re.compile(r"reduced to (\d+) requests? per minute with a burst of (\d+)", re.IGNORECASE)


@dataclass(frozen=True)
class Reply:
    """Status, headers (by lower-case name) and bytes."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @cached_property
    def fields(self) -> Mapping[str, Any]:
        """The JSON object it holds; empty where it is a list, a page of HTML or nothing."""
        try:
            value = json.loads(self.body)
        except ValueError:
            return {}
        return value if isinstance(value, dict) else {}

    @property
    def good(self) -> bool:
        """Whether the host did what it was asked."""
        return 200 <= self.status < 300

    @property
    def detail(self) -> str:
        """What the host says about it, without anything that looks like a key."""
        told = self.fields.get("detail") or self.fields.get("title") or self.fields.get("error") or ""
        text = told if isinstance(told, str) else json.dumps(told)
        return redact_text(" ".join(text.split())[:_LONGEST_DETAIL])

    @property
    def said(self) -> str:
        """Status and detail in one line."""
        return f"HTTP {self.status}: {self.detail.rstrip('.')}" if self.detail else f"HTTP {self.status}"


@dataclass(frozen=True)
class Throttle:
    """How long to wait, and how many calls a minute are taken from then on (0: no word of it)."""

    pause_s: float | None = None
    per_minute: int = 0
    burst: int = 0


def throttle_of(reply: Reply) -> Throttle:
    """Read a 429. The wait stands in the body, or in its text, or in a header, or nowhere."""
    resets = _RESETS_IN.search(reply.detail)
    header = reply.headers.get("retry-after", "")
    told = (reply.fields.get("retry_after"), resets and resets.group(1), header, _until(header))
    pauses = (pause for pause in map(_seconds, told) if pause is not None)
    reduced = _REDUCED.search(reply.detail)
    per_minute, burst = (int(reduced.group(1)), int(reduced.group(2))) if reduced else (0, 0)
    return Throttle(next(pauses, None), per_minute, burst)


def _seconds(value: Any) -> float | None:
    try:
        seconds = float(value)
    except (TypeError, ValueError):
        return None
    return min(seconds, _LONGEST_PAUSE_S) if math.isfinite(seconds) and seconds > 0 else None


def _until(header: str) -> float | None:
    try:
        return (email.utils.parsedate_to_datetime(header) - datetime.now(UTC)).total_seconds()
    except (TypeError, ValueError):
        return None


def refusal(reply: Reply, *, what: str) -> VgkitError:
    """The error that a reply means which certainly did nothing; ``what`` was asked for."""
    if reply.status in (401, 403):
        return KeyRejected(
            f"replicate does not accept the key in REPLICATE_API_TOKEN ({reply.said}). Make one at "
            "replicate.com/account/api-tokens, put it into .env, then run again with `vgkit resume`."
        )
    if reply.status == 402:
        return CreditExhausted(
            f"replicate's account has no credit left ({reply.said}). Add some at replicate.com/account/billing, then "
            "`vgkit resume`; what is made is kept."
        )
    if 300 <= reply.status < 400:
        return HostUnavailable(
            f"replicate's address answers with a redirect ({reply.said}). Check REPLICATE_BASE_URL, then run again "
            "with `vgkit resume`."
        )
    if reply.status == 404:
        return OrderRejected(
            f"replicate knows no {what} ({reply.said}). Check its version in the catalog, or choose another engine."
        )
    if reply.status == 413:
        return OrderRejected(f"replicate finds {what} too large ({reply.said}). Use a smaller picture or clip.")
    return OrderRejected(
        f"replicate does not accept {what} ({reply.said}). Correct what it names, or choose another engine."
    )
