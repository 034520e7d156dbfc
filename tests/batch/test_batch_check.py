"""All films of a batch checked at once: what rows ask for, what they are called, what is wrong with them."""

import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from vgkit.batch.check import plan
from vgkit.batch.planned import Film
from vgkit.batch.spec import read_spec, spec_of
from vgkit.errors import BatchError

HOW = {"speed": 60.0, "faults": "none", "seed": 1}
KITE = {"prompt": "A red kite over dunes", "duration_s": 6}


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in a folder from which nothing may be named that is not said so."""
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    for name in ("OPENAI_API_KEY", "REPLICATE_API_TOKEN", "VGKIT_ASSETS"):
        monkeypatch.setenv(name, "")


def films(*rows: dict[str, Any], how: dict[str, Any] | None = None, **head: Any) -> tuple[Film, ...]:
    return plan(spec_of(rows, **{"name": "spring"} | head), rehearsal=how)


def complaints(*rows: dict[str, Any], how: dict[str, Any] | None = None, **head: Any) -> list[str]:
    with pytest.raises(BatchError) as refused:
        films(*rows, how=how, **head)
    assert len(refused.value.complaints) == len(str(refused.value).splitlines()) - 1
    return str(refused.value).splitlines()[1:]


def table(folder: Path, text: str, name: str = "spring.csv") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def test_the_same_films_come_from_a_table_lines_toml_and_dicts(tmp_path: Path) -> None:
    head = "prompt,duration_s,engines.video,caps.run_usd,settings.takes\n"
    spread = table(tmp_path, head + '"A red kite, over dunes",6,sketch,0.5,2\n')
    nested = {"engines": {"video": "sketch"}, "caps": {"run_usd": "0.5"}, "settings": {"takes": 2}}
    fields = {"prompt": "A red kite, over dunes", "duration_s": 6, **nested}
    lines = table(tmp_path, json.dumps(fields) + "\n", "spring.jsonl")
    toml = 'name = "spring"\n[[films]]\nprompt = "A red kite, over dunes"\nduration_s = 6\nengines.video = "sketch"\n'
    tables = table(tmp_path, toml + 'caps.run_usd = "0.5"\nsettings.takes = 2\n', "spring.toml")
    made = [plan(read_spec(path)) for path in (spread, lines, tables)] + [films(fields)]
    for (film,) in made:
        assert (film.name, film.checked.brief) == (made[0][0].name, made[0][0].checked.brief)
        assert film.settings == {"takes": 2}
    assert made[0][0].checked.brief.engines == {"video": "sketch@local"}


def test_a_name_says_batch_and_film_and_stays_when_rows_come_go_or_are_sorted() -> None:
    rows = [KITE | {"seed": seed} for seed in range(3)] + [{"name": "lamp", "prompt": "A lamp"}]
    before = {film.checked.brief.seed: film.name for film in films(*rows)[:3]}
    after = {film.checked.brief.seed: film.name for film in films(*reversed(rows[1:]), KITE | {"seed": 9})}
    assert after[1] == before[1].replace("-rehearsed", "")
    assert after[2] == before[2]
    assert before[0].startswith("spring.a-red-kite-over.")
    assert len({*before.values()}) == 3
    assert films(*rows)[3].name == "spring.lamp"
    assert films(*rows, how=HOW)[3].name == "spring-rehearsed.lamp"


def test_a_name_does_not_hang_on_the_cap() -> None:
    assert films(KITE)[0].name == films(KITE | {"caps": {"run_usd": 1}})[0].name


def test_rows_lie_over_the_head_and_the_head_over_briefs(tmp_path: Path) -> None:
    (tmp_path / "briefs").mkdir()
    text = 'prompt = "A kite"\nproduct = "One"\nbrand = "Halm"\nduration_s = 30\nprofile = "dev"\n'
    table(tmp_path / "briefs", text, "kite.toml")
    row = {"brief": "briefs/kite.toml", "product": "Two"}
    (film,) = films(row, base=tmp_path, duration_s=12, profile="offline", caps={"run_usd": 2}, settings={"takes": 2})
    brief = film.checked.brief
    assert (brief.product, brief.brand, brief.duration_s, brief.profile) == ("Two", "Halm", 12, "offline")
    assert (str(brief.caps.run_usd), film.settings) == ("2", {"takes": 2})


def test_paths_of_a_row_start_at_the_batch_and_those_of_its_brief_at_the_brief(tmp_path: Path) -> None:
    (tmp_path / "briefs").mkdir()
    for path in ("own.png", "briefs/theirs.png"):
        Image.new("RGB", (64, 64), "red").save(tmp_path / path)
    table(tmp_path / "briefs", 'prompt = "A kite"\nassets.logo = "theirs.png"\n', "kite.toml")
    (film,) = films({"brief": "briefs/kite.toml", "assets": {"product": "own.png"}}, base=tmp_path)
    assert {str(kept): path.name for kept, path in film.checked.copies.items()} == {
        "inputs/product.png": "own.png",
        "inputs/logo.png": "theirs.png",
    }


def test_all_that_is_wrong_with_a_row_is_told_at_once_by_line_and_column(tmp_path: Path, runs: Path) -> None:
    head = "name,prompt,duration_s,profile,template,engines.video,assets.product,settings.takes,product\n"
    path = table(tmp_path, head + '"a/b",x,90,best,no_such,sora,none.png,many,\u0bb5\n')
    with pytest.raises(BatchError) as refused:
        plan(read_spec(path))
    told = {each["field"]: (each["column"], each["message"]) for each in refused.value.complaints}
    assert {field: column for field, (column, _) in told.items()} == {
        **{"name": 1, "duration_s": 3, "profile": 4, "template": 5, "assets.product": 7, "settings.takes": 8},
        "product": 9,
    }
    assert told["duration_s"][1] == "is '90'; the most is 60"
    assert told["profile"][1].startswith("there is no profile 'best'. Use one of offline")
    assert told["settings.takes"][1].startswith("takes of 04_chunks must be int, not 'many'")
    assert "line 2, name (column 1): is 'a/b'; use letters" in str(refused.value)
    assert not runs.exists()


def test_what_many_rows_share_is_told_once_with_the_first_lines(tmp_path: Path) -> None:
    rows = "".join(f"A kite {number},dev,90\n" for number in range(40))
    with pytest.raises(BatchError) as refused:
        plan(read_spec(table(tmp_path, "prompt,profile,duration_s\n" + rows)))
    told = str(refused.value).splitlines()
    assert told[0].endswith("can't be made, 3 complaints:")
    assert told[1] == "lines 2, 3, 4 and 37 more, duration_s (column 3): is '90'; the most is 60"
    assert told[2].startswith("lines 2, 3, 4 and 37 more: OPENAI_API_KEY is not set")
    assert told[3].startswith("lines 2, 3, 4 and 37 more: REPLICATE_API_TOKEN is not set")
    assert refused.value.complaints[0]["lines"] == tuple(range(2, 42))


@pytest.mark.parametrize("name", ["../x", "a/b", ".hidden", "", " ", "é", "a b", "a\nb", "-x", 7, "x" * 100])
def test_a_name_that_is_none_is_refused(name: Any) -> None:
    rows = [KITE | {"name": name}]
    if name == "":
        assert films(*rows)[0].name.startswith("spring.a-red-kite-over.")
    else:
        (told,) = complaints(*rows)
        assert told.startswith("films[0], name: ")


def test_rows_that_ask_for_the_same_film_and_films_of_one_name_are_told_with_all_their_places(tmp_path: Path) -> None:
    text = "name,prompt,seed\n,A kite,1\nb,A lamp,\nB,A shoe,\n,A kite,1\nz,A kite,1\n"
    with pytest.raises(BatchError) as refused:
        plan(read_spec(table(tmp_path, text)))
    same, names = str(refused.value).splitlines()[1:]
    assert same.startswith("lines 2, 5 and 6: the same film as 'spring.a-kite.")
    assert (
        names == "lines 3 and 4, name (column 1): 'spring.b' would name more than one film; give each a name of its own"
    )


@pytest.mark.parametrize(
    "path",
    ["../../etc/passwd", "/etc/passwd", "../secret.png", "link.png", "~root/x.png", "x\0.png", "x" * 300 + ".png"],
)
def test_assets_come_from_where_they_may(tmp_path: Path, path: str) -> None:
    base = tmp_path / "batches"
    base.mkdir()
    Image.new("RGB", (64, 64), "red").save(tmp_path / "secret.png")
    (base / "link.png").symlink_to(tmp_path / "secret.png")
    (told,) = complaints(KITE | {"assets": {"product": path}}, base=base)
    assert told.startswith("films[0], assets.product: ")


def test_a_brief_of_a_row_comes_from_where_it_may_so_that_it_opens_no_folder_of_assets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base, outside = tmp_path / "batches", tmp_path / "outside"
    base.mkdir()
    outside.mkdir()
    table(outside, "", "empty.toml")
    Image.new("RGB", (64, 64), "red").save(outside / "secret.png")
    row = KITE | {"brief": "../outside/empty.toml", "assets": {"product": "../outside/secret.png"}}
    told = complaints(row, base=base)
    assert told[0].startswith(f"films[0], brief: {outside}/empty.toml lies outside the folders that files of a batch")
    monkeypatch.setenv("VGKIT_ASSETS", str(outside))
    assert len(films(row, base=base)) == 1


def test_a_brief_that_can_not_be_used_is_told_and_what_is_wrong_in_it_is_told_as_its_own(tmp_path: Path) -> None:
    table(tmp_path, 'prompt = "x"\nlength = 3\n', "kite.toml")
    rows = [{"brief": name} for name in ("none.toml", "kite.toml", "x\0.toml", "y" * 300, "~root/x.toml")] + [
        {"brief": 3}
    ]
    told = complaints(*rows, base=tmp_path)
    assert [each.split(": ")[0] for each in told] == [
        *(
            "films[0], brief",
            "films[1], length",
            "films[2], brief",
            "films[3], brief",
            "films[4], brief",
            "films[5], brief",
        )
    ]
    assert told[1] == "films[1], length: is not a field here; remove it or check its spelling (in kite.toml)"


def test_settings_of_all_that_are_wrong_are_told_once_and_a_licence_by_its_field() -> None:
    rows = [KITE | {"seed": seed, "profile": "dev", "usage": "commercial"} for seed in range(3)]
    told = complaints(*rows, how=HOW, settings={"tekes": 2})
    assert told[0].startswith("settings: no notebook has a parameter 'tekes'")
    assert told[1].startswith("films[0] (and 2 more), engines.video: zeroscope may not be used commercially")


def test_a_matrix_makes_every_combination_but_those_excluded(tmp_path: Path) -> None:
    table(tmp_path, 'prompt = "A kite"\nduration_s = 6\n', "kite.toml")
    axes = {"templates": ["product_showcase", "announcement"], "engines": ["zeroscope", "animatediff"], "seeds": [1, 2]}
    exclude = [{"template": "announcement", "engine": "zeroscope"}, {"seed": [2], "engine": ["animatediff"]}]
    made = films(KITE, how=HOW, base=tmp_path, briefs=["kite.toml"], **axes, exclude=exclude, profile="dev")
    assert [film.name.removeprefix("spring-rehearsed.") for film in made[1:]] == [
        "kite.product-showcase.zeroscope.s1",
        "kite.product-showcase.zeroscope.s2",
        "kite.product-showcase.animatediff.s1",
        "kite.announcement.animatediff.s1",
    ]
    assert made[3].checked.brief.engines == {"video": "animatediff@replicate"}
    (alone,) = films(base=tmp_path, briefs=["kite.toml"])
    assert alone.name == "spring.kite"


@pytest.mark.parametrize(
    ("head", "told"),
    [
        ({"exclude": [{"seed": 9}]}, "exclude[0]: {'seed': (9,)} takes no film out; check its words, or remove it"),
        ({"exclude": [{"sed": 9}]}, "exclude[0].sed: is not a field here; remove it or check its spelling"),
        ({"templates": ["none"]}, "templates[0]: there is no template 'none'."),
        ({"engines": ["sora"]}, "engines[0]: 'sora' is no engine for video."),
        ({"briefs": ["none.toml"]}, "briefs[0]: The brief "),
        ({"briefs": [], "seeds": [1]}, "seeds: makes films of briefs, and there are none; give briefs"),
        ({"name": "spring-rehearsed"}, "name: 'spring-rehearsed' is what a rehearsal of it is called"),
    ],
)
def test_a_mistake_in_a_matrix_is_told_by_its_key(tmp_path: Path, head: dict[str, Any], told: str) -> None:
    table(tmp_path, 'prompt = "A kite"\n', "kite.toml")
    assert complaints(base=tmp_path, **{"briefs": ["kite.toml"]} | head)[0].startswith(told)


def test_a_batch_that_asks_for_nothing_is_refused() -> None:
    with pytest.raises(BatchError, match="asks for no film. Give rows, films, or briefs"):
        films()


def test_films_that_are_there_and_would_be_made_otherwise_now_are_told_and_caps_may_change() -> None:
    row = KITE | {"name": "kite"}
    films(row)[0].run()
    assert films(row | {"caps": {"run_usd": 1}}, caps={"batch_usd": 3})[0].run().batch.cap_usd == 3
    (told,) = complaints(row | {"duration_s": 8})
    assert told == ("spring.kite: brief.duration_s was 6 and is now 8. Take it back, or give the batch another name")
