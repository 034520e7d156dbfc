"""The cut as phase 5, a person's edits and every further aspect start from it."""

from collections.abc import Iterator
from fractions import Fraction
from itertools import accumulate
from pathlib import Path

import numpy as np
import pytest
from builders import brief, run
from sounds import RATE_HZ

from vgkit import cut
from vgkit.errors import PhaseNotReady
from vgkit.media.transitions import side_of
from vgkit.phases.animatic import draw_animatic
from vgkit.phases.chunks import make_chunks
from vgkit.phases.references import gather_references
from vgkit.phases.validate import plan_storyboard
from vgkit.run import Run
from vgkit.start import start_run


@pytest.fixture(scope="module")
def joined(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """A run whose clips are joined, to look at but not to change."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VGKIT_RUNS", str(tmp_path_factory.mktemp("joined")))
        started = run(name="joined")
        for phase in (plan_storyboard, draw_animatic, gather_references, make_chunks):
            phase(started)
        yield started


def clicks(every_s: float, length_s: float = 6.0) -> np.ndarray:
    """Music that is nothing but a beat, the first a tenth of a second in."""
    sound = np.zeros((round(length_s * RATE_HZ), 2), np.float32)
    for start in np.arange(0.1, length_s - 0.1, every_s):
        first = round(start * RATE_HZ)
        fade = np.exp(-np.arange(2400) / 400)
        sound[first : first + 2400] = (fade * np.sin(np.arange(2400) * 0.3))[:, None]
    return sound


@pytest.mark.slow
def test_segments_follow_each_other_and_fill_the_film(joined: Run) -> None:
    segments, board = cut.segments_of(joined), joined.storyboard
    assert sum(segment.film_frames for segment in segments) == board.frames
    assert [segment.first for segment in segments] == [0, *accumulate(s.frames for s in segments)][:-1]
    assert [segment.side for segment in segments] == [side_of(shot.camera) for shot in board.shots]
    assert cut.native_fps(joined) == 8
    assert cut.film_fps() == 30


@pytest.mark.slow
def test_borders_go_to_the_beat_and_the_film_keeps_its_length(joined: Run) -> None:
    planned = cut.segments_of(joined)
    moved = cut.on_the_beat(joined, planned, clicks(0.5))
    assert sum(segment.film_frames for segment in moved) == joined.storyboard.frames
    borders = list(accumulate(segment.film_frames for segment in moved))[:-1]
    before = list(accumulate(segment.film_frames for segment in planned))[:-1]
    assert borders != before
    assert all(abs(one - other) <= 6 for one, other in zip(borders, before, strict=True))
    assert all(abs((border / 30 - 0.1 + 0.25) % 0.5 - 0.25) <= 1 / 30 for border in borders)


@pytest.mark.slow
def test_music_without_a_pulse_moves_nothing(joined: Run) -> None:
    hum = np.sin(np.arange(6 * RATE_HZ) * 0.02).astype(np.float32)[:, None].repeat(2, axis=1)
    assert cut.on_the_beat(joined, cut.segments_of(joined), hum) == cut.segments_of(joined)


@pytest.mark.slow
def test_shots_come_as_clips_and_the_film_only_once_it_sounds(joined: Run) -> None:
    clips = joined.clips()
    assert [round(clip.duration * 30) for clip in clips] == [s.film_frames for s in cut.segments_of(joined)]
    assert {clip.fps for clip in clips} == {30.0}
    assert clips[0].get_frame(0.5).ndim == 3
    with pytest.raises(PhaseNotReady, match=r"has no music\.wav yet. Run phase 'refine' first"):
        joined.film_clip()


def test_a_persons_own_look_goes_before_the_templates(runs: Path, tmp_path: Path) -> None:
    own = tmp_path / "own.cube"
    own.write_text("LUT_3D_SIZE 2\n" + "".join(f"{r} {g} {b}\n" for b in (0, 1) for g in (0, 1) for r in (0, 1)))
    plain = run(name="plain")
    lit = start_run(brief(duration_s=6, assets={"lut": str(own)}), name="lit", allowed=[tmp_path])
    for made in (plain, lit):
        plan_storyboard(made)
    assert cut.look_path(lit).read_text() == own.read_text()
    assert cut.look_path(plain).name == f"{plain.storyboard.look}.cube"
    treatment = cut.treatment_of(lit, steadying="off", framing="fit")
    assert (treatment.steadying, treatment.framing) == ("off", "fit")
    assert "#{:02x}{:02x}{:02x}".format(*treatment.dip) == lit.storyboard.palette.ink.lower()
    assert treatment.look is not None
    assert treatment.look.size == 2


def test_before_the_clips_there_is_no_cut(runs: Path) -> None:
    early = run()
    plan_storyboard(early)
    for wish in (cut.native_fps, cut.segments_of, cut.shot_clips):
        with pytest.raises(PhaseNotReady, match="Run phase 'chunks' first"):
            wish(early)
    assert isinstance(cut.film_fps(), Fraction)
