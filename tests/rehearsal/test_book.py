"""What a rehearsal's hosts know, and what they bill."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

from vgkit.rehearsal.book import Book, Prediction, Tariff
from vgkit.rehearsal.fates import Fate

A100 = Tariff(per_s_usd=Decimal("0.0014"))


def entered(book: Book, digest: str = "d", created: float = 1000.0, **fields: Any) -> Prediction:
    def make(id: str, number: int, nth: int, first: bool) -> Prediction:
        usual = {"fate": Fate(10.0, 40.0), "tariff": A100, "speed": 1.0, "input_json": '{"prompt": "a cup ☕"}'}
        return Prediction(
            **{"id": id, "number": number, "model": "o/n", "version": "v", "digest": digest, "created": created}
            | usual
            | fields
        )

    return book.create(make, digest=digest, version="v")


def test_a_book_opened_again_holds_the_same(tmp_path: Path) -> None:
    book = Book(tmp_path)
    made = [entered(book), entered(book, deadline_s=300.0, files={"image": "x.png"})]
    book.cancel(made[0].id, now=1020.0)
    book.charge_chat(model="gpt", usd=Decimal("0.002100"), digest="c", took_s=12.5)
    again = Book(tmp_path)
    assert again.newest_first() == book.newest_first()
    assert again.bill(now=2000.0) == book.bill(now=2000.0)


def test_half_a_last_line_is_passed_over_and_not_stuck_to(tmp_path: Path) -> None:
    first = entered(Book(tmp_path))
    with (tmp_path / "predictions.jsonl").open("a") as file:
        file.write('{"id": "half')
    second = entered(Book(tmp_path))
    assert [each.id for each in Book(tmp_path).newest_first()] == [second.id, first.id]


def test_an_id_has_the_letters_and_the_length_of_a_real_one(tmp_path: Path) -> None:
    made = entered(Book(tmp_path)).id
    assert len(made) == 26
    assert made.isalnum()
    assert made == made.lower()


def test_the_seconds_that_ran_are_billed_and_an_aborted_one_is_free(tmp_path: Path) -> None:
    book = Book(tmp_path)
    entered(book, "whole")
    entered(book, "failed", fate=Fate(10.0, 20.0, "failed", "failed"))
    entered(book, "aborted", deadline_s=5.0)
    entered(book, "late", deadline_s=25.0)
    stopped = entered(book, "stopped")
    book.cancel(stopped.id, now=1012.5)
    bill = {charge.digest: (charge.seconds, charge.usd) for charge in book.bill(now=2000.0)}
    assert bill == {
        "whole": (40.0, Decimal("0.056000")),
        "failed": (20.0, Decimal("0.028000")),
        "aborted": (0.0, Decimal("0.000000")),
        "late": (15.0, Decimal("0.021000")),
        "stopped": (2.5, Decimal("0.003500")),
    }


def test_what_still_runs_is_not_on_the_bill(tmp_path: Path) -> None:
    book = Book(tmp_path)
    entered(book)
    assert book.bill(now=1049.0) == []
    assert len(book.bill(now=1050.0)) == 1


def test_speed_divides_the_waiting_and_not_the_bill(tmp_path: Path) -> None:
    book = Book(tmp_path)
    entered(book, speed=100.0)
    assert [(charge.seconds, charge.took_s) for charge in book.bill(now=1000.6)] == [(40.0, 50.0)]


def test_a_fraction_of_a_microdollar_is_rounded_up() -> None:
    assert Tariff(per_s_usd=Decimal("0.000975")).charge(seconds=1.234567, succeeded=True) == Decimal("0.001204")
    assert Tariff(per_output_usd=Decimal("0.01")).charge(seconds=9.0, succeeded=False) == Decimal(0)


def test_canceling_what_is_over_changes_nothing(tmp_path: Path) -> None:
    book = Book(tmp_path)
    made = entered(book)
    assert book.cancel(made.id, now=1050.0) == made
    assert book.cancel("unknown", now=1050.0) is None


def test_the_maker_is_told_how_many_were_alike_and_whether_the_model_is_cold(tmp_path: Path) -> None:
    book, told = Book(tmp_path), []

    def make(id: str, number: int, nth: int, first: bool) -> Prediction:
        told.append((number, nth, first))
        return Prediction(id, number, "o/n", "v", "{}", "d", 0.0, 1.0, Fate(1.0, 1.0), A100)

    for _ in range(2):
        book.create(make, digest="d", version="v")
    assert told == [(0, 0, True), (1, 1, False)]


def test_the_drawn_seconds_can_be_read_by_a_benchmark(tmp_path: Path) -> None:
    book = Book(tmp_path)
    made = entered(book)
    assert (made.fate.boot_s, made.fate.predict_s) == (10.0, 40.0)
    line = json.loads((tmp_path / "predictions.jsonl").read_text())
    assert line["fate"] == {"boot_s": 10.0, "predict_s": 40.0, "ending": "succeeded", "fault": ""}
