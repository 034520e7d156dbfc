"""Runs on record: whole ones from the one fact that matters."""

from decimal import Decimal
from pathlib import Path
from typing import Any

from vgkit.ledger import Events
from vgkit.ledger.kinds import State


def record_run(
    runs_dir: Path,
    run: str,
    *,
    state: State | None = "success",
    engine: str = "zeroscope@replicate",
    cost: str = "0.10",
    seed: int = 7,
    **started: Any,
) -> Events:
    """Write the events of a run that made one chunk, and return the writing end. No state: it has not ended."""
    (runs_dir / run).mkdir(parents=True)
    events = Events(runs_dir / run / "events.jsonl", run_id=run)
    facts: dict[str, Any] = {
        "brief": {"prompt": "a lamp", "template": "product_showcase"},
        "profile": "dev",
        "engines": {"video": engine, "music": "sketch@local"},
        "duration_s": 30,
        "aspect": "16:9",
        "seed": seed,
        "cap_usd": Decimal("2.00"),
    }
    events.write("run_started", **facts | started)
    events.write("phase_started", phase="chunks", attempt=1)
    name, host = engine.split("@")
    call: dict[str, Any] = {"call": f"{run}-c1", "role": "video", "engine": name, "host": host, "phase": "chunks"}
    events.write("call_reserved", cost_usd=Decimal("0.12"), subject="s01/t01", **call)
    events.write("call_submitted", call=f"{run}-c1", prediction="p1")
    events.write("call_settled", call=f"{run}-c1", cost_usd=Decimal(cost), seconds=40.0)
    events.write("phase_finished", phase="chunks", seconds=50.0, made=["s01/t01"], kept=[])
    if state:
        events.write("run_finished", state=state, seconds=60.0, film="film.mp4")
    return events
