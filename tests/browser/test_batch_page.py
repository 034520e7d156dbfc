"""A batch in JupyterLab: what is wrong, what it costs, films as they come, a stop, and links to what is there."""

import httpx
import pytest
from browsing import Camera, Lab
from playwright.sync_api import Page, expect
from studio_steps import FILM_MS

pytestmark = [pytest.mark.browser, pytest.mark.slow]

HEAD = "name,prompt,duration_s,aspect,seed,settings.quality\n"
WRONG = 'lamp,"A brass lamp.",61,1:1,1,draft\nkite,"A red kite over dunes.",6,1:1,-3,draft\n'
GOOD = "".join(f'kite-{n},"A red kite over dunes. Folds to a sleeve.",6,1:1,{n},draft\n' for n in (1, 2, 3))


def test_a_batch_is_mended_made_stopped_and_its_films_are_shown(page: Page, lab: Lab, camera: Camera) -> None:
    table = lab.folder / "kites.csv"
    table.write_text(HEAD + WRONG, "utf-8")
    lab.prepare("batch.ipynb", file=str(table), rehearse=False, at_once=1)
    lab.open(page, "batch.ipynb")
    lab.run_all(page)
    expect(page.locator(".vg-verdict")).to_contain_text("kites.csv can't be made yet: 2 things to mend.")
    expect(page.locator(".vg-complaints tbody tr").first).to_contain_text("the most is 60")
    expect(page.locator("button.vg-make")).to_be_disabled()
    camera(page, "wrong", ".vg-batch")

    table.write_text(HEAD + GOOD, "utf-8")
    page.locator("button.vg-check").click()
    expect(page.locator("button.vg-make")).to_have_text("Make 3 films · free")
    camera(page, "costs", ".vg-batch")

    page.locator("button.vg-make").click()
    expect(page.locator(".vg-live [data-state=success]")).to_have_count(1, timeout=FILM_MS)
    expect(page.locator(".vg-live [data-state=running] .vg-meter")).to_be_visible()
    camera(page, "live", ".vg-batch")
    page.locator("button.vg-stop-batch").click()
    expect(page.locator("button.vg-stop-batch")).to_have_text("Stop now")
    page.locator("button.vg-stop-batch").click()

    expect(page.locator(".vg-fared")).to_contain_text("1 of 3 are there")
    expect(page.locator(".vg-missing")).to_contain_text("vgkit resume kites.kite-2")
    expect(page.locator(".vg-resume")).to_contain_text("vgkit batch resume kites")
    expect(page.locator("button.vg-make")).to_have_text("Go on with 2 films · free")
    link = page.locator(".vg-batch-tiles a").get_attribute("href")
    address = f"http://127.0.0.1:{lab.server.port}{link}"
    assert httpx.get(address, headers={"Authorization": f"token {lab.token}"}).content[4:8] == b"ftyp"
    camera(page, "fared", ".vg-batch")
