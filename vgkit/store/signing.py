"""Links that let whoever has them read one file for a while."""

import unicodedata
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

_SHORTEST_S = 1


def attachment(name: str) -> str:
    """The ``Content-Disposition`` that saves a download as ``name``, in any script (RFC 6266 and RFC 5987)."""
    name = "".join(letter for letter in name if letter.isprintable() and letter not in '/\\"%').strip(" .")
    stem, dot, suffix = name.rpartition(".")
    plain = f"{_in_ascii(stem) or 'film'}{dot}{_in_ascii(suffix)}"
    coded = "" if plain == name else f"; filename*=UTF-8''{quote(name, safe='')}"
    return f'attachment; filename="{plain}"{coded}'


def lasting(lasts: timedelta, ends: datetime | None, now: datetime) -> int:
    """How long to sign for, in whole seconds: not past the end of the session that signs."""
    most = lasts if ends is None else min(lasts, ends - now)
    return max(int(most.total_seconds()), _SHORTEST_S)


def session_warning(credentials: Any, lasts: timedelta, now: datetime) -> tuple[str, datetime | None]:
    """Say what a session's end does to a link, and when that is where the credentials tell; empty for lasting keys.

    A host stops honouring a link when the credentials that signed it end, and tells no one.
    """
    if not credentials.get_frozen_credentials().token:
        return "", None
    ends: datetime | None = getattr(credentials, "_expiry_time", None)
    if ends is None:
        return (
            "The link was signed with a session's credentials and ends with that session, which is hours away rather "
            "than days. For a link that lasts, sign with an access key of a user.",
            None,
        )
    if ends - now >= lasts:
        return "", ends
    return (
        f"The link ends at {ends:%Y-%m-%d %H:%M} UTC with the session whose credentials signed it, not after "
        f"{lasts / timedelta(days=1):g} days. For a link that lasts, sign with an access key of a user.",
        ends,
    )


def _in_ascii(text: str) -> str:
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().strip(" ._")
