import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner
from wire import Call, Reply, Wire, serving

from vgkit.cli import app
from vgkit.doctor import Finding, examine, machine, stopping
from vgkit.doctor.accounts import account_findings
from vgkit.doctor.prices import catalog_findings
from vgkit.errors import EngineUnknown

TODAY = date(2026, 11, 24)
TOKEN = "r8_NoOneMayEverSeeThisInAMessage01"
KEY = "sk-no-one-may-ever-see-this-in-a-message-01"
KEY_NAMES = ("REPLICATE_API_TOKEN", "OPENAI_API_KEY", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE")


@pytest.fixture(autouse=True)
def _bare(runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No keys, no credentials, and nobody to ask."""
    for name in KEY_NAMES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    for name in ("REPLICATE_BASE_URL", "OPENAI_BASE_URL"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")


@pytest.fixture
def hosts(monkeypatch: pytest.MonkeyPatch) -> Iterator[Wire]:
    """Both hosts in one, which accept the right keys alone."""

    def answer(call: Call) -> Reply:
        right = call.headers.get("authorization") in (f"Bearer {TOKEN}", f"Bearer {KEY}")
        return Reply(200, {}) if right else Reply(401, {"title": "Unauthenticated", "status": 401})

    with serving(answer) as wire:
        monkeypatch.setenv("REPLICATE_BASE_URL", wire.address)
        monkeypatch.setenv("OPENAI_BASE_URL", f"{wire.address}/v1")
        yield wire


def vgkit(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments), env={"NO_COLOR": "1", "COLUMNS": "400"})


def found(findings: list[Finding], name: str) -> Finding:
    (one,) = [finding for finding in findings if finding.name == name]
    return one


def test_a_machine_without_keys_can_run_offline_and_says_what_the_others_lack() -> None:
    findings = examine(today=TODAY)
    assert [finding for finding in findings if finding.state == "red"] == []
    assert stopping(findings, "offline") == []
    assert found(findings, "profile offline").fact == "Can make films now, for nothing."
    assert found(findings, "profile dev").fact == "Can't make a film now: replicate, openai."
    assert "REPLICATE_API_TOKEN=… into a .env file" in found(findings, "replicate").next_move
    assert "so http://127.0.0.1:9 was not asked" in found(findings, "openai").fact


def test_keys_are_tried_with_a_request_that_costs_nothing(hosts: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REPLICATE_API_TOKEN", TOKEN)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    findings = account_findings("dev")
    assert [(call.method, call.path) for call in hosts.calls] == [("GET", "/v1/account"), ("GET", "/v1/models")]
    assert found(findings, "replicate").fact == f"{hosts.address} accepts the key in REPLICATE_API_TOKEN."
    assert TOKEN not in str(findings)


def test_a_key_that_is_not_accepted_is_named_and_never_shown(hosts: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REPLICATE_API_TOKEN", f"{TOKEN}x")
    finding = found(account_findings(), "replicate")
    assert (finding.state, set(finding.stops)) == ("red", {"dev", "final"})
    assert "does not accept the key in REPLICATE_API_TOKEN (HTTP 401)" in finding.fact
    assert TOKEN not in str(finding)


@pytest.mark.parametrize("status", [403, 429, 500])
def test_a_host_in_trouble_leaves_the_question_open(status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(lambda call: Reply(status, {})) as wire:
        monkeypatch.setenv("OPENAI_BASE_URL", f"{wire.address}/v1")
        monkeypatch.setenv("OPENAI_API_KEY", KEY)
        finding = found(account_findings(), "openai")
    assert (finding.state, finding.stops) == ("yellow", ())
    assert f"answers HTTP {status}, so whether it accepts the key can't be told" in finding.fact


@pytest.mark.parametrize("address", ["http://127.0.0.1:9", "nowhere", "http://[", "http://bad host/"])
def test_a_host_that_can_not_be_reached_is_a_finding(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REPLICATE_BASE_URL", address)
    monkeypatch.setenv("REPLICATE_API_TOKEN", TOKEN)
    finding = found(account_findings(), "replicate")
    assert finding.state == "red"
    assert "does not answer" in finding.fact
    assert TOKEN not in str(finding)


def test_what_is_missing_is_red_once_it_is_asked_for_and_ends_with_a_code() -> None:
    told = vgkit("doctor", "--profile", "final", "--json")
    said = json.loads(told.stdout)
    assert (told.exit_code, said["profile"], said["can_run"]) == (1, "final", False)
    states = {finding["name"]: finding["state"] for finding in said["findings"]}
    assert (states["replicate"], states["profile final"]) == ("red", "red")
    assert not {"s3", "profile offline", "profile dev"} & set(states)


def test_the_doctor_speaks_a_line_for_each_finding() -> None:
    told = vgkit("doctor")
    assert told.exit_code == 0
    lines = told.stdout.splitlines()
    assert all(line.startswith(("green   ", "yellow  ", "red     ")) for line in lines)
    assert any(line.startswith("green   encoder: 15 frames were encoded as H.264 with AAC") for line in lines)


def test_a_profile_there_is_not_is_refused() -> None:
    with pytest.raises(EngineUnknown, match="there is no profile 'best'. Use one of offline"):
        examine("best")


def test_one_broken_part_does_not_hide_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("VGKIT_RUNS", str(tmp_path / "file"))
    findings = examine(today=TODAY)
    assert "Can't write" in found(findings, "runs").fact
    assert found(findings, "encoder").state == "green"
    assert found(findings, "profile offline").state == "red"
    assert [finding.name for finding in stopping(findings, "offline")] == ["runs"]


def test_requirements_are_held_against_what_is_installed() -> None:
    assert machine.unmet(["numpy<3,>=2.3", "pytest", "typer >=0.20, <1"]) == []
    wrong = machine.unmet(["numpy<2", "no-such-package>=1", "pydantic>=99", "pytest==1.0"])
    assert [entry.split(" ")[0] for entry in wrong] == ["numpy", "no-such-package", "pydantic", "pytest"]
    assert wrong[1] == "no-such-package is missing"


def test_bucket_credentials_are_told_by_where_they_come_from(monkeypatch: pytest.MonkeyPatch) -> None:
    assert found(account_findings(), "s3").state == "yellow"
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAABCDEFGHIJKLMNOP")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "no-one-may-ever-see-this")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "nor-this-of-course")
    finding = found(account_findings(), "s3")
    assert finding.fact == (
        "AWS credentials come from env; they end by themselves, and links with them. Endpoint: Amazon's own."
    )


def test_settings_of_aws_that_are_wrong_are_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "gone")
    finding = found(account_findings(), "s3")
    assert (finding.state, finding.stops) == ("red", ())
    assert finding.fact == "AWS's settings can't be read: The config profile (gone) could not be found."


def test_what_a_rehearsal_left_without_its_run_is_told(runs: Path) -> None:
    for name in ("here", "gone"):
        (runs / ".rehearsals" / name).mkdir(parents=True)
    (runs / "here").mkdir()
    (runs / "here" / "run.json").touch()
    finding = machine._rehearsals()
    assert finding.fact.startswith("1 of 2 have no run any more and take 0 MB in ")
    assert finding.next_move == "Delete gone there."


def test_prices_grow_old_and_only_those_that_are_asked_for_are_named() -> None:
    assert found(catalog_findings("", TODAY), "prices").state == "green"
    later = TODAY + timedelta(days=400)
    assert "zeroscope@replicate" in found(catalog_findings("dev", later), "prices").fact
    assert "zeroscope@replicate" not in found(catalog_findings("final", later), "prices").fact
    assert found(catalog_findings("offline", later), "prices").state == "green"


def test_a_model_past_its_day_stops_the_profiles_that_use_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VGKIT_GPT_MODEL", raising=False)
    assert "not in use: gpt-4-turbo" in found(catalog_findings("", TODAY), "models").fact
    monkeypatch.setenv("VGKIT_GPT_MODEL", "gpt-4-turbo")
    finding = found(catalog_findings("", TODAY), "models")
    assert (finding.state, set(finding.stops)) == ("red", {"dev", "final"})
    assert finding.fact == "gpt-4-turbo was announced to be switched off on 2026-10-23."
    monkeypatch.setenv("VGKIT_GPT_MODEL", "gpt-4o")
    finding = found(catalog_findings("", TODAY), "models")
    assert (finding.state, finding.stops) == ("yellow", ())
    assert finding.fact == "gpt-4o will be switched off on 2027-01-14."


def test_a_catalog_of_ones_own_that_is_wrong_is_a_finding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine.toml").write_text("[lamp]\nrole = 7\n")
    monkeypatch.setenv("VGKIT_ENGINES", str(tmp_path / "mine.toml"))
    finding = found(catalog_findings("", TODAY), "engines")
    assert finding.state == "red"
    assert "the engine 'lamp' can't be used" in finding.fact


def test_an_environment_that_a_rehearsal_left_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VGKIT_SPEED", "60")
    finding = found(account_findings(), "rehearsal")
    assert finding.fact == "VGKIT_SPEED=60: this environment is a rehearsal's."
    assert finding.next_move == "For films that cost, `unset VGKIT_SPEED` first."
