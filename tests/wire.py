"""A host made small: real HTTP on loopback, with the replies a test asks for."""

import json
import socket
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Call:
    """What a client sent."""

    method: str
    path: str  # with its query
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Reply:
    """What the host answers; ``drop`` resets the connection instead, ``short`` closes it before all bytes are sent."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    drop: bool = False
    short: bool = False


@dataclass
class Wire:
    """The address of a host and all that it was asked, in order."""

    address: str
    calls: list[Call] = field(default_factory=list)

    def asked(self, method: str, path: str = "") -> list[Call]:
        return [call for call in self.calls if call.method == method and path in call.path]


@contextmanager
def serving(answer: Callable[[Call], Reply]) -> Iterator[Wire]:
    """Answer every request by ``answer`` while the block runs. A body that is not bytes goes out as JSON."""
    seen: Wire

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            headers = {name.lower(): value for name, value in self.headers.items()}
            call = Call(self.command, self.path, headers, self.rfile.read(length))
            seen.calls.append(call)
            self.reply(answer(call))

        def reply(self, reply: Reply) -> None:
            if reply.drop:
                # Linger of zero makes the close a reset, as when a load balancer goes away.
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.close_connection = True
                self.connection.close()
                return
            body = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
            self.send_response(reply.status)
            kind = "application/problem+json" if reply.status >= 400 else "application/json"
            for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **reply.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body[: len(body) // 2] if reply.short else body)
            self.close_connection = reply.short

        do_GET = do_POST = do_DELETE = do_HEAD = do_PUT = handle_any  # noqa: N815 (names that http.server asks for)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    seen = Wire(f"http://127.0.0.1:{server.server_address[1]}")
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield seen
    finally:
        server.shutdown()
        server.server_close()
