"""Puts a plan's words on the film's time.

Pure: the same brief, template, plan and clip give the same storyboard, and so a phase can tell that nothing changed."""

import hashlib
from collections.abc import Sequence

from vgkit.brief import FILM_FPS, Brief
from vgkit.storyboard import (
    BeatPlan,
    Caption,
    ClipShape,
    EndCard,
    Keyframe,
    MusicPlan,
    Plan,
    Shot,
    Storyboard,
)
from vgkit.template import Template
from vgkit.timing import Span, beat_borders, blend_weights, keyframe_frames, snap_shots

_END_CARD_FRAMES = 87  # a second for brand, tagline and call to action to come in, then two to be read
_CAPTION_LEAD_FRAMES = 9  # words come in once the transition has passed
_LONGEST_CAPTION_FRAMES = 5 * FILM_FPS
_SHORTEST_CAPTION_FRAMES = 36  # what can't be read is left out
_HINT_FROM = 0.2  # a neighbour's weight below this colours the record, not the words


def draft_storyboard(
    brief: Brief, template: Template, plan: Plan, clip: ClipShape, *, common: ClipShape | None = None
) -> Storyboard:
    """Settle shots, keyframes, captions and the end card to the frame; ``common`` is what shots and stills go by where
    other engines make the same film (see ``timing.common_clip``).

    Raises KeyError if the plan lacks a beat.
    """
    spans = snap_shots(template, frames=brief.frames, clip=common or clip)
    beats = {beat.beat: beat for beat in plan.beats}
    width, height = brief.size_px
    shots = tuple(_shot(number, span, beats, brief, template, plan) for number, span in enumerate(spans, 1))
    return Storyboard(
        title=plan.title,
        template=template.name,
        aspect=brief.aspect,
        width_px=width,
        height_px=height,
        frames=brief.frames,
        clip=clip,
        common=common,
        place=plan.place,
        light=plan.light,
        mood=plan.mood,
        object=plan.object,
        palette=plan.palette,
        look=template.look,
        look_strength=template.look_strength,
        shots=shots,
        keyframes=tuple(
            _keyframe(n, frame, shots, spans, beats) for n, frame in enumerate(keyframe_frames(brief.frames))
        ),
        captions=_captions(spans, beats, until=_end_card_frame(spans)),
        end_card=_end_card(brief, plan, spans),
        music=MusicPlan(mood=plan.mood, tempo_bpm=template.music.tempo_bpm, prompt=plan.music_prompt),
    )


def seed_for(seed: int, *parts: str) -> int:
    """Derive a seed for one thing from the brief's seed: stable, and unrelated between things."""
    digest = hashlib.sha256("/".join([str(seed), *parts]).encode()).digest()
    return int.from_bytes(digest[:4], "big") >> 1


def _shot(number: int, span: Span, beats: dict[str, BeatPlan], brief: Brief, template: Template, plan: Plan) -> Shot:
    shot_id = f"s{number:02d}"
    return Shot(
        id=shot_id,
        beat=span.beat.name,
        first_frame=span.first_frame,
        frames=span.frames,
        prompt=beats[span.beat.name].prompt,
        negative=template.negative,
        size=span.view.size,
        camera=span.view.camera,
        scene=plan.place if span.view.setting == "place" else span.view.setting,
        presence=span.beat.presence,
        transition=span.transition,
        transition_frames=span.transition_frames,
        seed=seed_for(brief.seed, shot_id),
    )


def _keyframe(
    number: int, frame: int, shots: Sequence[Shot], spans: tuple[Span, ...], beats: dict[str, BeatPlan]
) -> Keyframe:
    shot = next(shot for shot in shots if shot.first_frame <= frame < shot.end_frame)
    weights = blend_weights(spans, frame)
    return Keyframe(
        id=f"k{number:02d}",
        time_s=frame / FILM_FPS,
        shot=shot.id,
        prompt=blend_prompts([(beats[name].prompt, weight) for name, weight in weights.items()]),
        weights=weights,
    )


def blend_prompts(weighted: Sequence[tuple[str, float]]) -> str:
    """Write one prompt out of the beats' prompts: the heaviest in full, a neighbour's opening words as a hint."""
    ranked = sorted(weighted, key=lambda pair: -pair[1])
    hints = [f"with a hint of {prompt.split(',')[0]}" for prompt, weight in ranked[1:] if weight >= _HINT_FROM]
    return ", ".join([ranked[0][0], *hints])


def _end_card_frame(spans: tuple[Span, ...]) -> int:
    """Where the end card starts: with the last shot, or before it where that is too short to read it in."""
    last = spans[-1]
    return min(last.first_frame + _CAPTION_LEAD_FRAMES // 3, last.first_frame + last.frames - _END_CARD_FRAMES)


def _captions(spans: tuple[Span, ...], beats: dict[str, BeatPlan], *, until: int) -> tuple[Caption, ...]:
    captions = []
    for name, first, end in beat_borders(spans):
        plan = beats[name]
        if plan.caption:
            start = first + _CAPTION_LEAD_FRAMES
            stop = min(min(end, until) - _CAPTION_LEAD_FRAMES, start + _LONGEST_CAPTION_FRAMES)
            if stop - start >= _SHORTEST_CAPTION_FRAMES:
                captions.append(Caption(text=plan.caption, kicker=plan.kicker, first_frame=start, end_frame=stop))
    return tuple(captions)


def _end_card(brief: Brief, plan: Plan, spans: tuple[Span, ...]) -> EndCard:
    last = spans[-1]
    return EndCard(
        brand=brief.brand or brief.product or plan.title,
        tagline=brief.tagline,
        call_to_action=brief.call_to_action,
        first_frame=_end_card_frame(spans),
        end_frame=last.first_frame + last.frames,
    )
