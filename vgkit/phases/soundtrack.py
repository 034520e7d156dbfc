"""The film's sound, as the refine phase makes it.

It is made before the pictures and apart from them: from the person's files or an engine's music to one master, its
pictures, and the figures of what a viewer hears."""

from typing import TYPE_CHECKING

from vgkit.draft import seed_for
from vgkit.engines.base import Ask, MusicRequest
from vgkit.phases.asking import ask_all, engine, engine_mark
from vgkit.phases.report import Figure
from vgkit.phases.step import Inputs, Step, digest_of
from vgkit.run import Run
from vgkit.storyboard import Storyboard

if TYPE_CHECKING:
    from vgkit.media.samples import Sound

_VERSION = "2"  # raise with every change a listener could hear


def inputs(run: Run) -> Inputs:
    """What the sound follows from."""
    return {
        "assets.music": digest_of(run.asset("music")),
        "assets.voice": digest_of(run.asset("voice")),
        "engines.music": engine_mark(run, "music"),
        "sound": _VERSION,
    }


def asks(run: Run) -> list[Ask]:
    """What the phase asks engines for: music, where the person gave none."""
    if run.asset("music"):
        return []
    request = _music_request(run, run.storyboard)
    return [Ask("music", engine(run, "music"), request, run.path("music_raw.wav"))]


def make_sound(step: Step) -> None:
    """Make ``music.wav``, the film's finished sound, and its picture, and put both on record."""
    from vgkit.media.samples import RATE_HZ
    from vgkit.media.sound import finish_for_aac, fit_to_length, read_sound, write_wav

    run, storyboard = step.run, step.run.storyboard
    step.progress(0, storyboard.frames, "music")
    own = run.asset("music")
    if own:
        music = fit_to_length(read_sound(own), duration_s=storyboard.duration_s)
    else:
        ask_all(step, asks(run))
        music = read_sound(step.make(run.path("music_raw.wav")))
        if len(music) != round(storyboard.duration_s * RATE_HZ):
            music = fit_to_length(music, duration_s=storyboard.duration_s)
    finished = finish_for_aac(music)
    write_wav(finished.samples, run.path("music.wav"))
    step.make(run.path("music.wav"), loudness_lufs=finished.loudness_lufs, true_peak_dbtp=finished.true_peak_dbtp)
    _draw(step, read_sound(run.path("music.wav")))


def figures(run: Run) -> tuple[Figure, ...]:
    """The sound's pictures, for the phase's report."""
    return (Figure(run.path("music.png"), "Music, with its beats and the film's cuts", width_px=960),)


def record_sound(run: Run, phase: str) -> None:
    """Put the encoded film's loudness on record, measured on what a viewer will hear."""
    from vgkit.media.sound import measure, read_sound

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


def _draw(step: Step, music: "Sound") -> None:
    from vgkit.media.frames import write_picture
    from vgkit.media.rhythm import find_rhythm
    from vgkit.media.waveform import waveform_picture

    run = step.run
    beats_s = find_rhythm(music).beats_s
    picture = waveform_picture(music, width_px=1440, height_px=320, beats_s=beats_s, cuts_s=run.storyboard.cuts_s)
    write_picture(picture, run.path("music.png"))
    step.make(run.path("music.png"))
