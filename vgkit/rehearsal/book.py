"""All that a rehearsal's hosts know: predictions and what they cost, in files that outlive a server.

Nothing in it moves by itself. How a prediction stands follows from its fate and the clock."""

import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from decimal import ROUND_UP, Decimal
from pathlib import Path
from typing import Any

from vgkit.errors import RecordError
from vgkit.rehearsal.fates import Course, Fate, course
from vgkit.rehearsal.lines import add_line, read_lines

_LETTERS = "0123456789abcdefghjkmnpqrstvwxyz"
_MICRODOLLAR = Decimal("0.000001")


@dataclass(frozen=True)
class Tariff:
    """What is charged: US dollars a second of running, and US dollars for each that succeeds."""

    per_s_usd: Decimal = Decimal(0)
    per_output_usd: Decimal = Decimal(0)

    def charge(self, *, seconds: float, succeeded: bool) -> Decimal:
        """The cost in US dollars."""
        return rounded_up(Decimal(str(round(seconds, 6))) * self.per_s_usd + self.per_output_usd * succeeded)


def rounded_up(usd: Decimal) -> Decimal:
    """An amount in US dollars, rounded up to six places."""
    return usd.quantize(_MICRODOLLAR, rounding=ROUND_UP)


@dataclass(frozen=True)
class Prediction:
    """One prediction. ``created`` is wall time; all other seconds are the world's, which run ``speed`` times as fast.

    ``input_json`` is its input as it was sent, encoded once; ``digest`` is over the input with its files' bytes.
    """

    id: str
    number: int
    model: str
    version: str
    input_json: str
    digest: str
    created: float
    speed: float
    fate: Fate
    tariff: Tariff
    deadline_s: float | None = None
    canceled_s: float | None = None
    files: Mapping[str, str] = field(default_factory=dict)

    @property
    def input(self) -> dict[str, Any]:
        """What the client sent."""
        sent: dict[str, Any] = json.loads(self.input_json)
        return sent

    def at(self, now: float) -> Course:
        """How it stands at a moment of the wall clock."""
        age_s = (now - self.created) * self.speed
        return course(self.fate, age_s=age_s, deadline_s=self.deadline_s, canceled_s=self.canceled_s)

    def wall(self, seconds: float) -> datetime:
        """When, on the wall clock, so many seconds after its creation were over."""
        return datetime.fromtimestamp(self.created + seconds / self.speed, UTC)


@dataclass(frozen=True)
class Charge:
    """One line of the bill: seconds that were billed (0 for a chat, which goes by tokens), and what they cost.

    ``took_s`` is how long it was from creation to end, queue and boot included, in the world's seconds.
    """

    prediction: str
    model: str
    seconds: float
    usd: Decimal
    digest: str
    took_s: float


class Book:
    """Predictions and chats of a folder. Whole lines are appended, so whatever was told to a client is known again."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._predictions_file = folder / "predictions.jsonl"
        self._chats_file = folder / "chats.jsonl"
        self._lock = threading.RLock()
        self._predictions: dict[str, Prediction] = {}
        self._chats: list[Charge] = []
        self._load()

    def create(self, make: Callable[[str, int, int, bool], Prediction], *, digest: str, version: str) -> Prediction:
        """Enter a prediction that ``make(id, number, nth, first)`` gives.

        ``nth`` counts those of the same digest from 0; ``first`` says that it is the model's first.
        """
        with self._lock:
            known = self._predictions.values()
            nth = sum(each.digest == digest for each in known)
            first = all(each.version != version for each in known)
            made = make(_new_id(), len(self._predictions), nth, first)
            add_line(self._predictions_file, asdict(made))
            self._predictions[made.id] = made
            return made

    def cancel(self, prediction: str, *, now: float) -> Prediction | None:
        """Cancel what is not over yet; None for an id that is not known."""
        with self._lock:
            known = self._predictions.get(prediction)
            if known is None or known.at(now).over:
                return known
            stopped = replace(known, canceled_s=(now - known.created) * known.speed)
            add_line(self._predictions_file, {"canceled": known.id, "canceled_s": stopped.canceled_s})
            self._predictions[known.id] = stopped
            return stopped

    def find(self, prediction: str) -> Prediction | None:
        """The prediction of an id."""
        with self._lock:
            return self._predictions.get(prediction)

    def newest_first(self) -> list[Prediction]:
        """All predictions."""
        with self._lock:
            return list(reversed(self._predictions.values()))

    def charge_chat(self, *, model: str, usd: Decimal, digest: str, took_s: float) -> str:
        """Charge an answer of a planner, and give it an id."""
        charge = Charge(f"chatcmpl-{_new_id()}", model, 0.0, usd, digest, took_s)
        with self._lock:
            add_line(self._chats_file, asdict(charge))
            self._chats.append(charge)
        return charge.prediction

    def chats(self, digest: str) -> int:
        """How many answers a request has been given."""
        with self._lock:
            return sum(chat.digest == digest for chat in self._chats)

    def bill(self, *, now: float | None = None) -> list[Charge]:
        """What has been charged so far: every chat, and every prediction that is over, the free ones at 0."""
        moment = time.time() if now is None else now
        with self._lock:
            return [*self._chats, *_charges(self._predictions.values(), moment)]

    def _load(self) -> None:
        try:
            self._read_back()
        except (KeyError, TypeError, ValueError, ArithmeticError) as error:
            folder = self._predictions_file.parent
            raise RecordError(
                f"{folder} does not hold what this version's rehearsals write ({error}). Remove it and start anew."
            ) from error

    def _read_back(self) -> None:
        for line in read_lines(self._predictions_file):
            if "canceled" in line:
                known = self._predictions[line["canceled"]]
                self._predictions[known.id] = replace(known, canceled_s=line["canceled_s"])
            else:
                made = _from_line(line)
                self._predictions[made.id] = made
        self._chats = [Charge(**{**line, "usd": Decimal(line["usd"])}) for line in read_lines(self._chats_file)]


def _charges(predictions: Any, moment: float) -> Iterator[Charge]:
    for each in predictions:
        stands = each.at(moment)
        if stands.ended_s is not None:
            usd = each.tariff.charge(seconds=stands.predict_s, succeeded=stands.status == "succeeded")
            yield Charge(each.id, each.model, stands.predict_s, usd, each.digest, stands.ended_s)


def _new_id() -> str:
    # As long and of the same letters as the real ones; by chance, so that two rehearsals never share one.
    return "".join(secrets.choice(_LETTERS) for _ in range(26))


def _from_line(line: Mapping[str, Any]) -> Prediction:
    tariff = Tariff(**{name: Decimal(usd) for name, usd in line["tariff"].items()})
    return Prediction(**{**line, "fate": Fate(**line["fate"]), "tariff": tariff})
