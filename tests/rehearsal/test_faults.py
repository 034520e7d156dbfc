"""Faults by name: read from a file, drawn, counted."""

from pathlib import Path

import pytest

from vgkit.errors import ParameterError
from vgkit.rehearsal.faults import FAULTS, Dice, Odds, load_faults, profile_names, read_faults


def dice(folder: Path, seed: int = 0, **odds: Odds) -> Dice:
    return Dice(odds, seed=seed, folder=folder)


@pytest.mark.parametrize("name", profile_names())
def test_every_profile_that_ships_can_be_read(name: str) -> None:
    assert set(load_faults(name)) <= set(FAULTS)


def test_harsh_holds_every_fault_there_is() -> None:
    assert set(load_faults("harsh")) == set(FAULTS)


def test_mild_holds_nothing_that_stops_a_run_at_once() -> None:
    assert not {"unauthorized", "no_credit", "invalid"} & set(load_faults("mild"))


def test_a_fault_is_a_probability_or_a_table(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text('reset = 0.5\n[error_500]\nprobability = 1\ntimes = 2\non = ["look"]\n')
    assert load_faults(own) == {"reset": Odds(0.5), "error_500": Odds(1.0, 2, ("look",))}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("reset = 0.1\nresset = 0.1", "own.toml line 2: there is no fault 'resset'. The faults are unauthorized,"),
        ("\n\nfailed = 1.5", "own.toml line 3: failed has probability 1.5; it goes from 0 to 1."),
        ("failed = true", "own.toml line 1: failed has probability True"),
        ("[nsfw]\ntimes = -1", "own.toml line 1: nsfw has times -1; give a whole number, or leave it out."),
        ('[reset]\non = ["models"]', "line 1: reset can't happen on 'models'. It happens on create, look, list"),
        ('[failed]\non = ["create"]', "failed can't happen on 'create'. It happens on nothing: it befalls predictions"),
        ("[reset]\nprob = 1", "line 1: reset.prob is not a field. A fault has probability, times and on."),
        ("reset = \nfailed = 1", "at line 1"),
    ],
)
def test_a_mistake_in_a_file_is_named_by_line(text: str, said: str) -> None:
    with pytest.raises(ParameterError) as refused:
        read_faults(text, name="own.toml")
    assert said in str(refused.value)


def test_a_file_that_is_not_there_is_answered_with_the_profiles() -> None:
    with pytest.raises(ParameterError, match="'hasrh' can't be read .*Use one of none, mild, harsh, or a TOML file."):
        load_faults("hasrh")


def test_times_bounds_how_often_a_fault_happens_in_all(tmp_path: Path) -> None:
    drawn = dice(tmp_path, error_500=Odds(1.0, times=2))
    assert [drawn.strike("look") for _ in range(4)] == ["error_500", "error_500", "", ""]


def test_a_server_that_starts_again_goes_on_counting(tmp_path: Path) -> None:
    first = dice(tmp_path, reset=Odds(1.0, times=3))
    first.strike("look")
    again = dice(tmp_path, reset=Odds(1.0, times=3))
    assert [again.strike("list") for _ in range(3)] == ["reset", "reset", ""]
    assert [entry["site"] for entry in again.happened] == ["look", "list", "list"]


def test_a_server_that_was_killed_while_it_noted_a_fault_starts_again(tmp_path: Path) -> None:
    dice(tmp_path, reset=Odds(1.0)).strike("look")
    with (tmp_path / "faults.jsonl").open("a") as file:
        file.write('{"fault": "re')
    dice(tmp_path, reset=Odds(1.0)).strike("list")
    assert [entry["site"] for entry in dice(tmp_path).happened] == ["look", "list"]


def test_a_fault_befalls_only_the_requests_it_is_for(tmp_path: Path) -> None:
    drawn = dice(tmp_path, error_502=Odds(1.0, on=("list",)), slow_poll=Odds(1.0))
    assert [drawn.strike(site) for site in ("create", "list", "look", "models")] == ["", "error_502", "slow_poll", ""]


def test_one_seed_draws_the_same_and_another_fault_does_not_move_it(tmp_path: Path) -> None:
    def struck(name: str, seed: int, **more: Odds) -> list[bool]:
        folder = tmp_path / name
        folder.mkdir()
        drawn = dice(folder, seed, throttled=Odds(0.5), **more)
        return [drawn.strike("create") == "throttled" for _ in range(40)]

    alone = struck("a", 1)
    assert 8 < sum(alone) < 32
    assert struck("b", 1, failed=Odds(0.5)) == alone
    assert struck("c", 2) != alone


def test_what_becomes_of_a_prediction_follows_from_what_it_is(tmp_path: Path) -> None:
    folders = [tmp_path / "a", tmp_path / "b"]
    for folder in folders:
        folder.mkdir()
    one, other = (dice(folder, failed=Odds(0.5)) for folder in folders)
    keys = [f"{number}" for number in range(40)]
    assert {key: one.fate(key) for key in keys} == {key: other.fate(key) for key in reversed(keys)}


def test_what_can_not_befall_a_model_is_barred(tmp_path: Path) -> None:
    assert dice(tmp_path, nsfw=Odds(1.0)).fate("x", barred=frozenset({"nsfw"})) == ""
