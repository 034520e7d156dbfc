"""The studio's server over two small notebooks of a test's own, so that tests of serving wait for no film."""

import json
import re
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any

import httpx
from browsing import Server, jupyter_environment, serving
from websockets.sync.client import ClientConnection, connect

_SERVE = """
import sys
from pathlib import Path
from vgkit.serving.listening import open_door
from vgkit.serving.server import serve
door = open_door("127.0.0.1", 0)
opened = lambda: print(door.address(), flush=True)
serve(door, token=sys.argv[2], notebooks=Path(sys.argv[1]), opened=opened, ping_ms=int(sys.argv[3]))
"""
_TELL = """
import json, os, sys
from pathlib import Path
from vgkit.places import runs_dir
from vgkit.serving.addresses import address_of
files = [path for path in runs_dir().rglob("*") if path.is_file()]
told = {
    "pid": os.getpid(),
    "python": sys.executable,
    "kernel": os.environ["VOILA_KERNEL_ID"],
    "addresses": {path.relative_to(runs_dir()).as_posix(): address_of(path) for path in files},
    "download": address_of(runs_dir() / "kite/film.mp4", save_as="Kite 凧.mp4"),
}
print("told:", json.dumps(told))
"""
_WIDGETS = """
import ipywidgets
name, greeting = ipywidgets.Text(description="Name"), ipywidgets.Label("nobody")
name.add_class("t-name"), greeting.add_class("t-greeting")
name.observe(lambda change: setattr(greeting, "value", f"Hello {change['new']}"), "value")
ipywidgets.VBox([name, greeting])
"""


@dataclass(frozen=True)
class Pages:
    """The server, with the token it takes and the folder it runs over."""

    server: Server
    token: str
    folder: Path

    @property
    def address(self) -> str:
        """Where its pages are."""
        return f"http://127.0.0.1:{self.server.port}"

    def stranger(self) -> httpx.Client:
        """Somebody who knows where the server is, and no more."""
        return httpx.Client(base_url=self.address, timeout=60)

    def socket(self, person: httpx.Client, kernel: str, **options: Any) -> ClientConnection:
        """Connect to the kernel of a page that this person has opened."""
        cookies = "; ".join(f"{name}={value}" for name, value in person.cookies.items())
        address = f"{self.address.replace('http', 'ws')}/api/kernels/{kernel}/channels?session_id=s"
        return connect(address, additional_headers={"Cookie": cookies}, **options)

    @contextmanager
    def visitor(self) -> Iterator[httpx.Client]:
        """Somebody who has opened the address with the token."""
        with self.stranger() as client:
            assert client.get("/login", params={"token": self.token}).is_redirect
            yield client


def notebook(*cells: str) -> str:
    """A notebook's file with these cells."""
    common: dict[str, Any] = {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": []}
    written = [{**common, "id": f"c{number}", "source": source} for number, source in enumerate(cells)]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return json.dumps({"cells": written, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5})


def told(page: str) -> dict[str, Any]:
    """What the kernel of a page says of itself and of the files it can show."""
    found = re.search(r"told: (\{.*\})", unescape(page))
    assert found, page
    answer: dict[str, Any] = json.loads(found[1])
    return answer


def message(kind: str, content: dict[str, Any]) -> str:
    """What a page sends to its kernel."""
    header = {"msg_id": kind, "msg_type": kind, "username": "", "session": "s", "version": "5.3", "date": ""}
    whole = {"header": header, "parent_header": {}, "metadata": {}, "content": content}
    return json.dumps({**whole, "channel": "shell", "buffers": []})


def execute(kernel: str, authorization: str, code: str) -> str:
    """What some code prints, in the kernel whose sockets lie at this address."""
    printed = ""
    with connect(f"{kernel}/channels?session_id=s", additional_headers={"Authorization": authorization}) as socket:
        socket.send(message("execute_request", {"code": code, "silent": False}))
        while True:
            answer = json.loads(socket.recv(timeout=60))
            if answer["parent_header"].get("msg_type") == "execute_request":
                printed += answer["content"].get("text", "")
                if answer["content"].get("execution_state") == "idle":
                    return printed


@contextmanager
def served(folder: Path, *cells: str, ping_ms: int = 30_000) -> Iterator[Pages]:
    """Serve a page that works, with more ``cells``, and one that fails, over a run with one file of each kind."""
    token = secrets.token_hex(16)
    pages, run = folder / "pages", folder / "runs" / "kite"
    (run / "notebooks").mkdir(parents=True)
    pages.mkdir()
    (run / "film.mp4").write_bytes(bytes(range(256)) * 4000)
    for name in ("poster.jpg", "run.json", "events.jsonl", ".secret.png", "notebooks/01_validate.ipynb"):
        (run / name).write_text(name, "utf-8")
    (pages / "studio.ipynb").write_text(notebook(_TELL, _WIDGETS, *cells), "utf-8")
    (pages / "prompt_lab.ipynb").write_text(notebook("1 / 0", "print('never')"), "utf-8")
    (pages / "other.ipynb").write_text(notebook("print('other')"), "utf-8")
    environment = {**jupyter_environment(folder / "jupyter"), "VGKIT_RUNS": str(folder / "runs")}
    command = [sys.executable, "-c", _SERVE, str(pages), token, str(ping_ms)]
    with serving(command, cwd=folder, environment=environment) as server:
        yield Pages(server, token, folder)
