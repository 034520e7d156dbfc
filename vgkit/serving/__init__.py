"""Pages and their files over HTTP. A page in a browser can't read a disk and may not be given one: what it shows is
named file by file, by addresses that the page's own kernel signs.

It is an extension of Jupyter's server too, so that the same pages work in JupyterLab."""

from typing import Any


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "vgkit.serving"}]


def _load_jupyter_server_extension(server: Any) -> None:
    """Serve the files of runs; comes before any kernel, which is to have the key."""
    # Imported here, as a kernel that signs an address needs nothing of a server.
    from vgkit.serving.addresses import new_key
    from vgkit.serving.files import route

    new_key()
    server.web_app.add_handlers(".*$", [route(server.web_app.settings["base_url"])])
