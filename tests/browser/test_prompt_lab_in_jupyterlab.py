"""The prompt lab in JupyterLab does what it does as a web page."""

from pathlib import Path

import pytest
from browsing import Camera, Lab
from lab_steps import SCRIPT, change_try_compare_and_keep, shown
from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_a_word_is_changed_tried_compared_and_kept_in_jupyterlab(
    page: Page, lab: Lab, runs: Path, camera: Camera
) -> None:
    lab.open(page, "prompt_lab.ipynb")
    lab.run_all(page)
    shown(page)
    assert change_try_compare_and_keep(page, runs, camera) == ["dawn", SCRIPT]
