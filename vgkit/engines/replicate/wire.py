"""Speaks to Replicate's API by its official client, and tells what became of a request.

What matters is whether the host can have seen it: only where it has not, or where it makes no difference, may a request
be sent again."""

import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import httpx

from vgkit.engines.replicate.patience import Again, until_answered
from vgkit.engines.replicate.replies import Reply, refusal, throttle_of
from vgkit.engines.replicate.transport import Keeping, exchanging, in_words
from vgkit.errors import HostUnavailable
from vgkit.keys import key, load_keys

if TYPE_CHECKING:
    from replicate.client import Client

Verb = Callable[["Client"], object]

_BASE = "https://api.replicate.com"
_NEVER_LEFT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)


class NotSent(Exception):
    """The host has certainly not seen the request."""


class CutOff(Exception):
    """The request may have arrived; its reply did not."""


@dataclass
class Wire:
    """The API of one account; needs no key and opens no connection before it is asked something.

    ``timeout_s`` is how long a reply may take, in real seconds.
    """

    timeout_s: float = 30.0
    _clients: dict[tuple[str, str], "Client"] = field(default_factory=dict, repr=False)
    _making: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @cached_property
    def base(self) -> str:
        """The address of the API: REPLICATE_BASE_URL, or Replicate's own. Raises HostUnavailable for what is none.

        It stays what it was at first: a thread that outlives a rehearsal must not go on with the real one.
        """
        load_keys()
        # The client's next version wants /v1 in it, this one puts it into the path.
        base = (os.environ.get("REPLICATE_BASE_URL") or _BASE).rstrip("/").removesuffix("/v1")
        if not _is_address(base):
            raise HostUnavailable(
                "REPLICATE_BASE_URL is no http or https address. Correct it, or unset it for Replicate itself."
            )
        return base

    @property
    def token(self) -> str:
        """The account's key. Raises KeyMissing."""
        return key("REPLICATE_API_TOKEN", host="replicate", where="replicate.com/account/api-tokens")

    def ask(self, verb: Verb, *, headers: Mapping[str, str] | None = None, timeout_s: float | None = None) -> Reply:
        """Send one request, once, and give its reply whatever its status. Raises NotSent or CutOff where none came."""
        client = self._client()
        with exchanging(headers or {}, timeout_s or self.timeout_s) as exchange:
            try:
                verb(client)
            except _NEVER_LEFT as error:
                raise NotSent(in_words(error)) from error
            except httpx.HTTPError as error:
                raise CutOff(in_words(error)) from error
            except Exception:
                # With a reply in hand, an error is only the client's reading of it: "aborted", a null address, a list.
                if exchange.reply is None:
                    raise
        assert exchange.reply is not None
        return exchange.reply

    def read(self, verb: Verb, *, usable: Callable[[Mapping[str, Any]], bool], timeout_s: float | None = None) -> Reply:
        """Send what may safely be sent again until a usable reply comes, or one that refuses (another 4xx).

        Raises KeyRejected, CreditExhausted and HostUnavailable.
        """

        def once() -> Reply:
            try:
                reply = self.ask(verb, timeout_s=timeout_s)
            except (NotSent, CutOff) as error:
                raise Again(str(error)) from error
            if reply.status == 429:
                raise Again("HTTP 429", pause_s=throttle_of(reply).pause_s)
            if reply.status >= 500 or reply.status == 408:
                raise Again(f"HTTP {reply.status}")
            if reply.good and not usable(reply.fields):
                raise Again("an unreadable reply")
            if reply.status in (401, 402, 403) or 300 <= reply.status < 400:
                raise refusal(reply, what="this")
            return reply

        return until_answered(once)

    def _client(self) -> "Client":
        from replicate.client import Client

        base, token = self.base, self.token
        with self._making:
            if (base, token) not in self._clients:
                self._clients[base, token] = Client(api_token=token, base_url=base, transport=Keeping(base))
            return self._clients[base, token]


def _is_address(base: str) -> bool:
    try:
        url = httpx.URL(base)
    except httpx.InvalidURL:
        return False
    return url.scheme in ("http", "https") and bool(url.host)
