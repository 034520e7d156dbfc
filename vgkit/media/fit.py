"""Bring music to a film's exact length as an editor would.

Whole bars are left out or played again, where the music sounds most alike on both sides of the join, so that the piece
begins as it does and its own ending falls on the film's end."""

import logging

import numpy as np

from vgkit.media.joins import EARLY_S, lengthened, shortened
from vgkit.media.rhythm import find_rhythm
from vgkit.media.samples import RATE_HZ, Sound, Span, checked, seconds
from vgkit.media.sound import heard_part

log = logging.getLogger(__name__)

SPARE_S = 4.0
CROSSFADE_S = 0.04
ENDING_S = 2.5
TRIMMED_S = 0.3  # the fade where a last note's ring is cut


def fit_to_length(samples: Sound, *, duration_s: float) -> Sound:
    """Make music last exactly ``duration_s``.

    Silence at its ends is left out. A piece without an ending of its own is faded out from a beat. Raises MediaError
    for what is silent.
    """
    wanted = seconds(duration_s)
    first, last = heard_part(checked(samples))
    ends, air = _ends_itself(samples[first:last]), seconds(EARLY_S)
    if len(samples) == wanted and first < air and wanted - last < air:
        return samples.copy() if ends else _faded_out(samples)
    music = samples[first:last]
    music = _without_middle(music, wanted=wanted)
    spans = (shortened if len(music) > wanted else lengthened)(music, wanted=wanted) if ends else None
    if spans is None:
        return _faded_out(_long_enough(music, wanted=wanted)[:wanted])
    log.info("music fitted: %s", ", ".join(f"{a / RATE_HZ:.2f}-{b / RATE_HZ:.2f} s" for a, b in spans))
    return _closed(assembled(music, spans), wanted=wanted)


def assembled(music: Sound, spans: list[Span]) -> Sound:
    """Play one span after the other, each joined to the next by a short crossfade that leaves lengths as they are."""
    parts = []
    for span, after in zip(spans, [*spans[1:], None], strict=True):
        fade = min(seconds(CROSSFADE_S), span.end - span.start, after.start if after else 0)
        parts.append(music[span.start : span.end - fade])
        if after and fade:
            parts.append(_crossfaded(music[span.end - fade : span.end], music[after.start - fade : after.start]))
    return np.concatenate(parts)


def _without_middle(music: Sound, *, wanted: int) -> Sound:
    """Leave out what no join could reach: a long piece is judged by a film's length of its beginning and of its end."""
    part = wanted + seconds(SPARE_S)
    return music if len(music) <= 2 * part else np.concatenate([music[:part], music[-part:]])


def _ends_itself(music: Sound) -> bool:
    """Tell a piece that dies away from one that was cut off: its last tenth of a second is 12 dB under its level.

    Measured on 390 cuts through music: none of them was more than 6 dB under, no ending less than 18.
    """
    last, before = music[-seconds(0.1) :], music[-seconds(10.0) :]
    power, usual = (float((part - part.mean(axis=0)).var()) for part in (last, before))
    return power < usual / 16


def _long_enough(music: Sound, *, wanted: int) -> Sound:
    """Music without an ending: looped where it is too short, by whole bars or, with no two beats in it, as a whole."""
    if len(music) >= wanted:
        return music
    spans = lengthened(music, wanted=wanted, ends=False)
    fade = seconds(CROSSFADE_S)
    return assembled(music, spans or [Span(0, len(music))] + [Span(fade, len(music))] * (wanted // (len(music) - fade)))


def _crossfaded(leaving: Sound, coming: Sound) -> Sound:
    """Equal loudness all the way, whether the two waves are strangers or the same."""
    rise = np.linspace(0, 1, len(leaving), dtype=np.float32)[:, None]
    both = float(np.sqrt((leaving**2).sum() * (coming**2).sum()))
    same = max(0.0, float((leaving * coming).sum()) / both) if both > 0 else 1.0
    level = np.sqrt(rise**2 + (1 - rise) ** 2 + 2 * same * rise * (1 - rise))
    return np.asarray((leaving * (1 - rise) + coming * rise) / level, dtype=np.float32)


def _closed(music: Sound, *, wanted: int) -> Sound:
    """Cut or leave silent the fraction of a beat that whole beats can't fill."""
    if len(music) <= wanted:
        return np.pad(music, ((0, wanted - len(music)), (0, 0)))
    out, fall = music[:wanted].copy(), seconds(TRIMMED_S)
    out[-fall:] *= _falling(fall)
    return out


def _faded_out(music: Sound) -> Sound:
    """Fade out from the beat nearest to the usual length of an ending, down to nothing at the last sample."""
    ending = min(seconds(ENDING_S), len(music) // 3)
    usual = len(music) - ending
    near = [seconds(beat_s) for beat_s in find_rhythm(music).beats_s if abs(seconds(beat_s) - usual) < ending // 2]
    start = min(near, key=lambda beat: abs(beat - usual), default=usual)
    out = music.copy()
    out[start:] *= _falling(len(out) - start)
    return out


def _falling(length: int) -> Sound:
    return (np.cos(np.linspace(0, np.pi / 2, length, dtype=np.float32)) ** 2)[:, None]
