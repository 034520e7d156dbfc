"""The small pieces that the studio's page is made of."""

import pytest

from vgkit.widgets.look import chip, facts, heading, note, quiet, table
from vgkit.widgets.studio.pulse import Errands, Pulse
from vgkit.widgets.visitor import Arrival, arrival_from

SCRIPT = "<script>alert(1)</script>"
PERSON = "0123456789abcdef0123456789abcdef"


@pytest.mark.parametrize(
    "html",
    [
        chip(SCRIPT),
        facts([(SCRIPT, SCRIPT)]),
        heading(SCRIPT, SCRIPT),
        note(SCRIPT, more=SCRIPT),
        quiet(SCRIPT),
        table([SCRIPT], [[SCRIPT]]),
    ],
)
def test_what_a_person_typed_is_shown_as_text(html: str) -> None:
    assert "<script" not in html
    assert "&lt;script&gt;" in html


def test_a_browser_says_who_it_is_and_what_it_kept() -> None:
    said = {"kind": "here", "person": PERSON, "base": "/desk/", "draft": "{}", "opened": "cone"}
    assert arrival_from(said) == Arrival(PERSON, "/desk/", "{}", "cone")


@pytest.mark.parametrize("person", ["", "me", PERSON.upper(), PERSON + "0", "../" + PERSON, 7, None])
def test_who_names_nobody_has_not_come(person: object) -> None:
    assert arrival_from({"person": person, "base": "/"}) is None


@pytest.mark.parametrize("base", ["https://elsewhere.example/", "//elsewhere.example/", "javascript:alert(1)", None])
def test_addresses_never_begin_at_another_server(base: object) -> None:
    arrived = arrival_from({"person": PERSON, "base": base})
    assert arrived is not None
    assert arrived.base == "/"


def test_a_draft_that_nobody_typed_is_not_read() -> None:
    arrived = arrival_from({"person": PERSON, "base": "/", "draft": "x" * 50_000})
    assert arrived is not None
    assert arrived.draft == ""


def test_an_errand_is_done_once_and_its_outcome_handed_over_when_asked_for() -> None:
    done: list[str] = []
    errands = Errands(lambda: None)
    for _ in range(2):
        errands.send(lambda: done.append("done"), then=lambda _: done.append("told"), failed=done.append)
    errands.wait()
    assert (done, errands.busy) == (["done"], True)
    errands.report()
    assert (done, errands.busy) == (["done", "told"], False)


def test_an_errand_that_fails_says_why_and_the_next_one_is_done() -> None:
    told: list[str] = []
    errands = Errands(lambda: None)
    errands.send(lambda: 1 // 0, then=lambda _: None, failed=told.append)
    errands.wait()
    errands.report()
    errands.send(lambda: None, then=lambda _: told.append("done"), failed=told.append)
    errands.wait()
    errands.report()
    assert told == [
        "That did not work: integer division or modulo by zero. Try again; the server's log says more.",
        "done",
    ]


def test_a_page_that_has_ended_is_not_brought_up_to_date_any_more() -> None:
    ticks: list[int] = []

    def tick() -> float:
        ticks.append(len(ticks))
        if len(ticks) == 3:
            pulse.end()
        return 0.0

    pulse = Pulse(tick, on_error=str)
    pulse.start()
    assert pulse._thread is not None
    pulse._thread.join()
    assert len(ticks) == 3


def test_a_page_goes_on_after_an_error_and_says_it() -> None:
    told: list[str] = []

    def stumble() -> float:
        raise OSError("the disk is gone")

    pulse = Pulse(stumble, on_error=lambda error: told.append(str(error)))
    assert pulse._once() > 0
    assert told == ["the disk is gone"]
