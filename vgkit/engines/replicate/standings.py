"""Reads how a call stands from what Replicate tells of a prediction.

Every field may be missing, null or of a kind that a document did not foresee; none of that may lose a paid result."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from vgkit.engines.hosted import Standing, State
from vgkit.ledger.redaction import redact_text

_STATES: Mapping[str, State] = {
    "queued": "waiting",
    "starting": "waiting",
    "processing": "running",
    "succeeded": "succeeded",
    "failed": "failed",
    "canceled": "canceled",
    "cancelled": "canceled",
    "aborted": "aborted",
}
_LOGS_TAIL = 300
_REFUSED = re.compile(
    r"\bNSFW\b|flagged as sensitive|\(E005\)|safety (checker|filter|system)|content polic(y|ies)|content moderation",
    re.IGNORECASE,
)


def is_prediction(told: Mapping[str, Any]) -> bool:
    """Tell whether a reply is about a prediction at all."""
    return isinstance(told.get("id"), str) and bool(told["id"]) and isinstance(told.get("status"), str)


def is_refusal(error: str) -> bool:
    """Tell whether a model's error means that it will not make this, rather than that it could not."""
    return _REFUSED.search(error) is not None


def standing_of(told: Mapping[str, Any]) -> Standing:
    """Read a prediction. ``seconds`` is its predict time, billed in every end but ``aborted``, which is free."""
    state = _state(told)
    over = state not in ("waiting", "running")
    error = _error(told) if over else ""
    return Standing(
        prediction=told["id"],
        state=state,
        output=told.get("output"),
        seconds=_billed_s(told, state) if over else None,
        error=error,
        facts=_facts(told) | ({"refused": True} if state == "failed" and is_refusal(error) else {}),
    )


def moment(value: Any) -> datetime | None:
    """Read a timestamp of the API; None where there is none."""
    try:
        at = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _state(told: Mapping[str, Any]) -> State:
    known = _STATES.get(told["status"])
    if known is None:
        ended = moment(told.get("completed_at")) is not None
        known = ("succeeded" if told.get("output") else "failed") if ended else "running"
    return known


def _error(told: Mapping[str, Any]) -> str:
    error = told.get("error")
    text = error if isinstance(error, str) else str(error or "")
    return redact_text(text or ("" if told["status"] in _STATES else f"it ended as {told['status']}"))


def _billed_s(told: Mapping[str, Any], state: State) -> float | None:
    if state == "aborted":
        return 0.0
    predict_s = _number(_metrics(told).get("predict_time"))
    if predict_s is not None:
        return predict_s
    ran_s = _between(told, "started_at", "completed_at")
    return 0.0 if ran_s is None and state == "canceled" and not told.get("started_at") else ran_s


def _facts(told: Mapping[str, Any]) -> dict[str, Any]:
    facts = {
        "model": told.get("model"),
        "version": told.get("version"),
        "created_at": told.get("created_at"),
        "boot_s": _boot_s(told),
        "total_s": _number(_metrics(told).get("total_time")),
        "logs": redact_text(told["logs"][-_LOGS_TAIL:]) if isinstance(told.get("logs"), str) else None,
        "data_removed": told.get("data_removed") or None,
    }
    return {name: value for name, value in facts.items() if value not in (None, "")}


def _boot_s(told: Mapping[str, Any]) -> float | None:
    """Seconds in the queue and of setting up, which are free."""
    total_s, predict_s = (_number(_metrics(told).get(name)) for name in ("total_time", "predict_time"))
    if total_s is None or predict_s is None:
        return _between(told, "created_at", "started_at")
    return round(max(total_s - predict_s, 0.0), 6)


def _metrics(told: Mapping[str, Any]) -> Mapping[str, Any]:
    metrics = told.get("metrics")
    return metrics if isinstance(metrics, dict) else {}


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) and value >= 0 else None


def _between(told: Mapping[str, Any], first: str, last: str) -> float | None:
    begun, ended = moment(told.get(first)), moment(told.get(last))
    return max((ended - begun).total_seconds(), 0.0) if begun and ended else None
