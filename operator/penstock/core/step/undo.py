"""Undo: takes back, in reverse order of their starts, what the Steps of a failed Pipeline did (a saga, Garcia-Molina).

Undos run one after another. Each is a run like any other (core/step/runs.py), with retries and a timeout of its own;
one that fails is loud and leaves the rest to be tried. What was undone is recorded in the Step's status, which stays
what it was otherwise; its result is no longer held.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from penstock.api import durations
from penstock.api.containers import Retry
from penstock.core.clock import instant, stamp
from penstock.core.graph.bindings import Impossible, bind
from penstock.core.graph.graph import Work
from penstock.core.graph.world import Node, World
from penstock.core.pod.ready import RunFacts
from penstock.core.reasons import Reason
from penstock.core.seen.snapshot import Observed, Refusal
from penstock.core.seen.views import UNDO, StepView
from penstock.core.step import status as step_status
from penstock.core.step.decide import Stage
from penstock.core.step.outcomes import Queued, Running
from penstock.core.step.runs import Active, Again, Decided, Due, Life, Over, Run, Won, obstacle
from penstock.core.step.status import MESSAGE_LENGTH, Status, closed_attempt, condition, conditions, due, kept
from penstock.core.values import shorten

DEFAULT_TIMEOUT = 3600.0


@dataclass(slots=True)
class Undoing:
    """How the undo of a Pipeline stands.

    If it is not done, it waits for a Job (one that runs, or one of `Decided.ready`), for an instant of
    `Decided.wake_at`, or, if `Decided.unsettled`, for nothing but the statuses of this very plan to be written.
    """

    done: bool = True
    failed: list[str] = field(default_factory=list)
    undone: list[str] = field(default_factory=list)

    @property
    def outcome(self) -> tuple[bool, str]:
        """Whether all is taken back, and the sentence that says so."""
        if self.failed:
            return False, f"the undo of {', '.join(self.failed)} failed; its effect is still there"
        if not self.undone:
            return True, "no step that started declares an undo"
        return True, f"undone: {', '.join(self.undone)}"


def undo(observed: Observed, world: World, stage: Stage, found: Decided) -> Undoing:
    """Advances the undo of all Steps that started in this revision, latest start first.

    Every Step must have ended, and its status say so: if `found` has new statuses, nothing is undone before those are
    written.
    """
    if found.statuses:
        found.unsettled = True
        return Undoing(done=False)
    undoing = Undoing()
    life = Life(observed, found)
    started = list(_started(observed, world, stage))
    since = instant(max((step.status["completionTime"] for _, step in started), default=None)) or observed.now
    for node, step in started:
        record = undo_record(step, stage.round)
        phase = record.get("phase")
        if phase not in ("Succeeded", "Failed"):
            phase = _advance(life, world, _run(observed, stage, node, step, record), since)
        if phase == "Succeeded":
            undoing.undone.append(node.path)
        elif phase == "Failed":
            undoing.failed.append(node.path)
        else:
            undoing.done = False
            break
    return undoing


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


def undo_record(step: StepView, round_number: int) -> Mapping[str, Any]:
    """What is on record of the undo of a Step's last run in a round; nothing if it has not begun."""
    record: Mapping[str, Any] = step.status.get("undo") or {}
    return record if (record.get("run"), record.get("round")) == (step.status.get("run"), round_number) else {}


def _run(observed: Observed, stage: Stage, node: Node, step: StepView, record: Mapping[str, Any]) -> Run:
    status = step.status
    number: int = status["run"]
    return Run(
        node=replace(node, task=replace(node.task, work=undo_work(node.task.work))),
        step=step,
        facts=RunFacts(number, status.get("fingerprint", ""), "", stage.round, stage.revision),
        jobs=[
            job
            for job in observed.jobs.get(step.uid, ())
            if (job.purpose, job.run, job.round) == (UNDO, number, stage.round)
        ],
        record=record,
        purpose=UNDO,
        produced={**(status.get("outputs") or {}), **(status.get("artifacts") or {})},
    )


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
        retry=declared.retry or Retry(),
        timeout=durations.parse(declared.timeout) if declared.timeout else DEFAULT_TIMEOUT,
        replicas=1,
        undo=None,
    )


_PHASES: Mapping[type, str] = {Won: "Succeeded", Again: "Retrying", Over: "Failed"}


def _advance(life: Life, world: World, run: Run, since: float) -> str:
    """The phase of an undo that has not ended yet, as far as is on record. `since`: when all Steps had ended."""
    step, statuses = run.step, life.found.statuses
    stand = life.advance(run)
    if isinstance(stand, Due):
        found = _start(life, world, run, stand.since if run.closed else since)
        if isinstance(found, Refusal):
            words = found.message
            _note(life, step, undo_waits(step, run.facts, run.closed + 1, obstacle(found), lambda: words))
        stand = found if isinstance(found, Over) else stand
    if isinstance(stand, (Won, Again, Over)):
        statuses[step.path] = _status(run, stand, life.now)
        return _PHASES[type(stand)]
    if isinstance(stand, Active):
        _under_way(life, world, run, stand)
    return "Running"


def _under_way(life: Life, world: World, run: Run, stand: Active) -> None:
    """Tells why the container of an undo does not start; that it runs only if it was told to be held up."""
    if isinstance(stand.progress, Running):
        if "reason" in run.record:
            kept = {key: value for key, value in run.record.items() if key not in ("reason", "message")}
            life.found.statuses[run.step.path] = _with(run.step, {**kept, "phase": "Running"})
        return
    told = life.held_up(stand.job, stand.progress, world.graph.settings.queue_name is not None)
    if told:
        reason, words = told
        phase = "Queued" if isinstance(stand.progress, Queued) else "Running"
        _note(life, run.step, _held_up(run.step, run.facts, phase, reason, lambda: words))


def _note(life: Life, step: StepView, status: Status) -> None:
    if step_status.differs(step.status, status):
        life.found.statuses[step.path] = status


def _start(life: Life, world: World, run: Run, since: float) -> Over | Refusal | None:
    values = bind(world, run.node)
    if isinstance(values, Impossible):
        return Over(values.reason, values.message)
    return life.start(run, values, since)


def undo_waits(step: StepView, facts: RunFacts, attempt: int, reason: Reason, say: Callable[[], str]) -> Status:
    """The status of a Step whose undo waits before an attempt."""
    return _held_up(step, facts, "Queued" if attempt == 1 else "Retrying", reason, say)


def _held_up(step: StepView, facts: RunFacts, phase: str, reason: Reason, say: Callable[[], str]) -> Status:
    """The status of a Step whose undo does not run. As long as the reason is the same, the words are."""
    record = undo_record(step, facts.round)
    if (record.get("phase"), record.get("reason")) == (phase, reason):
        return _with(step, record)
    words = {"reason": reason.value, "message": shorten(say(), MESSAGE_LENGTH)}
    return _with(step, {**record, "phase": phase, "run": facts.run, "round": facts.round, **words})


def _with(step: StepView, record: Mapping[str, Any]) -> Status:
    """The Step's status with what is on record of its undo, and what follows from it otherwise."""
    of_it = {**step.status, "observedGeneration": step.generation, "undo": record}
    return {**of_it, "conditions": conditions(step.status)}


def _status(run: Run, stand: Won | Again | Over, now: float) -> Status:
    """The Step's status with what is on record of its undo, once an attempt has ended or none can be made."""
    status = _with(run.step, _record(run, stand))
    if isinstance(stand, Again):
        return status
    won = isinstance(stand, Won)
    reason, message = Reason.UNDONE if won else Reason.UNDO_FAILED, status["undo"].get("message", "")
    undone = condition("Undone", won, reason.value, message, stamp(now), run.step.generation)
    status["conditions"].append(undone)
    results = [one for one in status.pop("results", ()) if one["run"] != run.facts.run]
    return {**status, "results": results} if results else status


def _record(run: Run, stand: Won | Again | Over) -> Status:
    record: Status = {"phase": _PHASES[type(stand)], "run": run.facts.run, "round": run.facts.round}
    record.update({key: run.record[key] for key in ("failures", "disruptions") if key in run.record})
    attempts = list(run.attempts)
    match stand:
        case Won(job, success):
            attempts.append(closed_attempt(job.name, job.attempt, success))
        case Again(attempt, at):
            record.update(message=attempt.failure.message, retryTime=due(at))
        case Over(_, message):
            record["message"] = shorten(message, MESSAGE_LENGTH)
    closed = None if isinstance(stand, Won) else stand.attempt
    if closed:
        record.update(closed.counts)
        attempts.append(closed.record)
    return {**record, "attempts": kept(attempts)}
