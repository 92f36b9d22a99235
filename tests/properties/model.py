"""The operator in a model of the cluster, in memory: the real core, and what is around it as far as that needs it.

Views are made of plain objects, plans are applied one write at a time, so that a test can stop between any two writes
as a crash would.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from penstock import api
from penstock.core import labels
from penstock.core.admission.admission import Admission, admit
from penstock.core.admission.capacity import Capacity
from penstock.core.admission.demands import demand
from penstock.core.graph.compiler import Compiled, compile_pipeline
from penstock.core.graph.graph import Graph
from penstock.core.pipeline.lifecycle import ENDED
from penstock.core.pipeline.plan import Plan, plan
from penstock.core.pipeline.revisions import edit_waits, edited_since, revision_view, taken_up_last
from penstock.core.pod import jobs
from penstock.core.pod.ready import Ready
from penstock.core.seen.compact import compact
from penstock.core.seen.owners import by_owner
from penstock.core.seen.reading import job_view, pipeline_view, pod_view, step_view
from penstock.core.seen.snapshot import Observed, Refusal
from penstock.core.seen.views import JobView, StepView
from penstock.core.step.approvals import decided_by
from penstock.core.waits import Wait
from tests.properties.kubelet import Kubelet, Work, succeed
from tests.properties.objects import Object

Which = tuple[int, int, str]
"""A Job of a Step: run, attempt, purpose."""


def _which(ready: Ready) -> Which:
    return ready.facts.run, ready.attempt, ready.purpose


def admission(found: Plan, graph: Graph, now: float) -> Admission:
    """The admission of a plan's Steps where there is room for all: only their Pipeline's own limits hold them back."""
    demands = [demand(ready, graph, None, found.places) for ready in found.ready]
    return admit(demands, Capacity.of(), now, taken=found.places)


def admitted(found: Plan, graph: Graph, now: float) -> list[Ready]:
    """Those of a plan's Steps that start where there is room for all, in their order."""
    ready = {one.node.path: one for one in found.ready}
    return [ready[one.key[2]] for one in admission(found, graph, now).admitted]


class Cluster(Kubelet):
    """One namespace with one Pipeline at a time, and the operator's view of it."""

    def __init__(self, work: Work = succeed) -> None:
        super().__init__(work)
        self.graph: tuple[int, Compiled] | None = None
        """What the last plan was made with: the generation that it is of, and what that means."""
        self.started: list[tuple[str, int, int]] = []
        self.waits: dict[str, Wait] = {}
        self.components: dict[tuple[str | None, str], api.ComponentSpec] = {}
        self.unfit: dict[str, Refusal] = {}
        self.refused: dict[str, Refusal] = {}
        self.asked: dict[str, tuple[Which, float]] = {}
        """The Jobs that were not taken, by the uid of their Step, and when they were asked for last."""

    def observe(self) -> Observed:
        """The snapshot that the operator would take now."""
        (pipeline,) = self.of("Pipeline")
        compiled, deferred = self._compiled(pipeline)
        by_job: dict[str, list[Any]] = {}
        for pod in map(compact, map(pod_view, self.of("Pod"))):
            by_job.setdefault(pod.job, []).append(pod)
        steps, taken = self.views()
        return Observed(
            pipeline=compact(pipeline_view(pipeline)),
            graph=compiled.graph,
            problems=compiled.problems,
            steps=steps,
            taken=taken,
            jobs=self._jobs(),
            pods=by_job,
            now=self.now,
            waits=self.waits,
            refused=dict(self.refused),
            unfit=dict(self.unfit),
            deferred=deferred,
        )

    def _jobs(self) -> dict[str, list[JobView]]:
        """The Jobs by the uid of their Step."""
        found: dict[str, list[JobView]] = {}
        for job in map(compact, map(job_view, self.of("Job"))):
            found.setdefault(job.step, []).append(job)
        return found

    def views(self) -> tuple[dict[str, StepView], dict[str, StepView]]:
        """The Steps by path, as the operator sees them: the Pipeline's own, and others of their names."""
        (pipeline,) = self.of("Pipeline")
        return by_owner(map(compact, map(step_view, self.of("Step"))), pipeline["metadata"]["uid"])

    def _compiled(self, pipeline: Object) -> tuple[Compiled, bool]:
        """The graph that holds now, and whether an edit or a rerun waits behind it."""
        view, known = compact(pipeline_view(pipeline)), self.graph
        own, _ = self.views()
        if known and known[0] == edited_since(view) and edit_waits(view, known[1].graph, own.values(), self._jobs()):
            return known[1], True
        if known is None or known[0] != view.generation:
            compiled = self._compile(pipeline["spec"])
            last = taken_up_last(view, map(revision_view, self.of("ControllerRevision")))
            if compiled.graph is None and last:
                compiled = Compiled(self._compile(last.spec).graph, compiled.problems)
            known = self.graph = (view.generation, compiled)
        return known[1], False

    def _compile(self, spec: Any) -> Compiled:
        return compile_pipeline(api.PipelineSpec.model_validate(spec), self.components)

    def plan(self) -> Plan:
        """The operator's plan for what is there now. The next one says why what is ready waits, as the gate found."""
        observed = self.observe()
        found = self.made(observed)
        uids = {one.node.path: one.step.uid for one in found.ready}
        waits = admission(found, observed.graph, self.now).waits if observed.graph else {}
        self.waits = {uids[key[2]]: wait for key, wait in waits.items()}
        return found

    def made(self, observed: Observed) -> Plan:
        """The plan for a snapshot."""
        return plan(observed)

    def writes_of(self, found: Plan) -> list[Callable[[], None]]:
        """The writes of a plan in the order in which the operator begins them. Each may fail and be left out."""
        (pipeline,) = self.of("Pipeline")
        graph = self.graph[1].graph if self.graph else None
        owner = (pipeline["metadata"]["name"], pipeline["metadata"]["uid"])
        status = found.pipeline_status
        conclude = (
            [partial(self.set_status, pipeline, pipeline["metadata"]["resourceVersion"], status)] if status else []
        )
        if found.revision:
            begin = [partial(self.create, new) for new in (found.revision, found.claim) if new]
            return [*begin, *conclude]
        writes: list[Callable[[], Any]] = []
        if status and status["phase"] not in ENDED:
            writes, conclude = conclude, []
        for view, step_status in found.step_statuses:
            writes.append(partial(self.set_status, self.objects["Step", view.name], view.version, step_status))
        for ready in self.due(found):
            assert graph is not None
            writes.append(partial(self.submit, ready, jobs.job_manifest(graph, ready, owner, "courier")))
        writes += [partial(self.delete_job, job.name, job.uid) for job in found.delete_jobs]
        for view in found.settle_approvals:
            writes.append(partial(self._settle, view.name, decided_by(view)))
        for view, spec in found.replace_specs:
            writes.append(partial(self.set_spec, self.objects["Step", view.name], spec))
        writes += [partial(self.delete_step, view.name) for view in found.delete_steps]
        writes += [partial(self.create, new.manifest()) for new in found.create_steps]
        return [*writes, *conclude]

    def _settle(self, name: str, keys: Mapping[str, None]) -> None:
        step = self.objects.get(("Step", name))
        for key in keys if step else ():
            self.annotate(step, key, None)

    def submit(self, ready: Ready, manifest: Object) -> None:
        """Hands a Job to admission and the API server; one that was refused is not asked for again at that instant."""
        uid = ready.step.uid
        unfit, refusal = self.never_fits(ready), self.refuses(ready)
        for known, found in ((self.unfit, unfit), (self.refused, refusal)):
            known.pop(uid, None)
            known.update({uid: found} if found else {})
        if unfit or refusal:
            self.asked[uid] = _which(ready), self.now
        else:
            self.start(manifest)

    def refused_now(self, ready: Ready) -> bool:
        """Whether that Job was asked for at this very instant, and not taken."""
        return self.asked.get(ready.step.uid) == (_which(ready), self.now)

    def due(self, found: Plan) -> list[Ready]:
        """The Jobs of a plan that are asked for now: those that its limits allow and that were not just refused."""
        graph = self.graph[1].graph if self.graph else None
        left = [ready for ready in found.ready if not self.refused_now(ready)]
        return admitted(replace(found, ready=left), graph, self.now) if graph else []

    def never_fits(self, ready: Ready) -> Refusal | None:
        """What admission says of a Job that fits nowhere; None if there is room for it."""
        return None

    def refuses(self, ready: Ready) -> Refusal | None:
        """What the API server says of a Job that it does not take; None if it takes it."""
        return None

    def refusal(self, ready: Ready, message: str, **kind: bool) -> Refusal:
        """A refusal of that attempt, for as long as it has been refused."""
        run, attempt, purpose = _which(ready)
        known = self.refused.get(ready.step.uid)
        same = known and (known.run, known.attempt, known.purpose) == (run, attempt, purpose)
        since = known.since if known and same else self.now
        return Refusal(message, since, purpose=purpose, run=run, attempt=attempt, **kind)

    def start(self, manifest: Object) -> None:
        """Creates a Job, unless it exists."""
        owner = manifest["metadata"]["ownerReferences"][0]
        step = self.objects.get(("Step", owner["name"]))
        there = ("Job", manifest["metadata"]["name"]) in self.objects
        if there or step is None or step["metadata"]["uid"] != owner["uid"]:
            return
        self.check_start(manifest, step)
        job = self.create(manifest)
        assert job is not None
        run, attempt = job["metadata"]["annotations"][labels.RUN], job["metadata"]["labels"][labels.ATTEMPT]
        self.started.append((owner["name"], int(run), int(attempt)))

    def check_start(self, manifest: Object, step: Object) -> None:
        """What must hold whenever a Job is created; tests add to it."""
        live = [job["metadata"]["name"] for job in self.jobs_of(step) if self.is_live(job)]
        assert not live, f"{manifest['metadata']['name']} starts beside {live}"

    def reconcile(self, most: int = 50) -> None:
        """Plans and applies until there is nothing left to do."""
        for _ in range(most):
            waited = self.waits.keys()
            found = self.plan()
            writes = self.writes_of(found)
            if not writes and self.waits.keys() <= waited:
                return
            for write in writes:
                write()
        raise AssertionError(f"no fixpoint after {most} plans: {found}")

    def run(self, most: int = 200, seconds: float = 1.0) -> Object:
        """Runs until the Pipeline has ended; returns its status."""
        for _ in range(most):
            self.reconcile()
            if "completionTime" in self.status or self.status.get("phase") == "Invalid":
                return self.status
            self.start_pods()
            self.now += seconds
            self.reconcile()
            self.end_pods()
            self.reconcile()
            self.end_jobs()
            self.purge()
        raise AssertionError(f"not ended: {self.status} {self.phases()}")
