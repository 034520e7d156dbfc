"""Which events there are and what each must and may say. An unknown or misspelt field is refused when it is written,
because it would be missing from the record only when someone at last asks for it.

    kind            must say                                   may say
    run_started     brief profile engines                      template duration_s aspect seed cap_usd version
                                                               batch batch_cap_usd project_cap_usd rehearsal
    phase_started   phase                                      attempt pid
    phase_skipped   phase reason
    phase_finished  phase seconds                              kernel_seconds cost_usd made kept fingerprint degraded
    phase_failed    phase error message                        seconds kernel_seconds cost_usd
    progress        phase done total                           label
    fallback        phase subject engine message               tries
    call_reserved   call role engine host cost_usd             phase version subject fingerprint params adapter
                                                               step attempt
    call_submitted  call                                       the same, and prediction
    call_settled    call cost_usd                              the same, and seconds
    call_failed     call cost_usd                              the same, and error message
    call_cached     call role engine host                      the same; cost_usd is 0
    artifact        phase name path                            sha256 bytes media
    metric          subject name unit direction                phase value reason scored
                    implementation version
    prompt          subject role text                          phase negative weights
    vote            subject take value                         note
    run_finished    state seconds                              cost_usd film message
    allotted        cap_usd batch
    lab_started     cap_usd                                    project_cap_usd version rehearsal
    prompt_version  version template beat pattern              captions negative style look parent note

``engines`` maps a role to ``name@host``. ``rehearsal`` is true where no money of the run is real. ``degraded`` names
the subjects of a phase for which something lesser stands in, and a ``fallback`` tells of one when it happens.
``call`` is new for each attempt that may cost; ``cost_usd`` is the estimate when reserved and the actual price when
settled or failed. ``params`` is what was sent when reserved and what came back when settled or failed; ``step`` names
one of several calls of a request, ``attempt`` counts its tries from 1. ``path`` and ``film`` are relative to the run's
folder. A metric's ``value`` is a number, or null where the measure failed, and then ``reason`` says why;
``direction`` says which way is better. A vote's ``value`` is 1, 0 or -1. Money (``*_usd``) is Decimal, never float.
``state`` is one of success, degraded, failed, stopped. An ``allotted`` says that a batch has set the run's cap aside
for its next start, so that the run need not look at what others spend. A ``lab_started`` says that the folder is a
prompt lab's and no film's; a ``prompt_version`` keeps a beat's prompt as it was, ``version`` being its name and
``parent`` that of the one it came from.

Money events, and those after which another process takes over, reach the disk before ``write`` returns.
"""

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from vgkit.errors import RecordError

Kind = Literal[
    "run_started",
    "phase_started",
    "phase_skipped",
    "phase_finished",
    "phase_failed",
    "progress",
    "fallback",
    "call_reserved",
    "call_submitted",
    "call_settled",
    "call_failed",
    "call_cached",
    "artifact",
    "metric",
    "prompt",
    "vote",
    "run_finished",
    "allotted",
    "lab_started",
    "prompt_version",
]
State = Literal["success", "degraded", "failed", "stopped"]

HEADER = ("id", "run", "at", "kind")
CALL_ENDS: tuple[Kind, ...] = ("call_settled", "call_failed", "call_cached")


@dataclass(frozen=True)
class Shape:
    """The fields of a kind, and whether it must survive a power cut."""

    must: frozenset[str]
    may: frozenset[str] = frozenset()
    durable: bool = False


def _shape(must: str, may: str = "", *, durable: bool = False) -> Shape:
    return Shape(frozenset(must.split()), frozenset(may.split()), durable)


_CALL = (
    "phase role engine host version subject fingerprint cost_usd seconds params prediction adapter step attempt"
    " error message"
)

KINDS: Mapping[Kind, Shape] = {
    "run_started": _shape(
        "brief profile engines",
        "template duration_s aspect seed cap_usd version batch batch_cap_usd project_cap_usd rehearsal",
        durable=True,
    ),
    "phase_started": _shape("phase", "attempt pid"),
    "phase_skipped": _shape("phase reason"),
    "phase_finished": _shape("phase seconds", "kernel_seconds cost_usd made kept fingerprint degraded", durable=True),
    "phase_failed": _shape("phase error message", "seconds kernel_seconds cost_usd", durable=True),
    "progress": _shape("phase done total", "label"),
    "fallback": _shape("phase subject engine message", "tries"),
    "call_reserved": _shape("call role engine host cost_usd", _CALL, durable=True),
    "call_submitted": _shape("call", _CALL, durable=True),
    "call_settled": _shape("call cost_usd", _CALL, durable=True),
    "call_failed": _shape("call cost_usd", _CALL, durable=True),
    "call_cached": _shape("call role engine host", _CALL),
    "artifact": _shape("phase name path", "sha256 bytes media"),
    "metric": _shape("subject name unit direction implementation version", "phase value reason scored"),
    "prompt": _shape("subject role text", "phase negative weights"),
    "vote": _shape("subject take value", "note", durable=True),
    "run_finished": _shape("state seconds", "cost_usd film message", durable=True),
    "allotted": _shape("cap_usd batch", durable=True),
    "lab_started": _shape("cap_usd", "project_cap_usd version rehearsal", durable=True),
    "prompt_version": _shape("version template beat pattern", "captions negative style look parent note", durable=True),
}


def check(kind: Kind, fields: Mapping[str, Any]) -> Shape:
    """Return the kind's shape. Raises RecordError that names what is unknown, missing or out of range."""
    if kind not in KINDS:
        raise RecordError(f"There is no event '{kind}'.{_nearest(kind, KINDS)} The kinds are {', '.join(KINDS)}.")
    shape = KINDS[kind]
    accepted = shape.must | shape.may
    for name in fields:
        if name not in accepted:
            raise RecordError(
                f"A {kind} has no field '{name}'.{_nearest(name, accepted)} It takes {', '.join(sorted(accepted))}."
            )
    if missing := sorted(shape.must - fields.keys()):
        raise RecordError(f"A {kind} needs {', '.join(missing)} too; it was given {', '.join(fields) or 'nothing'}.")
    _check_values(kind, fields)
    return shape


def _check_values(kind: Kind, fields: Mapping[str, Any]) -> None:
    value = fields.get("value")
    if kind == "run_finished" and fields["state"] not in get_args(State):
        raise RecordError(f"A run ends as one of {', '.join(get_args(State))}, not '{fields['state']}'.")
    if kind == "vote" and value not in (1, 0, -1):
        raise RecordError(f"A vote is 1, 0 or -1, not {value!r}.")
    if kind == "metric":
        measure = f"The metric {fields['name']} of {fields['subject']}"
        if value is None and not fields.get("reason"):
            raise RecordError(f"{measure} has no value and no reason. Give either.")
        if value is not None and not isinstance(value, int | float):
            raise RecordError(f"{measure} has the value {value!r}. Give a number, or null and a reason.")


def _nearest(word: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(word, list(known), n=1)
    return f" Did you mean '{close[0]}'?" if close else ""
