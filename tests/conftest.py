import signal
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))


_LONG = ("browser", "slow")


def pytest_configure() -> None:
    """A suite that a shell began with ``&`` is deaf to Ctrl-C, and what it tests of Ctrl-C would be waited for."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest: of files side by side, the last to end is what one waits for."""
    rank = {item.path: len(_LONG) for item in items}
    for item in items:
        for place, mark in enumerate(_LONG):
            if item.get_closest_marker(mark):
                rank[item.path] = min(rank[item.path], place)
    items.sort(key=lambda item: rank[item.path])


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty runs folder that everything in this test writes to."""
    folder = tmp_path / "runs"
    monkeypatch.setenv("VGKIT_RUNS", str(folder))
    return folder
