"""JupyterLab's server serves the files of runs too, where our extension is on."""

import re
import secrets
import sys
from pathlib import Path

import httpx
import pytest
from browsing import free_port, jupyter_environment, serving
from page_server import execute

pytestmark = pytest.mark.slow

_SAY = """
from pathlib import Path
from vgkit.serving.addresses import address_of
print(address_of(Path({film!r})))
"""


def test_a_kernel_of_jupyter_can_show_a_film(tmp_path: Path) -> None:
    token, port = secrets.token_hex(16), free_port()
    film = tmp_path / "runs" / "kite" / "film.mp4"
    film.parent.mkdir(parents=True)
    film.write_bytes(b"a film of some bytes")
    command = [
        sys.executable,
        "-m",
        "jupyter_server",
        "--no-browser",
        "--allow-root",
        f"--port={port}",
        "--ip=127.0.0.1",
    ]
    command += [f"--IdentityProvider.token={token}", "--ServerApp.jpserver_extensions={'vgkit.serving': True}"]
    environment = {**jupyter_environment(tmp_path / "home"), "VGKIT_RUNS": str(tmp_path / "runs")}
    with (
        serving(command, cwd=tmp_path, environment=environment) as server,
        httpx.Client(base_url=f"http://127.0.0.1:{server.port}", headers={"Authorization": f"token {token}"}) as client,
    ):
        kernel = client.post("/api/kernels", json={}).json()["id"]
        code = _SAY.format(film=str(film))
        address = execute(f"ws://127.0.0.1:{server.port}/api/kernels/{kernel}", f"token {token}", code).strip()
        assert re.fullmatch(r"vgkit/files/[0-9a-f]{64}/kite/film\.mp4", address)
        assert client.get(address, headers={"Range": "bytes=2-5"}).content == b"film"
        assert client.get(address.replace("kite", "cone")).status_code == 404
        assert httpx.get(f"http://127.0.0.1:{server.port}/{address}").status_code == 403
