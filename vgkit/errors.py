"""Every error we raise on purpose.

A message states the fact, the numbers and the next move, so that no one needs the source to go on.

    VgkitError
    ├── InputError                 a person's input is wrong; nothing was made
    │   ├── BriefError             a field of a brief
    │   ├── TemplateError          a template file
    │   ├── AssetError             a picture, logo, music or LUT that can't be used
    │   ├── BatchError             a batch's file, a row of it, or films of it that are not as it says
    │   ├── ExperimentError        an experiment's file, or films of it that are not as it says
    │   ├── ParameterError         a notebook or command was given a parameter it does not have
    │   └── ExtraMissing           it needs an optional part of vgkit that is not installed
    ├── RunError                   a run's folder is not in a state for what was asked
    │   ├── RunNotFound
    │   ├── RunBusy                another process works in it
    │   ├── PhaseNotReady          an earlier phase has not made what this one reads
    │   └── ApprovalNeeded         the animatic waits for a person's yes
    ├── RecordError                events or ledger can't be read or written
    ├── EngineError
    │   ├── EngineUnknown          no such engine, profile or role
    │   ├── LicenceForbids         its weights may not be used for this
    │   ├── EngineFailed           it was asked and did not deliver
    │   │   ├── PromptRefused      the model will not make this; other words, or another seed, may do
    │   │   └── OrderRejected      the host does not accept the parameters
    │   └── HostError              the host as a whole can't be worked with; nothing else would fare better there
    │       ├── KeyMissing         no key is set for it
    │       ├── KeyRejected        it does not accept the key
    │       ├── CreditExhausted    its account has no credit
    │       └── HostUnavailable    it does not answer, or only with errors
    ├── BudgetExceeded             refused before anything left the machine
    ├── MediaError
    │   ├── NotAClip               a file that does not decode
    │   ├── EncodeFailed
    │   ├── NotMeasured            a measure has nothing to go by; never ends a phase
    │   └── FilmNotConformant      finished, but not to specification
    ├── PhaseFailed                a phase's notebook stopped with an error
    │   └── KernelDied
    ├── StoreError                 a disk or bucket refuses
    ├── ClusterError               a Dask cluster can't be worked with: no scheduler, or workers that don't fit
    └── Interrupted                a person or the system asked to stop
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar


class VgkitError(Exception):
    """The root of what we raise on purpose; ``exit_code`` is what the command line ends with."""

    exit_code: ClassVar[int] = 1


class InputError(VgkitError):
    exit_code = 2


class BriefError(InputError):
    pass


class TemplateError(InputError):
    pass


class AssetError(InputError):
    pass


class BatchError(InputError):
    """Carries all that is wrong where it is more than one thing, for a script."""

    complaints: Sequence[Mapping[str, Any]] = ()


class ExperimentError(InputError):
    pass


class ParameterError(InputError):
    pass


class ExtraMissing(InputError):
    pass


class RunError(VgkitError):
    exit_code = 3


class RunNotFound(RunError):
    pass


class RunBusy(RunError):
    pass


class PhaseNotReady(RunError):
    pass


class ApprovalNeeded(RunError):
    exit_code = 10


class RecordError(VgkitError):
    exit_code = 4


class EngineError(VgkitError):
    exit_code = 5


class EngineUnknown(EngineError, InputError):
    exit_code = 2


class EngineFailed(EngineError):
    pass


class LicenceForbids(EngineError, InputError):
    exit_code = 2


class PromptRefused(EngineFailed):
    pass


class OrderRejected(EngineFailed):
    pass


class HostError(EngineError):
    exit_code = 9


class KeyMissing(HostError, InputError):
    exit_code = 2


class KeyRejected(HostError):
    pass


class CreditExhausted(HostError):
    pass


class HostUnavailable(HostError):
    pass


class BudgetExceeded(VgkitError):
    exit_code = 6


class MediaError(VgkitError):
    exit_code = 7


class NotAClip(MediaError):
    pass


class EncodeFailed(MediaError):
    pass


class NotMeasured(MediaError):
    pass


class FilmNotConformant(MediaError):
    pass


class PhaseFailed(VgkitError):
    """Carries what the notebook's own error was called and said, and where its partial record lies."""

    error_name: str = ""
    error_message: str = ""
    notebook: Path | None = None


class KernelDied(PhaseFailed):
    pass


class StoreError(VgkitError):
    exit_code = 8


class ClusterError(VgkitError):
    exit_code = 11


class Interrupted(VgkitError):
    exit_code = 130
