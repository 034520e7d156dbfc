"""How much longer a hosted film takes than it must: a rehearsal at the hosts' own speed, against its critical path.

The rehearsed hosts draw every call's seconds beforehand, so what no program could do without is known: the plan, then
the slowest keyframe, then the slowest chain of clips. What is on top of that is ours."""

import time
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from vgkit.brief import brief_from
from vgkit.ledger import read_events
from vgkit.phases.report import Table
from vgkit.places import rehearsal_dir
from vgkit.rehearsal.server import bill_of
from vgkit.rehearse import rehearse
from vgkit.run import Run
from vgkit.start import SAMPLE_BRIEF, read_brief, start_run

_ROLES = ("plan", "picture", "video", "music")
_WAITING = ("validate", "animatic", "chunks")  # phases that end when their slowest call does


@dataclass(frozen=True)
class CriticalPath:
    """Seconds of hosts that nothing can be done beside: the plan, the slowest keyframe, the slowest chain of a clip.

    Music is asked for with the keyframes; only what it takes beyond all of them counts.
    """

    plan_s: float
    keyframes_s: float
    clips_s: float
    music_s: float

    @property
    def seconds(self) -> float:
        """The length of the whole path."""
        return self.plan_s + max(self.keyframes_s + self.clips_s, self.music_s)


def hosted_table() -> Table:
    """Rehearse the sample film with the ``dev`` profile in real time, and lay its seconds out."""
    brief = brief_from(read_brief(SAMPLE_BRIEF) | {"profile": "dev"})
    run = start_run(brief, base=SAMPLE_BRIEF.parent, rehearsal={"speed": 1.0, "faults": "none", "seed": 1})
    begun = time.perf_counter()
    outcome = rehearse(run)
    wall_s = time.perf_counter() - begun
    path = critical_path(run, {charge.prediction: charge.took_s for charge in bill_of(rehearsal_dir(run.name))})
    record = read_events(run.events.path)
    own = {event["phase"]: event["seconds"] for event in record.of("phase_finished")}
    return _table(path, own, wall_s=wall_s, state=outcome.state)


def critical_path(run: Run, took_s: Mapping[str, float]) -> CriticalPath:
    """Read which call was for what from a run's record; ``took_s`` says how long each prediction was drawn to take."""
    chains: dict[tuple[str, str], float] = defaultdict(float)
    for event in read_events(run.events.path).of("call_settled", "call_failed"):
        chains[(event["role"], event["subject"])] += took_s.get(event.get("prediction") or "", 0.0)
    longest = {role: max((s for (r, _), s in chains.items() if r == role), default=0.0) for role in _ROLES}
    return CriticalPath(longest["plan"], longest["picture"], longest["video"], longest["music"])


def _table(path: CriticalPath, own: Mapping[str, float], *, wall_s: float, state: str) -> Table:
    here_s = sum(seconds for phase, seconds in own.items() if phase not in _WAITING)
    waited_s = sum(own[phase] for phase in _WAITING if phase in own)
    rows = (
        ("plan, drawn", f"{path.plan_s:.1f}"),
        ("slowest keyframe, drawn", f"{path.keyframes_s:.1f}"),
        ("slowest chain of clips, drawn", f"{path.clips_s:.1f}"),
        ("music, drawn, beside those", f"{path.music_s:.1f}"),
        ("critical path of the hosts", f"{path.seconds:.1f}"),
        ("phases that wait for hosts", f"{waited_s:.1f}"),
        ("phases that work here", f"{here_s:.1f}"),
        ("start, kernel, ledger", f"{wall_s - waited_s - here_s:.1f}"),
        ("whole", f"{wall_s:.1f}"),
        ("phases that wait / critical path", f"{waited_s / path.seconds:.2f}"),
        ("whole / (critical path + work here)", f"{wall_s / (path.seconds + here_s):.2f}"),
        ("whole / critical path", f"{wall_s / path.seconds:.2f}"),
    )
    return Table(f"The sample film by profile dev, rehearsed in real time: {state}", ("step", "seconds"), rows)
