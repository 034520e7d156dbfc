"""The ways in which Replicate says no, each in the words and the shape in which it was seen to."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from vgkit.engines.catalog import Entry
from vgkit.rehearsal.limits import low_credit, throttled
from vgkit.rehearsal.listening import Reply, problem
from vgkit.rehearsal.wares import complaints, shelf

THROTTLED_S = 5.0
_LOW_CREDIT_S = 10.0
_HTML = b"<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"
_BODY_KEYS = {"version", "input", "webhook", "webhook_events_filter", "webhook_completed", "stream"}
_DURATION = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s?)?")
_PREFER = re.compile(r"wait(?:=([1-9]|[1-5][0-9]|60))?")
_SHORTEST_DEADLINE_S = 5


def unauthenticated() -> Reply:
    """401."""
    return problem(401, "You did not pass a valid authentication token", title="Unauthenticated")


def not_found(what: str) -> Reply:
    """404; the title may be missing."""
    return problem(404, f"The specified {what} does not exist")


def gateway(fault: str) -> Reply | None:
    """What comes from before either host's own code: 500, 502, 503, or a reset connection."""
    if fault == "error_500":
        return problem(500, "Internal server error", title="Internal server error")
    if fault == "error_502":
        return Reply(502, _HTML, {"Content-Type": "text/html"})
    if fault == "unavailable_503":
        return problem(503, "Service unavailable", title="Service unavailable")
    return Reply(broken="reset") if fault == "reset" else None


def refusal(fault: str) -> Reply | None:
    """What a fault that befalls a request answers; None where it answers as if nothing were."""
    if fault == "unauthorized":
        return unauthenticated()
    if fault == "no_credit":
        said = "You have insufficient credit to run this model. Purchase credit, and try again in a few minutes."
        return problem(402, said, title="Insufficient credit")
    if fault == "invalid":
        return invalid([("prompt", "Rehearsed: this input is not accepted")])
    if fault == "throttled":
        return throttled(THROTTLED_S)
    if fault == "low_credit":
        return low_credit(_LOW_CREDIT_S)
    return gateway(fault)


def invalid(found: list[tuple[str, str]]) -> Reply:
    """422 for an input."""
    detail = "".join(f"- input.{field}: {said}\n" for field, said in found)
    fields = [{"type": "invalid", "field": f"input.{field}", "description": said} for field, said in found]
    return problem(422, detail, title="Input validation failed", invalid_fields=fields)


def ordered(body: Any) -> tuple[Entry | None, Reply]:
    """The model that a create's body asks for, or the refusal that is due."""
    if not isinstance(body, dict) or not isinstance(body.get("input"), dict) or set(body) - _BODY_KEYS:
        said = "- version and input are required, and nothing else but webhook, webhook_events_filter, stream\n"
        return None, problem(422, said, title="Input validation failed")
    entry = shelf().get(str(body.get("version", "")).rpartition(":")[2])
    if entry is None:
        said = "The specified version does not exist (or perhaps you don't have permission to use it?)"
        return None, problem(422, said, title="Invalid version or not permitted")
    found = complaints(entry, body["input"])
    return (None, invalid(found)) if found else (entry, Reply())


def cancel_after_s(header: str) -> float | None:
    """Read a Cancel-After header: ``30``, ``90s``, ``1h30m45s``. Raises ValueError that says what is accepted."""
    if not header:
        return None
    found = _DURATION.fullmatch(header)
    hours, minutes, seconds = (int(part or 0) for part in found.groups()) if found else (0, 0, 0)
    deadline_s = hours * 3600 + minutes * 60 + seconds
    if deadline_s < _SHORTEST_DEADLINE_S:
        raise ValueError("Cancel-After must be a duration of at least 5 seconds, such as 30s, 5m or 1h30m45s")
    return float(deadline_s)


def prefer_s(header: str) -> float:
    """Read a Prefer header: how long to hold a create open. Raises ValueError that says what is accepted."""
    if not header:
        return 0.0
    found = _PREFER.fullmatch(header)
    if not found:
        raise ValueError("Prefer must be wait, or wait=n with n from 1 to 60")
    return float(found[1] or 60)


def window(query: Mapping[str, str]) -> tuple[float, float, int | None]:
    """Read a list's filters: from and until as Unix times, and the cursor. Raises ValueError."""
    after, before = (query.get(f"created_{name}", "") for name in ("after", "before"))
    return (
        datetime.fromisoformat(after).timestamp() if after else 0.0,
        datetime.fromisoformat(before).timestamp() if before else float("inf"),
        int(query["cursor"]) if "cursor" in query else None,
    )
