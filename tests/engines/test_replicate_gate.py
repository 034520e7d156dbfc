"""Waiting for one's turn, told by a clock that only moves when someone waits; and what a 429 says."""

import email.utils
import json
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from replicate_calls import LOW_CREDIT, order, problem, replicate, told
from wire import Call, Reply

from vgkit.engines.replicate.gate import Gate
from vgkit.engines.replicate.replies import Reply as Told
from vgkit.engines.replicate.replies import Throttle, throttle_of


@dataclass
class Clock:
    now_s: float = 100.0
    waits: list[float] = field(default_factory=list)

    def pause(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now_s += seconds

    def gate(self) -> Gate:
        return Gate(clock=lambda: self.now_s, pause=self.pause)


def throttled(body: Any, **headers: str) -> Throttle:
    return throttle_of(
        Told(429, {name.replace("_", "-"): text for name, text in headers.items()}, json.dumps(body).encode())
    )


@pytest.mark.parametrize(
    ("throttle", "pause_s"),
    [
        (throttled({"retry_after": 5}), 5.0),
        (throttled({"retry_after": "7"}), 7.0),
        (throttled({"detail": "Your rate limit resets in ~30s.", "retry_after": None}), 30.0),
        (throttled({"detail": "Expected available in 1 second."}), 1.0),
        (throttled({"retry_after": 5}, retry_after="60"), 5.0),
        (throttled({}, retry_after="60"), 60.0),
        (throttled([], retry_after="86400"), 300.0),
        (throttled({"retry_after": -1}), None),
        (throttled({"retry_after": "soon"}, retry_after="later"), None),
        (throttled({"retry_after": float("nan")}), None),
    ],
)
def test_how_long_to_wait_is_read_wherever_it_stands(throttle: Throttle, pause_s: float | None) -> None:
    assert throttle.pause_s == pause_s


def test_a_date_to_wait_for_is_read_too() -> None:
    soon = email.utils.format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)
    pause_s = throttled({}, retry_after=soon).pause_s
    assert pause_s is not None
    assert 30 < pause_s <= 60


def test_low_credit_tells_how_many_calls_a_minute_are_taken() -> None:
    throttle = throttled({"detail": LOW_CREDIT, "retry_after": 5})
    assert (throttle.pause_s, throttle.per_minute, throttle.burst) == (5.0, 6, 1)


def test_an_open_gate_lets_everyone_pass_at_once() -> None:
    clock = Clock()
    gate = clock.gate()
    assert all(gate.pass_by(until_s=200) for _ in range(20))
    assert clock.waits == []


def test_nobody_passes_before_the_moment_the_host_named() -> None:
    clock = Clock()
    gate = clock.gate()
    gate.close(Throttle(pause_s=5.0))
    assert gate.pass_by(until_s=200)
    assert clock.now_s == pytest.approx(105, abs=0.5)
    assert gate.pass_by(until_s=200)
    assert clock.now_s == pytest.approx(105, abs=0.5)


def test_with_low_credit_calls_pass_one_by_one_until_the_account_has_recovered() -> None:
    clock = Clock()
    gate = clock.gate()
    gate.close(Throttle(pause_s=5.0, per_minute=6, burst=1))
    passed = []
    for remaining in (0, 1, None, 599):
        assert gate.pass_by(until_s=1000)
        passed.append(clock.now_s)
        gate.accepted(remaining)
    assert passed == pytest.approx([105, 115, 125, 135], abs=2)
    assert gate.pass_by(until_s=1000)
    assert clock.now_s == passed[-1]


def test_a_turn_that_would_come_too_late_is_not_waited_for() -> None:
    clock = Clock()
    gate = clock.gate()
    gate.close(Throttle(pause_s=50.0))
    assert not gate.pass_by(until_s=120)
    assert clock.waits == []


def test_without_a_word_on_how_long_each_refusal_waits_longer() -> None:
    clock = Clock()
    gate = clock.gate()
    for _ in range(5):
        gate.close(Throttle())
        assert gate.pass_by(until_s=1e6)
    assert clock.waits == sorted(clock.waits)


def test_a_host_that_takes_one_call_at_a_time_gets_all_of_them_once(monkeypatch: pytest.MonkeyPatch) -> None:
    created: list[int] = []
    turn = threading.Lock()
    refusals = [6]

    def answer(call: Call) -> Reply:
        with turn:
            if refusals[0]:
                refusals[0] -= 1
                return problem(429, LOW_CREDIT, retry_after=5)
            created.append(call.json["input"]["seed"])
            return Reply(201, told(), {"ratelimit-remaining": "0"})

    with replicate(monkeypatch, answer) as (host, wire):
        threads = [
            threading.Thread(target=host.create, args=(order(params={"seed": seed}, deadline_s=1e5), {}))
            for seed in range(5)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(created) == [0, 1, 2, 3, 4]
    assert len(wire.calls) == 11
