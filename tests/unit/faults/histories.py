"""Hand-made histories: a clean one of two steps, and small ways to make it violate something."""

from __future__ import annotations

from typing import Any

from tests.faults.evidence import Evidence, Silence
from tests.faults.history import Version
from tests.faults.proxy import Made
from tests.faults.rules import Call

SPEC = {
    "steps": [{"name": "a"}, {"name": "b", "inputs": [{"name": "x", "from": "a.v"}]}],
}


class Past:
    """Versions in the order in which they are told, numbered from 1."""

    def __init__(self) -> None:
        self.versions: list[Version] = []

    def take(self, kind: str, name: str, *, gone: bool = False, uid: str = "", **item: Any) -> int:
        """One version more; its number."""
        number = len(self.versions) + 1
        meta = {"name": name, "uid": uid or f"{kind}/{name}", "resourceVersion": str(number)}
        whole = {**item, "metadata": {**meta, **item.get("metadata", {})}}
        self.versions.append(Version(float(number), (0, number), kind, whole, gone))
        return number

    def pipeline(
        self, phase: str, generation: int = 1, name: str = "p", observed: int | None = None, **more: Any
    ) -> int:
        """`observed`: the generation that its status is about, if not the last one."""
        status = {"phase": phase, "observedGeneration": generation if observed is None else observed}
        return self.take("Pipeline", name, metadata={"generation": generation, **more}, spec=SPEC, status=status)

    def step(self, path: str, phase: str, gone: bool = False) -> int:
        owners = [{"uid": "Pipeline/p", "kind": "Pipeline", "controller": True}]
        return self.take("Step", f"p.{path}", gone=gone, metadata={"ownerReferences": owners}, status={"phase": phase})

    def job(
        self,
        path: str,
        attempt: int = 1,
        run: int = 1,
        cpu: str = "1",
        uid: str = "",
        purpose: str = "run",
        **more: Any,
    ) -> int:
        container = {"resources": {"requests": {"cpu": cpu}}}
        return self.take(
            "Job",
            f"p-{path}-{attempt}{uid}",
            uid=f"Job/{path}/{attempt}{uid}",
            metadata={
                "labels": {
                    "penstock.dev/pipeline": "p",
                    "penstock.dev/step": path,
                    "penstock.dev/attempt": str(attempt),
                },
                "annotations": {"penstock.dev/run": str(run), "penstock.dev/purpose": purpose},
                "ownerReferences": [{"uid": f"Step/p.{path}", "kind": "Step", "controller": True}],
            },
            spec={"completions": 1, "template": {"spec": {"containers": [container]}}},
            **more,
        )

    def pod(self, path: str, phase: str, attempt: int = 1, uid: str = "", gone: bool = False) -> int:
        owners = [{"uid": f"Job/{path}/{attempt}{uid}", "kind": "Job", "controller": True}]
        name = f"p-{path}-{attempt}{uid}-x"
        return self.take("Pod", name, gone=gone, metadata={"ownerReferences": owners}, status={"phase": phase})

    def begins(self, *paths: str) -> None:
        """A Pipeline runs, and nothing of its Steps has begun."""
        self.pipeline("Running")
        for path in paths:
            self.step(path, "Pending")

    def runs(self, path: str, attempt: int = 1) -> None:
        """The Job of a step, its pod, and that it is told to run."""
        self.job(path, attempt)
        self.pod(path, "Pending", attempt)
        self.step(path, "Running")
        self.pod(path, "Running", attempt)

    def ends(self, path: str, phase: str = "Succeeded") -> None:
        """Pod and Step have ended."""
        self.pod(path, phase)
        self.step(path, phase)

    def evidence(self, **more: Any) -> Evidence:
        return Evidence(self.versions, **more)


def clean() -> Past:
    """Two steps, one after the other, as it should be."""
    past = Past()
    past.pipeline("Pending")
    past.step("a", "Pending")
    past.step("b", "Pending")
    for path in ("a", "b"):
        past.runs(path)
        past.ends(path)
    past.pipeline("Succeeded")
    return past


def silence(since: float, cpu: float = 0.1, grown: float = 0.0) -> Silence:
    """A minute of it."""
    return Silence(since, since + 60, cpu, grown)


def write(at: float, verb: str = "update", resource: str = "steps/status", code: int = 200) -> Made:
    """A write that the operator asked for."""
    return Made(at, Call(verb, resource, "ns", "p.a"), code, "Step/p.a", "7")
