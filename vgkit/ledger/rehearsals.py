"""Which runs are rehearsals. Their money is not real, so that it must be told apart wherever money is counted."""

import json
from pathlib import Path


def is_rehearsal(folder: Path) -> bool:
    """Whether a run's folder says it is a rehearsal; one that says nothing is none."""
    try:
        # How it is rehearsed may be told with no words at all, and is still told.
        return json.loads((folder / "run.json").read_text("utf-8")).get("rehearsal") not in (None, False)
    except (OSError, ValueError, AttributeError):
        return False
