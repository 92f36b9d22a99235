"""Undo: takes back, in reverse order of their starts, what the Steps of a failed Pipeline did (Garcia-Molina's saga).

Undos run one after another. Each has its own retries and timeout; one that fails is loud and leaves the rest to be
tried. What was undone is recorded in the Step's status; its result is no longer held.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from penstock.api import durations
from penstock.api.containers import Retry
from penstock.core import outcomes, retries
from penstock.core.bindings import Impossible, bind
from penstock.core.clock import instant, stamp
from penstock.core.decide import Ready, Stage
from penstock.core.graph import Work
from penstock.core.observed import JobView, Observed, Refusal, StepView
from penstock.core.outcomes import Failure, Success
from penstock.core.reasons import Reason
from penstock.core.step_status import KEPT_ATTEMPTS, MESSAGE_LENGTH, RunFacts, Status, closed_attempt
from penstock.core.values import shorten
from penstock.core.world import Node, World

PURPOSE = "undo"
DEFAULT_TIMEOUT = 3600.0


@dataclass(slots=True)
class Undoing:
    """How the undo of a Pipeline stands."""

    done: bool = True
    failed: list[str] = field(default_factory=list)
    undone: list[str] = field(default_factory=list)
    statuses: dict[str, Status] = field(default_factory=dict)
    ready: list[Ready] = field(default_factory=list)
    delete_jobs: list[JobView] = field(default_factory=list)
    wake_at: list[float] = field(default_factory=list)

    @property
    def outcome(self) -> tuple[bool, str]:
        """Whether all is taken back, and the sentence that says so."""
        if self.failed:
            return False, f"the undo of {', '.join(self.failed)} failed; its effect is still there"
        if not self.undone:
            return True, "no step that started declares an undo"
        return True, f"undone: {', '.join(self.undone)}"


def undo(observed: Observed, world: World, stage: Stage) -> Undoing:
    """Advances the undo of all Steps that started in this revision, latest start first."""
    found = Undoing()
    for node, step in _started(observed, world, stage):
        record = step.status.get("undo") or {}
        if record.get("run") != step.status.get("run") or record.get("round") != stage.round:
            record = {}
        phase = record.get("phase")
        if phase not in ("Succeeded", "Failed"):
            phase = _advance(observed, world, stage, node, step, record, found)
        if phase == "Succeeded":
            found.undone.append(node.path)
        elif phase == "Failed":
            found.failed.append(node.path)
        else:
            found.done = False
            break
    return found


def _started(observed: Observed, world: World, stage: Stage) -> Iterator[tuple[Node, StepView]]:
    nodes: list[tuple[float, int, Node, StepView]] = []
    for task in world.graph.tasks.values():
        if task.work.undo is None or task.final:
            continue
        for node in world.instances(task):
            step = observed.steps.get(node.path)
            if step and step.status.get("attempts") and step.status.get("revision") == stage.revision:
                began = instant(step.status.get("startTime")) or 0.0
                nodes.append((began, len(nodes), node, step))
    for _, _, node, step in sorted(nodes, key=lambda one: one[:2], reverse=True):
        yield node, step


def undo_work(work: Work) -> Work:
    """What the undo of a step runs: its own fields, and the step's where it is silent."""
    declared = work.undo
    assert declared is not None
    own_command = any(part is not None for part in (declared.command, declared.args, declared.script))
    return replace(
        work,
        image=declared.image or work.image,
        command=tuple(declared.command or ()) or None if own_command else work.command,
        args=tuple(declared.args or ()) or None if own_command else work.args,
        script=declared.script if own_command else work.script,
        interpreter=tuple(declared.interpreter or work.interpreter),
        env=tuple(declared.env) if declared.env is not None else work.env,
        outputs=(),
        retry=declared.retry or Retry(),
        timeout=durations.parse(declared.timeout) if declared.timeout else DEFAULT_TIMEOUT,
        replicas=1,
        undo=None,
    )


def _advance(
    observed: Observed,
    world: World,
    stage: Stage,
    node: Node,
    step: StepView,
    record: Mapping[str, Any],
    found: Undoing,
) -> str:
    work = undo_work(node.task.work)
    run: int = step.status["run"]
    facts = RunFacts(run, step.status.get("fingerprint", ""), "", stage.round, stage.revision)
    attempts: Sequence[Mapping[str, Any]] = record.get("attempts") or ()
    closed = max((one["number"] for one in attempts), default=0)
    jobs = [
        job
        for job in observed.jobs.get(step.uid, ())
        if job.purpose == PURPOSE and job.run == run and job.round == stage.round
    ]
    job = max(jobs, key=lambda job: job.attempt, default=None)
    if job and job.attempt > closed:
        return _read(observed, work, step, facts, job, record, found)
    live = [one for one in jobs if outcomes.may_run(one, observed.pods.get(one.uid, ()))]
    again = max([instant(record.get("retryTime")) or 0.0, *(observed.now + 30 for _ in live)])
    if observed.now < again:  # one undo at a time: what is left of the attempt before must be gone
        found.delete_jobs.extend(one for one in live if not one.deleting)
        found.wake_at.append(again)
        return "Retrying"
    refusal = observed.refused.get(step.uid)
    if (
        refusal
        and refusal.purpose == PURPOSE
        and (refusal.hopeless or not (refusal.quota or _in_time(work, refusal, observed.now, found)))
    ):
        _record(found, step, facts, "Failed", attempts, f"the Job was not taken: {refusal.message}", observed.now)
        return "Failed"
    values = bind(world, node)
    if isinstance(values, Impossible):
        _record(found, step, facts, "Failed", attempts, values.message, observed.now)
        return "Failed"
    made = {**(step.status.get("outputs") or {}), **(step.status.get("artifacts") or {})}
    undone = Node(replace(node.task, work=work), node.index, node.each, node.path, node.fingerprint)
    found.ready.append(Ready(undone, step, facts, closed + 1, values, observed.now, purpose=PURPOSE, produced=made))
    return "Running"


def _in_time(work: Work, refusal: Refusal, now: float, found: Undoing) -> bool:
    deadline = refusal.since + work.start_timeout
    found.wake_at.append(deadline)
    return now < deadline


def _read(
    observed: Observed,
    work: Work,
    step: StepView,
    facts: RunFacts,
    job: JobView,
    record: Mapping[str, Any],
    found: Undoing,
) -> str:
    attempts: Sequence[Mapping[str, Any]] = record.get("attempts") or ()
    progress = outcomes.read_attempt(
        job,
        observed.pods.get(job.uid, ()),
        (),
        1,
        work.start_timeout,
        observed.now,
        observed.trouble.get(job.uid, ""),
    )
    match progress:
        case Success():
            closed = [*attempts, closed_attempt(job.name, job.attempt, progress)]
            _record(found, step, facts, "Succeeded", closed, "", observed.now)
            return "Succeeded"
        case Failure():
            if progress.reason is Reason.START_FAILED and not job.deleting:
                found.delete_jobs.append(job)  # else it might start beside the next attempt
            closed = [*attempts, closed_attempt(job.name, job.attempt, progress)]
            lost = (Reason.DISRUPTED.value, Reason.LOST.value)
            disruptions = sum(one.get("reason") in lost for one in closed)
            verdict = retries.decide(
                work.retry, progress, len(closed) - disruptions, disruptions, f"{step.uid}/{facts.run}/undo"
            )
            if isinstance(verdict, retries.Again):
                found.wake_at.append(verdict.at + 1)
                _record(found, step, facts, "Retrying", closed, progress.message, observed.now, verdict.at)
                return "Retrying"
            _record(found, step, facts, "Failed", closed, progress.message, observed.now)
            return "Failed"
        case outcomes.Starting(_, until) if until:
            found.wake_at.append(until)
    return "Running"


def _record(
    found: Undoing,
    step: StepView,
    facts: RunFacts,
    phase: str,
    attempts: Sequence[Mapping[str, Any]],
    message: str,
    now: float,
    again: float | None = None,
) -> None:
    """The Step's status with the undo's standing; its phase stays."""
    undone: Status = {
        "phase": phase,
        "run": facts.run,
        "round": facts.round,
        "attempts": list(attempts)[-KEPT_ATTEMPTS:],
    }
    if message:
        undone["message"] = shorten(message, MESSAGE_LENGTH)
    if again is not None:
        undone["retryTime"] = stamp(again + 0.999)
    status: Status = {**step.status, "undo": undone, "observedGeneration": step.generation}
    if phase in ("Succeeded", "Failed"):
        done = phase == "Succeeded"
        condition = {
            "type": "Undone",
            "status": "True" if done else "False",
            "reason": (Reason.UNDONE if done else Reason.UNDO_FAILED).value,
            "message": undone.get("message", ""),
            "lastTransitionTime": stamp(now),
            "observedGeneration": step.generation,
        }
        others = [one for one in status.get("conditions") or () if one["type"] != "Undone"]
        status["conditions"] = [*others, condition]
        status["results"] = [one for one in status.get("results") or () if one["run"] != facts.run]
        if not status["results"]:
            del status["results"]
    found.statuses[step.path] = status
