"""Experiments: what a file may say, what is locked between films, what is kept, and what is paid once."""

import json
import re
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable
from contextlib import nullcontext
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from builders import ANIMATEDIFF, ZEROSCOPE, brief, plan, template
from rehearsed import created_twice
from studio import Painter, Studio, ask, door

from vgkit.draft import draft_storyboard
from vgkit.errors import ExperimentError, RunBusy, VgkitError
from vgkit.experiment.check import films_of
from vgkit.experiment.costs import costs_of
from vgkit.experiment.file import Experiment, cells, read_experiment
from vgkit.experiment.films import Film
from vgkit.experiment.make import make_films, unlocked
from vgkit.ledger import Ledger, read_events
from vgkit.places import rehearsal_dir
from vgkit.run import Run
from vgkit.timing import common_clip

HOW = {"speed": 60.0, "faults": "none", "seed": 1}
TOML = """
name = "duel"
duration_s = 6
briefs = ["kite.toml"]
templates = ["product_showcase"]
engines = ["zeroscope-draft", "animatediff"]
seeds = [1, 2]
[settings]
quality = "draft"
"""
BRIEF = 'prompt = "A red kite over dunes. Folds to a sleeve."\nproduct = "Kite One"\naspect = "1:1"\n'

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path, runs: Path) -> Write:
    """Writes the file of an experiment beside its brief, with some of its lines otherwise."""

    def write(*changes: tuple[str, str], words: str = BRIEF) -> Path:
        text = TOML
        for before, now in changes:
            assert before in text
            text = text.replace(before, now)
        (tmp_path / "kite.toml").write_text(words)
        (tmp_path / "duel.toml").write_text(text)
        return tmp_path / "duel.toml"

    return write


def films(path: Path, how: dict[str, Any] | None = HOW) -> tuple[Film, ...]:
    return films_of(read_experiment(path), base=path.parent, rehearsal=how)


def refusal(path: Path) -> str:
    with pytest.raises(VgkitError) as refused:
        films(path)
    assert isinstance(refused.value, ExperimentError)
    return str(refused.value)


def test_a_films_name_says_which_cell_it_is_and_engines_take_turns_in_beginning(write: Write) -> None:
    assert [film.name for film in films(write())] == [
        "duel-rehearsed.kite.product-showcase.zeroscope-draft.s1",
        "duel-rehearsed.kite.product-showcase.animatediff.s1",
        "duel-rehearsed.kite.product-showcase.animatediff.s2",
        "duel-rehearsed.kite.product-showcase.zeroscope-draft.s2",
    ]


def test_three_templates_by_two_engines_by_three_seeds_are_eighteen_films(write: Write) -> None:
    sample = Path(__file__).parents[1] / "templates" / "experiments" / "duel.toml"
    made = films(sample)
    assert len({film.name for film in made}) == 18
    assert len({cell.group for cell in cells(read_experiment(sample))}) == 9
    assert {film.checked.brief.duration_s for film in made} == {30}


def test_shots_are_the_same_in_time_under_every_engine() -> None:
    common = common_clip([ZEROSCOPE, ANIMATEDIFF])
    assert (common.frames, common.fps, common.width_px, common.height_px) == (16, 8, 1024, 576)
    wish = brief(duration_s=30)
    boards = [draft_storyboard(wish, template(), plan(), clip, common=common) for clip in (ZEROSCOPE, ANIMATEDIFF)]
    assert boards[0].model_dump(exclude={"clip"}) == boards[1].model_dump(exclude={"clip"})
    assert {shot.frames for shot in boards[0].shots} == {60}
    assert len(draft_storyboard(wish, template(), plan(), ZEROSCOPE).shots) == 10


@pytest.mark.parametrize(
    ("before", "now", "told"),
    [
        ('"animatediff"]', '"animate"]', "engines[1]: 'animate' is no engine for video. Use one of "),
        ('"animatediff"]', '"zeroscope-draft"]', "engines: 'zeroscope-draft' stands there twice; say it once"),
        (
            '"animatediff"]',
            '"zeroscope-draft@replicate"]',
            "engines: zeroscope-draft and zeroscope-draft@replicate would both name films 'zeroscope-draft'",
        ),
        ('"product_showcase"', '"showcase"', "templates[0]: there is no template 'showcase'"),
        ("[1, 2]", "[1, 1]", "seeds: 1 stands there twice; say it once"),
        ("[1, 2]", '[1, "two"]', "seeds[1]: is 'two'"),
        ("[1, 2]", "[1, true]", "seeds[1]: is True"),
        ("[1, 2]", "[-1]", "seeds[0]: is -1; the least is 0"),
        ("[1, 2]", "[]", "seeds: has 0 entries; at least 1 are needed"),
        ("kite.toml", "kit.toml", "briefs[0]: The brief "),
        ('name = "duel"', 'name = "A duel"', "name: is 'A duel'"),
        ('name = "duel"', 'name = "duel-rehearsed"', "name: 'duel-rehearsed' is what a rehearsal of it is called"),
        ('quality = "draft"', "quality = 3", "settings: "),
        ("duration_s = 6", "duration_s = 5", "duration_s: is 5; the least is 6"),
        ("duration_s = 6", "length_s = 6", "length_s: is not a field here; remove it or check its spelling"),
        ('name = "duel"', "name = ", "is not TOML: "),
        ('name = "duel"', 'name = "duel"\nprofile = "best"', "profile: there is no profile 'best'"),
        ("[settings]", '[shared]\nvideo = "x"\n[settings]', "shared.video"),
    ],
)
def test_a_mistake_in_the_file_is_told_by_its_field(write: Write, before: str, now: str, told: str) -> None:
    assert told in refusal(write((before, now)))


def test_all_mistakes_are_told_at_once_each_of_them_once(write: Write, runs: Path) -> None:
    path = write(('"animatediff"', '"animate", "animatediff"'), ('"product_showcase"', '"no_such", "announcement"'))
    path.with_name("kite.toml").write_text(BRIEF + 'brand = "\\u0001"\n')
    told = refusal(path).splitlines()
    assert [line.split(":")[0] for line in told[1:4]] == ["templates[0]", "engines[1]", "kite.toml"]
    assert "brand" in told[-1]
    assert not runs.exists()


def test_a_brief_whose_engines_are_no_table_is_refused(write: Write) -> None:
    assert "kite.toml: The brief can't be used:\nengines: is 'sketch'" in refusal(
        write(words=BRIEF + 'engines = "sketch"\n')
    )


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ExperimentError, match=r"duel\.toml can't be read: No such file"):
        read_experiment(tmp_path / "duel.toml")


def test_real_films_need_keys_and_the_lack_is_told_once(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "REPLICATE_API_TOKEN"):
        monkeypatch.setenv(name, "")
    with pytest.raises(ExperimentError, match=r"s1 \(and 3 more\): OPENAI_API_KEY is not set"):
        films(write(), how=None)


def test_an_experiment_that_changed_after_films_were_begun_says_what_differs(write: Write) -> None:
    films(write())[0].run()
    told = refusal(write(("duration_s = 6", "duration_s = 8"), words=BRIEF.replace("red", "blue")))
    first = "duel-rehearsed.kite.product-showcase.zeroscope-draft.s1"
    assert f"{first}: brief.duration_s was 6 and is now 8. Take it back, or give the experiment another name" in told
    assert f"{first}: brief.prompt was 'A red kite over dunes. Folds to a sleeve.' and is now 'A blue kite" in told
    assert len(told.splitlines()) == 3


def test_another_engine_that_gives_shorter_clips_would_cut_otherwise_and_is_told(write: Write) -> None:
    films(write(('"zeroscope-draft", "animatediff"', '"zeroscope-draft"')))[0].run()
    assert "the clip that shots go by was 'frames=24 fps=8" in refusal(write())


def test_further_seeds_may_be_added_and_caps_raised(write: Write) -> None:
    first = films(write())[0]
    first.run()
    raised = films(write(("[1, 2]", "[1, 2, 3]"), ("[settings]", "[caps]\nrun_usd = 2.5\nbatch_usd = 9\n[settings]")))
    assert len(raised) == 6
    raised[0].run()
    there = Run.open(first.folder)
    assert there.profile.cap_usd == Decimal("2.5")
    assert there.batch
    assert there.batch.cap_usd == 9


def test_a_name_that_is_taken_is_told(write: Write) -> None:
    for film in films(write()):
        film.run()
    told = refusal(write(("[1, 2]", "[2]")))
    assert "name: under 'duel-rehearsed' there are 2 films that this file does not have (such as duel-" in told


def test_a_run_of_a_films_name_that_is_no_film_of_it_is_told(write: Write) -> None:
    film = films(write())[0]
    (film.folder).mkdir(parents=True)
    record = json.loads((films(write())[1].run().folder / "run.json").read_text())
    (film.folder / "run.json").write_text(json.dumps({**record, "batch": None}))
    assert f"{film.name}: a run of this name is there, and belongs to no film of this experiment" in refusal(write())


def test_what_a_group_shares_is_estimated_once(write: Write) -> None:
    costs = costs_of(films(write()))
    assert [bill.pays for bill in costs.bills] == [True, False, True, False]
    alone = sum(bill.alone_usd for bill in costs.bills)
    assert costs.to_pay_usd == alone - sum(row.all_usd for bill in costs.bills[:2] for row in bill.shared)
    assert {row.calls for bill in costs.bills for row in bill.own} == {3}
    assert list(costs.over()) == []


def test_what_a_film_that_was_stopped_has_paid_is_not_asked_for_again(write: Write) -> None:
    before = costs_of(films(write())).to_pay_usd
    record = films(write())[0].run().events
    record.write("run_started", brief={}, profile="dev", engines={}, batch="duel-rehearsed", rehearsal=True)
    record.write("call_reserved", call="c", role="video", engine="e", host="h", cost_usd=Decimal("0.05"))
    costs = costs_of(films(write()))
    assert (costs.batch_spent_usd, costs.to_pay_usd) == (Decimal("0.05"), before - Decimal("0.05"))


def test_caps_that_would_stop_it_are_told_before_anything_is_made(write: Write) -> None:
    path = write(("[settings]", "[caps]\nrun_usd = 0.10\nbatch_usd = 0.20\n[settings]"))
    told = list(costs_of(films(path)).over())
    assert len(told) == 2
    assert told[0].startswith("caps.run_usd: 4 of 4 films need more than the $0.10 that one may cost, duel-rehearsed.")
    assert told[1].startswith("caps.batch_usd: the films need about $")
    assert "$0.00 of $0.20 is spent. Set it to at least" in told[1]


def test_where_a_call_failed_for_one_film_of_a_batch_the_others_take_the_seed_it_then_took(runs: Path) -> None:
    host = Studio(fails=lambda order: order.params["seed"] == 0)
    painter = Painter(host, steps=("final",))
    made = []
    for name, batch in (("one", "duel"), ("two", "duel"), ("three", "")):
        through = door(runs, run=name)
        through.events.write("run_started", brief={}, profile="dev", engines={}, **({"batch": batch} if batch else {}))
        made.append(through.ask(ask(painter, runs, subject=name)).read_text())
        made.append(str(len(host.calls)))
    assert made == [made[0], "2", made[0], "2", made[0], "3"]


def test_the_page_has_every_field_of_the_file_and_its_example_is_the_one_that_ships() -> None:
    top = Path(__file__).parents[1]
    page = (top / "docs" / "experiments.md").read_text()
    assert re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE) == sorted(
        Experiment.model_fields, key=lambda name: page.index(f"| `{name}` |")
    )
    (example,) = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    assert tomllib.loads(example) == tomllib.loads((top / "templates" / "experiments" / "duel.toml").read_text())


@pytest.mark.slow
def test_a_film_that_fails_is_told_and_the_next_is_tried(write: Write) -> None:
    path = write(("[1, 2]", "[1]"), ("[settings]", "[caps]\nbatch_usd = 0.0001\n[settings]"))
    fares = make_films(films(path), lambda run: nullcontext())
    assert [each.state for each in fares.films] == ["failed", "failed"]
    assert all("BudgetExceeded: validate plan needs about $0.00" in each.message for each in fares.films)
    assert all("of the batch's $0.00 is spent" in each.message for each in fares.films)
    assert not fares.well
    assert "duel-rehearsed: 0 of 2 films" in str(fares)


def test_an_experiment_that_another_process_makes_is_left_to_it(write: Write, runs: Path) -> None:
    held = runs / ".experiments" / "duel-rehearsed"
    held.mkdir(parents=True)
    code = "import sys; from pathlib import Path; from vgkit.lock import RunLock\n"
    code += "with RunLock(Path(sys.argv[1])): print(1, flush=True); input()"
    command = [sys.executable, "-c", code, str(held)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdin
        assert other.stdout
        other.stdout.readline()
        with pytest.raises(RunBusy, match="duel-rehearsed is in use: process"):
            make_films(films(write()), lambda run: nullcontext())
        other.stdin.write("\n")
    assert not list(runs.glob("duel*"))


def paid(run: str, runs: Path) -> list[str]:
    """What a run's own calls to hosts were for."""
    return [event["phase"] for event in read_events(runs / run / "events.jsonl").of("call_submitted")]


def started(path: Path, *, until: Callable[[], bool] | None = None) -> dict[str, Any]:
    """Start an experiment in a process of its own; with ``until``, kill that with -9 once it is so."""
    command = [sys.executable, "-m", "vgkit", "experiment", str(path), "--rehearse", "--speed", "200", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as one:
        while until and one.poll() is None:
            if until():
                one.kill()
                break
            time.sleep(0.02)
        said, wrong = one.communicate(timeout=600)
    if until:
        assert one.returncode == -9, f"it ended by itself:\n{said}{wrong}"
        return {}
    assert said, wrong
    told: dict[str, Any] = json.loads(said)
    assert one.returncode == (0 if told["well"] else 1), wrong
    return told


@pytest.mark.slow
def test_an_experiment_killed_in_the_middle_goes_on_and_pays_for_nothing_twice(write: Write, runs: Path) -> None:
    path = write(("[1, 2]", "[1]"))
    first, second = (film.name for film in films(path))
    started(path, until=lambda: (runs / second / "events.jsonl").exists() and "chunks" in paid(second, runs))
    told = started(path)
    assert told["well"], told
    assert [(each["run"], each["state"], each["kept"]) for each in told["films"]] == [
        (first, "success", True),
        (second, "success", False),
    ]
    assert Decimal(told["booked_usd"]) > 0
    assert created_twice(rehearsal_dir("duel-rehearsed")) == {}
    assert set(paid(first, runs)) == {"validate", "animatic", "chunks", "refine"}
    assert set(paid(second, runs)) == {"chunks"}
    made = [Run.open(name) for name in (first, second)]
    assert made[0].storyboard.model_dump(exclude={"clip"}) == made[1].storyboard.model_dump(exclude={"clip"})
    assert made[0].storyboard.clip != made[1].storyboard.clip
    stills = [f"animatic/{number:02d}.png" for number in range(3)]
    for name in ("plan.json", "references/style.png", "music_raw.wav", *stills):
        assert made[0].path(name).read_bytes() == made[1].path(name).read_bytes(), name
    cuts = [json.loads(run.path("cut.json").read_text())["segments"] for run in made]
    assert {segment["frames"] for segments in cuts for segment in segments} == {16}
    assert list(Ledger(runs).query("select distinct batch from runs")["batch"]) == ["duel-rehearsed"]
    check_that_nothing_is_made_again(path, told, [run.events.path for run in made])
    made[1].path("phases/validate.json").write_text(json.dumps({"outputs": {"plan.json": "0" * 64}}))
    assert list(unlocked(films(path, {**HOW, "speed": 200.0}))) == [f"{first} and {second} differ in plan.json"]


def check_that_nothing_is_made_again(path: Path, told: dict[str, Any], records: list[Path]) -> None:
    before = [record.read_bytes() for record in records]
    again = started(path)
    assert all(each["kept"] for each in again["films"])
    assert again["booked_usd"] == told["booked_usd"]
    assert [record.read_bytes() for record in records] == before
