"""HTTP on loopback, from the standard library alone: requests in, replies out, and connections that break on request.

A server that is stopped also cuts the connections it kept alive, as a killed one would: its successor may have the
same address, and a client must not go on talking to the dead."""

import contextlib
import json
import logging
import socket
import struct
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal
from urllib.parse import parse_qsl, urlsplit

log = logging.getLogger(__name__)

Broken = Literal["", "reset", "short"]


@dataclass(frozen=True)
class Request:
    """What a client sent. ``headers`` have lower-case names; ``query`` holds the last value of each name."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body as JSON. Raises ValueError where it is none."""
        return json.loads(self.body)


@dataclass(frozen=True)
class Reply:
    """What the server answers; ``broken`` resets the connection instead, or closes it half way through the body."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    broken: Broken = ""


Answer = Callable[[Request], Reply]


def json_reply(value: Any, status: int = 200, **headers: str) -> Reply:
    """Answer with JSON; names in ``headers`` are written with underscores for dashes."""
    return encoded_reply(json.dumps(value, ensure_ascii=False).encode(), status, **headers)


def encoded_reply(body: bytes, status: int = 200, **headers: str) -> Reply:
    """Answer with JSON that is encoded already."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status, body, {"Content-Type": "application/json", **named})


def problem(status: int, detail: str, *, title: str = "", **more: Any) -> Reply:
    """Refuse as both hosts' gateways do, by RFC 7807."""
    fields = {**({"title": title} if title else {}), "detail": detail, "status": status, **more}
    return Reply(status, json.dumps(fields).encode(), {"Content-Type": "application/problem+json"})


class Listener:
    """One server on 127.0.0.1: ``answer`` is asked for every request, each in a thread of its connection.

    It takes ``port`` where that is free, else any. Close it, or use it as a block.
    """

    def __init__(self, answer: Answer, *, port: int = 0) -> None:
        try:
            self._server = _Server(("127.0.0.1", port), _handler(answer))
        except OSError:
            self._server = _Server(("127.0.0.1", 0), _handler(answer))
        self.port = int(self._server.server_address[1])
        self.address = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening and cut every connection."""
        self._server.shutdown()
        self._server.server_close()
        self._server.cut()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    block_on_close = False

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        self._open: set[socket.socket] = set()
        super().__init__(address, handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        log.debug("a connection ended", exc_info=True)

    def cut(self) -> None:
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


def _answered(answer: Answer, request: Request) -> Reply:
    try:
        return answer(request)
    except Exception:
        # A mistake of ours must look like one, not like a network that is down.
        log.exception("%s %s could not be answered", request.method, request.path)
        return problem(500, "The rehearsal itself failed here; its log says how", title="Internal server error")


def _handler(answer: Answer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def take(self) -> None:
            parts = urlsplit(self.path)
            length = int(self.headers.get("Content-Length") or 0)
            headers = {name.lower(): value for name, value in self.headers.items()}
            body = self.rfile.read(length) if length else b""
            request = Request(self.command, parts.path, dict(parse_qsl(parts.query)), headers, body)
            self.give(_answered(answer, request))

        def give(self, reply: Reply) -> None:
            if reply.broken == "reset":
                # Linger of zero makes the close a reset, as when a load balancer goes away.
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.close_connection = True
                self.connection.close()
                return
            self.send_response(reply.status)
            for name, value in {**reply.headers, "Content-Length": str(len(reply.body))}.items():
                self.send_header(name, value)
            self.end_headers()
            body = b"" if self.command == "HEAD" else reply.body
            self.wfile.write(body[: len(body) // 2] if reply.broken == "short" else body)
            self.close_connection = self.close_connection or reply.broken == "short"

        do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = take  # noqa: N815 (names that http.server asks for)

        def log_message(self, format: str, *args: Any) -> None:
            log.debug(format, *args)

    return Handler
