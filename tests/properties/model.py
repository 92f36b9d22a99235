"""A model of the cluster in memory: objects as the API server holds them, a Job controller and kubelet that take steps.

It drives the real core: views are made of plain objects, plans are applied one write at a time, so that a test can
stop between any two writes as a crash would. Time moves only when a test says so.
"""

import copy
import itertools
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from penstock import api
from penstock.core import jobs, labels
from penstock.core.clock import stamp
from penstock.core.compiler import compile_pipeline
from penstock.core.observed import Observed, job_view, pipeline_view, pod_view, step_view
from penstock.core.plan import Plan, plan

Object = dict[str, Any]
Work = Callable[[Object, Mapping[str, str]], tuple[int, str]]
"""What a container does: (Job, environment) -> (exit code, termination message)."""

START = 1_800_000_000.0


def succeed(job: Object, env: Mapping[str, str]) -> tuple[int, str]:
    """A container that does nothing and succeeds."""
    return 0, ""


class Cluster:
    """One namespace with one Pipeline at a time, and the operator's view of it."""

    def __init__(self, work: Work = succeed) -> None:
        self.work = work
        self.now = START
        self.counter = itertools.count(1)
        self.objects: dict[tuple[str, str], Object] = {}
        self.graph: tuple[int, Any] | None = None
        self.started: list[tuple[str, int, int]] = []
        self.writes = 0
        self.components: dict[tuple[str | None, str], api.ComponentSpec] = {}

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
        generation = pipeline["metadata"]["generation"]
        if self.graph is None or self.graph[0] != generation:
            compiled = compile_pipeline(api.PipelineSpec.model_validate(pipeline["spec"]), self.components)
            self.graph = (generation, compiled)
        compiled = self.graph[1]
        steps = [step_view(step) for step in self.of("Step")]
        by_step: dict[str, list[Any]] = {}
        for job in map(job_view, self.of("Job")):
            by_step.setdefault(job.step, []).append(job)
        by_job: dict[str, list[Any]] = {}
        for pod in map(pod_view, self.of("Pod")):
            by_job.setdefault(pod.job, []).append(pod)
        return Observed(
            pipeline_view(pipeline),
            compiled.graph,
            compiled.problems,
            {step.path: step for step in steps},
            by_step,
            by_job,
            self.now,
        )

    def plan(self) -> Plan:
        """The operator's plan for what is there now."""
        return plan(self.observe())

    def writes_of(self, found: Plan) -> Iterator[Callable[[], None]]:
        """The writes of a plan, one by one, in its order."""
        (pipeline,) = self.of("Pipeline")
        if found.revision is not None:
            yield lambda: self.create(found.revision) and None  # type: ignore[arg-type,func-returns-value]
        if found.pipeline_status is not None:
            yield lambda: self._set_status(pipeline, found.pipeline_status)
        if found.claim is not None:
            yield lambda: self.create(found.claim) and None  # type: ignore[arg-type,func-returns-value]
        for manifest in found.create_steps:
            yield lambda manifest=manifest: self.create(manifest) and None  # type: ignore[misc]
        for view, spec in found.replace_specs:
            yield lambda view=view, spec=spec: self._set_spec(self.objects["Step", view.name], spec)  # type: ignore[misc]
        for view in found.delete_steps:
            yield lambda view=view: self.delete("Step", view.name)  # type: ignore[misc]
        for job in found.delete_jobs:
            yield lambda job=job: self.delete("Job", job.name)  # type: ignore[misc]
        for view, status in found.step_statuses:
            yield lambda view=view, status=status: self._set_status(self.objects["Step", view.name], status)  # type: ignore[misc]
        graph = self.observe().graph
        for ready in found.ready:
            meta = pipeline["metadata"]
            manifest = jobs.job_manifest(graph, ready, (meta["name"], meta["uid"])) if graph else {}
            yield lambda manifest=manifest: self._start(manifest)  # type: ignore[misc]

    def _set_status(self, obj: Object, status: Object | None) -> None:
        obj["status"] = json.loads(json.dumps(status))
        self.changed(obj)

    def _set_spec(self, obj: Object, spec: Object) -> None:
        obj["spec"] = json.loads(json.dumps(spec))
        obj["metadata"]["generation"] += 1
        self.changed(obj)

    def _start(self, manifest: Object) -> None:
        job = self.create(manifest)
        if job is None:
            return
        meta = job["metadata"]
        self.started.append(
            (meta["ownerReferences"][0]["name"], int(meta["annotations"][labels.RUN]), int(meta["labels"][labels.ATTEMPT]))
        )

    def reconcile(self, most: int = 50) -> None:
        """Plans and applies until there is nothing left to do."""
        for _ in range(most):
            found = self.plan()
            writes = list(self.writes_of(found))
            if not writes:
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
        """Gives each new Job its pod, running."""
        for job in self.of("Job"):
            if not self.pods_of(job) and not job.get("status", {}).get("conditions"):
                meta = job["metadata"]
                pod = self.create(
                    {
                        "kind": "Pod",
                        "metadata": {
                            "name": meta["name"] + "-pod",
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
                assert pod is not None

    def finish(self, name: str | None = None) -> None:
        """Lets running pods end: those of one Step (by the Step's name), or all."""
        for job in self.of("Job"):
            if name and job["metadata"]["ownerReferences"][0]["name"] != name:
                continue
            for pod in self.pods_of(job):
                if pod["status"]["phase"] == "Running":
                    self._end(job, pod)

    def _end(self, job: Object, pod: Object) -> None:
        container = job["spec"]["template"]["spec"]["containers"][0]
        env = {one["name"]: one.get("value", "").replace("$$", "$") for one in container["env"]}
        code, message = self.work(job, env)
        state = {
            "exitCode": code,
            "message": message,
            "reason": {0: "Completed", 137: "OOMKilled"}.get(code, "Error"),
            "startedAt": stamp(self.now),
            "finishedAt": stamp(self.now),
        }
        pod["status"] = {
            "phase": "Failed" if code else "Succeeded",
            "containerStatuses": [{"name": "step", "state": {"terminated": state}}],
        }
        self.changed(pod)
        job["status"] = {
            "conditions": [
                {
                    "type": "Failed" if code else "Complete",
                    "status": "True",
                    "reason": "BackoffLimitExceeded" if code else "CompletionsReached",
                    "lastTransitionTime": stamp(self.now),
                }
            ]
        }
        self.changed(job)

    def run(self, most: int = 200, seconds: float = 1.0) -> Object:
        """Runs until the Pipeline has ended; returns its status."""
        for _ in range(most):
            self.reconcile()
            if "completionTime" in self.status or self.status.get("phase") == "Invalid":
                return self.status
            self.start_pods()
            self.now += seconds
            self.reconcile()
            self.finish()
        raise AssertionError(f"not ended: {self.status} {self.phases()}")
