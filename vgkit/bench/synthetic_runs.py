"""Writes runs that nobody made: the events of a film of 30 s, many times over, for a ledger at the size of years.

Shapes and sizes are those of real runs; only seeds, engines, fates, prices and times differ from run to run."""

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from vgkit.phases.step import PHASES

EVENTS_A_RUN = 200
_FIRST = datetime(2026, 1, 1, tzinfo=UTC)
_APART = timedelta(minutes=25)
_TEMPLATES = ("product_showcase", "lifestyle_ad", "announcement")
_ENGINES = {
    "dev": {"plan": "gpt@openai", "picture": "sdxl@replicate", "video": "zeroscope@replicate"},
    "final": {"plan": "gpt@openai", "picture": "sdxl@replicate", "video": "animatediff@replicate"},
    "offline": {"plan": "sketch@local", "picture": "sketch@local", "video": "sketch@local"},
}
_MUSIC = {"dev": "musicgen@replicate", "final": "musicgen@replicate", "offline": "sketch@local"}
_PRICES = {"plan": 0.004, "picture": 0.0046, "video": 0.14, "music": 0.06}
_SECONDS = {"plan": 4.0, "picture": 6.0, "video": 95.0, "music": 40.0}
_MEASURES = (("flicker", "8-bit levels", "lower"), ("warp_error", "8-bit levels", "lower"))
_SHOT = "Aurora in use in a kitchen by the window, day light, shallow depth of field, tactile detail, a steel bottle"


def write_runs(runs_dir: Path, count: int) -> int:
    """Write that many runs of ``EVENTS_A_RUN`` events each, alike every time; returns how many events those are."""
    written = 0
    for number in range(count):
        lines = list(run_lines(number))
        folder = runs_dir / f"film-{number:05d}"
        folder.mkdir(parents=True)
        (folder / "events.jsonl").write_text("".join(lines), "utf-8")
        written += len(lines)
    return written


def run_lines(number: int) -> Iterator[str]:
    """The lines of one run's record, in the order in which things happen."""
    now = _FIRST + number * _APART
    for place, (kind, fields) in enumerate(happenings(number, random.Random(number))):
        now += timedelta(seconds=2)
        identity = f"{int(now.timestamp() * 1e6) * 1000:016x}{number * EVENTS_A_RUN + place:08x}"
        at = now.isoformat(timespec="microseconds").replace("+00:00", "Z")
        told = {"id": identity, "run": f"film-{number:05d}", "at": at, "kind": kind, **fields}
        yield json.dumps(told, separators=(",", ":")) + "\n"


def happenings(number: int, luck: random.Random) -> Iterator[tuple[str, dict[str, Any]]]:
    """What happens in one run, as kinds and fields: ``EVENTS_A_RUN`` of them."""
    profile = luck.choice(("dev", "dev", "final", "offline"))
    state = luck.choices(("success", "degraded", "failed", "stopped"), (86, 6, 6, 2))[0]
    yield "run_started", _start(number, profile, luck)
    for phase in PHASES:
        yield "phase_started", {"phase": phase, "attempt": 1, "pid": 4000 + number % 999}
        yield from _WITHIN.get(phase, _nothing)(number, profile, luck)
        if phase == "export" and state == "failed":
            yield "phase_failed", {"phase": phase, "error": "StoreError", "message": "the disk is full", "seconds": 1.5}
        else:
            took = {"seconds": round(luck.lognormvariate(2, 1), 3), "cost_usd": "0", "made": [phase], "kept": []}
            yield "phase_finished", {"phase": phase, **took}
    if state == "degraded":
        lost = {"phase": "chunks", "subject": "s03", "engine": "zeroscope", "message": "no clip came", "tries": 3}
        yield "fallback", lost
    else:
        yield "progress", {"phase": "export", "done": 1, "total": 1, "label": "stored"}
    ended = {"state": state, "seconds": round(luck.lognormvariate(5, 0.4), 3), "cost_usd": "0.5"}
    film = {"message": "the disk is full"} if state == "failed" else {"film": "film.mp4"}
    yield "run_finished", ended | film


def _start(number: int, profile: str, luck: random.Random) -> dict[str, Any]:
    template = luck.choice(_TEMPLATES)
    brief = {
        "prompt": f"a steel bottle, idea {number // 4}",
        "template": template,
        "duration_s": 30,
        "seed": number % 9,
    }
    shape = {"template": template, "duration_s": 30, "aspect": "16:9", "seed": number % 9, "version": "0.5.0"}
    caps = {"cap_usd": "3.50", "project_cap_usd": "275.00"}
    engines = {**_ENGINES[profile], "music": _MUSIC[profile]}
    return {"brief": brief, "profile": profile, "engines": engines, **shape, **caps, "rehearsal": number % 10 == 0}


def _validate(number: int, profile: str, luck: random.Random) -> Iterator[tuple[str, dict[str, Any]]]:
    yield from _call(number, profile, luck, phase="validate", role="plan", subject="plan")
    for shot in range(10):
        yield (
            "prompt",
            {"phase": "validate", "subject": f"s{shot:02d}", "role": "video", "text": _SHOT, "negative": "text"},
        )
    for still in range(15):
        weights = {"hook": 0.8333, "reveal": 0.1667}
        yield (
            "prompt",
            {"phase": "validate", "subject": f"k{still:02d}", "role": "picture", "text": _SHOT, "weights": weights},
        )


def _animatic(number: int, profile: str, luck: random.Random) -> Iterator[tuple[str, dict[str, Any]]]:
    for still in range(15):
        yield from _call(number, profile, luck, phase="animatic", role="picture", subject=f"k{still:02d}")
        yield _artifact("animatic", f"animatic/{still:02d}.png", luck)


def _chunks(number: int, profile: str, luck: random.Random) -> Iterator[tuple[str, dict[str, Any]]]:
    for shot in range(10):
        yield from _call(number, profile, luck, phase="chunks", role="video", subject=f"s{shot:02d}/t01")
        yield _artifact("chunks", f"chunks/s{shot:02d}/t01.mp4", luck)


def _refine(number: int, profile: str, luck: random.Random) -> Iterator[tuple[str, dict[str, Any]]]:
    yield from _call(number, profile, luck, phase="refine", role="music", subject="film")
    for shot in range(10):
        for stage in ("generated", "film"):
            for name, unit, direction in _MEASURES:
                made = {"implementation": "vgkit.media.measures", "version": "1", "scored": {"stage": stage}}
                found = {"value": luck.lognormvariate(0, 0.5), "unit": unit, "direction": direction}
                yield "metric", {"phase": "refine", "subject": f"s{shot:02d}", "name": name, **found, **made}
    for done in range(9):
        yield "progress", {"phase": "refine", "done": done, "total": 900, "label": "frames"}
    yield _artifact("refine", "film.mp4", luck)


def _export(number: int, profile: str, luck: random.Random) -> Iterator[tuple[str, dict[str, Any]]]:
    for path in ("poster.jpg", "sheet.jpg", "manifest.json", "export.json"):
        yield _artifact("export", path, luck)


def _nothing(number: int, profile: str, luck: random.Random) -> Iterator[tuple[str, dict[str, Any]]]:
    yield from ()


_WITHIN = {
    "validate": _validate,
    "animatic": _animatic,
    "chunks": _chunks,
    "refine": _refine,
    "export": _export,
}


def _call(
    number: int, profile: str, luck: random.Random, *, phase: str, role: str, subject: str
) -> Iterator[tuple[str, dict[str, Any]]]:
    """A call from reservation to price; every fifth run has what the run before it made from the cache."""
    cached = number % 5 == 4
    engine = _MUSIC[profile] if role == "music" else _ENGINES[profile][role]
    name, host = engine.split("@")
    made = f"{number - cached} {engine} {subject}"
    request = {"call": sha256(f"{number} {subject}".encode()).hexdigest()[:16], "phase": phase, "role": role}
    request |= {"engine": name, "host": host, "version": "a1b2c3d4e5f6", "subject": subject}
    request |= {"fingerprint": sha256(made.encode()).hexdigest()}
    price = _PRICES[role] if host != "local" else 0.0
    params = {"prompt": _SHOT, "width": 576, "height": 320, "num_frames": 24, "fps": 8, "seed": number % 9}
    if cached:
        yield "call_cached", {**request, "cost_usd": "0"}
        yield "progress", {"phase": phase, "done": 1, "total": 15, "label": subject}
        yield "progress", {"phase": phase, "done": 1, "total": 15, "label": f"{subject} from the cache"}
        return
    yield "call_reserved", {**request, "cost_usd": f"{price:.6f}", "params": params}
    yield "call_submitted", {**request, "prediction": request["call"]}
    seconds = round(_SECONDS[role] * luck.lognormvariate(0, 0.3), 3)
    settled = {"cost_usd": f"{price * luck.uniform(0.8, 1.1):.6f}", "seconds": seconds, "params": {"billed_s": seconds}}
    yield "call_settled", {**request, **settled}


def _artifact(phase: str, path: str, luck: random.Random) -> tuple[str, dict[str, Any]]:
    digest = f"{luck.getrandbits(256):064x}"
    return "artifact", {"phase": phase, "name": path, "path": path, "sha256": digest, "bytes": 99_000, "media": {}}
