"""Brings results home by a client of our own.

The host's client would send the account's key to whatever address an output names, and follow no redirect; this one
carries no key, but to the API's own address, and goes where the file is."""

import ipaddress
import time
from functools import cached_property
from pathlib import Path

import httpx

from vgkit.engines.hosted import OutputGone
from vgkit.engines.replicate.outputs import bytes_of
from vgkit.engines.replicate.patience import Again, until_answered
from vgkit.engines.replicate.transport import in_words, limits
from vgkit.engines.replicate.wire import Wire
from vgkit.files import whole

_MOST_BYTES = 500_000_000
_MOST_REDIRECTS = 5
_MOST_S = 600.0
_FEW = 3  # a file may be listed a moment before it can be had
_BLOCK = 1 << 16


class Downloads:
    """Fetches files to where they belong, whole or not at all."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    @cached_property
    def _client(self) -> httpx.Client:
        return httpx.Client(
            timeout=limits(self._wire.timeout_s),
            headers={"User-Agent": "vgkit", "Accept-Encoding": "identity"},
            mounts=dict.fromkeys(("all://127.0.0.1", "all://localhost", "all://[::1]")),  # never by a proxy
        )

    def fetch(self, address: str, out: Path) -> None:
        """Bring what an address holds to ``out``. Raises OutputGone, and HostUnavailable where it may still be had."""
        with whole(out) as draft:
            if address.startswith("data:"):
                draft.write_bytes(bytes_of(address))
            else:
                until_answered(lambda: self._once(address, draft))

    def _once(self, address: str, draft: Path) -> None:
        """One try, across redirects."""
        at = _url(address)
        own = True
        for _ in range(_MOST_REDIRECTS + 1):
            own = own and _origin(at) == _origin(httpx.URL(self._wire.base))
            forward = self._hop(at, draft, token=self._wire.token if own else "")
            if forward is None:
                return
            at = _allowed(at, forward)
        raise OutputGone(f"replicate's output was redirected more than {_MOST_REDIRECTS} times")

    def _hop(self, at: httpx.URL, draft: Path, *, token: str) -> httpx.URL | None:
        """Ask one address: where it sends us on to, or None once its bytes are in ``draft``."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        try:
            with self._client.stream("GET", at, headers=headers) as answer:
                if answer.is_redirect and "location" in answer.headers:
                    return _url(str(answer.headers["location"]), base=at)
                _check(answer, at)
                _save(answer, draft)
                return None
        except httpx.HTTPError as error:
            raise Again(f"{in_words(error)} from {at.host}") from error


def _check(answer: httpx.Response, at: httpx.URL) -> None:
    if answer.status_code in (401, 403, 404, 410):
        gone = OutputGone(f"replicate's output is no longer at {at.host} (HTTP {answer.status_code} {_FEW} times)")
        raise Again(f"HTTP {answer.status_code} from {at.host}", tries=_FEW, ending=gone)
    if answer.status_code in (408, 429) or answer.status_code >= 500:
        raise Again(f"HTTP {answer.status_code} from {at.host}")
    if answer.status_code != 200:
        raise OutputGone(f"replicate's output can't be had from {at.host} (HTTP {answer.status_code})")


def _save(answer: httpx.Response, draft: Path) -> None:
    """Write the body. One that is cut short is worth another try; one that stays so is of no use."""
    told = answer.headers.get("content-length", "")
    expected = int(told) if told.isdigit() and "content-encoding" not in answer.headers else None
    _limit(expected or 0)
    written, begun = 0, time.monotonic()
    try:
        with draft.open("wb") as file:
            for block in answer.iter_bytes(_BLOCK):
                written += file.write(block)
                _limit(written)
                if time.monotonic() - begun > _MOST_S:
                    raise Again(f"a download of more than {_MOST_S:.0f} s")
    except httpx.RemoteProtocolError as error:
        raise _short(written, expected) from error
    if not written or (expected is not None and written != expected):
        raise _short(written, expected)


def _limit(size_bytes: int) -> None:
    if size_bytes > _MOST_BYTES:
        raise OutputGone(f"replicate's output has more than {_MOST_BYTES / 1e6:,.0f} MB")


def _short(written: int, expected: int | None) -> Again:
    of = f"{expected:,}" if expected is not None else "an unknown number of"
    cut = f"replicate's output ended after {written:,} of {of} bytes, {_FEW} times"
    return Again("a download that ended early", tries=_FEW, ending=OutputGone(cut))


def _url(address: str, *, base: httpx.URL | None = None) -> httpx.URL:
    try:
        url = base.join(address) if base else httpx.URL(address)
    except httpx.InvalidURL as error:
        raise OutputGone(f"replicate gave an address that is none ({error})") from error
    if not url.host:
        raise OutputGone("replicate gave an address without a host")
    return url


def _allowed(at: httpx.URL, forward: httpx.URL) -> httpx.URL:
    if forward.scheme not in ("http", "https"):
        raise OutputGone(f"replicate's output was redirected to {forward.scheme}:, which is not followed")
    if at.scheme == "https" and forward.scheme == "http" and not _loopback(forward.host):
        raise OutputGone(
            f"replicate's output was redirected from https to http at {forward.host}, which is not followed"
        )
    return forward


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
