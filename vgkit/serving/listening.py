"""Where the studio listens: on this machine alone unless it is told otherwise."""

import errno
import ipaddress
import socket
from dataclasses import dataclass

from tornado.netutil import bind_sockets

from vgkit.errors import ParameterError

_TRIES = 10


@dataclass(frozen=True)
class Door:
    """Sockets that listen, and the host and port under which a browser reaches them."""

    sockets: list[socket.socket]
    host: str
    port: int
    is_loopback: bool

    def address(self, token: str = "") -> str:
        """The address of the studio's page; with the token, who opens it is logged in."""
        query = f"?token={token}" if token else ""
        return f"http://{self.host}:{self.port}/{query}"


def open_door(ip: str, port: int) -> Door:
    """Listen at a port, or at one of the next where it is taken; 0 takes any that is free.

    Raises ParameterError where the address is not one of this machine's or all ports are taken.
    """
    for number in range(port, min(port + _TRIES, 65536)):
        try:
            sockets = bind_sockets(number, ip)
        except socket.gaierror as error:
            raise ParameterError(f"--ip: {ip!r} is no address. Write one such as 127.0.0.1 or 0.0.0.0.") from error
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                continue
            raise ParameterError(f"--ip {ip} --port {number}: can't listen there ({error.strerror}).") from error
        return _door(sockets, ip)
    raise ParameterError(f"--port: {port} to {port + _TRIES - 1} are all taken. Name another, or 0 for any free one.")


def _door(sockets: list[socket.socket], ip: str) -> Door:
    place = ipaddress.ip_address(sockets[0].getsockname()[0])
    # A wildcard is no address that a browser could open.
    host = socket.gethostname() if place.is_unspecified else f"[{ip}]" if ":" in ip else ip
    loopback = all(ipaddress.ip_address(one.getsockname()[0]).is_loopback for one in sockets)
    return Door(sockets, host, sockets[0].getsockname()[1], loopback)
