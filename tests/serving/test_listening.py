"""The studio listens where it is told, and says so where it can't."""

import socket

import pytest

from vgkit.errors import ParameterError
from vgkit.serving.listening import open_door


def closed(door_sockets: list[socket.socket]) -> None:
    for one in door_sockets:
        one.close()


def test_a_port_that_is_taken_gives_the_next() -> None:
    first = open_door("127.0.0.1", 0)
    try:
        second = open_door("127.0.0.1", first.port)
        closed(second.sockets)
        assert first.port < second.port < first.port + 10
    finally:
        closed(first.sockets)


def test_the_address_carries_the_token_where_it_is_given() -> None:
    door = open_door("127.0.0.1", 0)
    closed(door.sockets)
    assert door.address() == f"http://127.0.0.1:{door.port}/"
    assert door.address("abc") == f"http://127.0.0.1:{door.port}/?token=abc"


def test_only_loopback_counts_as_this_machine_alone() -> None:
    here, everywhere = open_door("127.0.0.1", 0), open_door("0.0.0.0", 0)
    closed([*here.sockets, *everywhere.sockets])
    assert here.is_loopback
    assert not everywhere.is_loopback
    assert everywhere.host == socket.gethostname()


@pytest.mark.parametrize("ip", ["256.1.1.1", "no such host", "192.0.2.1"])
def test_an_address_that_is_not_this_machine_s_is_refused(ip: str) -> None:
    with pytest.raises(ParameterError, match=f"--ip:? .?{ip}"):
        open_door(ip, 0)
