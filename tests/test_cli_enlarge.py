import numpy as np
import pytest
from test_cli import vgkit

from vgkit.media.frames import read_picture, write_clip, write_picture
from vgkit.media.superres import available

without_the_extra = pytest.mark.skipif(not available(), reason="the extra superres is installed here")
with_the_extra = pytest.mark.skipif(bool(available()), reason=available())


@pytest.fixture
def files(tmp_path):
    grey = np.full((32, 48, 3), 90, np.uint8)
    write_picture(grey, tmp_path / "a.png")
    write_clip([grey] * 2, tmp_path / "a.mp4", fps=8)
    return tmp_path


@pytest.mark.parametrize(
    ("given", "out", "options", "said"),
    [
        ("a.png", "b.png", ["--factor", "3"], "--factor: 3 is not possible. Give 2 or 4."),
        ("a.png", "b.mp4", [], "b.mp4: a.png is a picture, which is written as .png or .jpg or .jpeg"),
        ("a.mp4", "b.png", [], "b.png: a.mp4 is a clip, which is written as .mp4"),
    ],
)
def test_a_mistake_is_told_before_anything_is_begun(files, given, out, options, said):
    ended = vgkit("enlarge", str(files / given), str(files / out), *options, runs=files)
    assert (ended.returncode, said in ended.stderr) == (2, True), ended.stderr


@without_the_extra
def test_without_the_extra_it_says_how_to_get_it(files):
    ended = vgkit("enlarge", str(files / "a.png"), str(files / "b.png"), runs=files)
    assert ended.returncode == 2
    assert "ExtraMissing" in ended.stderr
    assert "pip install 'vgkit[superres]'" in ended.stderr


@with_the_extra
def test_a_picture_is_written_twice_as_large_and_the_time_told_first(files):
    ended = vgkit("enlarge", str(files / "a.png"), str(files / "b.png"), "--model", "quick", runs=files)
    assert ended.stdout == f"{files / 'b.png'}\n"
    assert "One picture of 48x32, 2 times: about" in ended.stderr
    assert read_picture(files / "b.png").shape == (64, 96, 3)
