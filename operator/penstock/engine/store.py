"""All that is known of the cluster, as small views, found by the Pipeline or Step they belong to.

Two rules keep it true. Read your own writes: every answer to a write is put in at once, and nothing older than what
is known of an object is believed. And an object that cannot be read only hurts itself.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

import structlog

from penstock.core import labels
from penstock.core.admission.ledger import Ledger
from penstock.core.admission.observed_capacity import job_hold, pod_hold
from penstock.core.cron.scheduled import ScheduleView, schedule_view
from penstock.core.graph.learned import Learned
from penstock.core.graph.outline import ComponentKey
from penstock.core.seen.compact import compact
from penstock.core.seen.reading import job_view, pipeline_view, pod_view, step_view
from penstock.core.seen.views import JobView, PipelineView, PodView, StepView
from penstock.core.step.status import closed
from penstock.engine import metrics
from penstock.engine.resources import COMPONENTS, JOBS, PIPELINES, PODS, SCHEDULES, STEPS, Object, Resource
from penstock.engine.shelf import Shelf, tells
from penstock.engine.written import ComponentView, component_view

log = structlog.get_logger(__name__)


class Key(NamedTuple):
    """What is planned as one: a Pipeline, a Step that stands `alone`, or a `schedule`."""

    namespace: str
    name: str
    alone: bool = False
    schedule: bool = False


_PARSERS: Mapping[str, Callable[[Object], Any]] = {
    PIPELINES.kind: pipeline_view,
    STEPS.kind: step_view,
    JOBS.kind: job_view,
    PODS.kind: pod_view,
    COMPONENTS.kind: component_view,
    SCHEDULES.kind: schedule_view,
}


class Store:
    """The known objects. `put` and `drop` return what is to be looked at because of them."""

    def __init__(self) -> None:
        self.ledger = Ledger()
        self.learned = Learned()
        self.pipelines: Shelf[PipelineView] = Shelf()
        self.steps: Shelf[StepView] = Shelf()
        self.jobs: Shelf[JobView] = Shelf()
        self.pods: Shelf[PodView] = Shelf()
        self.components: Shelf[ComponentView] = Shelf()
        self.schedules: Shelf[ScheduleView] = Shelf()
        self._shelves: dict[str, Shelf[Any]] = {
            PIPELINES.kind: self.pipelines,
            STEPS.kind: self.steps,
            JOBS.kind: self.jobs,
            PODS.kind: self.pods,
            COMPONENTS.kind: self.components,
            SCHEDULES.kind: self.schedules,
        }
        self.unlisted: set[str | None] = set()
        """Namespaces (None: all) that could not be listed: not all is known of them, so nothing is decided in them."""
        self._by_name: dict[Key, str] = {}
        self._asked_for: dict[Key, frozenset[tuple[str, str]]] = {}
        self._steps_of: dict[Key, dict[str | None, dict[str, StepView]]] = {}
        """By the uid of the Pipeline that owns them, and their paths."""
        self._jobs_of: dict[str, tuple[JobView, ...]] = {}
        self._pods_of: dict[str, tuple[PodView, ...]] = {}
        self.away: dict[str, JobView] = {}
        """Jobs that are seen no more though no end of them is on record, by uid: deleted, or without their label."""
        self.touched: dict[Key, set[str]] = {}
        """Paths of the Steps of a Pipeline that something has happened to, since it was asked about them last. What is
        not in here is not followed, or something has happened to all of it."""
        self.on_gone: list[Callable[[str], None]] = []
        """Called with the uid of each object that is gone: by it others let go of what they keep."""

    # --- what is known ----------------------------------------------------------------------------------------------

    def pipeline(self, key: Key) -> PipelineView | None:
        """The Pipeline of that name."""
        return self.pipelines.get(self._by_name.get(key, ""))

    def step(self, key: Key) -> StepView | None:
        """The Step of that name that stands alone."""
        return self.steps.get(self._by_name.get(key, ""))

    def schedule(self, key: Key) -> ScheduleView | None:
        """The PipelineSchedule of that name."""
        return self.schedules.get(self._by_name.get(key, ""))

    def schedule_of(self, pipeline: PipelineView) -> Key | None:
        """The PipelineSchedule that created a Pipeline."""
        view = self.schedules.get(pipeline.schedule or "")
        return _key_of_schedule(view) if view else None

    def pipelines_for(self, schedule: ScheduleView) -> list[PipelineView]:
        """The Pipelines that a PipelineSchedule owns, and those that have names it could want."""
        prefix = f"{schedule.name}-"
        return [
            view
            for view in self.pipelines
            if view.namespace == schedule.namespace and (view.schedule == schedule.uid or view.name.startswith(prefix))
        ]

    def steps_of(self, key: Key) -> dict[str, StepView]:
        """The Steps with names of that Pipeline's by path, as they are now, whoever owns them."""
        return {path: step for steps in self._steps_of.get(key, {}).values() for path, step in steps.items()}

    def owned(self, key: Key, owner: str) -> Mapping[str, StepView]:
        """Those of them that the Pipeline with that uid owns. It is no copy: it changes as they do."""
        return self._steps_of.get(key, {}).get(owner, {})

    def taken(self, key: Key, owner: str) -> Mapping[str, StepView]:
        """Those of them that it does not own."""
        others = [steps for uid, steps in self._steps_of.get(key, {}).items() if uid != owner]
        return {path: step for steps in others for path, step in steps.items()}

    @property
    def jobs_by_step(self) -> Mapping[str, tuple[JobView, ...]]:
        """All Jobs by the uid of their Step. It is no copy."""
        return self._jobs_of

    @property
    def pods_by_job(self) -> Mapping[str, tuple[PodView, ...]]:
        """All pods by the uid of their Job. It is no copy."""
        return self._pods_of

    def jobs_of(self, step: str) -> tuple[JobView, ...]:
        """The Jobs of the Step with that uid."""
        return self._jobs_of.get(step, ())

    def pods_of(self, job: str) -> tuple[PodView, ...]:
        """The pods of the Job with that uid."""
        return self._pods_of.get(job, ())

    def complete(self, namespace: str) -> bool:
        """Whether all is known of a namespace that decisions in it depend on."""
        return self.unlisted.isdisjoint((None, namespace))

    def keys(self) -> list[Key]:
        """Everything that is planned."""
        return list(self._by_name)

    def key_of_step(self, uid: str) -> Key | None:
        """What the Step with that uid is planned with."""
        step = self.steps.get(uid)
        return _key_of(step) if step else None

    def shelf(self, resource: Resource) -> Shelf[Any]:
        """The views of one kind."""
        return self._shelves[resource.kind]

    def asks(self, key: Key, components: Iterable[ComponentKey]) -> None:
        """Notes on which Components, existing or not, it depends what becomes of it: only those concern it."""
        wanted = frozenset((namespace or key.namespace, name) for namespace, name in components)
        if wanted and key in self._by_name:
            self._asked_for[key] = wanted
        else:
            self._asked_for.pop(key, None)

    # --- news -------------------------------------------------------------------------------------------------------

    def touch(self, step: str) -> None:
        """Something has happened that concerns the Step with that uid: to it, a Job or a pod of it, or what is said."""
        view = self.steps.get(step)
        if view is not None:
            self._touch(view)

    def _touch(self, step: StepView) -> None:
        if step.pipeline and (touched := self.touched.get(Key(step.namespace, step.pipeline))) is not None:
            touched.add(step.path)

    def doubt(self, key: Key) -> None:
        """Whatever may have happened to it, all of it is to be looked at."""
        self.touched.pop(key, None)

    def put(self, resource: Resource, obj: Object) -> tuple[Key, ...]:
        """Takes an object in, unless what is known of it is as new."""
        meta = obj["metadata"]
        shelf = self._shelves[resource.kind]
        if shelf.stale(meta["uid"], meta["resourceVersion"]):
            known = shelf.get(meta["uid"])
            if known is None or known.version != meta["resourceVersion"]:
                metrics.STALE.labels(resource.kind).inc()
            return ()
        try:
            view = _PARSERS[resource.kind](obj)
            if resource is not COMPONENTS:
                view = compact(view)
        except Exception as error:  # whatever was written, it must not harm anything else
            # A pod that is nobody's any more, since its Job was deleted without it, is no part of that Job's end.
            concerned = self.drop(resource, meta["uid"], int(meta["resourceVersion"])) if resource is PODS else ()
            self._complain(resource, meta, error)
            return concerned
        if isinstance(view, JobView) and not _watched(meta):  # no event will tell of its end
            self.drop(resource, view.uid, int(view.version))
            self.set_aside(view)
            return self._concerned(view)
        old = shelf.get(view.uid)
        shelf.put(view)
        self._account(resource, obj, view)
        metrics.KNOWN.labels(resource.kind).set(len(shelf))
        self._unindex(old)  # before the new one enters: what it belongs to may have changed
        self._index(view)
        self.away.pop(view.uid, None)
        if isinstance(view, StepView):
            self._settle(view.uid, view)
        return tuple(dict.fromkeys((*self._concerned(old), *self._concerned(view)))) if tells(old, view) else ()

    def drop(self, resource: Resource, uid: str, version: int | None = None) -> tuple[Key, ...]:
        """Forgets an object that was gone in that version; without one, for good."""
        shelf = self._shelves[resource.kind]
        view = shelf.drop(uid, version)
        metrics.KNOWN.labels(resource.kind).set(len(shelf))
        if view is None:
            return ()
        return self._let_go(resource.kind, view)

    def set_aside(self, job: JobView) -> None:
        """Takes in what was found out about a Job that no list or watch tells of, as long as its Step is there."""
        if self.jobs.get(job.uid) is None and self.steps.get(job.step):
            self._unindex(self.away.get(job.uid))
            self.away[job.uid] = compact(job)
            self._index(self.away[job.uid])

    def forget(self, namespace: str | None) -> None:
        """Lets go of all that is known of a namespace (None: of all), as if it had never been listed."""
        for kind, shelf in self._shelves.items():
            for view in shelf.forget(namespace):
                self._let_go(kind, view)
            metrics.KNOWN.labels(kind).set(len(shelf))

    def _let_go(self, kind: str, view: Any) -> tuple[Key, ...]:
        """Lets go of what is known by way of an object that is on no shelf any more; returns what that concerns."""
        for let_go in self.on_gone:
            let_go(view.uid)
        self._discount(kind, view.uid)
        concerned = self._concerned(view)
        self._unindex(view)
        if isinstance(view, StepView):
            self._settle(view.uid, None)
        elif isinstance(view, PodView) and (job := self.away.get(view.job)):
            self._settle(job.step, self.steps.get(job.step))
        elif isinstance(view, JobView) and (step := self.steps.get(view.step)) and not closed(step.status, view):
            self.set_aside(replace(view, gone=view.deleting))
        for key in concerned:
            if key not in self._by_name:
                self._asked_for.pop(key, None)
        return concerned

    def _settle(self, uid: str, step: StepView | None) -> None:
        """Lets go of Jobs that are away once nothing depends on them: their ends are on record, or the Step is gone."""
        for job in self.jobs_of(uid) if self.away else ():
            over = step is None or (closed(step.status, job) and not self.pods_of(job.uid))
            if over and job.uid in self.away:
                del self.away[job.uid]
                self._unindex(job)
                for let_go in self.on_gone:
                    let_go(job.uid)

    def _account(self, resource: Resource, obj: Object, view: Any) -> None:
        """Tells the ledger what the object holds, and what its durations teach."""
        if resource in (JOBS, PODS):
            try:
                if resource is JOBS:
                    self.ledger.put_job(view.uid, job_hold(obj))
                else:
                    self.ledger.put_pod(view.uid, pod_hold(obj))
            except (KeyError, ValueError) as error:
                self._complain(resource, obj["metadata"], error)
        elif resource is STEPS:
            self.learned.put(view.uid, view.status.get("learned"))

    def _discount(self, kind: str, uid: str) -> None:
        if kind == JOBS.kind:
            self.ledger.drop_job(uid)
        elif kind == PODS.kind:
            self.ledger.drop_pod(uid)
        elif kind == STEPS.kind:
            self.learned.drop(uid)

    def _complain(self, resource: Resource, meta: Object, error: Exception) -> None:
        shelf = self._shelves[resource.kind]
        if shelf.unread(meta["uid"], meta.get("namespace", ""), meta["resourceVersion"]):
            metrics.IGNORED.labels(resource.kind).inc()
            name = f"{meta.get('namespace')}/{meta.get('name')}"
            log.warning("object cannot be read and is ignored", kind=resource.kind, name=name, error=repr(error))

    # --- who belongs to whom ----------------------------------------------------------------------------------------

    def _concerned(self, view: object) -> tuple[Key, ...]:
        match view:
            case PipelineView():
                own, schedule = Key(view.namespace, view.name), self.schedule_of(view)
                return (own, schedule) if schedule else (own,)
            case ScheduleView():
                return (_key_of_schedule(view),)
            case StepView():
                return (_key_of(view),)
            case JobView():
                key = self.key_of_step(view.step)
                return (key,) if key else ()
            case PodView():
                job = self.jobs.get(view.job) or self.away.get(view.job)
                return self._concerned(job) if job else ()
            case ComponentView():
                name = (view.namespace, view.name)
                return tuple(key for key, wanted in self._asked_for.items() if name in wanted)
            case _:
                return ()

    def _index(self, view: object) -> None:
        match view:
            case PipelineView():
                self._by_name[Key(view.namespace, view.name)] = view.uid
            case ScheduleView():
                self._by_name[_key_of_schedule(view)] = view.uid
            case StepView():
                key = _key_of(view)
                if key.alone:
                    self._by_name[key] = view.uid
                else:
                    steps = self._steps_of.setdefault(key, {})
                    for other in steps.values():
                        other.pop(view.path, None)
                    steps.setdefault(view.owner, {})[view.path] = view
                    self._touch(view)
            case JobView():
                self.touch(view.step)
                others = (one for one in self._jobs_of.get(view.step, ()) if one.uid != view.uid)
                self._jobs_of[view.step] = (*others, view)
            case PodView():
                self._touch_by_job(view.job)
                pods = (one for one in self._pods_of.get(view.job, ()) if one.uid != view.uid)
                self._pods_of[view.job] = (*pods, view)

    def _unindex(self, view: object) -> None:
        match view:
            case PipelineView():
                self._unname(Key(view.namespace, view.name), view.uid)
            case ScheduleView():
                self._unname(_key_of_schedule(view), view.uid)
            case StepView():
                key = _key_of(view)
                of = self._steps_of.get(key, {})
                mine = of.get(view.owner, {})
                if key.alone:
                    self._unname(key, view.uid)
                elif view.path in mine and mine[view.path].uid == view.uid:
                    self._touch(view)
                    del mine[view.path]
                    if not any(of.values()):
                        del self._steps_of[key]
            case JobView():
                self.touch(view.step)
                self._jobs_of[view.step] = tuple(one for one in self.jobs_of(view.step) if one.uid != view.uid)
                if not self._jobs_of[view.step]:
                    del self._jobs_of[view.step]
            case PodView():
                self._touch_by_job(view.job)
                self._pods_of[view.job] = tuple(one for one in self.pods_of(view.job) if one.uid != view.uid)
                if not self._pods_of[view.job]:
                    del self._pods_of[view.job]

    def _touch_by_job(self, uid: str) -> None:
        job = self.jobs.get(uid) or self.away.get(uid)
        if job:
            self.touch(job.step)

    def _unname(self, key: Key, uid: str) -> None:
        if self._by_name.get(key) == uid:
            del self._by_name[key]


def _watched(meta: Object) -> bool:
    return (meta.get("labels") or {}).get(labels.MANAGED_BY) == labels.PENSTOCK


def _key_of(step: StepView) -> Key:
    return Key(step.namespace, step.pipeline) if step.pipeline else Key(step.namespace, step.name, alone=True)


def _key_of_schedule(view: ScheduleView) -> Key:
    return Key(view.namespace, view.name, schedule=True)
