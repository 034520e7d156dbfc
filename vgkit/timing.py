"""When things happen, by rule.

A planner finds words; time is arithmetic, so that the same brief has the same shots under every planner and a shot
never asks a video engine for more than the engine really gives."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from vgkit.brief import FILM_FPS
from vgkit.storyboard import ClipShape
from vgkit.template import Beat, Camera, Template, Transition, View

KEYFRAME_STEP_FRAMES = 2 * FILM_FPS
LEAST_SHOT_FRAMES = 2 * FILM_FPS  # so that every shot holds a keyframe of the two-second grid
_LEAST_SHOTS = 3  # even six seconds tell a beginning, a middle and an end
# None reaches past 9 frames after its border, where captions come in; a dip of an odd length has one frame all colour.
_TRANSITION_FRAMES: dict[Transition, int] = {"cut": 0, "dissolve": 14, "wipe": 16, "push": 16, "dip": 17, "match": 8}
_REVERSED: dict[Camera, Camera] = {
    "push_in": "pull_out",
    "pull_out": "push_in",
    "pan_left": "pan_right",
    "pan_right": "pan_left",
    "tilt_up": "tilt_down",
    "tilt_down": "tilt_up",
    "orbit": "push_in",
    "static": "push_in",
}


@dataclass(frozen=True)
class Span:
    """A shot's place in time: which beat, how it is seen, which film frames, and how it gives way to the next."""

    beat: Beat
    view: View
    first_frame: int
    frames: int
    transition: Transition
    transition_frames: int


def snap_shots(template: Template, *, frames: int, clip: ClipShape) -> tuple[Span, ...]:
    """Cut a film of ``frames`` into shots that one native clip each can fill.

    A shot lasts as long as the clip where the film's length allows, never longer, and never under two seconds. Where
    the film is too short for all beats, those with the highest ``keep`` go first.
    """
    count = _shot_count(frames, clip)
    beats = _kept(template.beats, count)
    spans: list[Span] = []
    border = 0
    for beat, shots in zip(beats, _allot(beats, count), strict=True):
        for turn in range(shots):
            first, border = border, round(frames * (len(spans) + 1) / count)
            ends_beat, ends_film = turn == shots - 1, len(spans) == count - 1
            transition: Transition = beat.transition if ends_beat and not ends_film else "cut"
            view = _view(beat, turn)
            spans.append(Span(beat, view, first, border - first, transition, _TRANSITION_FRAMES[transition]))
    return tuple(spans)


def common_clip(clips: Sequence[ClipShape]) -> ClipShape:
    """What the shots and stills of one film go by under several engines: as short as the shortest clip, as large as the
    largest.

    A long clip that is shown in part loses its tail; a short one that had to fill a longer shot would be slowed, and
    its motion no longer be what its engine made.
    """
    shortest = min(clips, key=lambda clip: clip.seconds)
    largest = max(clips, key=lambda clip: clip.width_px * clip.height_px)
    return shortest.model_copy(update={"width_px": largest.width_px, "height_px": largest.height_px})


def keyframe_frames(frames: int) -> range:
    """The film frames at which keyframes stand: every two seconds from the first."""
    return range(0, frames, KEYFRAME_STEP_FRAMES)


def blend_weights(spans: tuple[Span, ...], frame: int) -> dict[str, float]:
    """Say how much of each beat a still at ``frame`` carries; the weights sum to 1.

    A still takes its own beat's prompt; within a quarter of the beat's length of a border it takes from the neighbour
    too, half and half at the border itself.
    """
    beats = beat_borders(spans)
    here = next(n for n, (_, first, end) in enumerate(beats) if first <= frame < end)
    name, first, end = beats[here]
    reach = (end - first) / 4
    to_left, to_right = frame - first, end - frame
    neighbour = here - 1 if to_left <= to_right else here + 1
    distance = min(to_left, to_right)
    if distance >= reach or not 0 <= neighbour < len(beats):
        return {name: 1.0}
    share = round(0.5 * (1 - distance / reach), 4)
    return {name: 1 - share, beats[neighbour][0]: share}


def beat_borders(spans: tuple[Span, ...]) -> list[tuple[str, int, int]]:
    """List (beat, first frame, end frame) in order; a beat's shots stand together."""
    borders: list[tuple[str, int, int]] = []
    for span in spans:
        end = span.first_frame + span.frames
        if borders and borders[-1][0] == span.beat.name:
            borders[-1] = (span.beat.name, borders[-1][1], end)
        else:
            borders.append((span.beat.name, span.first_frame, end))
    return borders


def _shot_count(frames: int, clip: ClipShape) -> int:
    most = frames // LEAST_SHOT_FRAMES
    wanted = max(math.ceil(frames / (clip.seconds * FILM_FPS)), _LEAST_SHOTS)
    return min(wanted, most)


def _kept(beats: tuple[Beat, ...], count: int) -> tuple[Beat, ...]:
    ranked = sorted(range(len(beats)), key=lambda n: (beats[n].keep, n))
    return tuple(beats[n] for n in sorted(ranked[:count]))


def _allot(beats: tuple[Beat, ...], count: int) -> list[int]:
    """Give each beat its whole number of shots by largest remainder, at least one each."""
    total = sum(beat.share for beat in beats)
    wanted = [beat.share / total * count for beat in beats]
    given = [max(1, math.floor(share + 1e-9)) for share in wanted]
    while sum(given) < count:
        given[max(range(len(beats)), key=lambda n: wanted[n] - given[n])] += 1
    while sum(given) > count:
        given[min((n for n in range(len(beats)) if given[n] > 1), key=lambda n: wanted[n] - given[n])] -= 1
    return given


def _view(beat: Beat, turn: int) -> View:
    """Take the beat's views in turn; from the second round on the camera goes the other way."""
    rounds, index = divmod(turn, len(beat.views))
    view = beat.views[index]
    return view.model_copy(update={"camera": _REVERSED[view.camera]}) if rounds % 2 else view
