import io
import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from vgkit.engines.sketch.objects import draw_object
from vgkit.errors import AssetError
from vgkit.media.cutout import Cutout, cut_out, dominant_accent, load_picture, read_cutout, write_cutout
from vgkit.storyboard import Palette

ASSETS = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "assets"
PALETTE = Palette(
    sky="#bfe0f2", far="#93bfd4", mid="#7fae82", near="#4c7a54", accent="#2f6f8f", ink="#10201a", light="#fffbe8"
)


def product_photo(*, name: str = "bottle", backdrop: tuple[int, int, int] = (250, 250, 250)):
    """A drawn object before an even backdrop with a soft shadow, and its true outline."""
    thing = draw_object(name, palette=PALETTE, height_px=300, label="Aurora")
    photo, truth = np.full((460, 560, 3), backdrop, np.float32), np.zeros((460, 560), bool)
    top, left = 80, (560 - thing.shape[1]) // 2
    shadow = cv2.ellipse(np.zeros((460, 560), np.float32), (290, 380), (thing.shape[1] // 2, 12), 0, 0, 360, 1.0, -1)
    photo *= 1 - 0.4 * cv2.GaussianBlur(shadow, (0, 0), 9)[..., None]
    place = (slice(top, top + 300), slice(left, left + thing.shape[1]))
    alpha = thing[..., 3:] / 255
    photo[place] = photo[place] * (1 - alpha) + thing[..., :3] * alpha
    truth[place] = thing[..., 3] > 127
    return photo.astype(np.uint8), truth


def same_size(cutout: Cutout, truth: np.ndarray) -> bool:
    rows, columns = np.nonzero(truth)
    true_size = np.array([np.ptp(rows) + 1, np.ptp(columns) + 1])
    return bool(np.all(np.abs(np.array(cutout.rgba.shape[:2]) - true_size) <= 12))


def png_header(width: int, height: int) -> bytes:
    """The start of a PNG of any size: what is judged before decoding."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")
    )


def saved(path: Path, picture: Image.Image, **options: object) -> Path:
    picture.save(path, **options)
    return path


def test_a_picture_with_alpha_is_taken_as_it_is_and_cropped():
    picture = np.zeros((100, 120, 4), np.uint8)
    picture[30:70, 40:60] = (200, 30, 30, 255)

    cutout = cut_out(picture)

    assert cutout.method == "alpha"
    assert cutout.rgba.shape == (40, 20, 4)


def test_a_wholly_transparent_picture_is_refused():
    with pytest.raises(AssetError, match="wholly transparent"):
        cut_out(np.zeros((50, 50, 4), np.uint8))


@pytest.mark.parametrize("backdrop", [(250, 250, 250), (205, 196, 184)])
def test_a_product_before_a_backdrop_loses_backdrop_and_shadow(backdrop):
    photo, truth = product_photo(backdrop=backdrop)

    cutout = cut_out(photo)

    assert cutout.method == "backdrop"
    assert same_size(cutout, truth)
    assert abs((cutout.rgba[..., 3] > 127).sum() / truth.sum() - 1) < 0.06


def test_what_shows_through_a_handle_is_open_and_a_white_label_is_not():
    cup, _ = product_photo(name="cup")
    bottle, _ = product_photo(name="bottle")

    handle = cut_out(cup).rgba
    label = cut_out(bottle).rgba

    assert handle[round(0.42 * handle.shape[0]), round(0.76 * handle.shape[1]), 3] < 30
    assert label[round(0.62 * label.shape[0]), label.shape[1] // 2, 3] > 225


def test_a_product_on_a_busy_ground_is_found_by_grabcut():
    photo, truth = product_photo(name="cup")
    chance = np.random.default_rng(1)
    clouds = cv2.GaussianBlur(chance.normal(0, 1, photo.shape).astype(np.float32), (0, 0), 16)
    busy = np.clip(120 + clouds / clouds.std() * 45, 0, 255).astype(np.uint8)

    cutout = cut_out(np.where(truth[..., None], photo, busy))

    assert cutout.method == "grabcut"
    assert same_size(cutout, truth)


@pytest.mark.parametrize("name", ["coffee.png", "rocket.jpg"])
def test_a_photo_without_a_believable_outline_is_shown_as_a_print(name):
    if not (ASSETS / name).exists():
        pytest.skip("the shared photos are not beside this checkout")
    photo = load_picture(ASSETS / name)

    cutout = cut_out(photo)

    assert cutout.method == "framed"
    assert (cutout.rgba[..., 3] == 255).mean() > 0.98
    assert cutout.rgba[0, 0, 3] == 0


def test_a_cutout_remembers_how_it_was_cut(tmp_path):
    photo, _ = product_photo()
    cutout = Cutout(cut_out(photo).rgba, "framed", 0.75)

    write_cutout(cutout, tmp_path / "product.png")
    again = read_cutout(tmp_path / "product.png")

    assert (again.method, again.confidence) == ("framed", 0.75)
    assert np.array_equal(again.rgba, cutout.rgba)


@pytest.mark.parametrize(
    ("size", "told"),
    [((20_000, 20_000), "400,000,000 pixels"), ((12_001, 10), "12001 x 10"), ((8000, 8000), "8000 x 8000")],
)
def test_a_picture_too_large_is_refused_by_its_header_alone(tmp_path, size, told):
    (tmp_path / "huge.png").write_bytes(png_header(*size))

    with pytest.raises(AssetError, match=told):
        load_picture(tmp_path / "huge.png")


def test_a_person_reads_what_is_wrong_with_a_file(tmp_path):
    whole = io.BytesIO()
    noise = np.random.default_rng(1).integers(0, 255, (64, 64, 3), np.uint8)
    Image.fromarray(noise).save(whole, "PNG")
    files = {
        "missing.png": (None, "does not exist"),
        "empty.png": (b"", "empty"),
        "text.jpg": (b"hello", "no picture"),
        "logo.svg": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "SVG drawing. Export it as PNG"),
        "cut.png": (whole.getvalue()[:3000], "damaged or cut short"),
    }
    for name, (content, told) in files.items():
        if content is not None:
            (tmp_path / name).write_bytes(content)
        with pytest.raises(AssetError, match=told):
            load_picture(tmp_path / name)


def test_an_animation_is_refused(tmp_path):
    pages = [Image.new("RGB", (8, 8), shade) for shade in ("red", "lime", "blue")]
    path = saved(tmp_path / "moving.gif", pages[0], save_all=True, append_images=pages[1:])

    with pytest.raises(AssetError, match="animation of 3 frames"):
        load_picture(path)


def test_a_phone_picture_is_turned_upright(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    path = saved(tmp_path / "phone.jpg", Image.new("RGB", (60, 40), (10, 20, 30)), exif=exif)

    assert load_picture(path).shape == (60, 40, 4)


@pytest.mark.parametrize(
    ("mode", "suffix"), [("L", "png"), ("P", "png"), ("CMYK", "jpg"), ("LA", "png"), ("I;16", "png")]
)
def test_any_colour_mode_becomes_rgba(tmp_path, mode, suffix):
    picture = Image.new(mode, (30, 20))

    assert load_picture(saved(tmp_path / f"picture.{suffix}", picture)).shape == (20, 30, 4)


def test_the_accent_is_the_products_own_vivid_colour():
    photo, _ = product_photo(name="can")
    accent = dominant_accent(cut_out(photo).rgba)

    assert accent is not None
    red, green, blue = (int(accent[i : i + 2], 16) for i in (1, 3, 5))
    assert blue > red + 40
    assert blue >= green


def test_a_grey_product_has_no_accent():
    assert dominant_accent(np.full((40, 40, 4), 255, np.uint8) // 2) is None
