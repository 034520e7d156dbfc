"""Looks: files read with the line at fault, tables applied as written, and ours as the generator makes them."""

from pathlib import Path

import numpy as np
import pytest
from scenery import view

from vgkit.errors import AssetError
from vgkit.media.frames import Frame
from vgkit.media.grade import Lut, apply_lut, cube_text, graded, graded_picture, identity, read_cube, write_cube
from vgkit.media.looks import FOLDER, RECIPES, look
from vgkit.media.picture import Picture, to_rgb

_RED_ONLY = "0 0 0\n1 0 0\n" * 4
_SKINS = [(255, 224, 189), (234, 192, 134), (198, 134, 66), (141, 85, 36), (90, 50, 20)]


def _frame() -> Frame:
    return np.random.default_rng(4).integers(0, 255, (24, 32, 3), np.uint8)


def _cube(folder: Path, text: str) -> Path:
    path = folder / "look.cube"
    path.write_text(text)
    return path


def _grey(lut: Lut) -> np.ndarray:
    levels = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, axis=2)
    return apply_lut(levels, lut)[0].astype(int)


def test_the_table_that_changes_nothing_changes_nothing() -> None:
    assert np.array_equal(apply_lut(_frame(), Lut("none", identity(17))), _frame())


def test_a_cube_file_means_what_it_says(tmp_path: Path) -> None:
    """Red runs fastest, comments and the usual domain are allowed."""
    path = _cube(
        tmp_path, f'# by hand\nTITLE "Red only"\nDOMAIN_MIN 0 0 0\nDOMAIN_MAX 1.0 1 1\n\nLUT_3D_SIZE 2\n{_RED_ONLY}'
    )
    graded = apply_lut(_frame(), read_cube(path))
    assert read_cube(path).title == "Red only"
    assert np.array_equal(graded[..., 0], _frame()[..., 0])
    assert graded[..., 1:].max() == 0


@pytest.mark.parametrize(
    "content",
    [
        f"LUT_3D_SIZE 2\n{_RED_ONLY}".replace("\n", "\r\n").encode(),
        f"LUT_3D_SIZE 2\n{_RED_ONLY}".encode("utf-8-sig"),
        f"TITLE\nlut_3d_size 2 # small\nLUT_3D_INPUT_RANGE 0.0 1.0\n\n{_RED_ONLY}# end\n".encode(),
    ],
    ids=["crlf", "byte order mark", "as Resolve writes"],
)
def test_a_cube_file_reads_whoever_wrote_it(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "look.cube").write_bytes(content)
    lut = read_cube(tmp_path / "look.cube")
    assert (lut.title, lut.size) == ("look", 2)
    assert np.array_equal(apply_lut(_frame(), lut)[..., 0], _frame()[..., 0])


def test_a_written_look_reads_back(tmp_path: Path) -> None:
    write_cube(look("warm_story"), tmp_path / "warm.cube")
    again = read_cube(tmp_path / "warm.cube")
    assert (again.title, again.size) == ("warm_story", 33)
    assert np.allclose(again.table, look("warm_story").table, atol=1e-5)


def test_half_the_strength_is_half_the_way() -> None:
    lut, frame = look("night_neon"), _frame()
    halfway = (frame.astype(float) + apply_lut(frame, lut)) / 2
    assert np.abs(apply_lut(frame, lut, strength=0.5) - halfway).max() <= 1.01
    assert np.array_equal(apply_lut(frame, lut, strength=0.0), frame)


@pytest.mark.parametrize("name", RECIPES)
def test_a_look_is_not_rounded_so_that_no_sky_falls_into_bands(name: str) -> None:
    """A soft ramp of a thousand greys comes out as as many, in steps as small as they were."""
    greys = np.linspace(60, 180, 1000, dtype=np.float32)[None].repeat(2, axis=0)
    ramp = graded_picture(Picture(greys, np.full((1, 500, 2), 128, np.float32)), look(name)).luma[0]
    assert len(np.unique(ramp)) > 900
    assert np.abs(np.diff(ramp)).max() < 3 * 120 / 1000


def test_a_look_that_changes_nothing_keeps_light_and_colour() -> None:
    seen = view()
    kept = graded_picture(seen, Lut("none", identity(33)))
    assert np.abs(kept.luma - seen.luma).mean() < 0.25
    assert np.abs(kept.chroma - seen.chroma).mean() < 0.25


def test_a_picture_is_graded_as_its_frame_is() -> None:
    warm = look("warm_story")
    apart = to_rgb(graded_picture(view(), warm)).astype(int) - apply_lut(to_rgb(view()), warm)
    assert np.abs(apart).mean() < 1


def test_between_the_points_of_a_table_all_eight_around_count() -> None:
    """Trilinear, as the formula has it, against a table of anything at all."""
    dice = np.random.default_rng(2)
    lut = Lut("any", dice.random((5, 5, 5, 3), np.float32))
    colours = dice.random((1, 40, 3)).astype(np.float32) * 255
    wanted = []
    for red, green, blue in colours[0] / 255 * 4:
        corner = np.minimum([blue, green, red], 3).astype(int)
        share = np.array([blue, green, red]) - corner
        total = np.zeros(3)
        for step in np.ndindex(2, 2, 2):
            total += np.prod(np.where(step, share, 1 - share)) * lut.table[tuple(corner + step)]
        wanted.append(255 * total)
    assert graded(colours, lut)[0] == pytest.approx(np.array(wanted), abs=255 / 32)  # OpenCV's remap has 1/32 steps


@pytest.mark.parametrize("name", RECIPES)
def test_our_looks_are_smooth(name: str) -> None:
    assert look(name).is_smooth


@pytest.mark.parametrize("levels", [2, 4])
def test_a_look_that_jumps_from_one_colour_to_the_next_is_not_smooth(levels: int) -> None:
    steps = np.round(identity(33) * (levels - 1)) / (levels - 1)
    assert not Lut("poster", steps.astype(np.float32)).is_smooth


@pytest.mark.parametrize("size", [2, 17, 33, 65])
def test_no_look_at_all_is_smooth_at_any_size(size: int) -> None:
    assert Lut("none", identity(size)).is_smooth


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("# empty\n", "has no LUT_3D_SIZE line"),
        ("0 0 0\n", "line 1: colours come before LUT_3D_SIZE"),
        ("LUT_3D_SIZE 66\n", "line 1: LUT_3D_SIZE is 66; 2 to 65"),
        ("LUT_3D_SIZE many\n", "line 1: LUT_3D_SIZE is many"),
        ("LUT_1D_SIZE 16\n", "line 1: this is a 1D table"),
        (f"LUT_3D_SIZE 2\n{_RED_ONLY}0 0 0\n", "line 10: there are more than 8 colours"),
        ("LUT_3D_SIZE 2\n0 0 0\n1 0 0\n", "line 3: the file ends after 2 of 8 colours"),
        ("LUT_3D_SIZE 2\n0 0 zero\n", "line 2: expected three numbers, found '0 0 zero'"),
        ("LUT_3D_SIZE 2\n0 0 nan\n", "line 2: expected three numbers, found '0 0 nan'. Export it again"),
        ("LUT_3D_SIZE 2\n0 inf 0\n", "line 2: expected three numbers, found '0 inf 0'"),
        ("LUT_3D_SIZE 2\n0 0 0 1\n", "line 2: expected three numbers, found '0 0 0 1'"),
        ("LUT_3D_SIZE 2\n0 0 4095\n", "line 2: colours go from 0 to 1, found 0 0 4095. Export it as floating point"),
        ("LUT_3D_SIZE 2\n0 1e40 0\n", "line 2: colours go from 0 to 1"),
        ("LUT_3D_SIZE 1\n", "line 1: LUT_3D_SIZE is 1; 2 to 65"),
        ("LUT_3D_SIZE \u00b2\n", "line 1: LUT_3D_SIZE is"),
        ("LUT_3D_SIZE\n", "line 1: LUT_3D_SIZE is nothing"),
        ("", "has no LUT_3D_SIZE line"),
        ("DOMAIN_MIN 0 0\n", "line 1: expected three numbers, found '0 0'"),
        ("LUT_3D_INPUT_RANGE 0 4\n", "line 1: LUT_3D_INPUT_RANGE 0 4: only the domain 0 to 1"),
        ("DOMAIN_MAX 2 2 2\n", "line 1: DOMAIN_MAX 2 2 2: only the domain 0 to 1"),
    ],
)
def test_a_faulty_file_is_refused_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(AssetError, match=message):
        read_cube(_cube(tmp_path, text))


def test_a_missing_file_is_an_asset_error(tmp_path: Path) -> None:
    with pytest.raises(AssetError, match=r"none\.cube can't be read: No such file"):
        read_cube(tmp_path / "none.cube")


@pytest.mark.parametrize("name", RECIPES)
def test_our_look_files_are_what_the_generator_makes(name: str) -> None:
    assert (FOLDER / f"{name}.cube").read_text() == cube_text(look(name))


@pytest.mark.parametrize("name", RECIPES)
def test_our_looks_never_turn_a_brighter_grey_darker(name: str) -> None:
    grey = _grey(look(name))
    assert (np.diff(grey, axis=0) >= 0).all()
    assert grey[0].max() <= 12
    assert grey[-1].min() >= 240


@pytest.mark.parametrize("name", RECIPES)
def test_our_looks_keep_skin_skin(name: str) -> None:
    """Red over green over blue, still apart from each other, and within a sixth of the brightness it had."""
    skins = np.array([_SKINS], np.uint8)
    graded = apply_lut(skins, look(name))[0].astype(int)
    assert (np.diff(graded, axis=1) < -8).all()
    assert np.abs(graded.mean(axis=1) - skins[0].mean(axis=1)).max() < 255 / 6


def test_the_looks_have_the_character_of_their_names() -> None:
    clean, warm, night = (_grey(look(name)) for name in ("clean_commercial", "warm_story", "night_neon"))
    assert np.ptp(clean, axis=1).max() <= 4
    assert clean[128].mean() > 132
    assert warm[200, 0] - warm[200, 2] > 15
    assert warm[0].mean() > 5
    assert night[40, 2] - night[40, 0] > 12
    assert night[200, 0] > night[200, 1] + 8
    assert night[64].mean() < 60
