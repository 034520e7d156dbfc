"""Lay a voice and the sounds of transitions over the music.

Each is set by its own loudness against the music's, for a person's recordings come at any level; the master settles the
loudness of the whole."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from vgkit.media.loudness import without_rumble
from vgkit.media.meter import MOMENTARY_STEPS, integrated, loudness_over, power_by_step
from vgkit.media.samples import RATE_HZ, Sound, checked, seconds
from vgkit.media.sound import heard_part
from vgkit.media.whoosh import EFFECTS, effect

log = logging.getLogger(__name__)

VOICE_OVER_MUSIC_LU = 2.0  # beside the music's full level; ducked, it is this and the duck's depth
DUCKED_DB = 10.0
ATTACK_S, RELEASE_S, GAP_S = 0.25, 0.7, 0.9  # the music begins to fall before the voice; shorter gaps keep it down
LEAD_IN_S, VOICE_FADE_S = 0.5, 0.3
EFFECT_UNDER_MUSIC_LU = 9.0
_LOWEST_VOICE_HZ = 70.0
_FRAME_S = 0.01
_SPOKEN_UNDER_DB = 30.0
_RIDE_S, _RIDE_DB = 1.5, 6.0


@dataclass(frozen=True, kw_only=True)
class Passage:
    """A transition: its kind, when its middle is, and how long it lasts."""

    kind: str
    middle_s: float
    length_s: float


def with_voice(music: Sound, voice: Sound) -> Sound:
    """Lay ``voice`` over ``music``, which makes way for it; as long as the music.

    A voice that starts at once is given a short lead-in where there is room, one with silence before it starts as it
    was recorded. What does not fit is cut with a fade, and a warning says how much. Raises MediaError for a silent one.
    """
    spoken = levelled(placed(voice, length=len(music)))
    spoken *= _factor(integrated(power_by_step(music)) + VOICE_OVER_MUSIC_LU - integrated(power_by_step(spoken)))
    return np.asarray(music * ducking(spoken)[:, None] + spoken, dtype=np.float32)


def placed(voice: Sound, *, length: int) -> Sound:
    """Bring a recorded voice to ``length`` samples, by its lead-in and by silence or a cut after it."""
    first, last = heard_part(checked(voice))
    lead = seconds(LEAD_IN_S)
    room = max(0, length - (last - first))
    if first < lead:
        voice, last = np.concatenate([np.zeros((min(lead, room), 2), np.float32), voice[first:]]), last - first
        last += min(lead, room)
    over = last - length
    if over > seconds(0.05):
        log.warning(
            "the voice is %.1f s longer than the film: it is cut at %.1f s. Speak faster, shorten it, or ask for a "
            "longer film",
            over / RATE_HZ,
            length / RATE_HZ,
        )
    out = np.zeros((length, 2), dtype=np.float32)
    out[: len(voice)] = voice[:length]
    if over > 0:
        fall = seconds(VOICE_FADE_S)
        out[-fall:] *= np.linspace(1, 0, fall, dtype=np.float32)[:, None] ** 2
    return out


def levelled(voice: Sound) -> Sound:
    """Take off rumble and bring loud and quiet passages nearer to each other, by up to 6 dB, over seconds."""
    clean = without_rumble(voice, lowest_hz=_LOWEST_VOICE_HZ)
    level_db, spoken = _speech(clean)
    width = round(_RIDE_S / _FRAME_S)
    weight = ndimage.gaussian_filter1d(spoken.astype(np.float64), width, mode="constant")
    power = ndimage.gaussian_filter1d(np.where(spoken, 10 ** (level_db / 10), 0), width, mode="constant")
    usual_db = 10 * np.log10(np.maximum(power, 1e-12) / np.maximum(weight, 1e-6))
    wanted_db = float(np.median(usual_db[spoken]))
    # Where nobody speaks for long, nothing is known, and the noise of the room is not to be raised.
    ride_db = np.clip(wanted_db - usual_db, -_RIDE_DB, _RIDE_DB) * np.minimum(1, weight / 0.05)
    return np.asarray(clean * _by_sample(10 ** (ride_db / 20), len(clean))[:, None], dtype=np.float32)


def ducking(voice: Sound) -> NDArray[np.float32]:
    """The music's gain under a voice, (n,): down before it speaks, up after it, and down through its short gaps."""
    _, spoken = _speech(voice)
    spoken = ndimage.binary_opening(spoken, np.ones(3, dtype=bool))
    gap = round(GAP_S / _FRAME_S)
    padded = np.pad(spoken, gap)
    held = ndimage.binary_closing(padded, np.ones(gap, dtype=bool))[gap:-gap]
    attack, release = round(ATTACK_S / _FRAME_S), round(RELEASE_S / _FRAME_S)
    frames = np.arange(len(held))
    before, after = _apart(held, frames)
    depth = np.maximum(np.clip(1 - before / attack, 0, 1), np.clip(1 - after / release, 0, 1))
    eased = ndimage.uniform_filter1d(depth, 7, mode="nearest")
    return _by_sample(10 ** (-DUCKED_DB * eased / 20), len(voice))


def with_transitions(music: Sound, passages: Iterable[Passage], *, seed: int) -> Sound:
    """Add to ``music`` a soft sound at each passage that has one, well under the music around it."""
    out = music.copy()
    for number, passage in enumerate(passages):
        kind = EFFECTS.get(passage.kind)
        if kind is None:
            continue
        sound, middle_s = effect(kind, transition_s=passage.length_s, seed=seed + number)
        start = seconds(passage.middle_s - middle_s)
        part, sound = slice(max(0, start), start + len(sound)), sound[max(0, -start) :]
        heard = out[part]
        level_lu = _loudest(_widened(music, part)) - EFFECT_UNDER_MUSIC_LU - _loudest(_widened(sound, None))
        heard += sound[: len(heard)] * _factor(level_lu)
    return out


def _loudest(sound: Sound) -> float:
    """The highest momentary loudness."""
    return max(-70.0, float(loudness_over(power_by_step(sound), steps=MOMENTARY_STEPS).max(initial=-70.0)))


def _widened(sound: Sound, part: slice | None) -> Sound:
    """Enough around a part to measure it by."""
    if part is None:
        air = seconds(0.4)
        return np.pad(sound, ((air, air), (0, 0)))
    return sound[max(0, part.start - seconds(0.5)) : part.stop + seconds(0.5)]


def _speech(voice: Sound) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """The level of each 10 ms in dB, and whether someone speaks there: within 30 dB of the voice's loud syllables."""
    step = seconds(_FRAME_S)
    mono = np.pad(voice.mean(axis=1).astype(np.float64), (0, -len(voice) % step))
    level_db = 10 * np.log10((mono.reshape(-1, step) ** 2).mean(axis=1) + 1e-12)
    loud_db = np.percentile(level_db[level_db > level_db.max() - 60], 95)
    return level_db, level_db > loud_db - _SPOKEN_UNDER_DB


def _apart(held: NDArray[np.bool_], frames: NDArray[np.int_]) -> tuple[NDArray[np.int_], NDArray[np.int_]]:
    """How many frames from each to the next that is held, and from the last that was."""
    far = 10 * len(held)
    coming = np.minimum.accumulate(np.where(held, frames, far)[::-1])[::-1]
    gone = np.maximum.accumulate(np.where(held, frames, -far))
    return coming - frames, frames - gone


def _by_sample(gain: NDArray[np.float64], length: int) -> NDArray[np.float32]:
    centres = (np.arange(len(gain)) + 0.5) * seconds(_FRAME_S)
    return np.interp(np.arange(length), centres, gain).astype(np.float32)


def _factor(db: float) -> np.float32:
    return np.float32(10 ** (db / 20))
