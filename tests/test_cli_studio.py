"""``vgkit studio`` on the command line."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from browsing import jupyter_environment
from typer.testing import CliRunner

from vgkit.cli import app
from vgkit.errors import ParameterError


@pytest.mark.parametrize("token", ["short", "0123456789abcde", "has a space in it here", "ümlaut0123456789abc"])
def test_a_token_that_could_be_guessed_or_not_typed_is_refused(token: str) -> None:
    error = CliRunner().invoke(app, ["studio", f"--token={token}"]).exception
    assert isinstance(error, ParameterError)
    assert str(error) == "--token: write at least 16 letters and digits, or leave it out."


def test_an_address_of_another_machine_is_refused() -> None:
    error = CliRunner().invoke(app, ["studio", "--no-browser", "--ip=192.0.2.1"]).exception
    assert isinstance(error, ParameterError)
    assert str(error).startswith("--ip 192.0.2.1 --port 8866: can't listen there (")


def test_asking_for_help_loads_no_server() -> None:
    code = (
        "import sys, vgkit.cli; print(sorted({'voila', 'tornado', 'jupyter_server', 'ipywidgets'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


@pytest.mark.slow
def test_the_browser_is_given_a_file_of_the_person_s_own_and_no_token(tmp_path: Path) -> None:
    told, browser = tmp_path / "told", tmp_path / "browser.sh"
    browser.write_text(
        f'#!/bin/sh\necho "$1" > {told}\nstat -c %a "${{1#file://}}" >> {told}\ncat "${{1#file://}}" >> {told}\n'
    )
    browser.chmod(0o700)
    code = "from vgkit.serving.server import browse; browse('http://127.0.0.1:1/?token=abc')"
    environment = {**os.environ, "BROWSER": f"{browser} %s", "TMPDIR": str(tmp_path)}
    subprocess.run([sys.executable, "-c", code], env=environment, check=True)
    address, mode, page = told.read_text().splitlines()
    assert "abc" not in address
    assert mode == "600"
    assert "url=http://127.0.0.1:1/?token=abc" in page
    assert not list(tmp_path.glob("*.html"))


@pytest.mark.slow
def test_the_address_is_said_once_and_the_server_ends_when_asked(tmp_path: Path) -> None:
    environment = {**os.environ, **jupyter_environment(tmp_path / "home"), "VGKIT_RUNS": str(tmp_path / "runs")}
    command = [sys.executable, "-m", "vgkit", "studio", "--no-browser", "--port=0", "--ip=0.0.0.0"]
    piped = subprocess.PIPE
    with subprocess.Popen(command, stdout=piped, stderr=piped, text=True, env=environment) as studio:
        assert studio.stdout is not None
        address = studio.stdout.readline()
        studio.send_signal(signal.SIGTERM)
        rest, said = studio.communicate(timeout=60)
    found = re.fullmatch(r"http://\S+:\d+/\?token=([0-9a-f]{48})\n", address)
    assert found
    assert studio.returncode == 0
    assert rest == ""
    assert found[1] not in said
    assert said.startswith(
        "0.0.0.0 can be reached from other machines. Whoever has the token makes films with your keys"
    )
    assert said.endswith("The studio is closed.\n")
