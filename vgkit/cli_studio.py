"""``vgkit studio``: films from a page in a browser."""

import secrets
import sys
import threading
from typing import Annotated

import typer

from vgkit.errors import ParameterError

_SHORTEST_TOKEN = 16
_OPEN_TO_ALL = (
    "{ip} can be reached from other machines. Whoever has the token makes films with your keys and your money, and the "
    "connection is not encrypted: put a proxy with HTTPS before it, or listen on 127.0.0.1 and use `ssh -L`.\n"
)


def studio(
    port: Annotated[int, typer.Option(min=0, max=65535, help="where to listen; 0 for any that is free")] = 8866,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="only say the address")] = False,
    ip: Annotated[str, typer.Option(help="the address to listen on; others than this machine's own see it too")] = (
        "127.0.0.1"
    ),
    token: Annotated[str, typer.Option(help="a token of your own instead of a fresh one")] = "",
) -> None:
    """Make films from a page in your browser: brief, progress, approval, film; and the prompt lab beside it."""
    from vgkit.serving.listening import open_door

    if token and (len(token) < _SHORTEST_TOKEN or not token.isalnum() or not token.isascii()):
        raise ParameterError(f"--token: write at least {_SHORTEST_TOKEN} letters and digits, or leave it out.")
    door = open_door(ip, port)
    if port and door.port != port:
        sys.stderr.write(f"Port {port} is taken; this is {door.port}.\n")
    if not door.is_loopback:
        sys.stderr.write(_OPEN_TO_ALL.format(ip=ip))

    # Imported when it is known that there is something to serve: Jupyter's server takes a second or two.
    from vgkit.serving.server import browse, serve

    used = token or secrets.token_hex(24)

    def opened() -> None:
        sys.stdout.write(f"{door.address('' if token else used)}\n")
        sys.stdout.flush()
        sys.stderr.write("This is the studio's address. Ctrl-C ends it; films that are being made go on.\n")
        if not no_browser:
            threading.Thread(target=browse, args=(door.address(used),), daemon=True).start()

    serve(door, token=used, opened=opened)
    sys.stderr.write("The studio is closed.\n")
