"""A page that is open stays connected for as long as it answers, and no longer."""

import json
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from page_server import Pages, message, served, told
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame, Opcode
from websockets.sync.client import ClientConnection

pytestmark = pytest.mark.slow

# What shows comes six seconds after the cell has ended, as where five people come at once.
BUSY = """
import sys, time
from IPython.core.getipython import get_ipython
from IPython.display import HTML, display
sys.stdout.flush_timeout = sys.stderr.flush_timeout = 0.1  # else the cell itself would wait
get_ipython().kernel.iopub_thread.schedule(lambda: time.sleep(6))
display(HTML("<p>shown at last</p>"))
"""
PING_MS = 500
PINGS = 5  # take longer than it waits for an answer, which is as long as three


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pages]:
    with served(tmp_path_factory.mktemp("served"), ping_ms=PING_MS) as pages:
        yield pages


class Pinged(ClientConnection):
    """Counts how often it was asked whether it is there, and answers as every browser does."""

    def __init__(self, *socket: Any, **options: Any) -> None:
        self.pings = threading.Semaphore(0)
        super().__init__(*socket, **options)

    def process_event(self, event: Any) -> None:
        """Take note of a ping."""
        super().process_event(event)
        if isinstance(event, Frame) and event.opcode is Opcode.PING:
            self.pings.release()


class Silent(ClientConnection):
    """Says nothing, not even that it is there, like a phone that lost its network."""

    def __init__(self, *socket: Any, **options: Any) -> None:
        super().__init__(*socket, **options)
        self.protocol.send_frame = lambda _: None  # type: ignore[method-assign]


def test_what_a_busy_machine_delivers_late_is_on_the_page(tmp_path: Path) -> None:
    with served(tmp_path, BUSY) as pages, pages.visitor() as person:
        assert "shown at last" in person.get("/").text


def test_a_page_that_answers_keeps_its_connection(pages: Pages) -> None:
    with pages.visitor() as person:
        kernel = told(person.get("/").text)["kernel"]
        with pages.socket(person, kernel, create_connection=Pinged) as socket:
            assert all(socket.pings.acquire(timeout=30) for _ in range(PINGS))
            socket.send(message("kernel_info_request", {}))
            while json.loads(socket.recv(timeout=30))["header"]["msg_type"] != "kernel_info_reply":
                pass
    assert "websocket_ping_timeout" not in pages.server.said


def test_a_page_that_does_not_answer_is_given_up(pages: Pages) -> None:
    with pages.visitor() as person:
        kernel = told(person.get("/").text)["kernel"]
        with pages.socket(person, kernel, create_connection=Silent) as socket, pytest.raises(ConnectionClosed):
            list(iter(partial(socket.recv, timeout=30), None))
    assert "WebSocket ping timeout" in pages.server.said
