"""Carries what Replicate's client sends, one exchange at a time.

The client would sleep and retry on its own, drop what replies say, put no limit on a create and look at no proxy; so
what lies under it keeps each reply as it came, ends what it would retry, and sets headers and limits."""

import contextlib
import urllib.request
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass

import httpx

from vgkit.engines.replicate.replies import Reply

_CONNECT_S = 10.0
_WORDS = (
    (httpx.ConnectTimeout, "no connection in time"),
    (httpx.ConnectError, "no connection"),
    (httpx.TimeoutException, "no reply in time"),
    (httpx.NetworkError, "connection reset"),
    (httpx.RemoteProtocolError, "connection closed before the reply"),
)


@dataclass
class Exchange:
    """One request and its reply; ``timeout_s`` is in real seconds."""

    headers: Mapping[str, str]
    timeout_s: float
    reply: Reply | None = None


_current: ContextVar[Exchange] = ContextVar("exchange")


class Refused(Exception):
    """Carries a reply of 400 and more past the client's retrying; it stands in the exchange."""


@contextlib.contextmanager
def exchanging(headers: Mapping[str, str], timeout_s: float) -> Iterator[Exchange]:
    """Let this thread's request go out with these headers, and hand out the exchange that will hold its reply."""
    exchange = Exchange(headers, timeout_s)
    token = _current.set(exchange)
    try:
        yield exchange
    finally:
        _current.reset(token)


class Keeping(httpx.BaseTransport):
    """Speaks HTTP, by the environment's proxy where one is set, and keeps each reply for whoever asked."""

    def __init__(self, base: str) -> None:
        self._inner = httpx.HTTPTransport(proxy=_proxy_to(base), limits=httpx.Limits(max_connections=64))

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        exchange = _current.get()
        request.headers.update(exchange.headers)
        request.extensions = {**request.extensions, "timeout": limits(exchange.timeout_s).as_dict()}
        answer = self._inner.handle_request(request)
        try:
            body = answer.read()
        finally:
            answer.close()
        exchange.reply = Reply(answer.status_code, {name.lower(): text for name, text in answer.headers.items()}, body)
        if answer.status_code >= 400:
            raise Refused
        return answer


def limits(timeout_s: float) -> httpx.Timeout:
    """How long each step of a request may take, in real seconds."""
    return httpx.Timeout(timeout_s, connect=min(_CONNECT_S, timeout_s))


def in_words(error: httpx.HTTPError) -> str:
    """What became of a request, in a few words without an address."""
    return next((words for kind, words in _WORDS if isinstance(error, kind)), type(error).__name__)


def _proxy_to(base: str) -> str | None:
    url = httpx.URL(base)
    if urllib.request.proxy_bypass(url.host) or url.host in ("127.0.0.1", "localhost", "::1"):
        return None
    proxy = urllib.request.getproxies().get(url.scheme)
    return proxy if not proxy or "://" in proxy else f"http://{proxy}"
