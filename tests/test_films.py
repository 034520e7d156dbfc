"""Whole films, as people ask for them: each must be to specification, whatever was wished for.

Each template is made, each aspect, and each with and without a picture; not all of it with all, which takes long."""

import json
import os
from itertools import cycle
from pathlib import Path

import pytest
from builders import brief, shared

from vgkit.brief import FILM_SIZES
from vgkit.media.frames import write_picture
from vgkit.media.probe import probe
from vgkit.media.svg import render_svg
from vgkit.pipeline import run_phases
from vgkit.run import Run
from vgkit.start import start_run
from vgkit.template_files import template_names

pytestmark = pytest.mark.slow

MUG = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 400"><rect width="400" height="400" fill="#f4f1ec"/>
<path d="M280 170q70-10 70 55t-80 60" fill="none" stroke="#2f5d50" stroke-width="26"/>
<path d="M110 130h180v150q0 50-50 50h-80q-50 0-50-50z" fill="#2f5d50"/></svg>"""


def film(base: Path, **fields: object) -> Run:
    made = start_run(brief(**{"duration_s": 6} | fields), base=base, settings={"quality": "draft"})
    run_phases(made)
    return made


def check(made: Run) -> None:
    checks = json.loads(made.path("conform.json").read_text())
    assert [row for row in checks if not row["passed"]] == []
    found = probe(made.path("film.mp4"))
    assert (found.width, found.height, found.frames) == (*made.brief.size_px, made.brief.frames)


def mug(folder: Path) -> Path:
    write_picture(render_svg(MUG, width=800, height=800)[..., :3], folder / "mug.png")
    return folder / "mug.png"


@pytest.mark.parametrize(
    ("name", "aspect", "pictured"),
    list(zip(template_names(), cycle(FILM_SIZES), cycle([False, True]), strict=False)),
)
def test_every_template_and_every_aspect_with_and_without_a_picture(
    runs: Path, tmp_path: Path, name: str, aspect: str, pictured: bool
) -> None:
    assets = {"product": mug(tmp_path)} if pictured else {}
    check(film(tmp_path, template=name, aspect=aspect, assets=assets, brand="Nord", call_to_action="nord.example"))


@pytest.mark.skipif(not os.environ.get("VGKIT_LONGEST"), reason="takes minutes: set VGKIT_LONGEST=1")
def test_the_longest_film_there_is(runs: Path, tmp_path: Path) -> None:
    check(film(tmp_path, duration_s=60, template="lifestyle_ad", aspect="1:1"))


def test_a_real_photo_as_the_product(runs: Path) -> None:
    photo = shared("assets/coffee.png")
    check(film(photo.parent, template="lifestyle_ad", aspect="1:1", assets={"product": photo.name}, product="Coffee"))


def test_words_in_every_script_and_with_every_sign(runs: Path, tmp_path: Path) -> None:
    check(
        film(
            tmp_path,
            prompt="Coffee. It's 100% “new”: 50% off; [x] {y} \\ 😀. مرحبا بالعالم. 日本語のコーヒー。",
            product="Caffè: “Ώ”",
            brand="שלום 'N' 100%",
            tagline="ٱلسلام — 한국어 😀 & <b>",
            call_to_action="a=b:c%d",
            template="announcement",
            aspect="9:16",
            duration_s=10,
        )
    )


def test_a_persons_own_music_logo_and_look(runs: Path, tmp_path: Path) -> None:
    from vgkit.engines.sketch.music import compose
    from vgkit.media.sound import write_wav

    piece = compose(mood="calm", tempo_bpm=90, duration_s=9, cuts_s=(), seed=1)
    write_wav(piece.samples * 0.2, tmp_path / "song.wav")
    look = Path(__file__).parent.parent / "templates" / "looks" / "warm_story.cube"
    (tmp_path / "own.cube").write_text(look.read_text())
    assets = {"music": "song.wav", "logo": mug(tmp_path).name, "lut": "own.cube"}
    made = film(tmp_path, template="product_showcase", aspect="1:1", assets=assets)
    check(made)
    assert not made.path("music_raw.wav").exists()
