"""What a run may spend is kept, to the call."""

import dataclasses
from decimal import Decimal
from pathlib import Path

import pytest
from rehearsed import billed, booked, created_twice, rehearsed_run

from vgkit.brief import Caps
from vgkit.errors import BudgetExceeded
from vgkit.phases import animatic, chunks, references, validate
from vgkit.places import rehearsal_dir
from vgkit.rehearse import hosts_of
from vgkit.run import Run

ENGINES = {"plan": "sketch", "picture": "sketch", "video": "zeroscope-draft", "music": "sketch"}


def with_cap(run: Run, usd: Decimal) -> Run:
    caps = Caps(run_usd=usd.quantize(Decimal("0.000001")))
    return dataclasses.replace(run, brief=run.brief.model_copy(update={"caps": caps}))


@pytest.mark.slow
def test_a_cap_for_six_of_ten_clips_stops_before_the_seventh_and_a_raised_one_pays_for_four(runs: Path) -> None:
    run = rehearsed_run(name="capped", speed=120.0, duration_s=30, engines=ENGINES)
    with hosts_of(run):
        validate.plan_storyboard(run)
        animatic.draw_animatic(run)
        references.gather_references(run)
        asks = chunks.asks(run)
        each_usd = asks[0].engine.forecast(asks[0].request)[0].estimate_usd
        assert len(asks) == 10
        cap = each_usd * Decimal("6.5")
        said = (
            rf"chunks s\d\d/t01 needs about \${each_usd:.3f} from zeroscope-draft; \$0.\d+ of the run's \${cap:.2f} is"
        )
        with pytest.raises(BudgetExceeded, match=said):
            chunks.make_chunks(with_cap(run, cap))
        assert len(set(booked(run)) - {""}) == len(billed(rehearsal_dir(run.name))) == 6
        chunks.make_chunks(with_cap(run, each_usd * 20))
    assert len(billed(rehearsal_dir(run.name))) == 10
    assert created_twice(rehearsal_dir(run.name)) == {}
    assert sum(booked(run).values()) == sum(charge.usd for charge in billed(rehearsal_dir(run.name)))
