import pytest

from vgkit.errors import AssetError
from vgkit.media.svg import render_svg

NS = 'xmlns="http://www.w3.org/2000/svg"'
HALF = f'<svg {NS} viewBox="0 0 100 100"><rect width="50" height="100" fill="#f00" fill-opacity="0.5"/></svg>'


def test_alpha_is_straight_and_channels_are_in_rgba_order():
    picture = render_svg(HALF, width=40, height=40)

    assert picture.shape == (40, 40, 4)
    assert picture[20, 5].tolist() == [255, 0, 0, 128]
    assert picture[20, 35, 3] == 0


def test_a_drawing_of_another_aspect_still_fills_the_size_asked_for():
    picture = render_svg(HALF, width=200, height=100)

    assert picture.shape == (100, 200, 4)
    assert picture[50, 60, 3] == 128
    assert picture[50, 10, 3] == 0


def test_a_drawing_that_says_to_be_sliced_covers_everything():
    svg = HALF.replace("<svg", '<svg preserveAspectRatio="xMidYMid slice"', 1)

    assert render_svg(svg, width=200, height=100)[50, 10, 3] == 128


def test_a_drawing_with_its_own_size_and_no_view_box_is_scaled():
    svg = f"<svg {NS} width='100' height=\"100px\"><rect width='50' height='100' fill='#00f'/></svg>"

    picture = render_svg(svg, width=20, height=20)

    assert picture[10, 2].tolist() == [0, 0, 255, 255]
    assert picture[10, 15, 3] == 0


@pytest.mark.parametrize("text", ["", "hello", "<svg", "<svg></p>"])
def test_text_that_is_no_drawing_is_refused(text):
    with pytest.raises(AssetError, match="can't be drawn"):
        render_svg(text, width=10, height=10)
