import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import pytest
from builders import brief, run

from vgkit.brief import brief_from
from vgkit.errors import AssetError, BriefError, EngineUnknown, RunError, StoreError, TemplateError, VgkitError
from vgkit.run import Run, all_runs
from vgkit.start import SAMPLE_BRIEF, check_brief, make_run, read_brief, sample_run, start_run


def picture(path: Path, *, width: int = 64, height: int = 64) -> Path:
    cv2.imwrite(str(path), np.full((height, width, 3), 200, np.uint8))
    return path


def test_a_run_is_a_folder_with_its_brief_and_its_own_copies(runs: Path, tmp_path: Path) -> None:
    made = start_run(brief(assets={"product": picture(tmp_path / "cup.png")}), base=tmp_path)
    assert made.folder.parent == runs
    (tmp_path / "cup.png").unlink()
    opened = Run.open(made.name)
    assert (opened.brief, opened.template) == (made.brief, made.template)
    copied = opened.asset("product")
    assert copied is not None
    assert copied.relative_to(made.folder) == Path("inputs/product.png")
    assert copied.is_file()


def test_the_sample_brief_starts(runs: Path) -> None:
    assert sample_run().brief.product == brief_from(read_brief(SAMPLE_BRIEF)).product


def test_two_runs_of_one_name_get_two_folders(runs: Path) -> None:
    names = [start_run(brief(), name="same").name for _ in range(2)]
    assert names == ["same", "same-2"]


def test_runs_of_one_name_that_start_at_the_same_moment_get_a_folder_each(runs: Path) -> None:
    ready = threading.Barrier(6)

    def started(_: int) -> str:
        ready.wait(30)
        return make_run(checked, name="same").name

    checked = check_brief(brief())
    with ThreadPoolExecutor(6) as people:
        names = set(people.map(started, range(6)))
    assert len(names) == 6
    assert {folder.name for folder in all_runs()} == names
    assert [path for path in runs.iterdir() if path.name not in names] == []


@pytest.mark.parametrize("name", ["../up", "a/b", ".hidden", "", "x" * 101, "a b"])
def test_a_name_that_leads_elsewhere_is_refused(runs: Path, name: str) -> None:
    if name:
        with pytest.raises(RunError, match="can't name a run"):
            start_run(brief(), name=name)
    assert all_runs() == []


@pytest.mark.parametrize(
    ("fields", "kind", "said"),
    [
        ({"template": "lifestile"}, TemplateError, "template: there is no template 'lifestile'. Use one of"),
        ({"profile": "prod"}, EngineUnknown, "profile: there is no profile 'prod'. Use one of offline"),
        (
            {"engines": {"video": "sora"}},
            EngineUnknown,
            "engines.video: 'sora' is no engine for video. Use one of sketch",
        ),
        ({"assets": {"product": "none.png"}}, AssetError, "none.png can't be read (No such file or directory)"),
        ({"assets": {"product": "words.png"}}, AssetError, "assets.product:"),
        ({"assets": {"product": "wide.png"}}, AssetError, "20000 x 40 pixels; the limits are 12,000 a side"),
        ({"assets": {"product": "folder"}}, AssetError, "is not a file"),
        ({"assets": {"product": "/etc/hostname"}}, AssetError, "lies outside the folders assets may come from"),
        ({"assets": {"product": "../../x.png"}}, AssetError, "lies outside the folders assets may come from"),
        ({"assets": {"product": "link.png"}}, AssetError, "lies outside the folders assets may come from"),
        ({"assets": {"music": "words.png"}}, AssetError, "assets.music:"),
        ({"assets": {"lut": "words.png"}}, AssetError, "assets.lut:"),
        ({"brand": "Tablet \U00013000"}, BriefError, "brand:"),
    ],
)
def test_a_mistake_is_named_and_leaves_nothing_behind(
    runs: Path, tmp_path: Path, fields: dict[str, object], kind: type[VgkitError], said: str
) -> None:
    base = tmp_path / "brief"
    (base / "folder").mkdir(parents=True)
    (base / "words.png").write_text("these are words")
    picture(base / "wide.png", width=20_000, height=40)
    (base / "link.png").symlink_to("/etc/hostname")
    with pytest.raises(kind) as refusal:
        start_run(brief(**fields), base=base)
    assert said in str(refusal.value)
    assert not runs.exists() or list(runs.iterdir()) == []


def test_a_folder_may_be_allowed_by_the_environment(
    runs: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    elsewhere = tmp_path_factory.mktemp("pictures")
    asset = picture(elsewhere / "cup.png")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(AssetError, match="add its folder to VGKIT_ASSETS"):
        start_run(brief(assets={"product": asset}), base=tmp_path)
    monkeypatch.setenv("VGKIT_ASSETS", str(elsewhere))
    assert start_run(brief(assets={"product": asset}), base=tmp_path).asset("product")


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("brief.toml", "prompt = ", "is not TOML"),
        ("brief.json", '{"prompt": }', "is not JSON"),
        ("brief.json", "[1]", "holds list; a brief is a table of fields"),
        ("brief.toml", b"\xff\xfe\x00", "is not text in UTF-8"),
    ],
)
def test_a_brief_that_is_no_brief_says_so(tmp_path: Path, name: str, text: str | bytes, said: str) -> None:
    path = tmp_path / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    with pytest.raises(BriefError, match=said):
        read_brief(path)


def test_a_missing_brief_says_what_a_brief_is(tmp_path: Path) -> None:
    with pytest.raises(BriefError, match="Give the path of a TOML or JSON file"):
        read_brief(tmp_path / "none.toml")


def test_a_template_file_lies_beside_its_brief(runs: Path, tmp_path: Path) -> None:
    shipped = (Path(__file__).parent.parent / "templates" / "announcement.json").read_text()
    (tmp_path / "mine.json").write_text(shipped.replace('"title": "Announcement"', '"title": "Mine"'))
    assert start_run(brief(template="mine.json"), base=tmp_path).template.title == "Mine"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_runs_folder_is_refused_at_once(runs: Path) -> None:
    runs.mkdir()
    runs.chmod(0o500)
    with pytest.raises(StoreError, match="Can't write"):
        run()


def test_a_runs_folder_that_is_a_file_is_refused_at_once(runs: Path) -> None:
    runs.write_text("")
    with pytest.raises(StoreError, match="Can't write"):
        run()


def test_captions_take_quotes_colons_percent_signs_emoji_and_all_scripts(runs: Path) -> None:
    words = "“It's 100%: new” 😀 שלום مرحبا 日本語 한국어 \\ ; ' = [x] {y}"
    assert run(tagline=words).brief.tagline == words
