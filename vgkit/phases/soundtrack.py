"""The film's sound, as the refine phase makes it.

It is mixed before the pictures are begun and mastered beside them: from the person's files or an engine's music to one
master, its pictures, and the figures of what a viewer hears."""

from dataclasses import replace
from typing import TYPE_CHECKING

from vgkit.brief import FILM_FPS
from vgkit.draft import seed_for
from vgkit.engines.base import Ask, MusicRequest
from vgkit.phases.asking import ask_all, engine, engine_mark
from vgkit.phases.report import Figure
from vgkit.phases.step import Inputs, Step, digest_of
from vgkit.run import Run
from vgkit.storyboard import Storyboard

if TYPE_CHECKING:
    from vgkit.media.loudness import Finished
    from vgkit.media.mix import Passage
    from vgkit.media.samples import Sound

_PICTURES = ("music.png", "loudness.png")
_VERSION = "3"  # raise with every change a listener could hear


def inputs(run: Run, *, transition_sounds: bool = False) -> Inputs:
    """What the sound follows from."""
    return {
        "assets.music": digest_of(run.asset("music")),
        "assets.voice": digest_of(run.asset("voice")),
        "engines.music": engine_mark(run, "music"),
        "transition_sounds": "yes" if transition_sounds else "no",
        "sound": _VERSION,
    }


def asks(run: Run) -> list[Ask]:
    """What the phase asks engines for: music, where the person gave none."""
    if run.asset("music"):
        return []
    request = _music_request(run, run.storyboard)
    return [Ask("music", engine(run, "music"), request, run.path("music_raw.wav"))]


def mix_sound(step: Step, *, transition_sounds: bool = False) -> "Sound":
    """Bring music, transition sounds and voice together at the film's length, not yet mastered.

    Raises MediaError for music that is silent.
    """
    from vgkit.media.mix import with_transitions, with_voice
    from vgkit.media.sound import read_sound

    run, storyboard = step.run, step.run.storyboard
    step.progress(0, storyboard.frames, "sound")
    sound = _music(step)
    if transition_sounds:
        sound = with_transitions(sound, _passages(storyboard), seed=seed_for(run.brief.seed, "transitions"))
    if voice := run.asset("voice"):
        sound = with_voice(sound, read_sound(voice))
    return sound


def master_sound(run: Run, sound: "Sound") -> "Finished":
    """Make ``music.wav``, the film's finished sound, and its pictures; return what the file holds.

    Raises MediaError for sound that can't be as loud as the film must be.
    """
    from vgkit.media.master import finish_for_aac
    from vgkit.media.sound import read_sound, write_wav

    finished = finish_for_aac(sound)
    write_wav(finished.samples, run.path("music.wav"))
    finished = replace(finished, samples=read_sound(run.path("music.wav")))
    _draw(run, finished.samples)
    return finished


def put_on_record(step: Step, master: "Finished") -> None:
    """Put the finished sound and its pictures on record."""
    path, loudness_lufs, true_peak_dbtp = step.run.path, master.loudness_lufs, master.true_peak_dbtp
    step.make(path("music.wav"), loudness_lufs=loudness_lufs, true_peak_dbtp=true_peak_dbtp)
    for name in _PICTURES:
        step.make(path(name))


def figures(run: Run) -> tuple[Figure, ...]:
    """The sound's pictures, for the phase's report."""
    drawn = (
        Figure(run.path("music.png"), "The sound, with its beats and the film's cuts", width_px=960),
        Figure(run.path("loudness.png"), "Its loudness, and the cuts", width_px=960),
    )
    return tuple(figure for figure in drawn if figure.path.exists())


def record_sound(run: Run, phase: str) -> None:
    """Put the encoded film's loudness on record, measured on what a viewer will hear."""
    from vgkit.media.loudness import measure
    from vgkit.media.sound import read_sound

    heard = measure(read_sound(run.path("film.mp4")))
    for name, value, unit in (
        ("loudness", heard.integrated_lufs, "LUFS"),
        ("true_peak", heard.true_peak_dbtp, "dBTP"),
    ):
        run.events.write(
            "metric",
            phase=phase,
            subject="film",
            name=name,
            value=value,
            unit=unit,
            direction="target",
            implementation="vgkit.media.loudness (ITU-R BS.1770-4)",
            version=_VERSION,
            scored={"seconds": run.storyboard.duration_s},
        )


def _music(step: Step) -> "Sound":
    """The person's music or the engine's, as long as the film."""
    from vgkit.media.fit import fit_to_length
    from vgkit.media.sound import read_sound

    run, own = step.run, step.run.asset("music")
    if own is None:
        ask_all(step, asks(run))
        own = step.make(run.path("music_raw.wav"))
    return fit_to_length(read_sound(own), duration_s=run.storyboard.duration_s)


def _passages(storyboard: Storyboard) -> "list[Passage]":
    from vgkit.media.mix import Passage

    return [
        Passage(kind=shot.transition, middle_s=shot.end_frame / FILM_FPS, length_s=shot.transition_frames / FILM_FPS)
        for shot in storyboard.shots[:-1]
    ]


def _music_request(run: Run, storyboard: Storyboard) -> MusicRequest:
    return MusicRequest(
        subject="music",
        prompt=storyboard.music.prompt,
        mood=storyboard.music.mood,
        tempo_bpm=storyboard.music.tempo_bpm,
        duration_s=storyboard.duration_s,
        cuts_s=storyboard.cuts_s,
        seed=seed_for(run.brief.seed, "music"),
    )


def _draw(run: Run, sound: "Sound") -> None:
    from vgkit.media.frames import write_picture
    from vgkit.media.rhythm import find_rhythm
    from vgkit.media.waveform import loudness_picture, waveform_picture

    cuts_s = run.storyboard.cuts_s
    beats_s = find_rhythm(sound).beats_s
    pictures = (
        waveform_picture(sound, width_px=1440, height_px=320, beats_s=beats_s, cuts_s=cuts_s),
        loudness_picture(sound, width_px=1440, height_px=320, cuts_s=cuts_s),
    )
    for name, picture in zip(_PICTURES, pictures, strict=True):
        write_picture(picture, run.path(name))
