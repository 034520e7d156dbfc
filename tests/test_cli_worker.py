"""``vgkit worker`` and the options of batches on a cluster."""

import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from vgkit.cli import app
from vgkit.errors import ClusterError, ParameterError, VgkitError


def refusal(*arguments: str) -> VgkitError:
    error = CliRunner().invoke(app, list(arguments)).exception
    assert isinstance(error, VgkitError)
    return error


@pytest.mark.parametrize("address", ["10.0.0.5:8786", "http://10.0.0.5:8786"])
def test_an_address_that_is_none_is_refused_with_what_one_looks_like(address: str) -> None:
    error = refusal("worker", address)
    assert isinstance(error, ClusterError)
    assert error.exit_code == 11
    assert str(error).startswith(f"No Dask scheduler answers at {address} (")
    assert "tcp://HOST:8786" in str(error)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--runs-at", "s3://films"), "--runs-at is for films that a cluster makes. Give its --scheduler too."),
        (("--limit", "replicate=8"), "--limit is for films that a cluster makes. Give its --scheduler too."),
        (("--scheduler", "tcp://h:1", "--limit", "replicate"), "--limit: 'replicate' is no limit. Write replicate=8"),
        (("--scheduler", "tcp://h:1", "--limit", "openai=0"), "--limit: 'openai=0' is no limit. Write replicate=8"),
        (("--scheduler", "tcp://h:1", "--limit", "local=2"), "--limit: 'local=2' is no limit. Write replicate=8"),
    ],
)
def test_options_that_mean_nothing_are_refused(tmp_path: Path, options: tuple[str, ...], said: str) -> None:
    (tmp_path / "films.csv").write_text("prompt\nA kite\n")
    for command in (("run", str(tmp_path / "films.csv")), ("resume", "films")):
        error = refusal("batch", *command, *options)
        assert isinstance(error, ParameterError)
        assert str(error).startswith(said)


def test_dask_is_loaded_only_where_a_cluster_is_asked_for_and_missed_only_there() -> None:
    code = (
        "import sys, vgkit.cli, vgkit.batch.make, vgkit.batch.cluster\n"
        "assert not {'dask', 'distributed'} & set(sys.modules)\n"
        "sys.modules['distributed'] = None\n"
        "sys.argv = ['vgkit', 'worker', 'tcp://127.0.0.1:8786']\n"
        "vgkit.cli.main()"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert ended.stderr == (
        "ExtraMissing: A Dask cluster needs distributed, which is not installed here. Run pip install "
        "'vgkit[cluster]'.\n"
    )
