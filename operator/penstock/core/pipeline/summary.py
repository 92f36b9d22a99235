"""What the verdicts on all Steps of a Pipeline add up to: its phase and why, its outputs, whether it is late."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf
from typing import Any

from penstock.api.base import Json
from penstock.api.pipeline import PipelinePhase
from penstock.api.step import StepPhase
from penstock.core.graph.graph import FromOutput, Source, group_of, sources
from penstock.core.graph.missing import first_missing
from penstock.core.graph.resolve import Place, resolve
from penstock.core.graph.world import Node, World, ended_as
from penstock.core.pipeline.lateness import Late, Watched, late
from penstock.core.pipeline.status import MAX_OUTPUTS, Summary
from penstock.core.pipeline.tally import Kind, Tally
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


@dataclass(frozen=True, slots=True)
class State:
    """A Pipeline after every Step of it was decided."""

    observed: Observed
    world: World
    stage: Stage
    undoing: Undoing | None
    tally: Tally
    running: Mapping[int, tuple[Node, float]]
    """See core/pipeline/lateness.py."""
    main_ended: bool
    waiting: Sequence[Ready]
    """Steps that are ready and have no Job yet."""

    def summary(self, usage: Sequence[Mapping[str, Any]]) -> Summary:
        """All of it; the status is composed from that. `usage`: what the Steps used together."""
        phase, reason, message = self._phase()
        outputs, wrong = self._outputs()
        if reason is Reason.COMPLETED:
            message = wrong
        undone = self.undoing.outcome if self.undoing and self.undoing.done else None
        why, again = self._late() if phase in (PipelinePhase.PENDING, PipelinePhase.RUNNING) else (None, None)
        if reason in (Reason.RUNNING, Reason.PREPARING) and self._queues():
            again = min(again or inf, self._stands_still())
        return Summary(phase, reason, message, self.tally, outputs, undone, why, self.observed.expected, again, usage)

    def _late(self) -> tuple[Late | None, float | None]:
        observed = self.observed
        status, limits = observed.pipeline.status, observed.thresholds
        return late(Watched(self.tally, self.waiting, self.running, status, observed.expected, limits), observed.now)

    def _phase(self) -> tuple[PipelinePhase, Reason, str]:
        tally = self.tally
        if self.undoing and not self.undoing.done:
            return PipelinePhase.UNDOING, Reason.UNDOING, Reason.UNDOING.doc
        if tally.all(lambda kind: kind.ended):
            return self._ending() or _end(tally)
        running = tally.any(_goes_on)
        failed = tally.first(lambda kind: kind.fails) if self.stage.failing else None
        if self.stage.stopping and not self.main_ended:
            reason = Reason.CANCELLING if self.stage.stopping is Reason.CANCELLED else Reason.TIMED_OUT
            return PipelinePhase.RUNNING, reason, "running steps are being stopped"
        if self.world.graph.settings.suspend and not self.main_ended:
            return PipelinePhase.SUSPENDED, Reason.SUSPENDED, Reason.SUSPENDED.doc
        if failed:
            return PipelinePhase.RUNNING, Reason.STOPPING, f"step {failed[0].path!r} failed; running steps finish"
        begun = running or tally.any(lambda kind: kind.started or kind.ended)
        clash = tally.first(lambda kind: kind.reason is Reason.NAME_CONFLICT)
        if clash:
            return PipelinePhase.RUNNING if begun else PipelinePhase.PENDING, Reason.NAME_CONFLICT, clash[1].message
        if self.main_ended and tally.any(lambda kind: kind.final):
            return PipelinePhase.RUNNING, Reason.FINALLY, Reason.FINALLY.doc
        waiting = None if running else tally.first(lambda kind: kind.reason is Reason.WAITING_FOR_APPROVAL)
        if waiting:
            return PipelinePhase.RUNNING, Reason.WAITING_FOR_APPROVAL, waiting[1].message
        phase = PipelinePhase.RUNNING if begun else PipelinePhase.PENDING
        refused = self.observed.unwritable
        if refused:
            return phase, Reason.WRITE_REFUSED, refused[min(refused)]
        queued = tally.first(_waits) if self._queues() and self.observed.now >= self._stands_still() else None
        if queued:
            (node, first), others = queued, tally.count(_waits) - 1
            words = ", ".join(filter(None, (first.reason, first.message)))
            more = f" (and {others} more)" if others else ""
            return phase, Reason.WAITING, f"step {node.path!r} waits{more}: {words}"
        return phase, Reason.RUNNING if begun else Reason.PREPARING, ""

    def _queues(self) -> bool:
        """Whether steps wait, and nothing runs."""
        return self.tally.any(_waits) and not self.tally.any(_goes_on)

    def _stands_still(self) -> float:
        """When those that wait will have done so for a moment with nothing that runs: between two steps is no wait."""
        ends = (verdict.ended_at for _, verdict in self.tally.each(lambda kind: kind.ended))
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

    def _outputs(self) -> tuple[dict[str, Json], str]:
        """The results that there are, and what is wrong with others."""
        found: dict[str, Json] = {}
        wrong: list[str] = []
        size = 0
        for output, source in self.world.graph.outputs:
            if not isinstance(source, FromOutput) and not self._known(source):
                continue  # another of its steps may still change it
            value = resolve(self.world, Place(), source)
            missing = first_missing(value)
            if missing:
                wrong += [f"output {output.name!r}: {missing.message}"] * (missing.reason is Reason.EXPRESSION_ERROR)
                continue
            size += len(canonical(value))
            found[output.name] = value if size <= MAX_OUTPUTS else shorten(canonical(value), 64)
        return found, "; ".join(wrong)

    def _known(self, source: Source) -> bool:
        """Whether all steps that a result is made of have ended."""
        return all(self.world.apart(group_of(one), ()).ended for one in sources(source))


def _goes_on(kind: Kind) -> bool:
    """Whether something runs, or is about to on its own."""
    return kind.phase is StepPhase.RUNNING or (kind.phase is StepPhase.RETRYING and not _waits(kind))


def _waits(kind: Kind) -> bool:
    """Whether it wants to run, and is kept from it."""
    held = kind.phase is StepPhase.RETRYING and kind.reason in (*HELD_BACK, Reason.PARALLELISM)
    return kind.phase is StepPhase.QUEUED or held


def _end(tally: Tally) -> tuple[PipelinePhase, Reason, str]:
    phase, reason = ended_as(tally.any)
    failed = tally.first(lambda kind: kind.fails)
    if reason is Reason.FAILED and failed:
        (node, verdict), others = failed, tally.count(lambda kind: kind.fails) - 1
        more = f" (and {others} more)" if others else ""
        return phase, reason, f"step {node.path!r} failed: {verdict.message}{more}"
    return phase, reason, "" if reason is Reason.COMPLETED else reason.doc
