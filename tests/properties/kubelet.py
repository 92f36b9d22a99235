"""A Job controller and kubelet in one, over objects in memory: each step is taken when a test says so."""

from collections.abc import Callable, Mapping

from penstock.core.clock import stamp
from tests.properties.objects import Object, Objects

COMPLETION_INDEX = "batch.kubernetes.io/job-completion-index"
Work = Callable[[Object, Mapping[str, str]], tuple[int, str]]
"""What a container does: (Job, environment) -> (exit code, termination message)."""


def succeed(job: Object, env: Mapping[str, str]) -> tuple[int, str]:
    """A container that does nothing and succeeds."""
    return 0, ""


class Kubelet(Objects):
    """Lets Jobs have pods, and pods run and end."""

    def __init__(self, work: Work = succeed) -> None:
        super().__init__()
        self.work = work

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
                            "labels": job["spec"]["template"]["metadata"]["labels"] | {COMPLETION_INDEX: str(index)},
                            "annotations": {COMPLETION_INDEX: str(index)},
                            "ownerReferences": [
                                {"kind": "Job", "name": meta["name"], "uid": meta["uid"], "controller": True}
                            ],
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
