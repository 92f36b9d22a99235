"""A Pipeline driven through disturbances: what may be done to it, what must hold all the time, and how it must end."""

import random
from typing import Any

from penstock.core import labels
from penstock.core.names import task_of
from penstock.core.pipeline.plan import Plan
from tests.properties.manifests import COMPONENTS, work
from tests.properties.model import Cluster
from tests.properties.objects import Object

ENDED = ("Succeeded", "Failed", "Skipped", "Cancelled")


def index_of(path: str) -> tuple[int, ...]:
    """The index of an instance."""
    return tuple(int(part) for part in path.split(".") if part.isdecimal())


class Disturbed(Cluster):
    """A cluster in which everything happens in a random order, seeded."""

    def __init__(self, seed: int) -> None:
        super().__init__(work)
        self.components = dict(COMPONENTS)
        self.seed = seed
        self.random = random.Random(seed)
        self.slow = self.random.random() < 0.5
        self.known: set[str] = set()

    @classmethod
    def driven(cls, manifest: Object, seed: int, steps: int, disturbance: float) -> "Disturbed":
        """A cluster in which the Pipeline is in some state on its way. `disturbance`: how likely one is each time."""
        cluster = cls(seed)
        cluster.apply(manifest)
        for _ in range(steps):
            if cluster.random.random() < 0.5:
                cluster.turn()
            else:
                cluster.advance()
            if cluster.random.random() < disturbance:
                cluster.disturb()
        return cluster

    # --- the operator: crashes between any two writes, in any order that its concurrent requests may take ------------

    def plan(self) -> Plan:
        found = super().plan()
        self.known = {node.path for node, _ in found.verdicts}
        return found

    def turn(self) -> bool:
        """One plan, of which some writes may get lost in a crash; returns whether there was anything to write."""
        found = self.plan()
        writes = self.writes_of(found)
        if not writes:
            return False
        if not found.revision:
            status, final = found.pipeline_status, []
            if status and status["phase"] in ("Succeeded", "Failed", "Cancelled"):
                final = [writes.pop()]
            first = [writes.pop(0)] if status and not final else []
            self.random.shuffle(writes)
            writes = first + writes + final
        crash = self.random.random() < 0.3
        for write in writes[: self.random.randrange(len(writes) + 1)] if crash else writes:
            write()
        return True

    # --- what may happen to it ----------------------------------------------------------------------------------------

    def disturb(self) -> None:
        """One thing that is nobody's fault but must not matter."""
        jobs = [job for job in self.of("Job") if "deletionTimestamp" not in job["metadata"]]
        live = [job for job in jobs if self.is_live(job)]
        steps = self.of("Step")
        what = self.random.choice(["pod", "job", "evict", "spec", "delete-step"])
        if what == "pod" and live:
            self.lose_pod(self.random.choice(live))
        elif what == "evict" and live:
            self.evict(self.random.choice(live))
        elif what == "job" and jobs:
            self.delete("Job", self.random.choice(jobs)["metadata"]["name"])
        elif what == "spec" and steps:
            step = self.random.choice(steps)
            self.set_spec(step, {**step["spec"], "image": "hand-made"})
        elif what == "delete-step" and steps:
            self.delete("Step", self.random.choice(steps)["metadata"]["name"])

    def advance(self) -> None:
        """Something happens in the cluster."""
        what = self.random.choice(["pods", "end", "end", "jobs", "purge", "time", "approve"])
        if what == "pods":
            self.start_pods()
        elif what == "end":
            running = [
                (job, pod) for job in self.of("Job") for pod in self.pods_of(job) if pod["status"]["phase"] == "Running"
            ]
            if running:
                self.end_pod(*self.random.choice(running))
        elif what == "jobs":
            self.end_jobs()
        elif what == "purge":
            self.purge()
        elif what == "time":
            self.now += self.random.choice([0.3, 1.0, 7.0])
        else:
            self.approve()

    def approve(self) -> None:
        """Somebody approves what waits for it."""
        for step in self.of("Step"):
            if step["spec"].get("approval") and (step.get("status") or {}).get("phase") == "Queued":
                self.annotate(step, labels.APPROVED_BY, "me")

    def settle(self, most: int = 400) -> None:
        """Lets it run undisturbed until the Pipeline has ended and nothing is left to do."""
        for _ in range(most):
            self.approve()
            self.reconcile()
            if "completionTime" in self.status:
                return
            self.start_pods()
            self.end_pods()
            self.reconcile()
            self.end_jobs()
            self.purge()
            self.now += 5
        raise AssertionError(f"does not end: {self.status} {self.states()}")

    def states(self) -> dict[str, Any]:
        """Phase, reason and message of each Step."""
        return {
            step["metadata"]["name"]: [(step.get("status") or {}).get(key) for key in ("phase", "reason", "message")]
            for step in self.of("Step")
        }

    # --- what must hold -----------------------------------------------------------------------------------------------

    def check_start(self, manifest: Object, step: Object) -> None:
        super().check_start(manifest, step)
        if manifest["metadata"]["annotations"].get(labels.PURPOSE):
            return
        (pipeline,) = self.of("Pipeline")
        assert self.graph is not None
        graph = self.graph[1].graph
        assert graph is not None
        path = step["metadata"]["name"].partition(".")[2]
        task = graph.tasks[task_of(path)]
        assert task.final or not pipeline["spec"].get("suspend")
        notes = manifest["metadata"]["annotations"]
        key = (notes[labels.FINGERPRINT], notes.get(labels.PRODUCERS, ""))
        held = [
            one
            for one in (step.get("status") or {}).get("results") or ()
            if (one["fingerprint"], one.get("producers", "")) == key and one["run"] >= step["spec"].get("minRun", 1)
        ]
        assert not held or task.work.cache != "Reuse", f"{manifest['metadata']['name']} runs in spite of {held}"
        for group in task.needs:
            for view in self.views()[0].values():
                inside = index_of(view.path)[: group.shared] == index_of(path)[: group.shared]
                if inside and view.path in self.known and view.task in group.tasks:
                    tolerated = graph.tasks[view.task].work.on_error == "Continue"
                    phase = view.status.get("phase", "Pending")
                    met = phase == "Succeeded" or (phase == "Failed" and tolerated)
                    assert met or self.pods_over(view.uid), (path, view.path, phase)

    def pods_over(self, uid: str) -> bool:
        """Whether the newest Job of a Step has ended (its status may be on its way)."""
        jobs = [job for job in self.of("Job") if job["metadata"]["ownerReferences"][0]["uid"] == uid]
        return any(not self.is_live(job) for job in jobs)

    def check_transitions(self) -> None:
        """Phases moved only along the table."""
        for old, new in self.transitions:
            before, after = old.get("phase", "Pending"), new["phase"]
            if before in ENDED and after in ("Running", "Retrying"):
                assert new["run"] > (old.get("lastRun") or 0), (old, new)
            if before in ENDED and new.get("run") and new["run"] == old.get("run"):
                assert after == before, (old, new)
            assert (new.get("lastRun") or 0) >= (old.get("lastRun") or 0), (old, new)

    def check_conditions(self) -> None:
        """The conditions of Steps said what the rest of their statuses said."""
        for _, new in self.transitions:
            undo = new.get("undo") or {}
            said = {one["type"]: one["status"] for one in new.get("conditions") or ()}
            wanted = {"Succeeded": ["Finished", "Complete"], "Failed": ["Finished", "Failed"]}
            kinds = wanted.get(new["phase"], ["Finished"]) if "completionTime" in new else []
            undone = {"Succeeded": {"Undone": "True"}, "Failed": {"Undone": "False"}}.get(undo.get("phase", ""), {})
            assert said == dict.fromkeys(kinds, "True") | undone, new

    def undone(self) -> dict[str, str]:
        """The Steps of which an undo has ended, and how."""
        phases = {step["metadata"]["name"]: (step.get("status") or {}).get("undo") for step in self.of("Step")}
        return {name: undo["phase"] for name, undo in phases.items() if undo}

    def check_reasons(self) -> None:
        """Every Step that waits has exactly one reason."""
        found = self.plan()
        waiting = {one.step.path for one in found.ready}
        created = {new.node.path for new in found.create_steps}
        for node, verdict in found.verdicts:
            assert verdict.ended or verdict.reason or node.path in waiting | created, (node.path, verdict)

    def result(self) -> Object:
        """How everything ended, without what may differ between two ways to the same end."""
        return {
            "phase": self.status["phase"],
            "outputs": self.status.get("outputs"),
            "counts": self.status["counts"],
            "steps": {
                step["metadata"]["name"]: {key: step.get("status", {}).get(key) for key in ("phase", "outputs")}
                for step in self.of("Step")
            },
        }


def clean_run(manifest: Object) -> Disturbed:
    """A cluster where nothing goes wrong, once the Pipeline has ended there."""
    cluster = Disturbed(0)
    cluster.slow = False
    cluster.apply(manifest)
    cluster.settle()
    return cluster
