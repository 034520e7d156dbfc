from dataclasses import replace

import av
import pytest

from vgkit.errors import FilmNotConformant, NotAClip
from vgkit.media.conform import FilmSpec, conform, conform_file, delivery_spec
from vgkit.media.ffmpeg import run_ffmpeg
from vgkit.media.formats import MASTERS, film_file
from vgkit.media.probe import probe
from vgkit.media.stretches import beyond_plan, measure_args, read_report

SPEC = FilmSpec(width=128, height=72, fps=30, frames=90)
MOVING = "testsrc2=s={size}:r={rate}:d={seconds}"
TAGS = "setparams=range=tv:color_primaries=bt709:color_trc=bt709:colorspace=bt709"
# Two tones beside each other in each channel: at this volume -14 LUFS, and a true peak below -1 dBTP.
TONES = "aevalsrc='{v}*(sin(440*2*PI*t)+sin(1000*2*PI*t))/2|{v}*(sin(330*2*PI*t)+sin(900*2*PI*t))/2':s={hz}:d={heard}"
CLICKS = TONES.replace("aevalsrc='", "aevalsrc='0.97*sin(3000*2*PI*t)*lt(mod(t,1),0.004)+", 1)
GAP = TONES.replace("{v}*", "{v}*not(between(t,1,1.9))*")

REAL_REPORT = """
[blackdetect @ 0x5581] black_start:1 black_end:1.5 black_duration:0.5
[freezedetect @ 0x5582] lavfi.freezedetect.freeze_start: 1.0333
[freezedetect @ 0x5582] lavfi.freezedetect.freeze_duration: 0.5
[freezedetect @ 0x5582] lavfi.freezedetect.freeze_end: 1.5333
[freezedetect @ 0x5582] lavfi.freezedetect.freeze_start: 2.5
[silencedetect @ 0x5583] silence_start: 0
[silencedetect @ 0x5583] silence_end: 0.81 | silence_duration: 0.81
[Parsed_ebur128_1 @ 0x5584] Summary:

  Integrated loudness:
    I:         -14.3 LUFS
    Threshold: -24.3 LUFS

  Loudness range:
    LRA:         1.0 LU

  True peak:
    Peak:       -2.1 dBFS
"""


def make_film(
    path,
    *,
    size="128x72",
    rate=30,
    seconds=3.0,
    heard=None,
    hz=48000,
    volume=0.297,
    picture=MOVING,
    sound=TONES,
    filters=TAGS,
    codec=("-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p"),
    layout=("-movflags", "+faststart"),
):
    """Make a film that conforms to SPEC, but for what the test changes."""
    shown = picture.format(size=size, rate=rate, seconds=seconds)
    played = sound.format(v=volume, hz=hz, heard=heard or seconds)
    inputs = ["-f", "lavfi", "-i", shown, "-f", "lavfi", "-i", played]
    run_ffmpeg(["-y", *inputs, "-vf", filters, *codec, "-c:a", "aac", *layout, path], deadline_s=60)
    return path


BROKEN = {
    "size": ({"size": "144x72"}, {"size"}),
    "rate": ({"rate": 25, "seconds": 3.6}, {"frame rate"}),
    "frames": ({"seconds": 2.9}, {"frames"}),
    "codec": ({"codec": ("-c:v", "mpeg4", "-q:v", "4")}, {"video codec"}),
    "profile": (
        {"codec": ("-c:v", "libx264", "-profile:v", "main", "-pix_fmt", "yuv420p")},
        {"video codec"},
    ),
    # 4:2:2 has a profile of its own, so one flaw shows in two checks.
    "pixels": ({"codec": ("-c:v", "libx264", "-pix_fmt", "yuv422p")}, {"pixel format", "video codec"}),
    "colour": ({"filters": "null"}, {"colour tags"}),
    "layout": ({"layout": ()}, {"layout"}),
    "sound": ({"hz": 44100}, {"sound"}),
    "lengths": ({"heard": 2.9}, {"sound and picture end"}),
    "loud": ({"volume": 0.42}, {"loudness"}),
    "quiet": ({"volume": 0.2}, {"loudness"}),
    "peak": ({"sound": CLICKS}, {"true peak"}),
    "black": (
        {"filters": f"drawbox=color=black:t=fill:enable='between(t,1,1.4)',{TAGS}"},
        {"black stretches"},
    ),
    "frozen": (
        {"picture": "testsrc2=s={size}:r={rate}:d=2", "filters": f"tpad=stop_mode=clone:stop_duration=1,{TAGS}"},
        {"frozen stretches"},
    ),
    "silent": ({"sound": GAP}, {"silent stretches"}),
}


@pytest.fixture(scope="module")
def good_film(tmp_path_factory):
    return make_film(tmp_path_factory.mktemp("film") / "film.mp4")


def test_a_film_to_specification_passes_every_check(good_film):
    found = conform(good_film, SPEC)

    assert found.failed == ()
    assert len(found.checks) == 15
    found.require()


@pytest.mark.parametrize(("change", "failing"), BROKEN.values(), ids=BROKEN)
def test_each_flaw_is_found_and_nothing_else_is_blamed(change, failing, tmp_path):
    found = conform(make_film(tmp_path / "film.mp4", **change), SPEC)

    assert {check.name for check in found.failed} == failing


def test_the_error_names_each_failed_check_with_numbers_and_a_next_move(good_film):
    found = conform(good_film, replace(SPEC, width=1920, height=1080, frames=900))

    with pytest.raises(FilmNotConformant) as raised:
        found.require()
    message = str(raised.value)
    assert "2 of 15 checks failed" in message
    assert "size: 128x72; wanted 1920x1080. Run the refine phase again" in message
    assert "frames: 90; wanted 900." in message


def test_the_table_marks_what_failed(good_film):
    table = conform(good_film, replace(SPEC, frames=91))._repr_html_()

    assert "fails 1 of 15 checks" in table
    assert table.count("✗") == 1
    assert table.count("✓") == 14


def test_what_the_storyboard_plans_to_be_still_may_be_still(tmp_path):
    change, _ = BROKEN["frozen"]
    film = make_film(tmp_path / "film.mp4", **change)

    assert conform(film, replace(SPEC, planned_still=((1.9, 3.0),))).passed
    assert not conform(film, replace(SPEC, planned_still=((0.0, 2.2),))).passed


def test_a_film_without_sound_fails_for_its_sound(good_film, tmp_path):
    mute = tmp_path / "mute.mp4"
    run_ffmpeg(["-i", good_film, "-an", "-c", "copy", "-movflags", "+faststart", mute], deadline_s=60)

    assert {check.name for check in conform(mute, SPEC).failed} == {"sound", "silent stretches"}


def test_what_does_not_decode_is_no_film(tmp_path):
    (tmp_path / "film.mp4").write_bytes(b"no film")

    with pytest.raises(NotAClip):
        conform(tmp_path / "film.mp4", SPEC)


def test_one_pass_measures_everything_and_writes_nothing(tmp_path):
    args = measure_args(tmp_path / "film.mp4", has_sound=True)

    assert args[-3:] == ["-f", "null", "-"]
    assert args.count("-i") == 1
    for name in ("blackdetect", "freezedetect", "silencedetect", "ebur128"):
        assert sum(name in arg for arg in args) == 1
    assert "-af" not in measure_args(tmp_path / "film.mp4", has_sound=False)


def test_a_report_is_read_with_stretches_that_last_to_the_end():
    found = read_report(REAL_REPORT, duration_s=3.0)

    assert (found.loudness_lufs, found.true_peak_dbtp) == (-14.3, -2.1)
    assert found.black == ((1.0, 1.5),)
    assert found.frozen == ((1.0333, 1.5333), (2.5, 3.0))
    assert found.silent == ((0.0, 0.81),)


def test_a_report_of_pure_silence_is_read():
    found = read_report("    I:  -70.0 LUFS\n  True peak:\n    Peak:       -inf dBFS\n", duration_s=3.0)

    assert (found.loudness_lufs, found.true_peak_dbtp) == (-70.0, float("-inf"))


def test_only_what_lies_outside_of_the_plan_is_left():
    assert beyond_plan([(1.0, 4.0)], [(2.0, 3.0)]) == [(1.0, 2.0), (3.0, 4.0)]
    assert beyond_plan([(1.0, 4.0)], [(0.0, 2.0), (2.0, 9.0)]) == []
    assert beyond_plan([(1.0, 2.0)], []) == [(1.0, 2.0)]


@pytest.mark.parametrize("name", MASTERS)
def test_a_master_is_held_to_its_own_format(name, good_film, tmp_path):
    form = MASTERS[name]
    out = tmp_path / f"film{form.suffix}"
    with (
        av.open(str(good_film)) as read,
        av.open(str(good_film)) as heard,
        film_file(out, form, size=(128, 72)) as film,
    ):
        for picture in read.decode(video=0):
            film.show(picture)
        for part in heard.decode(audio=0):
            film.play(part.to_ndarray().T)

    found = conform(out, replace(SPEC, format=form))
    assert found.failed == ()
    assert {check.name for check in conform(out, SPEC).failed} >= {"video codec"}
    assert {check.name for check in conform(good_film, replace(SPEC, format=form)).failed} >= {"video codec"}


@pytest.mark.parametrize(
    ("size", "wanted"),
    [((576, 320), (1920, 1080)), ((1024, 768), (1080, 1080)), ((512, 512), (1080, 1080)), ((9, 16), (1080, 1920))],
)
def test_a_file_is_held_to_the_size_of_its_nearest_aspect_and_to_its_own_length(good_film, size, wanted):
    found = replace(probe(good_film), width=size[0], height=size[1])

    assert delivery_spec(found) == FilmSpec(width=wanted[0], height=wanted[1], fps=30, frames=90)
    assert delivery_spec(found, aspect="9:16", seconds=2.0) == FilmSpec(width=1080, height=1920, fps=30, frames=60)


def test_every_check_has_a_cure_for_a_file_that_no_run_made(good_film):
    checks = conform_file(good_film, seconds=3.0).checks

    assert [check.name for check in checks if not check.passed] == ["size"]
    assert not any("refine" in check.cure or "storyboard" in check.cure for check in checks)


def test_steps_say_what_changes_from_frame_to_frame(tmp_path):
    halves = "color=black:s=128x72:r=30:d=1.5[a];color=white:s=128x72:r=30:d=1.5[b];[a][b]concat"
    film = make_film(tmp_path / "film.mp4", picture=halves)
    found = conform(film, SPEC, with_steps=True)
    assert len(found.steps) == 89
    assert found.steps[44] > 200
    assert max(found.steps[:44] + found.steps[45:]) < 2
    assert conform(film, SPEC).steps == ()
