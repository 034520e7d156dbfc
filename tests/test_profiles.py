"""Which engines a profile means, and what may be spent."""

from decimal import Decimal

import pytest
from builders import brief
from pydantic import ValidationError

from vgkit.engines.registry import engines_of, full_name
from vgkit.errors import EngineUnknown, ParameterError
from vgkit.profiles import ROLES, Profile, profile_for, profiles, project_cap


def test_each_profile_names_an_engine_there_is_for_every_role() -> None:
    for profile in profiles().values():
        assert [profile.engines[role] for role in ROLES if profile.engines[role] not in engines_of(role)] == []
        assert {role: full_name(role, name) for role, name in profile.engines.items()} == dict(profile.engines)


def test_dev_films_with_zeroscope_and_final_with_animatediff_each_under_its_cap() -> None:
    films = {name: (profile.engines["video"], profile.cap_usd) for name, profile in profiles().items()}
    assert films == {
        "offline": ("sketch@local", Decimal("0.00")),
        "dev": ("zeroscope@replicate", Decimal("2.00")),
        "final": ("animatediff@replicate", Decimal("3.50")),
    }


def test_a_briefs_own_engine_and_cap_stand_over_its_profiles() -> None:
    profile = profile_for(brief(profile="dev", engines={"video": "ltx-video"}, caps={"run_usd": "1.25"}))
    assert (profile.engines["video"], profile.engines["music"]) == ("ltx-video", "musicgen@replicate")
    assert profile.cap_usd == Decimal("1.25")


@pytest.mark.parametrize("name", ["finale", "project"])
def test_a_profile_there_is_not_is_answered_with_those_there_are(name: str) -> None:
    with pytest.raises(EngineUnknown, match=f"there is no profile '{name}'. Use one of offline, dev, final"):
        profile_for(brief(profile=name))


def test_a_profile_without_a_rule_by_which_to_pick_a_take_is_refused() -> None:
    fields = profiles()["offline"].model_dump()
    for rule in ({}, {"sharpness": 0}, {"sharpness": -1}):
        with pytest.raises(ValidationError, match="pick"):
            Profile.model_validate(fields | {"pick": rule})


def test_all_runs_together_may_cost_what_the_file_says_or_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VGKIT_PROJECT_CAP", raising=False)
    assert project_cap() == Decimal("275.00")
    monkeypatch.setenv("VGKIT_PROJECT_CAP", "40.5")
    assert project_cap() == Decimal("40.5")


@pytest.mark.parametrize("stated", ["lots", "-1", "nan", "inf", "$40"])
def test_a_project_cap_that_is_no_amount_is_refused(stated: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VGKIT_PROJECT_CAP", stated)
    with pytest.raises(ParameterError, match="is no amount in US dollars"):
        project_cap()
