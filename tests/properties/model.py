"""A model of the cluster in memory: objects as the API server holds them, a Job controller and kubelet that take steps.

It drives the real core: views are made of plain objects, plans are applied one write at a time, so that a test can
stop between any two writes as a crash would. Time moves only when a test says so.
"""

import copy
import itertools
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from penstock import api
from penstock.core import jobs, labels
from penstock.core.clock import stamp
from penstock.core.compact import compact
from penstock.core.composition.compiler import Compiled, compile_pipeline
from penstock.core.graph import Graph
from penstock.core.lifecycle import ENDED
from penstock.core.observed import Observed, Refusal, StepView, job_view, pipeline_view, pod_view, step_view
from penstock.core.owners import by_owner
from penstock.core.plan import Plan, approval_labels, plan
from penstock.core.revisions import edit_waits, edited_since, revision_view, taken_up_last
from penstock.core.runs import Ready
from penstock.core.scheduling.admission import Admission, admit
from penstock.core.scheduling.capacity import Capacity
from penstock.core.scheduling.demands import demand
from penstock.core.scheduling.waits import Wait

Object = dict[str, Any]
Work = Callable[[Object, Mapping[str, str]], tuple[int, str]]
"""What a container does: (Job, environment) -> (exit code, termination message)."""

Which = tuple[int, int, str]
"""A Job of a Step: run, attempt, purpose."""

START = 1_800_000_000.0


def succeed(job: Object, env: Mapping[str, str]) -> tuple[int, str]:
    """A container that does nothing and succeeds."""
    return 0, ""


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


class Cluster:
    """One namespace with one Pipeline at a time, and the operator's view of it."""

    def __init__(self, work: Work = succeed) -> None:
        self.work = work
        self.now = START
        self.counter = itertools.count(1)
        self.objects: dict[tuple[str, str], Object] = {}
        self.graph: tuple[int, Compiled] | None = None
        """What the last plan was made with: the generation that it is of, and what that means."""
        self.started: list[tuple[str, int, int]] = []
        self.transitions: list[tuple[Object, Object]] = []
        """Every status of a Step that was written, with the one before."""
        self.slow = False
        """Whether Jobs take their time to be deleted."""
        self.writes = 0
        self.waits: dict[str, Wait] = {}
        self.components: dict[tuple[str | None, str], api.ComponentSpec] = {}
        self.unfit: dict[str, Refusal] = {}
        self.refused: dict[str, Refusal] = {}
        self.asked: dict[str, tuple[Which, float]] = {}
        """The Jobs that were not taken, by the uid of their Step, and when they were asked for last."""

    # --- the API server ---------------------------------------------------------------------------------------------

    def create(self, obj: Object) -> Object | None:
        """Creates an object, or returns None if one of that name exists."""
        key = (obj["kind"], obj["metadata"]["name"])
        if key in self.objects:
            return None
        stored = json.loads(json.dumps(obj))
        meta = stored["metadata"]
        meta.setdefault("namespace", "ns")
        meta.update(
            uid=f"uid-{next(self.counter)}",
            resourceVersion=str(next(self.counter)),
            creationTimestamp=stamp(self.now),
            generation=1,
        )
        self.objects[key] = stored
        self.writes += 1
        return stored

    def changed(self, obj: Object) -> None:
        """Counts a write to an object."""
        obj["metadata"]["resourceVersion"] = str(next(self.counter))
        self.writes += 1

    def apply(self, manifest: Object) -> Object:
        """`kubectl apply` of a Pipeline."""
        existing = self.objects.get((manifest["kind"], manifest["metadata"]["name"]))
        if existing is None:
            created = self.create({**copy.deepcopy(manifest), "status": {}})
            assert created is not None
            return created
        if existing["spec"] != manifest["spec"]:
            existing["spec"] = json.loads(json.dumps(manifest["spec"]))
            existing["metadata"]["generation"] += 1
            self.changed(existing)
        return existing

    def delete(self, kind: str, name: str) -> None:
        """Deletes an object with what it owns."""
        gone = self.objects.pop((kind, name), None)
        if gone is None:
            return
        uid = gone["metadata"]["uid"]
        for other_kind, other in list(self.objects):
            owners = self.objects.get((other_kind, other), {}).get("metadata", {}).get("ownerReferences", ())
            if any(owner["uid"] == uid for owner in owners):
                self.delete(other_kind, other)

    def of(self, kind: str) -> list[Object]:
        """All objects of a kind, by name."""
        return [obj for (found, _), obj in sorted(self.objects.items()) if found == kind]

    def step(self, path: str) -> Object:
        """The Step at a path of the Pipeline."""
        (pipeline,) = self.of("Pipeline")
        return self.objects["Step", f"{pipeline['metadata']['name']}.{path}"]

    def phases(self) -> dict[str, str]:
        """Phase of each Step by path."""
        return {
            step["metadata"]["name"].partition(".")[2]: step.get("status", {}).get("phase", "Pending")
            for step in self.of("Step")
        }

    @property
    def status(self) -> Object:
        """Status of the Pipeline."""
        (pipeline,) = self.of("Pipeline")
        found: Object = pipeline["status"]
        return found

    # --- the operator -----------------------------------------------------------------------------------------------

    def observe(self) -> Observed:
        """The snapshot that the operator would take now."""
        (pipeline,) = self.of("Pipeline")
        compiled, deferred = self._compiled(pipeline)
        by_step: dict[str, list[Any]] = {}
        for job in map(compact, map(job_view, self.of("Job"))):
            by_step.setdefault(job.step, []).append(job)
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
            jobs=by_step,
            pods=by_job,
            now=self.now,
            waits=self.waits,
            refused=dict(self.refused),
            unfit=dict(self.unfit),
            deferred=deferred,
        )

    def views(self) -> tuple[dict[str, StepView], dict[str, StepView]]:
        """The Steps by path, as the operator sees them: the Pipeline's own, and others of their names."""
        (pipeline,) = self.of("Pipeline")
        return by_owner(map(compact, map(step_view, self.of("Step"))), pipeline["metadata"]["uid"])

    def _compiled(self, pipeline: Object) -> tuple[Compiled, bool]:
        """The graph that holds now, and whether an edit or a rerun waits behind it."""
        view, known = compact(pipeline_view(pipeline)), self.graph
        own, _ = self.views()
        if known and known[0] == edited_since(view) and edit_waits(view, known[1].graph, own.values()):
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
        found = plan(observed)
        uids = {one.node.path: one.step.uid for one in found.ready}
        waits = admission(found, observed.graph, self.now).waits if observed.graph else {}
        self.waits = {uids[key[2]]: wait for key, wait in waits.items()}
        return found

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
            writes.append(partial(self._settle, view.name, approval_labels(view)))
        for view, spec in found.replace_specs:
            writes.append(partial(self.set_spec, self.objects["Step", view.name], spec))
        writes += [partial(self.delete_step, view.name) for view in found.delete_steps]
        writes += [partial(self.create, manifest) for manifest in found.create_steps]
        return [*writes, *conclude]

    def set_status(self, obj: Object, version: str, status: Object) -> None:
        """Writes a status if the object is still as it was seen."""
        if obj["metadata"]["resourceVersion"] != version or not self._there(obj):
            return
        if obj["kind"] == "Step":
            self.transitions.append((obj.get("status") or {}, status))
        elif "completionTime" in status and "completionTime" not in (obj.get("status") or {}):
            live = [job["metadata"]["name"] for job in self.of("Job") if self.is_live(job)]
            assert not live, f"{obj['metadata']['name']} has ended, but {live} may run"
        obj["status"] = json.loads(json.dumps(status))
        self.changed(obj)

    def _there(self, obj: Object) -> bool:
        return self.objects.get((obj["kind"], obj["metadata"]["name"])) is obj

    def set_spec(self, obj: Object, spec: Object) -> None:
        """Writes a spec, as the operator or a user does."""
        if not self._there(obj):
            return
        obj["spec"] = json.loads(json.dumps(spec))
        obj["metadata"]["generation"] += 1
        self.changed(obj)

    def annotate(self, obj: Object, key: str, value: str | None) -> None:
        """`kubectl annotate`."""
        annotations = obj["metadata"].setdefault("annotations", {})
        annotations[key] = value
        if value is None:
            del annotations[key]
        self.changed(obj)

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

    def jobs_of(self, step: Object) -> list[Object]:
        """The Jobs of a Step."""
        uid = step["metadata"]["uid"]
        return [job for job in self.of("Job") if job["metadata"]["ownerReferences"][0]["uid"] == uid]

    def is_live(self, job: Object) -> bool:
        """Whether a container of the Job runs or may still come to run."""
        if job.get("status", {}).get("conditions"):
            return False
        pods = self.pods_of(job)
        return not pods or any(pod["status"]["phase"] == "Running" for pod in pods)

    def delete_job(self, name: str, uid: str) -> None:
        """Deletes a Job and its pods in the foreground: with `slow` it is there until `purge`."""
        job = self.objects.get(("Job", name))
        if job is None or job["metadata"]["uid"] != uid:
            return
        if not self.slow:
            self.delete("Job", name)
        else:
            self._mark(job)

    def delete_step(self, name: str) -> None:
        """Deletes a Step and its Jobs in the foreground: with `slow` they are there until `purge`."""
        step = self.objects.get(("Step", name))
        if step is None or not (self.slow and self.jobs_of(step)):
            self.delete("Step", name)
            return
        for one in (step, *self.jobs_of(step)):
            self._mark(one)

    def _mark(self, obj: Object) -> None:
        if "deletionTimestamp" not in obj["metadata"]:
            obj["metadata"]["deletionTimestamp"] = stamp(self.now)
            self.changed(obj)

    def purge(self) -> None:
        """Ends the deletion of Jobs and Steps."""
        for kind in ("Job", "Step"):
            for obj in self.of(kind):
                if "deletionTimestamp" in obj["metadata"]:
                    self.delete(kind, obj["metadata"]["name"])

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

    # --- Job controller and kubelet -----------------------------------------------------------------------------------

    def pods_of(self, job: Object) -> list[Object]:
        """The pods of a Job."""
        uid = job["metadata"]["uid"]
        return [pod for pod in self.of("Pod") if pod["metadata"]["ownerReferences"][0]["uid"] == uid]

    def start_pods(self) -> None:
        """Gives each new Job its pods, running."""
        for job in self.of("Job"):
            meta = job["metadata"]
            if self.pods_of(job) or job.get("status", {}).get("conditions") or "deletionTimestamp" in meta:
                continue
            for index in range(job["spec"]["completions"]):
                created = self.create(
                    {
                        "kind": "Pod",
                        "metadata": {
                            "name": f"{meta['name']}-{index}",
                            "annotations": {"batch.kubernetes.io/job-completion-index": str(index)},
                            "ownerReferences": [{"kind": "Job", "uid": meta["uid"], "controller": True}],
                        },
                        "spec": {"nodeName": "node-1"},
                        "status": {
                            "phase": "Running",
                            "containerStatuses": [
                                {"name": "step", "state": {"running": {"startedAt": stamp(self.now)}}}
                            ],
                        },
                    }
                )
                assert created is not None

    def finish(self, name: str | None = None) -> None:
        """Lets running pods end, and their Jobs: those of one Step (by the Step's name), or all."""
        self.end_pods(name)
        self.end_jobs()

    def end_pods(self, name: str | None = None) -> None:
        """Lets running containers end: those of one Step (by the Step's name), or all."""
        for job in self.of("Job"):
            if name is None or job["metadata"]["ownerReferences"][0]["name"] == name:
                for pod in self.pods_of(job):
                    if pod["status"]["phase"] == "Running":
                        self.end_pod(job, pod)

    def end_pod(self, job: Object, pod: Object) -> None:
        """Lets one container end as its work says."""
        container = job["spec"]["template"]["spec"]["containers"][0]
        env = {one["name"]: one.get("value", "").replace("$$", "$") for one in container["env"]}
        code, message = self.work(job, env)
        state = {
            "exitCode": code,
            "message": message,
            "reason": {0: "Completed", 137: "OOMKilled"}.get(code, "Error"),
            "startedAt": pod["status"]["containerStatuses"][0]["state"]["running"]["startedAt"],
            "finishedAt": stamp(self.now),
        }
        pod["status"] = {
            "phase": "Failed" if code else "Succeeded",
            "containerStatuses": [{"name": "step", "state": {"terminated": state}}],
        }
        self.changed(pod)

    def end_jobs(self) -> None:
        """The Job controller catches up with the pods."""
        for job in self.of("Job"):
            phases = [pod["status"]["phase"] for pod in self.pods_of(job)]
            if job.get("status", {}).get("conditions") or "deletionTimestamp" in job["metadata"]:
                continue
            if "Failed" in phases:
                for pod in self.pods_of(job):
                    if pod["status"]["phase"] == "Running":
                        self.delete("Pod", pod["metadata"]["name"])
                self.fail_job(job)
            elif phases.count("Succeeded") == job["spec"]["completions"]:
                self._conclude(job, "Complete", "CompletionsReached")

    def fail_job(self, job: Object) -> None:
        """The Job controller gives a Job up."""
        self._conclude(job, "Failed", "BackoffLimitExceeded")

    def _conclude(self, job: Object, kind: str, reason: str) -> None:
        condition = {"type": kind, "status": "True", "reason": reason, "lastTransitionTime": stamp(self.now)}
        job["status"] = {"conditions": [condition]}
        self.changed(job)

    def lose_pod(self, job: Object) -> None:
        """Somebody deletes a running pod; the Job controller gives the Job up."""
        for pod in self.pods_of(job):
            self.delete("Pod", pod["metadata"]["name"])
        self.fail_job(job)

    def evict(self, job: Object) -> None:
        """The node evicts a running pod."""
        for pod in self.pods_of(job):
            if pod["status"]["phase"] == "Running":
                reason = {"type": "DisruptionTarget", "status": "True", "reason": "TerminationByKubelet"}
                pod["status"] = {"phase": "Failed", "reason": "Evicted", "conditions": [reason]}
                self.changed(pod)

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
