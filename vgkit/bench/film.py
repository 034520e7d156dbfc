"""How long the sample film takes, phase by phase, against a bare encoder doing only its last step.

The phases' own seconds come from the run's record, so that what the notebooks cost beside them is told apart."""

import os
import time
from dataclasses import dataclass
from pathlib import Path

from vgkit.bench.bare import bare_encode
from vgkit.ledger import read_events
from vgkit.phases.report import Table
from vgkit.pipeline import run_phases
from vgkit.start import sample_run


@dataclass(frozen=True)
class Timing:
    """Wall seconds of one phase: its own work, and what its notebook cost beside."""

    phase: str
    own_s: float
    notebook_s: float


def film_table(runs: Path) -> Table:
    """Render the sample brief offline, with nothing cached, and lay its seconds out."""
    begun = time.perf_counter()
    run = sample_run()
    run_phases(run)
    whole_s = time.perf_counter() - begun
    timings = phase_timings(run.events.path)
    bare_s = bare_encode(run.path("film.mp4"), runs / "bare.mp4").wall_s
    return table(timings, whole_s=whole_s, bare_s=bare_s, frames=run.storyboard.frames)


def phase_timings(events: Path) -> list[Timing]:
    """Read each phase's seconds from a run's record, the notebook's own apart."""
    record = read_events(events)
    own = {event["phase"]: event["seconds"] for event in record.of("phase_finished")}
    notebooks = [event for event in record.of("artifact") if event["path"].startswith("notebooks/")]
    whole = {event["phase"]: event["media"]["seconds"] for event in notebooks}
    return [Timing(phase, own[phase], whole[phase] - own[phase]) for phase in own]


def table(timings: list[Timing], *, whole_s: float, bare_s: float, frames: int) -> Table:
    """Lay the seconds out, and the ratio to the bare encoder."""
    rows = [(t.phase, f"{t.own_s:.1f}", f"{t.notebook_s:.2f}") for t in timings]
    own_s, notebook_s = sum(t.own_s for t in timings), sum(t.notebook_s for t in timings)
    rows += [
        ("all phases", f"{own_s:.1f}", f"{notebook_s:.2f}"),
        ("start, kernel, ledger", f"{whole_s - own_s - notebook_s:.1f}", ""),
        ("whole", f"{whole_s:.1f}", ""),
        (f"bare x264, {frames} frames", f"{bare_s:.1f}", ""),
        ("whole / bare", f"{whole_s / bare_s:.2f}", ""),
        ("refine / bare", f"{next(t.own_s for t in timings if t.phase == 'refine') / bare_s:.2f}", ""),
    ]
    cores = os.cpu_count()
    return Table(f"The sample film on {cores} cores", ("step", "seconds", "its notebook"), tuple(rows))
