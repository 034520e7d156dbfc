"""What the pages say is held against the code, since a page that was true once is worse than none."""

import ast
import importlib.metadata
import json
import re
import shlex
import tomllib
from dataclasses import fields
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
import typer
from pydantic import BaseModel
from studio import door

from vgkit import errors
from vgkit.brief import FILM_SIZES, Assets, Brief, Caps, Role, brief_from
from vgkit.cli import app
from vgkit.engines.base import Ask, ClipRequest, Staging
from vgkit.engines.sketch import scene_files
from vgkit.engines.sketch.objects import LABEL_WIDTHS
from vgkit.engines.sketch.palettes import palette_for, tints
from vgkit.engines.sketch.scenes import stage
from vgkit.ledger import Ledger, read_events
from vgkit.ledger.kinds import _CALL, KINDS
from vgkit.media import conform, deflicker, finish, flow, framing, master, steady
from vgkit.media.borders import MOST_SHIFT_FRAMES, RETIMING
from vgkit.media.formats import FILMS, MASTERS
from vgkit.media.frames import write_picture
from vgkit.media.looks import RECIPES
from vgkit.media.probe import probe
from vgkit.media.samples import AAC_BITS_PER_S, RATE_HZ
from vgkit.phases.films import FRAMINGS, QUALITIES, STEADYINGS, Wishes
from vgkit.phases.step import PHASES
from vgkit.profiles import profiles
from vgkit.storyboard import Light
from vgkit.template import SLOTS, Beat, MusicStyle, Template, View
from vgkit.template_files import template_names
from vgkit.timing import _TRANSITION_FRAMES

TOP = Path(__file__).resolve().parent.parent
PAGES = [TOP / "README.md", *sorted((TOP / "docs").glob("*.md"))]
COMMANDS: Any = typer.main.get_command(app)


def page(name: str) -> str:
    return (TOP / "docs" / name).read_text("utf-8")


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


def spoken_code(text: str) -> list[str]:
    """Return every line of a code block and every inline piece of code; one that a line's end breaks is joined."""
    prose = re.sub(r"^```.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE)
    pieces = [" ".join(piece.split()) for piece in re.findall(r"`([^`]+)`", prose)]
    return [line for block in blocks(text, "text") for line in block.splitlines()] + pieces


def table(text: str, first: str) -> dict[str, str]:
    """Join all tables whose first column is headed ``first``: the first cell's name, and the rest of its row."""
    rows: dict[str, str] = {}
    for head, body in re.findall(r"^\| ([^|\n]*?) \|[^\n]*\n\|[-|]+\n((?:\|[^\n]*\n)+)", text, re.MULTILINE):
        if head == first:
            for line in body.splitlines():
                name, rest = line.strip("|").split("|", 1)
                rows[name.strip(" `")] = rest
    return rows


def documented(text: str, heading: str) -> dict[str, str]:
    """The fields of the first table after ``heading``."""
    after = text[text.index(heading) :]
    start = after.index("| field")
    return table(after[start : after.index("\n\n", start)] + "\n", "field")


def said_commands() -> list[tuple[str, str]]:
    found = []
    for path in PAGES:
        for line in spoken_code(path.read_text("utf-8")):
            command = line.removeprefix("$ ").removeprefix(".venv/bin/")
            if re.match(r"vgkit( |$)", command):
                found.append((path.name, command))
    return found


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_relative_link_leads_somewhere(path: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", path.read_text("utf-8"))
    assert [link for link in links if not (path.parent / link).exists()] == []


@pytest.mark.parametrize(("where", "command"), said_commands())
def test_every_command_in_the_pages_is_one_the_command_line_knows(where: str, command: str) -> None:
    words = shlex.split(command, comments=True)[1:]
    known: Any = COMMANDS
    while words and words[0] in getattr(known, "commands", {}):
        known = known.commands[words.pop(0)]
    options = {name for each in known.params for name in each.opts} | {"--help"}
    assert [word for word in words if word.startswith("-") and word not in options] == []
    if getattr(known, "commands", None):
        assert [word for word in words if not word.startswith("-")] == []


def every_command(group: Any) -> list[Any]:
    """A command and those under it."""
    return [group, *(each for under in getattr(group, "commands", {}).values() for each in every_command(under))]


def test_every_option_that_is_named_alone_exists_and_every_option_is_named() -> None:
    params = [each for command in every_command(COMMANDS) for each in command.params]
    known = {name for each in params for name in (*each.opts, *each.secondary_opts) if name.startswith("-")}
    named = {
        w for path in PAGES for code in spoken_code(path.read_text("utf-8")) for w in re.findall(r"^-[-\w]+", code)
    }
    assert named <= known
    assert [name for name in known - {"--help"} if name not in page("cli.md")] == []
    assert [name for name in COMMANDS.commands if f"`vgkit {name}`" not in page("cli.md")] == []


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_file_that_is_named_exists(path: Path) -> None:
    named = [
        code for code in spoken_code(path.read_text("utf-8")) if re.match(r"(notebooks|templates|vgkit|tests)/", code)
    ]
    assert [name for name in named if not (TOP / name.split()[0]).exists()] == []


def test_every_make_target_and_variable_in_the_pages_exists() -> None:
    text = "\n".join(path.read_text("utf-8") for path in PAGES)
    targets = re.findall(r"^([a-z]+):", (TOP / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert set(re.findall(r"`make ([a-z]+)", text)) <= set(targets)
    of_tests = {"VGKIT_FIFTY"}
    assert of_tests <= variables_of(TOP / "tests" / "batch")
    assert set(re.findall(r"VGKIT_[A-Z]+", text)) == variables_of(TOP / "vgkit") | of_tests


def variables_of(folder: Path) -> set[str]:
    return {name for path in folder.rglob("*.py") for name in re.findall(r"VGKIT_[A-Z]+", path.read_text("utf-8"))}


def test_every_page_is_reached_from_the_readme_and_figures_still_to_come_are_few() -> None:
    text = "\n".join(path.read_text("utf-8") for path in PAGES)
    assert [path.name for path in PAGES[1:] if f"docs/{path.name}" not in PAGES[0].read_text("utf-8")] == []
    assert "@@" not in text
    assert len(re.findall("FIGURE_", text)) <= 4


def test_the_exit_codes_are_those_of_the_errors() -> None:
    codes = {name: int(rest.split("|")[0]) for name, rest in table(page("cli.md"), "error").items()}
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.VgkitError)]
    assert codes == {"(none)": 0} | {kind.__name__: kind.exit_code for kind in kinds}


MODELS = [
    ("briefs.md", "## The fields", Brief),
    ("briefs.md", "The one field of `caps`", Caps),
    ("briefs.md", "## Assets", Assets),
    ("templates.md", "## Fields", Template),
    ("templates.md", "Of `music`", MusicStyle),
    ("templates.md", "Of each beat", Beat),
    ("templates.md", "Of each view", View),
]


@pytest.mark.parametrize(("name", "heading", "model"), MODELS, ids=[model.__name__ for *_, model in MODELS])
def test_the_fields_ranges_and_defaults_are_the_models(name: str, heading: str, model: type[BaseModel]) -> None:
    # what a slug and a pattern are is said once
    terms = {"slug": "slug up to 40", "pattern": "pattern of 1 to 400"}
    rows = documented(page(name), heading)
    assert list(rows) == list(model.model_fields)
    for term, meaning in terms.items():
        rows = {field: row.replace(term, meaning) for field, row in rows.items()}
    for field, about in model.model_fields.items():
        bounds = [getattr(limit, key, None) for limit in about.metadata for key in ("ge", "le", "gt", "lt")]
        lengths = [getattr(limit, key, None) for limit in about.metadata for key in ("min_length", "max_length")]
        for bound in filter(None, bounds + lengths):
            assert f"{bound:,}" in rows[field], f"{field} lacks {bound}"
        assert [
            word for word in get_args(about.annotation) if isinstance(word, str) and f"`{word}`" not in rows[field]
        ] == []
        if isinstance(about.default, str | int | float) and about.default not in ("", False):
            assert f"`{about.default}`" in rows[field], f"{field} lacks its default"


def test_slots_looks_templates_sizes_roles_and_phases_are_all_named() -> None:
    assert [slot for slot in SLOTS if f"`{{{slot}}}`" not in page("templates.md")] == []
    looks = [path.stem for path in (TOP / "templates/looks").glob("*.cube")]
    assert [name for name in (*looks, *template_names()) if f"`{name}`" not in page("templates.md")] == []
    assert [size for size in FILM_SIZES.values() if f"{size[0]} x {size[1]}" not in page("briefs.md")] == []
    assert [role for role in get_args(Role) if f"`{role}`" not in page("engines.md")] == []
    assert list(table(page("resume.md"), "phase")) == list(PHASES)


def test_the_examples_of_a_brief_and_a_beat_are_accepted() -> None:
    (brief,), (beat,) = blocks(page("briefs.md"), "toml"), blocks(page("templates.md"), "json")
    assert brief_from(tomllib.loads(brief)).caps.run_usd == Decimal("0.50")
    assert Beat.model_validate(json.loads(beat)).views[1].setting == "tabletop"


def test_kinds_of_events_and_their_fields_are_those_that_are_written() -> None:
    rows = {
        kind: [re.findall(r"`(\w+)`", cell) for cell in row.split("|")]
        for kind, row in table(page("record.md"), "kind").items()
    }
    assert list(rows) == list(KINDS)
    for kind, (must, may) in ((kind, row[:2]) for kind, row in rows.items()):
        assert set(must) == KINDS[kind].must
        if KINDS[kind].may != frozenset(_CALL.split()):
            assert set(may) == KINDS[kind].may
    calls = page("record.md").split("The call's fields:")[1].split(". Each")[0]
    assert re.findall(r"`(\w+)`", calls) == _CALL.split()


def test_tables_and_views_are_all_named_and_every_query_in_the_pages_is_answered(runs: Path) -> None:
    ledger = Ledger(runs)
    runs.mkdir()
    ledger.sync()
    for kind, first in (("BASE TABLE", "table"), ("VIEW", "view")):
        found = ledger.query("select table_name from information_schema.tables where table_type = ?", [kind])
        assert set(table(page("record.md"), first)) == set(found.table_name)
    for command in (shlex.split(command) for _, command in said_commands() if command.startswith("vgkit sql ")):
        ledger.query(command[2])
    for query in re.findall(r"^select [^;]+", blocks(page("record.md"), "sql")[0], re.MULTILINE):
        ledger.query(query)


def test_the_scene_in_the_page_can_be_painted_and_its_attributes_are_all_explained(tmp_path: Path) -> None:
    text = page("scenes.md")
    (tmp_path / "pier.svg").write_text(blocks(text, "svg")[0], "utf-8")
    palette = palette_for("night", "calm")
    painted = stage("pier", palette=palette, light="night", width_px=192, height_px=108, seed=1, folder=tmp_path)
    assert painted.layers[0].rgba[..., 3].min() == 255
    rows = table(text, "attribute")
    assert {*scene_files._SHARES, *scene_files._WORDS, *scene_files._CHOICES} <= set(rows)
    assert [one for name, all_ in scene_files._CHOICES.items() for one in all_ if f"`{one}`" not in rows[name]] == []
    known = set(re.findall(r"data-[\w-]+", Path(scene_files.__file__).read_text("utf-8"))) - {"data-"}
    assert [name for name in known if name not in text] == []
    assert [light for light in get_args(Light) if f"`{light}`" not in text] == []
    plain = [slot for slot in tints(palette) if not re.search("_(light|pale|dark|deep)$", slot)]
    assert [name for name in plain if f"`${name}`" not in text] == []
    assert [name for name in LABEL_WIDTHS if f"`{name}`" not in text] == []


def test_the_figures_of_the_film_page_are_the_codes() -> None:
    text = page("film.md")
    for quality, form in FILMS.items():
        assert f"| `{quality}` | {form.options['preset']} | {form.options['crf']} |" in text
    limits = (("black", conform.BLACK_S), ("frozen", conform.FROZEN_S), ("silent", conform.SILENT_S))
    assert [
        name for name, longest_s in limits if f"| `{name} stretches` | none over {longest_s:g} s |" not in text
    ] == []
    assert f"{conform.LOUDNESS_LUFS:g} LUFS ±{conform.LOUDNESS_TOLERANCE_LU:g}" in text
    assert f"at most {conform.PEAK_DBTP:g} dBTP" in text
    assert f"{master.ENCODED_DBTP - master.HEADROOM_DB:g} dBTP, because" in text.replace("\n", " ")
    assert f"{AAC_BITS_PER_S // 1000} kbit/s" in text
    assert f"{RATE_HZ} Hz" in text
    lengths = {name: int(rest.split("|")[0]) for name, rest in table(text, "`transition`").items()}
    assert lengths == _TRANSITION_FRAMES
    assert f"up to {MOST_SHIFT_FRAMES} frames" in text
    assert f"slowed by {100 * RETIMING:g} %" in text


def test_the_settings_of_the_film_their_values_and_defaults_are_the_codes() -> None:
    rows = table(page("film.md"), "setting")
    assert list(rows) == [field.name for field in fields(Wishes)]
    choices = {"quality": QUALITIES, "steady": STEADYINGS, "framing": FRAMINGS, "also": FILM_SIZES, "masters": MASTERS}
    for name, values in choices.items():
        assert re.findall(r"`([^`]+)`", rows[name].split("|")[0]) == list(values)
    assert f"`{Wishes().quality}`" in rows["quality"].split("|")[1]
    (steadying,) = {profile.steady for profile in profiles().values()}
    assert f"`{steadying}` in all that ship" in rows["steady"]
    assert f"`{Template.model_fields['framing'].default}` unless it says" in rows["framing"]


def test_the_figures_by_which_clips_are_steadied_and_framed_are_the_codes() -> None:
    text = page("film.md").replace("\n", " ")
    said = [
        f"it jumps by more than {steady._FLICKERS_LEVELS:g} levels",
        f"off by more than {steady._UNEVEN_LEVELS:g} levels",
        f"by more than {steady._GRAINY_LEVELS:g} levels, {steady._GRAINY_WHERE_LIGHT_JUMPS:g} after",
        f"the warp error not {100 * steady._HARMS - 100:g} % more",
        f"is at least {100 - 100 * steady._PAYS:g} % less and sharpness at least {100 * steady._SHARP_ENOUGH:g} %",
        f"{deflicker._REACH} frames to either side",
        f"off by less than {100 * framing._SAME_SHAPE:g} %",
        f"fewer than {100 * flow._TRACEABLE:g} % of the pixels",
        f"wider than {flow._HALVE_ABOVE_PX} pixels",
        f"by more than {finish._OVERSHOOT_LEVELS:g} levels",
    ]
    assert [words for words in said if " ".join(words.split()) not in " ".join(text.split())] == []


def test_the_options_for_films_of_ones_own_clips_have_the_defaults_that_are_told() -> None:
    rows = table(page("clips.md"), "option")
    params = {param.opts[0]: param for param in COMMANDS.commands["film"].params if param.opts[0].startswith("-")}
    assert {row.split("`")[0] for row in rows} == params.keys() - {"--help"}
    for row, rest in rows.items():
        default = params[row.split("`")[0]].default
        assert f"`{default}`" in rest or default in (None, ""), f"{row} lacks {default}"
    assert [name for name in RECIPES if f"`{name}`" not in rows["--look"]] == []


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_what_the_python_in_the_pages_imports_is_there(path: Path) -> None:
    asked = [
        (node.module or "", name.name)
        for block in blocks(path.read_text("utf-8"), "python")
        for node in ast.walk(ast.parse(block))
        if isinstance(node, ast.ImportFrom)
        for name in node.names
    ]
    assert [f"{module}.{name}" for module, name in asked if not hasattr(import_module(module), name)] == []


def test_the_packages_in_the_readme_are_those_that_are_required() -> None:
    named = {name for cell in table(PAGES[0].read_text("utf-8"), "package") for name in re.findall(r"[\w-]+", cell)}
    needs = importlib.metadata.requires("vgkit") or []
    assert named == {re.split(r"[^\w-]", each)[0] for each in needs if "extra ==" not in each}


def test_the_small_engine_makes_a_clip_through_the_door(tmp_path: Path) -> None:
    space: dict[str, Any] = {}
    exec(compile(blocks(page("engines.md"), "python")[0], "docs/engines.md", "exec"), space)
    drift = space["Drift"]()
    staging = Staging("studio", "day", palette_for("day", "calm"), "close", "push_in", "hero", "box")
    still = tmp_path / "still.png"
    write_picture(np.full((288, 512, 3), 120, np.uint8), still)
    request = ClipRequest("s01/t01", "a lamp", "", 1, drift.shape("1:1"), staging, keyframe=still)
    opened = door(tmp_path, check=probe)
    made = probe(opened.ask(Ask("video", drift, request, tmp_path / "one.mp4")))
    opened.ask(Ask("video", drift, request, tmp_path / "two.mp4"))
    assert (made.width, made.height, made.frames) == (768, 768, 24)
    told = read_events(tmp_path / "one" / "events.jsonl")
    assert [event.kind for event in told] == ["call_reserved", "call_settled", "call_cached"]
