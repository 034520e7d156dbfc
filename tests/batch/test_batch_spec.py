"""The three forms of a batch's file: what is read from them, and how mistakes are told by line, column and key."""

from pathlib import Path

import pytest

from vgkit.batch import text as batch_text
from vgkit.batch.rows import line_rows
from vgkit.batch.spec import Spec, read_spec, spec_of
from vgkit.batch.table import table_rows
from vgkit.batch.wrong import Wrong, listed
from vgkit.errors import BatchError


def table(text: str) -> tuple[list[tuple[int, dict[str, object]]], list[str]]:
    """The rows of a table with their lines, and what is complained of."""
    wrong = Wrong()
    rows, _ = table_rows(text, Path("films.csv"), wrong)
    return [(row.place.line, dict(row.fields)) for row in rows], [str(each) for each in wrong]


def written(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_table_is_read_with_any_delimiter_and_line_ends_and_knows_the_line_each_row_begins_on(
    delimiter: str, ends: str
) -> None:
    lines = ["name,prompt,duration_s", 'a,"A kite', 'over dunes",6', "", ",,", "b,A lamp,", ""]
    rows, wrong = table(ends.join(lines).replace(",", delimiter))
    assert rows == [
        (2, {"name": "a", "prompt": "A kite\nover dunes", "duration_s": "6"}),
        (6, {"name": "b", "prompt": "A lamp"}),
    ]
    assert wrong == []


def test_what_excel_writes_before_the_header_is_understood_and_counted(tmp_path: Path) -> None:
    path = written(tmp_path, "Spring films.csv", b"\xef\xbb\xbfsep=;\r\nprompt;seed;;\r\nA kite, red;7;;\r\n")
    spec = read_spec(path)
    assert [(row.place.line, dict(row.fields)) for row in spec.rows] == [(3, {"prompt": "A kite, red", "seed": "7"})]
    assert spec.head.name == "spring-films"
    assert not spec.wrong


def test_settings_are_read_as_after_set_and_all_else_as_text() -> None:
    rows, _ = table('prompt,settings.takes,settings.quality,settings.also,seed\n12,2,draft,"9:16,1:1",2\n')
    settings = {"settings.takes": 2, "settings.quality": "draft", "settings.also": "9:16,1:1"}
    assert rows == [(2, {"prompt": "12", "seed": "2"} | settings)]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("promt,seed\nx,1\n", "line 1, promt (column 1): is not a field of a film. Did you mean prompt?"),
        (
            "prompt,engines.vidoe\nx,y\n",
            "line 1, engines.vidoe (column 2): is not a field of a film. Did you mean engines.v",
        ),
        ("prompt,seed,prompt\nx,1,y\n", "line 1, prompt (column 3): stands in column 1 too; keep one"),
        ("prompt,seed\nx,1,2\n", "line 2: has 3 cells; the header has 2. The first over is '2'"),
        ('prompt,seed\nx,1\n"y,2\n', "line 3: the row that begins here can't be read: a quote that was opened is not"),
        ('prompt,seed\n"x"y,2\n', "line 2: the row that begins here can't be read: ',' expected after '\"'"),
        (
            'prompt\n"' + "x" * 140_000 + '"\n',
            "line 2: the row that begins here can't be read: a cell has more than 131,072",
        ),
    ],
)
def test_a_mistake_in_a_table_is_told_by_its_line_and_column(text: str, told: str) -> None:
    (complaint,) = table(text)[1]
    assert complaint.startswith(told)


def test_a_column_without_a_name_may_be_empty_but_holds_nothing() -> None:
    rows, wrong = table("prompt,\nx,\ny,z\n")
    assert [fields for _, fields in rows] == [{"prompt": "x"}, {"prompt": "y"}]
    assert wrong == ["line 3: has 'z' in column 2, whose header is empty; name the column, or empty the cell"]


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.csv", "", "is empty. Write a header and a row for each film"),
        ("a.jsonl", " \n\n", "is empty. Write a header and a row for each film"),
        ("a.csv", "prompt,seed\n", "has a header and no rows. Write a row for each film"),
        (
            "a.csv",
            "prompt\nCaf\xe9\n".encode("latin-1"),
            "in line 2, the first time at byte 11 (0xE9). Save it as UTF-8",
        ),
        (
            "a.csv",
            b"prompt\nCaf\xc3\xa9\nCaf\xe9\nx\nCaf\xe8\n",
            "in lines 3 and 5, the first time at byte 17 (0xE9), but is",
        ),
        (
            "a.csv",
            "prompt\nx\n".encode("utf-16"),
            "is UTF-16. Save it as UTF-8, in Excel as “CSV UTF-8”, or convert it: iconv",
        ),
        ("a.csv", b"prompt\nx\0y\n", "line 2 holds a NUL (byte 9): it is damaged, or no text"),
        ("a.toml", 'name = "x"\nseeds = [1,\n', "is not TOML: "),
        ("a.txt", "prompt\nx\n", "is no batch. Give a file that ends in .csv, .tsv, .jsonl or .toml"),
    ],
)
def test_a_file_that_is_no_batch_is_refused_with_what_it_is(
    tmp_path: Path, name: str, content: str | bytes, told: str
) -> None:
    with pytest.raises(BatchError) as refused:
        read_spec(written(tmp_path, name, content))
    assert told in str(refused.value)


def test_a_file_that_is_not_there_and_a_folder_are_refused(tmp_path: Path) -> None:
    (tmp_path / "b.csv").mkdir()
    for name in ("a.csv", "b.csv", "c\0.csv"):
        with pytest.raises(BatchError, match="can't be read: .* Give a CSV, JSONL or TOML file"):
            read_spec(tmp_path / name)


def test_more_rows_than_the_most_are_refused(tmp_path: Path) -> None:
    rows = "".join(f"A kite {number}\n" for number in range(batch_text.MOST_ROWS + 1))
    with pytest.raises(BatchError, match="asks for more than 100,000 films, the most for one batch. Split it"):
        read_spec(written(tmp_path, "a.csv", "prompt\n" + rows))
    with pytest.raises(BatchError, match="asks for 100,001 films; 100,000 is the most for one batch. Split it"):
        spec_of([], name="x", briefs=["a.toml"], seeds=range(100_001))


def test_lines_of_json_are_nested_or_dotted_and_null_is_left_out(tmp_path: Path) -> None:
    wrong = Wrong()
    nested, dotted = '{"prompt": "x", "engines": {"video": "sketch"}, "settings": {"takes": 2}}', '{"caps.run_usd": "1"'
    rows = line_rows(nested + "\n\n" + dotted + ', "seed": null}', Path("a.jsonl"), wrong)
    assert [(row.place.line, dict(row.fields)) for row in rows] == [
        (1, {"prompt": "x", "engines.video": "sketch", "settings.takes": 2}),
        (3, {"caps.run_usd": "1"}),
    ]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('{"prompt": "x" "seed": 1}', "line 2, column 16: is not JSON here: Expecting ',' delimiter"),
        ("[1, 2]", 'line 2: is [1, 2]; write one object a line, such as {"prompt": "…"}'),
        ('{"seed": 1, "seed": 2}', "line 2: can't be read: 'seed' stands there twice; keep one"),
        ('{"seed": NaN}', "line 2: can't be read: NaN is no number in JSON"),
        ('{"seed": ' + "9" * 5000 + "}", "line 2: can't be read: Exceeds the limit"),
        ("[" * 100_000, "line 2: can't be read: "),
        ('{"settings": 2}', "line 2, settings: is a table; write settings.takes and the like"),
        ('{"promt": 1}', "line 2, promt: is not a field of a film. Did you mean prompt?"),
    ],
)
def test_a_mistake_in_a_line_of_json_is_told_by_line_and_character(line: str, told: str) -> None:
    wrong = Wrong()
    assert len(line_rows('{"prompt": "x"}\n' + line, Path("a.jsonl"), wrong)) <= 2
    (complaint,) = wrong
    assert str(complaint).startswith(told)


def test_mistakes_in_the_head_of_a_toml_file_are_told_by_key_and_the_rest_is_read_all_the_same(tmp_path: Path) -> None:
    text = 'name = "A spring"\nduration_s = 90\nsedes = [1]\nseeds = [1, 1]\n'
    text += '[caps]\nrun_usd = -1\n[[films]]\npromt = "x"\n'
    told = [str(each) for each in read_spec(written(tmp_path, "a.toml", text)).wrong]
    assert sorted(each.split(":")[0] for each in told) == [
        "caps.run_usd",
        "duration_s",
        "films[0], promt",
        "name",
        "sedes",
        "seeds",
    ]


def test_a_toml_file_may_have_its_rows_in_a_table_beside_it_whose_mistakes_name_that_file(tmp_path: Path) -> None:
    written(tmp_path, "films.csv", "prompt,sed\nA kite,1\nA lamp,2\n")
    spec: Spec = read_spec(
        written(tmp_path, "a.toml", 'name = "spring"\nrows = "films.csv"\n[[films]]\nprompt = "x"\n')
    )
    assert [str(row.fields["prompt"]) for row in spec.rows] == ["x", "A kite", "A lamp"]
    assert [str(each) for each in spec.wrong] == [
        "films.csv line 1, sed (column 2): is not a field of a film. Did you mean seed?"
    ]
    gone = read_spec(written(tmp_path, "b.toml", 'name = "spring"\nrows = "none.csv"\n'))
    assert "rows: " in str(gone.wrong)
    assert "none.csv can't be read" in str(gone.wrong)


@pytest.mark.parametrize(
    ("numbers", "said"),
    [([3], "3"), ([3, 9], "3 and 9"), ([1, 2, 3, 4], "1, 2, 3 and 4"), (range(50), "0, 1, 2 and 47 more")],
)
def test_lines_are_named_up_to_a_few(numbers: list[int], said: str) -> None:
    assert listed(list(numbers)) == said


def test_at_most_fifty_complaints_are_written_and_scripts_get_all() -> None:
    text = "".join(f'{{"unknown_{number}": 1}}\n' for number in range(70))
    wrong = Wrong()
    line_rows(text, Path("a.jsonl"), wrong)
    assert len(str(wrong).splitlines()) == 51
    assert str(wrong).endswith("… and 20 complaints more; --json has all.")
    assert len(wrong.as_json) == 70
    assert wrong.as_json[0]["lines"] == (1,)
