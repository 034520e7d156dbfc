import numpy as np

from vgkit.media.style import style_sheet

COLOURS = {"sky": "#dce6ea", "near": "#5e7a6c", "accent": "#e4583c"}


def holds(page: np.ndarray, colour: str) -> bool:
    wanted = [int(colour[n : n + 2], 16) for n in (1, 3, 5)]
    return bool((page == wanted).all(axis=2).sum() > 5000)


def test_a_style_guide_shows_every_colour_as_it_is() -> None:
    page = style_sheet(title="Aurora", colours=COLOURS, words=("morning light",))
    assert page.shape == (720, 1280, 3)
    assert all(holds(page, colour) for colour in COLOURS.values())


def test_a_style_guide_shows_the_product_beside_the_colours() -> None:
    product = np.zeros((300, 200, 4), np.uint8)
    product[..., 1], product[..., 3] = 255, 255
    page = style_sheet(title="Aurora " * 9, colours=COLOURS, words=("night",), product=product)
    assert holds(page, "#00ff00")
    assert all(holds(page, colour) for colour in COLOURS.values())
