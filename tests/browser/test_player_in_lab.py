"""The player as a widget in JupyterLab: films from its server and by the wire, keys that Lab would like, themes."""

import json

import pytest
from browsing import Camera, Lab, Watched
from numbered import READ_NUMBERS, numbered_clip
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def notebook(lab: Lab, *lines: str) -> str:
    """Write a notebook of one cell."""
    cell = {"cell_type": "code", "id": "show", "metadata": {}, "outputs": [], "execution_count": None}
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    page = {"nbformat": 4, "nbformat_minor": 5, "metadata": kernel, "cells": [{**cell, "source": "\n".join(lines)}]}
    (lab.folder / "notebooks" / "player.ipynb").write_text(json.dumps(page), "utf-8")
    return "player.ipynb"


def painted(page: Page) -> list[int]:
    expect(page.locator(".vgp")).to_have_attribute("aria-busy", "false")
    found: list[int] = page.locator(".vgp canvas").evaluate_all(READ_NUMBERS)
    return found


def test_two_films_play_in_step_in_lab(lab: Lab, page: Page, watched: Watched, camera: Camera) -> None:
    (lab.runs / "lamp").mkdir(exist_ok=True)
    served = numbered_clip(lab.runs / "lamp" / "film.mp4", frames=90, ground=60)
    elsewhere = numbered_clip(lab.folder / "elsewhere.mp4", frames=90, ground=160)
    shown = ", ".join(f"shown_clip({str(path)!r})" for path in (served, elsewhere))
    name = notebook(
        lab,
        "from vgkit.player import shown_clip",
        "from vgkit.widgets.player import watch",
        f"watch({shown})",
    )
    lab.open(page, name)
    lab.run_all(page)
    assert painted(page) == [0, 0]
    sources = page.locator(".vgp video").evaluate_all("videos => videos.map(video => video.src)")
    assert "/vgkit/files/" in sources[0]
    assert sources[1].startswith("blob:")
    assert any("/vgkit/files/" in url for url in watched.requests)
    expect(page.locator(".vgp-strip")).to_have_count(3)  # measured meanwhile
    expect(page.locator(".vgp-notices p")).to_have_count(0)
    page.get_by_role("slider", name="Moment").focus()
    for key in (".", "ArrowRight", "Shift+ArrowRight", "s"):
        page.keyboard.press(key)
    assert painted(page) == [32, 32]
    expect(page.locator(".vgp-frame").first).to_have_attribute("data-place", "second")
    page.keyboard.press(" ")
    expect(page.locator(".vgp-readout")).to_contain_text("frame 89 of 90")
    assert painted(page) == [89, 89]
    camera(page, "light", ".vgp")
    page.evaluate("jupyterapp.commands.execute('apputils:change-theme', { theme: 'JupyterLab Dark' })")
    expect(page.locator("body")).to_have_attribute("data-jp-theme-light", "false")
    camera(page, "dark", ".vgp")
