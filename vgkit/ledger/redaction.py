"""Keeps keys out of the record. Events are copied, shared and shown in notebooks, and an error text of a host may well
quote the key it was called with; a money event must not be lost over that, so the key is blotted out, not the event."""

import functools
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

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
_END = r"[^\s&\"'\\]"
# What follows a word that announces a key. A person's prompt may hold "bearer" too, but a key holds digits.
_CARRIED = re.compile(
    rf"(\b(?:Bearer|Basic)\s+)(?={_END}*\d){_END}{{8,}}"
    r"|((?:[?&;]|\\u0026)(?:X-(?:Amz|Goog)-(?:Signature|Credential|Security-Token)|AWSAccessKeyId|Key-Pair-Id|Policy"
    rf"|sig|signature|token|access_token|api_?key)=){_END}+"
    r"|(\b[a-z][a-z0-9+.-]{0,20}://[^\s/:@\"']{0,200}:)[^\s/@\"']{1,500}(?=@)",  # the password of an address
    re.IGNORECASE,
)
_SHORTEST_SECRET = 12


@functools.lru_cache(maxsize=1024)
def is_secret_name(name: str) -> bool:
    """Tell whether a field of this name would hold a key (``api_key`` does, ``max_tokens`` and ``key`` do not)."""
    return _SECRET_NAME.search(name.replace("-", "_")) is not None


def redact_text(text: str) -> str:
    """Blot out all that looks like a key, and the very keys this process was given."""
    return _blotted(text, _in_use())


def redact(value: Any) -> Any:
    """Redact strings, and fields with a secret's name, at any depth of what JSON can hold."""
    return _redacted(value, _in_use())


def _redacted(value: Any, secrets: Sequence[str]) -> Any:
    if isinstance(value, str):
        return _blotted(value, secrets)
    if isinstance(value, Mapping):
        return {
            _blotted(name, secrets): REDACTED if inner and is_secret_name(name) else _redacted(inner, secrets)
            for name, inner in value.items()
        }
    if isinstance(value, list):
        return [_redacted(inner, secrets) for inner in value]
    return value


def _blotted(text: str, secrets: Sequence[str]) -> str:
    for secret in secrets:
        text = text.replace(secret, REDACTED)
    return _CARRIED.sub(_announced, _SECRET_VALUE.sub(REDACTED, text))


def _announced(found: re.Match[str]) -> str:
    return f"{found[1] or found[2] or found[3]}{REDACTED}"


def _in_use() -> list[str]:
    """The keys that this process was given, as they are and as they stand in an address; the longest first.

    An AWS secret, or a key of some other host, has no prefix to know it by, but its variable's name says what it is.
    """
    given = {value.strip() for name, value in os.environ.items() if is_secret_name(name)}
    secrets = {each for each in given if len(each) >= _SHORTEST_SECRET and not _is_file(each)}
    return sorted(secrets | {quote(each, safe="") for each in secrets}, key=len, reverse=True)


def _is_file(value: str) -> bool:
    """Whether a variable only says where a key is kept, such as a mounted file."""
    try:
        return Path(value).exists()
    except OSError:  # too long for a name
        return False
