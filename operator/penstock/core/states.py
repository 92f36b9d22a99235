"""The state machine as tables: phases, allowed moves, and what follows from what.

docs/states.md is made from these tables, and the property tests check every status that is ever written against them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from penstock.api.pipeline import PipelinePhase
from penstock.api.step import StepPhase
from penstock.core.reasons import Reason

P, Q, R, T = StepPhase.PENDING, StepPhase.QUEUED, StepPhase.RUNNING, StepPhase.RETRYING
S, F, K, C = StepPhase.SUCCEEDED, StepPhase.FAILED, StepPhase.SKIPPED, StepPhase.CANCELLED

STEP_PHASES: Mapping[StepPhase, str] = {
    P: "waits for other steps, or is new",
    Q: "could run, and waits for room, a limit or an approval",
    R: "its Job exists",
    T: "an attempt failed or was disrupted, and another one follows",
    S: "ended well, or a held result was taken",
    F: "ended badly, and no attempt is left",
    K: "will not run: its condition is false, or what it needs did not end as it should",
    C: "was stopped, or kept from starting, by a cancel or the Pipeline's timeout",
}

_STOPPED = "cancel or timeout of the Pipeline"

STEP_MOVES: Mapping[StepPhase, Mapping[StepPhase, str]] = {
    P: {
        Q: "its dependencies are met, and there is no room yet, an approval is asked for, or its Job is suspended",
        R: "its Job was created",
        T: "an attempt ended before it was seen to run",
        S: "a held result was taken, or its Job ended at once",
        F: "its inputs are wrong, the Job was not taken, or the only attempt ended at once",
        K: "its condition is false, what it needs did not end as it should, or the Pipeline starts nothing new",
        C: _STOPPED,
    },
    Q: {
        R: "its Job was created, or resumed",
        T: "an attempt ended before it was seen to run",
        S: "somebody approved, or its Job ended at once",
        F: "somebody rejected, nobody decided in time, it never fits, or the Job was not taken",
        K: "the Pipeline fails and starts nothing new",
        C: _STOPPED,
    },
    R: {
        Q: "Kueue, or somebody else, suspended its Job",
        T: "the attempt failed and the budget allows another, or it was disrupted",
        S: "exit code 0 and valid outputs",
        F: "the attempt failed and nothing allows another",
        C: _STOPPED,
    },
    T: {
        Q: "the next attempt's Job was created suspended, for Kueue",
        R: "the next attempt's Job was created",
        S: "the next attempt ended well before it was seen to run",
        F: "the next attempt ended badly before it was seen to run, or was not taken",
        C: _STOPPED,
    },
    S: {},
    F: {},
    K: {},
    C: {},
}
"""From each phase: where to, and by what, while nobody touches the Pipeline. A phase without moves is an end."""

TOUCHED = (
    "An edit, a rerun, a suspend or resume, or an object deleted by hand makes the operator decide anew: a Step may "
    "then move from any phase to any other. It leaves an end only so."
)

_PP = PipelinePhase
PIPELINE_PHASES: Mapping[PipelinePhase, str] = {
    _PP.PENDING: "accepted; no step has started",
    _PP.RUNNING: "steps run, wait or are being stopped; the reason says which",
    _PP.SUSPENDED: "`spec.suspend` is true: nothing new starts",
    _PP.UNDOING: "something failed under `onFailure: Undo`: effects are being taken back",
    _PP.SUCCEEDED: "all steps ended, and none failed that counts",
    _PP.FAILED: "a step failed that counts, or `spec.timeout` is over",
    _PP.CANCELLED: "`spec.cancel` ended it",
    _PP.INVALID: "the manifest is wrong; `status.problems` says where. Nothing new starts, and what runs goes on",
}

_ENDS = {
    _PP.SUCCEEDED: "all has ended and nothing failed that counts",
    _PP.FAILED: "all has ended and something failed that counts, or time is over",
    _PP.CANCELLED: "all has ended after a cancel",
}
_ALL = "all main steps have ended under `onFailure: Undo`, and one failed or was stopped"

PIPELINE_MOVES: Mapping[PipelinePhase, Mapping[PipelinePhase, str]] = {
    _PP.PENDING: {
        _PP.RUNNING: "a step started, or ended without a start",
        _PP.SUSPENDED: "`spec.suspend` is true",
        _PP.UNDOING: _ALL,
        **_ENDS,
    },
    _PP.RUNNING: {_PP.UNDOING: _ALL, **_ENDS},
    _PP.SUSPENDED: {
        _PP.RUNNING: "all main steps have ended, and the steps of `finally` run",
        _PP.UNDOING: _ALL,
        **_ENDS,
    },
    _PP.UNDOING: {
        _PP.RUNNING: "all is undone as far as it could be, and the steps of `finally` run",
        _PP.FAILED: "all is undone as far as it could be",
        _PP.CANCELLED: "all is undone as far as it could be, after a cancel",
    },
    _PP.SUCCEEDED: {},
    _PP.FAILED: {},
    _PP.CANCELLED: {},
    _PP.INVALID: {},
}
"""The same for Pipelines."""

PIPELINE_TOUCHES: Mapping[str, str] = {
    "an edit that is wrong": "any phase -> `Invalid`",
    "an edit that puts it right": "`Invalid` -> `Pending`",
    "`spec.suspend` is set": "`Pending`, `Running` -> `Suspended`",
    "`spec.suspend` is lifted": "`Suspended` -> `Pending` or `Running`",
    "an edit or rerun of what has ended": "`Succeeded`, `Failed`, `Cancelled` -> `Pending`, and on from there",
    "an object deleted by hand": "`Succeeded` -> `Running`, to make again what is missing",
}
"""What somebody does to a Pipeline, and where it moves by it."""


@dataclass(frozen=True, slots=True)
class Move:
    """A change of phase that somebody wrote."""

    kind: str
    before: str
    after: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.before} -> {self.after}"


def forbidden(kind: str, old: Mapping[str, Any], new: Mapping[str, Any], touched: bool = False) -> Move | None:
    """The move between two statuses of a `Step` or `Pipeline` if the tables do not have it; None if they do.

    `touched`: somebody has edited, rerun, suspended or deleted something since the old status was written.
    """
    before, after = old.get("phase", "Pending"), new["phase"]
    known: Mapping[str, Mapping[str, str]] = STEP_MOVES if kind == "Step" else PIPELINE_MOVES  # type: ignore[assignment]
    if before == after or touched or after in known[before]:
        return None
    return Move(kind, before, after)


RUNS = "runs"

DEPENDENCY_COLUMNS = ("needs", "from", "from, optional", "after: Succeeded", "after: Failed", "after: Completed")
DEPENDENCIES: Mapping[str, Sequence[str | Reason]] = {
    "Succeeded": (RUNS, RUNS, RUNS, RUNS, Reason.OUTCOME_NOT_MET, RUNS),
    "Failed": (
        *(Reason.DEPENDENCY_FAILED, Reason.DEPENDENCY_FAILED, RUNS),
        *(Reason.OUTCOME_NOT_MET, RUNS, RUNS),
    ),
    "Failed, onError: Continue": (
        *(RUNS, Reason.DEPENDENCY_FAILED, RUNS),
        *(Reason.OUTCOME_NOT_MET, RUNS, RUNS),
    ),
    "Skipped": (
        *(Reason.DEPENDENCY_SKIPPED, Reason.DEPENDENCY_SKIPPED, RUNS),
        *(Reason.OUTCOME_NOT_MET, Reason.OUTCOME_NOT_MET, RUNS),
    ),
}
"""How another step ended, and what becomes of one that depends on it: it runs, or is Skipped for a reason.

The Pipeline does not stop by the failure (`onFailure: Continue`), so that nothing else decides.
"""

FINISHES = "finishes"
STOP_COLUMNS = (
    *("a step that runs", "one that waits", "one with `after: Failed` on it"),
    *("steps of `finally`", "the Pipeline ends"),
)
STOPS: Mapping[str, Sequence[str]] = {
    "a step fails, onFailure: Stop": (FINISHES, "Skipped (PipelineFailed)", RUNS, "run", "Failed"),
    "a step fails, onFailure: Continue": (FINISHES, RUNS, RUNS, "run", "Failed"),
    "a step fails, onFailure: Undo": (FINISHES, "Skipped (PipelineFailed)", RUNS, "run after the undo", "Failed"),
    "a step fails, onError: Continue": (FINISHES, RUNS, RUNS, "run", "Succeeded"),
    "cancel": ("Cancelled", "Cancelled", "Cancelled", "run", "Cancelled"),
    "timeout": ("Cancelled", "Cancelled", "Cancelled", "run", "Failed (TimedOut)"),
}
"""What a failure, a cancel or the Pipeline's timeout does to the steps that have not ended."""

UNDO_COLUMNS = ("is it undone", "its result")
UNDOES: Mapping[str, Sequence[str]] = {
    "Succeeded in this revision": ("yes", "held no more"),
    "Succeeded, taken from an earlier revision": ("no", "stays held"),
    "Failed after an attempt": ("yes: it may have done half of its work", "none"),
    "Cancelled after its Job was created": ("yes: it may have done half of its work", "none"),
    "Failed, Skipped or Cancelled without an attempt": ("no", "none"),
    "any that declares no undo, and steps of `finally`": ("no", "stays held"),
}
"""What a Pipeline under `onFailure: Undo` takes back once it fails, is cancelled or is out of time."""
