"""What the verdicts on all Steps of a Pipeline add up to: its phase and why, its outputs, whether it is late."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf
from typing import Any

from penstock.api.base import Json
from penstock.api.pipeline import PipelinePhase
from penstock.api.step import StepPhase
from penstock.core.graph.world import Node, Verdict, World, first_missing
from penstock.core.pipeline.lateness import Late, Watched, late
from penstock.core.pipeline.status import MAX_OUTPUTS, Summary
from penstock.core.pod.ready import Ready
from penstock.core.reasons import HELD_BACK, Reason
from penstock.core.seen.snapshot import Observed
from penstock.core.step.decide import Stage
from penstock.core.step.outcomes import may_run
from penstock.core.step.undo import Undoing
from penstock.core.values import canonical, shorten
from penstock.core.waits import PATIENCE

NAMED = 3
"""So many steps are named whose pods are still ending."""

Decisions = Sequence[tuple[Node, Verdict]]


@dataclass(frozen=True, slots=True)
class State:
    """A Pipeline after every Step of it was decided."""

    observed: Observed
    world: World
    stage: Stage
    undoing: Undoing | None
    main: Decisions
    finals: Decisions
    main_ended: bool
    waiting: Sequence[Ready]
    """Steps that are ready and have no Job yet."""

    def summary(self, usage: Sequence[Mapping[str, Any]]) -> Summary:
        """All of it; the status is composed from that. `usage`: what the Steps used together."""
        every = [*self.main, *self.finals]
        known = [(node, verdict) for node, verdict in every if not (node.stub and not verdict.ended)]
        phase, reason, message = self._phase(every)
        undone = self.undoing.outcome if self.undoing and self.undoing.done else None
        why, again = self._late(every) if phase in (PipelinePhase.PENDING, PipelinePhase.RUNNING) else (None, None)
        if reason in (Reason.RUNNING, Reason.PREPARING) and _queue(every):
            again = min(again or inf, self._stands_still(every))
        return Summary(
            phase, reason, message, known, self._outputs(), undone, why, self.observed.expected, again, usage
        )

    def _late(self, every: Decisions) -> tuple[Late | None, float | None]:
        observed = self.observed
        status, limits = observed.pipeline.status, observed.thresholds
        return late(Watched(every, self.waiting, observed.steps, status, observed.expected, limits), observed.now)

    def _phase(self, every: Decisions) -> tuple[PipelinePhase, Reason, str]:
        failed = [(node, verdict) for node, verdict in every if verdict.fails]
        if self.undoing and not self.undoing.done:
            return PipelinePhase.UNDOING, Reason.UNDOING, Reason.UNDOING.doc
        if all(verdict.ended for _, verdict in every):
            return self._ending() or _end(every, failed)
        running = any(_goes_on(verdict) for _, verdict in every)
        if self.stage.stopping and not self.main_ended:
            reason = Reason.CANCELLING if self.stage.stopping is Reason.CANCELLED else Reason.TIMED_OUT
            return PipelinePhase.RUNNING, reason, "running steps are being stopped"
        if self.world.graph.settings.suspend and not self.main_ended:
            return PipelinePhase.SUSPENDED, Reason.SUSPENDED, Reason.SUSPENDED.doc
        if failed and self.stage.failing:
            return PipelinePhase.RUNNING, Reason.STOPPING, f"step {failed[0][0].path!r} failed; running steps finish"
        begun = running or any(verdict.started or verdict.ended for _, verdict in every)
        clash = next((v for _, v in every if v.reason is Reason.NAME_CONFLICT), None)
        if clash:
            return PipelinePhase.RUNNING if begun else PipelinePhase.PENDING, Reason.NAME_CONFLICT, clash.message
        if self.main_ended and any(node.task.final for node, _ in every):
            return PipelinePhase.RUNNING, Reason.FINALLY, Reason.FINALLY.doc
        waiting = next((v for _, v in every if v.reason is Reason.WAITING_FOR_APPROVAL), None)
        if waiting and not running:
            return PipelinePhase.RUNNING, Reason.WAITING_FOR_APPROVAL, waiting.message
        phase = PipelinePhase.RUNNING if begun else PipelinePhase.PENDING
        refused = self.observed.unwritable
        if refused:
            return phase, Reason.WRITE_REFUSED, refused[min(refused)]
        queue = _queue(every)
        if queue and self.observed.now >= self._stands_still(every):
            (path, first), more = queue[0], f" (and {len(queue) - 1} more)" if len(queue) > 1 else ""
            words = ", ".join(filter(None, (first.reason, first.message)))
            return phase, Reason.WAITING, f"step {path!r} waits{more}: {words}"
        return phase, Reason.RUNNING if begun else Reason.PREPARING, ""

    def _stands_still(self, every: Decisions) -> float:
        """When those that wait will have done so for a moment with nothing that runs: between two steps is no wait."""
        ends = (verdict.ended_at for _, verdict in every if verdict.ended)
        return PATIENCE + max([self.observed.pipeline.created, *(one.since for one in self.waiting), *ends])

    def _ending(self) -> tuple[PipelinePhase, Reason, str] | None:
        """What keeps a Pipeline from its end though all its steps have ended: pods of removed or stopped ones."""
        observed = self.observed
        if "completionTime" in observed.pipeline.status:
            return None  # it has ended; that a pod went before its Job was seen to end changes nothing
        jobs = ((step.path, job) for step in observed.steps.values() for job in observed.jobs.get(step.uid, ()))
        left = dict.fromkeys(path for path, job in jobs if may_run(job, observed.pods.get(job.uid, ())))
        if not left:
            return None
        words = f"waits for the end of pods that count no more, of {', '.join(map(repr, list(left)[:NAMED]))}"
        more = f" and {len(left) - NAMED} more" if len(left) > NAMED else ""
        return PipelinePhase.RUNNING, Reason.REPLACING, words + more

    def _outputs(self) -> dict[str, Json]:
        found: dict[str, Json] = {}
        size = 0
        for output, source in self.world.graph.outputs:
            value = self.world.output(source, ())
            if first_missing(value):
                continue
            size += len(canonical(value))
            found[output.name] = value if size <= MAX_OUTPUTS else shorten(canonical(value), 64)
        return found


def _queue(every: Decisions) -> list[tuple[str, Verdict]]:
    """The steps that wait, by path, if nothing runs."""
    if any(_goes_on(verdict) for _, verdict in every):
        return []
    return [(node.path, verdict) for node, verdict in every if _waits(verdict)]


def _goes_on(verdict: Verdict) -> bool:
    """Whether something runs, or is about to on its own."""
    return verdict.phase is StepPhase.RUNNING or (verdict.phase is StepPhase.RETRYING and not _waits(verdict))


def _waits(verdict: Verdict) -> bool:
    """Whether it wants to run, and is kept from it."""
    held = verdict.phase is StepPhase.RETRYING and verdict.reason in (*HELD_BACK, Reason.PARALLELISM)
    return verdict.phase is StepPhase.QUEUED or held


def _end(every: Decisions, failed: Decisions) -> tuple[PipelinePhase, Reason, str]:
    if any(v.phase is StepPhase.CANCELLED and v.reason is Reason.TIMED_OUT for _, v in every):
        return PipelinePhase.FAILED, Reason.TIMED_OUT, Reason.TIMED_OUT.doc
    if any(v.phase is StepPhase.CANCELLED for _, v in every):
        return PipelinePhase.CANCELLED, Reason.CANCELLED, Reason.CANCELLED.doc
    if failed:
        node, verdict = failed[0]
        more = f" (and {len(failed) - 1} more)" if len(failed) > 1 else ""
        return PipelinePhase.FAILED, Reason.FAILED, f"step {node.path!r} failed: {verdict.message}{more}"
    return PipelinePhase.SUCCEEDED, Reason.COMPLETED, ""
