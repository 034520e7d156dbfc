"""Keeps keys out of the record. Events are copied, shared and shown in notebooks, and an error text of a host may well
quote the key it was called with; a money event must not be lost over that, so the key is blotted out, not the event."""

import os
import re
from typing import Any

REDACTED = "[redacted]"

_SECRET_NAME = re.compile(
    r"(^|_)(api_?key|access_?key(_id)?|secret(_?key)?|private_?key|auth_?token|api_?token|access_?token|session_?token"
    r"|token|password|passwd|authorization|credentials?)$",
    re.IGNORECASE,
)
_SECRET_VALUE = re.compile(
    r"\b(?:r8_[A-Za-z0-9]{12,}"  # Replicate
    r"|sk-(?=[A-Za-z0-9_-]*\d)[A-Za-z0-9_-]{16,}"  # OpenAI
    r"|(?:AKIA|ASIA)[A-Z0-9]{16}"  # AWS
    r"|hf_[A-Za-z0-9]{16,}"
    r"|gh[opsu]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}"
    r"|xox[abpr]-[A-Za-z0-9-]{10,})"
)
_CARRIED = re.compile(
    r"((?:\bBearer\s+|[?&](?:X-Amz-Signature|X-Amz-Credential|X-Amz-Security-Token|sig|signature|token|api_?key)=))"
    r"[^\s&\"']+",
    re.IGNORECASE,
)
# An AWS secret has no prefix to know it by; the ones in use are known from where they are kept.
_KEPT_IN = ("REPLICATE_API_TOKEN", "OPENAI_API_KEY", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
_SHORTEST_SECRET = 12


def is_secret_name(name: str) -> bool:
    """Tell whether a field of this name would hold a key (``api_key`` does, ``max_tokens`` and ``key`` do not)."""
    return _SECRET_NAME.search(name.replace("-", "_")) is not None


def redact_text(text: str) -> str:
    """Blot out all that looks like a key, and the very keys this process was given."""
    for name in _KEPT_IN:
        secret = os.environ.get(name, "")
        if len(secret) >= _SHORTEST_SECRET:
            text = text.replace(secret, REDACTED)
    return _CARRIED.sub(rf"\1{REDACTED}", _SECRET_VALUE.sub(REDACTED, text))


def redact(value: Any) -> Any:
    """Redact strings, and fields with a secret's name, at any depth of what JSON can hold."""
    if isinstance(value, str):
        return redact_text(value)
    if isinstance(value, dict):
        return {
            redact_text(name): REDACTED if inner and is_secret_name(name) else redact(inner)
            for name, inner in value.items()
        }
    if isinstance(value, list):
        return [redact(inner) for inner in value]
    return value
