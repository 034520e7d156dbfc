import re
from collections import Counter
from decimal import Decimal
from pathlib import Path

import builders
import pytest

from vgkit.errors import EngineUnknown
from vgkit.estimate import Row, estimate, total_s, total_usd
from vgkit.estimate_report import estimate_report


@pytest.fixture(autouse=True)
def _nobody_to_ask(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An estimate asks for no key and no host."""
    for name in ("REPLICATE_API_TOKEN", "OPENAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    for name in ("REPLICATE_BASE_URL", "OPENAI_BASE_URL"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")


def rows(*, takes: int = 1, **fields: object) -> tuple[Row, ...]:
    return estimate(builders.brief(**fields), builders.template(), takes=takes)


def calls(found: tuple[Row, ...]) -> dict[str, int]:
    counted: Counter[str] = Counter()
    for row in found:
        counted[f"{row.engine} {row.step}".rstrip()] += row.calls
    return dict(counted)


def test_offline_costs_nothing_and_says_how_much_is_made() -> None:
    found = rows()
    assert [(row.phase, row.engine, row.calls) for row in found] == [
        ("validate", "sketch@local", 1),
        ("animatic", "sketch@local", 15),
        ("chunks", "sketch@local", 10),
        ("refine", "sketch@local", 1),
    ]
    assert total_usd(found) == 0
    assert total_s(found) == (0, 0)
    assert all(row.commercial_use and row.alone_s is None for row in found)


def test_a_chain_of_calls_has_a_row_for_each_step() -> None:
    found = rows(profile="dev")
    assert calls(found) == {
        "gpt@openai": 1,
        "sdxl@replicate": 15,
        "zeroscope@replicate draft": 10,
        "zeroscope@replicate upscale": 10,
        "musicgen@replicate": 1,
    }
    assert total_usd(found) == sum(row.all_usd for row in found) > 0
    assert all(abs(row.each_usd * row.calls - row.all_usd) < Decimal("0.0001") for row in found)


def test_shorter_clips_make_more_shots_and_more_takes_more_clips() -> None:
    assert calls(rows(profile="final"))["animatediff@replicate"] == 15
    assert calls(rows(profile="final", duration_s=6))["animatediff@replicate"] == 3
    twice = calls(rows(profile="final", takes=2))
    assert (twice["animatediff@replicate"], twice["sdxl@replicate"]) == (30, 15)


def test_a_brief_that_brings_its_music_pays_for_none() -> None:
    found = rows(profile="dev", assets={"music": "song.wav"})
    assert [row.role for row in found if row.role == "music"] == []


def test_calls_side_by_side_take_as_many_rounds_as_the_host_asks_for() -> None:
    found = rows(profile="final", duration_s=60)
    (video,) = [row for row in found if row.role == "video"]
    assert video.alone_s is not None
    assert video.together_s == pytest.approx(2 * video.alone_s / 30)  # thirty clips, sixteen at once
    alone_s, together_s = total_s(found)
    assert together_s < alone_s


def test_an_engine_there_is_not_is_named() -> None:
    with pytest.raises(EngineUnknown, match="'sora' is no engine for video"):
        rows(engines={"video": "sora"})


def test_a_sum_above_the_cap_says_how_high_the_cap_must_be() -> None:
    wish = builders.brief(profile="dev", caps={"run_usd": "0.50"})
    report = estimate_report(wish, builders.template())
    assert not report.within_caps
    (least,) = re.findall(r"The cap would stop this run: raise it to at least \$(\S+) with --cap\.", str(report))
    assert report.all_usd <= Decimal(least) < report.all_usd + Decimal("0.01")


def test_both_shipped_profiles_stay_within_their_caps() -> None:
    for profile in ("dev", "final"):
        for duration_s in (30,):
            report = estimate_report(builders.brief(profile=profile, duration_s=duration_s), builders.template())
            assert report.within_caps, str(report)


def test_what_the_projects_cap_leaves_counts_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VGKIT_PROJECT_CAP", "0.01")
    report = estimate_report(builders.brief(profile="dev"), builders.template())
    assert not report.within_caps
    assert "The project's cap would stop this run" in str(report)


def test_engines_that_a_commercial_film_may_not_use_are_named_beforehand() -> None:
    report = estimate_report(builders.brief(profile="dev", usage="commercial"), builders.template())
    assert set(report.refused) >= {"zeroscope@replicate", "musicgen@replicate"}
    assert "the licence of" in str(report)
    assert "CC-BY-NC-4.0" in str(report)
    assert estimate_report(builders.brief(usage="commercial"), builders.template()).refused == ()
