"""Snapshots: what is known about one Pipeline, or one Step that stands alone, at one instant."""

from collections.abc import Mapping, Set
from dataclasses import dataclass, replace

from penstock.core.graph.graph import Graph, size
from penstock.core.graph.ranks import ranks
from penstock.core.pipeline.course import Course
from penstock.core.pipeline.plan import Plan, advance, plan
from penstock.core.pipeline.resting import Rest, rest
from penstock.core.pipeline.standalone import plan_step
from penstock.core.seen.snapshot import Observed, Refusal, Thresholds
from penstock.core.seen.views import PipelineView, StepView
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

    `size`: how many Steps there are, or are to be. `touched`: paths of those that something has happened to since the
    snapshot before; None if that is not known, or something has happened to all of it.
    """

    pipeline: PipelineView | None
    graph: Graph | None
    size: int
    unfit: Mapping[str, Refusal]
    observed: Observed | Rest | tuple[object, ...]
    touched: Set[str] | None = None

    def advance(self, course: Course | None) -> Plan | None:
        """The plan that goes on from a course, if that is enough. To be made before anything else happens."""
        if course is None or self.touched is None or not isinstance(self.observed, Observed):
            return None
        return advance(course, self.observed, self.touched)

    def plan(self) -> Plan:
        """The whole plan. Pure, so that it may be made in another thread if the snapshot is a `copy`."""
        if isinstance(self.observed, Observed):
            return plan(self.observed)
        if isinstance(self.observed, Rest):
            return Plan(wake_at=self.observed.until, finished=True)
        return plan_step(*self.observed)  # type: ignore[arg-type]

    def copy(self) -> "Snapshot":
        """It, of that instant for ever: what is seen of a Pipeline otherwise changes as the store does."""
        if not isinstance(self.observed, Observed):
            return self
        seen = self.observed
        steps = dict(seen.steps)
        jobs = {step.uid: mine for step in steps.values() if (mine := seen.jobs.get(step.uid))}
        pods = {job.uid: its for mine in jobs.values() for job in mine if (its := seen.pods.get(job.uid))}
        trouble, waits = dict(seen.trouble), dict(seen.waits)
        return replace(self, observed=replace(seen, steps=steps, jobs=jobs, pods=pods, trouble=trouble, waits=waits))


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
        store = self.store
        resting = rest(view, store.owned(key, view.uid).values(), store.jobs_by_step, clock.now())
        if resting:
            store.doubt(key)  # nobody follows it
            return Snapshot(view, None, len(store.owned(key, view.uid)), {}, resting)
        meaning = await self.graphs.pipeline(view)
        await self._confirm(key, view)
        newer = store.pipeline(key)
        if newer and (newer.uid, newer.generation, newer.rerun) == (view.uid, view.generation, view.rerun):
            view = newer
        touched, told = store.touched.get(key), self.gate.changes(key)
        store.touched[key] = set()
        graph = meaning.compiled.graph
        observed = Observed(
            pipeline=view,
            graph=graph,
            problems=meaning.compiled.problems,
            steps=store.owned(key, view.uid),
            jobs=store.jobs_by_step,
            pods=store.pods_by_job,
            now=clock.now(),
            trouble=self.trouble,
            refused=self.starter.refusals(),
            waits=self.gate.waits(key),
            unfit=self.gate.unfit(key),
            expected=ranks(graph, store.learned) if graph else None,
            thresholds=self.thresholds,
            pins=meaning.pins,
            superfluous=meaning.superfluous,
            unwritable=self.setbacks.words(key),
            deferred=meaning.deferred,
            taken=store.taken(key, view.uid),
        )
        large = max(len(observed.steps), size(graph) if graph else 0)
        return Snapshot(view, graph, large, observed.unfit, observed, None if touched is None else touched | told)

    async def _confirm(self, key: Key, view: PipelineView) -> None:
        """Asks for what is in doubt of the Steps that something has happened to, also while it was asked for others."""
        await self.confirm.jobs(self._touched(key, view))
        while await self.confirm.pods(self._touched(key, view)):
            pass

    def _touched(self, key: Key, view: PipelineView) -> list[StepView]:
        owned, touched = self.store.owned(key, view.uid), self.store.touched.get(key)
        paths = owned.keys() if touched is None else touched | self.confirm.steps_of_jobs_away(owned)
        return [owned[path] for path in paths if path in owned]

    async def _step(self, key: Key) -> Snapshot | None:
        step = self.store.step(key)
        if step is None or step.deleting:
            return None
        await self.confirm.jobs([step])
        await self.confirm.pods([step])
        step = self.store.step(key) or step
        compiled = self.graphs.step(step)
        store, unfit = self.store, self.gate.unfit(key)
        mine = store.jobs_of(step.uid)
        facts = (self.trouble, self.starter.refusals(), self.gate.waits(key), unfit)
        found = (step, compiled, mine, store.pods_by_job, clock.now(), *facts)
        return Snapshot(None, compiled.graph, 1, unfit, found)
