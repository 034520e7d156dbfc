# ruff: noqa: E402 (what keeps Jupyter's import short must come before it)
"""``vgkit studio``: Voilà, shut to all but our two pages and the files that they show.

Voilà as it comes serves a folder of notebooks to whoever reaches the port. A page of ours can spend money: so it takes
a token, listens on this machine alone, and knows no address but its own."""

import asyncio
import atexit
import contextlib
import os
import shutil
import signal
import sys
import tempfile
import webbrowser
from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import Any

# jsonschema would build this package's grammar on import, over a second's work, for formats no notebook uses.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]

from jinja2 import ChoiceLoader, FileSystemLoader
from jupyter_server.base.handlers import FileFindHandler
from jupyter_server.services.kernels.handlers import KernelHandler
from jupyterlab_server.themes_handler import ThemesHandler
from tornado.httpserver import HTTPServer
from traitlets.config import Config
from voila.app import Voila
from voila.shutdown_kernel_handler import VoilaShutdownKernelHandler
from voila.static_file_handler import MultiStaticFileHandler, TemplateStaticFileHandler
from voila.tornado.kernel_websocket_handler import VoilaKernelWebsocketHandler

from vgkit.places import notebooks_dir
from vgkit.serving import files, kernels, pages, quiet
from vgkit.serving.addresses import new_key
from vgkit.serving.listening import Door

_TEMPLATE = Path(__file__).parent / "template"
_WARM = {pages.STUDIO: 2, pages.PROMPT_LAB: 1}
_EXTENSIONS = ["@jupyter-widgets/jupyterlab-manager", "@voila-dashboards/widgets-manager8", "anywidget"]
_PING_MS = 30_000
_STOP_S = 8.0
_STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_OUTPUT_S = 300  # nbclient gives a busy machine 4 s to deliver what a cell shows, and then shows an empty page
# What of Voilà stays. All else would show notebooks, their folder, or what another page was asked.
_KEPT = {
    *(KernelHandler, VoilaKernelWebsocketHandler, VoilaShutdownKernelHandler),
    *(TemplateStaticFileHandler, MultiStaticFileHandler, ThemesHandler, FileFindHandler),
}


class StudioServer(Voila):  # type: ignore[misc]  # Voilà ships no types
    """The server of our pages; ``door`` is where it listens, ``ping_ms`` how often it asks an open page whether it is
    still there. One that does not answer for three times as long is given up."""

    def __init__(self, door: Door, *, ping_ms: int = _PING_MS, **traits: Any) -> None:
        super().__init__(**traits)
        self.door, self.ping_ms = door, ping_ms
        self.log = quiet.log

    def setup_template_dirs(self) -> None:
        """Look for templates among ours first."""
        super().setup_template_dirs()
        self.template_paths.insert(0, str(_TEMPLATE))

    def init_settings(self) -> dict[str, Any]:
        """Make the settings of all handlers: our pages for errors, no log of addresses, no host but this machine."""
        settings: dict[str, Any] = super().init_settings()
        shown = settings["jinja2_env"]
        shown.loader = ChoiceLoader([FileSystemLoader(_TEMPLATE), shown.loader])
        settings["allow_remote_access"] = not self.door.is_loopback
        settings["ws_ping_interval"], settings["ws_ping_timeout"] = self.ping_ms, 3 * self.ping_ms
        settings["log_function"] = lambda _: None
        return settings

    def init_handlers(self) -> list[tuple[Any, ...]]:
        """Keep of Voilà's addresses what its pages need, and add ours."""
        kept = _KEPT | {handler for _, handler in self.identity_provider.get_handlers()}
        common = {
            "template_paths": self.template_paths,
            "config": self.config,
            "voila_configuration": self.voila_configuration,
        }
        voilas = [entry for entry in super().init_handlers() if entry[1] in kept]
        return [*voilas, files.route(self.base_url), *pages.routes(self.base_url, common)]

    def listen(self) -> None:
        """Answer at the door."""
        HTTPServer(self.app).add_sockets(self.door.sockets)

    async def serve(self, opened: Callable[[], None]) -> None:
        """Serve until the process is asked to stop; then end all kernels."""
        self.start()
        stop, loop = asyncio.Event(), asyncio.get_running_loop()
        for sign in _STOPS:
            loop.add_signal_handler(sign, stop.set)
        opened()
        await stop.wait()
        quiet.silence()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.kernel_manager.end_all(), _STOP_S)
        shutil.rmtree(self.connection_dir, ignore_errors=True)
        for sign in _STOPS:  # asked once more while its loop closes, asyncio would print a traceback
            loop.remove_signal_handler(sign)
            signal.signal(sign, signal.SIG_IGN)


def serve(
    door: Door, *, token: str, opened: Callable[[], None], notebooks: Path | None = None, ping_ms: int = _PING_MS
) -> None:
    """Serve the pages until the process is asked to stop; ``opened`` is called when they can be asked for.

    ``notebooks`` is the folder that has them, of the checkout where it is left out; ``ping_ms`` is as for StudioServer.
    """
    quiet.quieten()
    new_key()
    server = StudioServer(door, ping_ms=ping_ms, config=settings(token, notebooks or notebooks_dir()))
    server.initialize([])
    asyncio.run(server.serve(opened))


def settings(token: str, notebooks: Path) -> Config:
    """Say to Voilà and Jupyter how to behave, whatever their own files of settings say."""
    ours = "|".join(_WARM)
    return Config(
        {
            "StudioServer": {
                "root_dir": str(notebooks),
                "token": token,
                "config_file_paths": [],
                "open_browser": False,
            },
            "VoilaConfiguration": {
                "allow_template_override": "NO",
                "allow_theme_override": "NO",
                "preheat_kernel": True,
                "multi_kernel_manager_class": kernels.PageKernels,
                "kernel_spec_manager_class": kernels.OwnPython,
                "extension_allowlist": _EXTENSIONS,
            },
            "VoilaKernelManager": {
                # Voilà warms every notebook that it finds and that is not denied.
                "preheat_denylist": [rf"(?!.*/({ours})$)"],
                "kernel_pools_config": {name: {"pool_size": size} for name, size in _WARM.items()},
            },
            "VoilaExecutor": {"iopub_timeout": _OUTPUT_S},
            "PasswordIdentityProvider": {"allow_password_change": False},
            **kernels.settings(Path(tempfile.gettempdir()) / "voila_12345678"),
        }
    )


def browse(address: str) -> None:
    """Open an address in the person's browser, by a file that no one else can read: commands can be listed by all."""
    handle, name = tempfile.mkstemp(suffix=".html", prefix="vgkit-")
    with os.fdopen(handle, "w", encoding="utf-8") as page:
        page.write(
            f'<meta http-equiv="refresh" content="0;url={escape(address)}"><a href="{escape(address)}">vgkit</a>'
        )
    atexit.register(Path(name).unlink, missing_ok=True)
    webbrowser.open(Path(name).as_uri())
