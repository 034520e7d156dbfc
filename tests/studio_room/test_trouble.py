import pytest

from vgkit.studio.trouble import trouble


@pytest.mark.parametrize(
    ("message", "fact", "cure"),
    [
        (
            "Can't write /x: No space left. It needs 60 MB; 3 MB are free there. Make room in /x, then run again.",
            "Can't write /x: No space left. It needs 60 MB; 3 MB are free there.",
            "Make room in /x, then run again.",
        ),
        ("ffmpeg ended with code 1.", "ffmpeg ended with code 1.", ""),
        (
            "KEY is not set, and a host needs it. Get a key there and put it here. Without one: --profile offline.",
            "KEY is not set, and a host needs it.",
            "Get a key there and put it here. Without one: --profile offline.",
        ),
        ("", "", ""),
    ],
)
def test_what_happened_stands_apart_from_what_to_do(message: str, fact: str, cure: str) -> None:
    found = trouble("StoreError", message)
    assert (found.fact, found.cure) == (fact, cure)


def test_a_cap_that_stopped_a_film_tells_how_high_it_must_be() -> None:
    found = trouble(
        "BudgetExceeded",
        "chunks s03/t01 needs about $0.080 from zeroscope; $1.940 of the run's $2.00 is spent or reserved. "
        "Raise the run's cap with `vgkit resume kite --cap 2.03` or more (`vgkit why kite chunks` tells what the rest "
        "would cost); what is paid for is kept. Or use --profile offline.",
    )
    assert found.fact.endswith("is spent or reserved.")
    assert found.cap_usd == "2.03"
    assert found.cure == "Raise the cap to $2.03 or more and go on; what is paid for is kept."
