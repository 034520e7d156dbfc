import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty runs folder that everything in this test writes to."""
    folder = tmp_path / "runs"
    monkeypatch.setenv("VGKIT_RUNS", str(folder))
    return folder
