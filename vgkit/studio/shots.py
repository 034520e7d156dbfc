"""The shots of a film while they are made: which stills and clips are there, and which are waited for."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from vgkit.brief import FILM_FPS
from vgkit.ledger import Event
from vgkit.storyboard import Shot, Storyboard

ClipState = Literal["waiting", "asked", "made", "cached", "degraded"]
_AFTER: Mapping[str, ClipState] = {
    "call_reserved": "asked",
    "call_submitted": "asked",
    "call_settled": "made",
    "call_cached": "cached",
    "call_failed": "waiting",
}


@dataclass(frozen=True)
class ShotSight:
    """A shot: its still and its clip as far as they are there. Times are in the film, in seconds."""

    id: str
    beat: str
    first_s: float
    seconds: float
    still: Path | None
    clip_state: ClipState
    clip: Path | None


@dataclass
class Shots:
    """Folds the events that tell of clips; the pictures themselves are looked for in the run's folder."""

    folder: Path
    _clips: dict[str, ClipState] = field(default_factory=dict)  # by shot and take
    _calls: dict[str, str] = field(default_factory=dict)  # the clip that a call is for
    _degraded: set[str] = field(default_factory=set)
    _storyboard: tuple[int, Storyboard] | None = None

    def after(self, event: Event) -> None:
        """Take in one event."""
        if event.kind.startswith("call_"):
            if event.get("role") == "video" and event.get("subject"):
                self._calls[event["call"]] = str(event["subject"])
            if subject := self._calls.get(event["call"]):
                self._clips[subject] = _AFTER[event.kind]
        elif event.kind == "fallback":
            self._degraded.add(str(event["subject"]))
        elif event.kind == "phase_started" and event["phase"] == "chunks":
            self._degraded.clear()

    def sights(self) -> tuple[ShotSight, ...]:
        """The shots as they stand; none before there is a storyboard."""
        storyboard = self._settled()
        if storyboard is None:
            return ()
        picks = self._picks()
        return tuple(self._sight(storyboard, shot, picks) for shot in storyboard.shots)

    @property
    def title(self) -> str:
        """What the storyboard calls the film; empty before there is one."""
        storyboard = self._settled()
        return storyboard.title if storyboard else ""

    def _sight(self, storyboard: Storyboard, shot: Shot, picks: Mapping[str, str]) -> ShotSight:
        still = self.folder / "animatic" / f"{storyboard.keyframe_of(shot).id[1:]}.png"
        takes = sorted((self.folder / "chunks" / shot.id).glob("*.mp4"))
        picked = self.folder / "chunks" / shot.id / f"{picks.get(shot.id, '')}.mp4"
        clip = picked if picked in takes else next(iter(takes), None)
        return ShotSight(
            shot.id,
            shot.beat,
            shot.first_frame / FILM_FPS,
            shot.frames / FILM_FPS,
            still if still.is_file() else None,
            self._state(shot.id, there=clip is not None),
            clip,
        )

    def _state(self, shot: str, *, there: bool) -> ClipState:
        """Of several takes, one that is waited for counts first, then one that was made."""
        if shot in self._degraded:
            return "degraded"
        states = {state for subject, state in self._clips.items() if subject.partition("/")[0] == shot}
        for state in ("asked", "made", "cached"):
            if state in states:
                return state
        return "made" if there else "waiting"

    def _settled(self) -> Storyboard | None:
        """The storyboard, read again only where it has changed."""
        path = self.folder / "storyboard.json"
        try:
            changed_ns = path.stat().st_mtime_ns
            if self._storyboard is None or self._storyboard[0] != changed_ns:
                self._storyboard = changed_ns, Storyboard.model_validate_json(path.read_text("utf-8"))
        except (OSError, ValueError):
            return None
        return self._storyboard[1]

    def _picks(self) -> Mapping[str, str]:
        try:
            picks: Any = json.loads((self.folder / "chunks/picks.json").read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        return picks if isinstance(picks, dict) else {}
