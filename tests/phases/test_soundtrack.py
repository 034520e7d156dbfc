"""The sound of a film, from the run's own files to the figures on record."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from builders import brief
from sounds import RATE_HZ, encode, speech, tone

from vgkit.errors import AssetError
from vgkit.media.loudness import measure
from vgkit.media.sound import read_sound
from vgkit.phases import soundtrack
from vgkit.phases.step import begin
from vgkit.phases.validate import plan_storyboard
from vgkit.run import Run
from vgkit.start import start_run


def started(folder: Path, name: str, **assets: Path) -> Run:
    made = start_run(brief(duration_s=6, assets={kind: str(path) for kind, path in assets.items()}), name=name,
                     allowed=[folder])  # fmt: skip
    plan_storyboard(made)
    return made


def sounding(made: Run, **settings: Any) -> np.ndarray:
    with begin(made, "refine", soundtrack.inputs(made, **settings)) as step:
        soundtrack.put_on_record(step, soundtrack.master_sound(made, soundtrack.mix_sound(step, **settings)))
    return read_sound(made.path("music.wav"))


@pytest.fixture
def song(tmp_path: Path) -> Path:
    return encode(tone(hertz=3000, length_s=8, level=0.1), tmp_path / "song.wav", codec="pcm_s16le")


def test_a_voice_is_heard_over_a_persons_music(runs: Path, tmp_path: Path, song: Path) -> None:
    voice = encode(speech(length_s=3, phrases=((0.0, 3.0),)), tmp_path / "voice.mp3", codec="libmp3lame")
    spoken = started(tmp_path, "spoken", music=song, voice=voice)
    with_voice, without = sounding(spoken), sounding(started(tmp_path, "plain", music=song))

    assert len(with_voice) == 6 * RATE_HZ
    assert measure(with_voice).integrated_lufs == pytest.approx(-14, abs=0.5)
    low = [np.abs(np.fft.rfft(sound[RATE_HZ : 3 * RATE_HZ, 0]))[240:2000].sum() for sound in (with_voice, without)]
    assert low[0] > 20 * low[1]
    made = json.loads(spoken.path("phases/refine.json").read_text())
    assert set(made["outputs"]) == {"music.wav", "music.png", "loudness.png"}
    assert [figure.path.name for figure in soundtrack.figures(spoken)] == ["music.png", "loudness.png"]


def test_what_the_sound_follows_from_names_voice_and_transition_sounds(runs: Path, tmp_path: Path, song: Path) -> None:
    voice = encode(speech(length_s=3, phrases=((0.0, 3.0),)), tmp_path / "voice.wav", codec="pcm_s16le")
    spoken, plain = started(tmp_path, "spoken", voice=voice), started(tmp_path, "plain")
    assert soundtrack.inputs(spoken)["assets.voice"] != soundtrack.inputs(plain)["assets.voice"] == "none"
    assert soundtrack.inputs(plain) != soundtrack.inputs(plain, transition_sounds=True)


def test_transition_sounds_are_off_unless_asked_for(runs: Path, tmp_path: Path, song: Path) -> None:
    made = started(tmp_path, "swept", music=song)
    storyboard = json.loads(made.path("storyboard.json").read_text())
    storyboard["shots"][0] |= {"transition": "wipe", "transition_frames": 16}
    made.path("storyboard.json").write_text(json.dumps(storyboard))
    plain, swept = sounding(made), sounding(made, transition_sounds=True)

    border = round(made.storyboard.cuts_s[0] * RATE_HZ)
    beside = slice(border - RATE_HZ // 4, border + RATE_HZ // 4)
    beside_tone = [np.abs(np.fft.rfft(sound[beside, 0]))[250:1250].sum() for sound in (plain, swept)]
    assert beside_tone[1] > 5 * beside_tone[0]
    assert np.abs(plain[:4800] - swept[:4800]).max() < 0.05


def test_a_voice_of_silence_is_refused_before_the_run_begins(runs: Path, tmp_path: Path) -> None:
    hush = encode(np.zeros((2 * RATE_HZ, 2)), tmp_path / "hush.wav", codec="pcm_s16le")
    with pytest.raises(AssetError, match=r"assets.voice: hush.wav: The sound is silent"):
        started(tmp_path, "hushed", voice=hush)
    assert not list(runs.glob("hushed"))
