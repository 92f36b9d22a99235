"""Snapshots: what is known about one Pipeline, or one Step that stands alone, at one instant."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from penstock.core.graph.graph import Graph, size
from penstock.core.graph.ranks import ranks
from penstock.core.pipeline.plan import Plan, plan
from penstock.core.pipeline.resting import Rest, rest
from penstock.core.pipeline.standalone import plan_step
from penstock.core.seen.owners import by_owner
from penstock.core.seen.snapshot import Observed, Refusal, Thresholds
from penstock.core.seen.views import JobView, PipelineView, PodView, StepView
from penstock.engine import clock
from penstock.engine.confirm import Confirm
from penstock.engine.gate import Gate
from penstock.engine.graphs import Graphs
from penstock.engine.setbacks import Setbacks
from penstock.engine.starter import Starter
from penstock.engine.store import Key, Store


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What one plan is made from. `pipeline` is None for a Step that stands alone, `graph` for who rests.

    `size`: how many Steps there are, or are to be.
    """

    pipeline: PipelineView | None
    graph: Graph | None
    size: int
    unfit: Mapping[str, Refusal]
    observed: Observed | Rest | tuple[object, ...]

    def plan(self) -> Plan:
        """The plan. Pure, so that it may be made in another thread."""
        if isinstance(self.observed, Observed):
            return plan(self.observed)
        if isinstance(self.observed, Rest):
            return Plan(wake_at=self.observed.until, finished=True)
        return plan_step(*self.observed)  # type: ignore[arg-type]


class Observer:
    """Takes snapshots."""

    def __init__(
        self,
        store: Store,
        graphs: Graphs,
        starter: Starter,
        setbacks: Setbacks,
        trouble: Mapping[str, str],
        gate: Gate,
        thresholds: Thresholds,
    ) -> None:
        self.thresholds = thresholds
        self.setbacks = setbacks
        self.gate = gate
        self.store = store
        self.graphs = graphs
        self.starter = starter
        self.confirm = Confirm(starter.client, store)
        self.trouble = trouble

    async def snapshot(self, key: Key) -> Snapshot | None:
        """What is known of it; None if it is gone or going, or if not all that belongs to it can be known."""
        if not self.store.complete(key.namespace):
            return None
        return await (self._step(key) if key.alone else self._pipeline(key))

    async def _pipeline(self, key: Key) -> Snapshot | None:
        view = self.store.pipeline(key)
        if view is None or view.deleting:
            return None
        steps, _ = by_owner(self.store.steps_of(key).values(), view.uid)
        resting = rest(view, steps.values(), self._children(steps.values())[0], clock.now())
        if resting:
            return Snapshot(view, None, len(steps), {}, resting)
        meaning = await self.graphs.pipeline(view)
        steps, _ = by_owner(self.store.steps_of(key).values(), view.uid)
        await self.confirm.jobs(steps.values())
        await self.confirm.pods(steps.values())
        newer = self.store.pipeline(key)
        if newer and (newer.uid, newer.generation, newer.rerun) == (view.uid, view.generation, view.rerun):
            view = newer
        steps, taken = by_owner(self.store.steps_of(key).values(), view.uid)
        jobs, pods = self._children(steps.values())
        observed = Observed(
            pipeline=view,
            graph=meaning.compiled.graph,
            problems=meaning.compiled.problems,
            steps=steps,
            jobs=jobs,
            pods=pods,
            now=clock.now(),
            trouble=self._trouble(jobs),
            refused=self._refused(steps.values()),
            waits=self.gate.waits(key),
            unfit=self.gate.unfit(key),
            expected=ranks(meaning.compiled.graph, self.store.learned) if meaning.compiled.graph else None,
            thresholds=self.thresholds,
            pins=meaning.pins,
            superfluous=meaning.superfluous,
            unwritable=self.setbacks.words(key),
            deferred=meaning.deferred,
            taken=taken,
        )
        graph = meaning.compiled.graph
        return Snapshot(view, graph, max(len(steps), size(graph) if graph else 0), observed.unfit, observed)

    async def _step(self, key: Key) -> Snapshot | None:
        step = self.store.step(key)
        if step is None or step.deleting:
            return None
        await self.confirm.jobs([step])
        await self.confirm.pods([step])
        step = self.store.step(key) or step
        compiled = self.graphs.step(step)
        jobs, pods = self._children([step])
        mine = jobs.get(step.uid, ())
        unfit = self.gate.unfit(key)
        facts = (self._trouble(jobs), self._refused([step]), self.gate.waits(key), unfit)
        found = (step, compiled, mine, pods, clock.now(), *facts)
        return Snapshot(None, compiled.graph, 1, unfit, found)

    def _children(
        self, steps: Iterable[StepView]
    ) -> tuple[dict[str, tuple[JobView, ...]], dict[str, tuple[PodView, ...]]]:
        store = self.store
        jobs = {step.uid: mine for step in steps if (mine := store.jobs_of(step.uid))}
        pods = {job.uid: its for mine in jobs.values() for job in mine if (its := store.pods_of(job.uid))}
        return jobs, pods

    def _trouble(self, jobs: Mapping[str, tuple[JobView, ...]]) -> dict[str, str]:
        if not self.trouble:
            return {}
        return {job.uid: self.trouble[job.uid] for found in jobs.values() for job in found if job.uid in self.trouble}

    def _refused(self, steps: Iterable[StepView]) -> dict[str, Refusal]:
        if not self.starter.any_refused:
            return {}
        return {step.uid: found for step in steps if (found := self.starter.refused(step.uid))}
