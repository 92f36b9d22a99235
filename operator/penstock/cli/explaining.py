"""What `penstock why` asks the cluster for, and how it answers."""

import time
from collections.abc import Iterator, Sequence

from penstock.api import Pipeline, durations
from penstock.api.parse import InvalidManifest, parse
from penstock.cli.cluster import PIPELINES, STEPS, Cluster
from penstock.cli.components import in_cluster
from penstock.cli.failure import Failure
from penstock.cli.forecasting import JOBS, PODS, cluster_ledger
from penstock.core import labels
from penstock.core.clock import stamp
from penstock.core.composition.compiler import compile_pipeline
from penstock.core.observed import JobView, Observed, PodView, StepView, job_view, pipeline_view, pod_view, step_view
from penstock.core.scheduling.learned import Learned
from penstock.core.scheduling.standing import Standing, standings

MINE = f"{labels.MANAGED_BY}={labels.PENSTOCK}"


def stand(cluster: Cluster) -> list[Standing]:
    """How every step of the namespace stands. What other namespaces wait for does not show here."""
    now = time.time()
    steps: dict[str, dict[str, StepView]] = {}
    learned = Learned()
    for obj in cluster.list(STEPS, cluster.namespace):
        view = step_view(obj)
        learned.put(view.uid, view.status.get("learned"))
        if view.pipeline:
            steps.setdefault(view.pipeline, {})[view.path] = view
    jobs: dict[str, list[JobView]] = {}
    for obj in cluster.list(JOBS, cluster.namespace, MINE):
        job = job_view(obj)
        jobs.setdefault(job.step, []).append(job)
    pods: dict[str, list[PodView]] = {}
    for obj in cluster.list(PODS, cluster.namespace, MINE):
        pod = pod_view(obj)
        pods.setdefault(pod.job, []).append(pod)
    observed = []
    for obj in cluster.list(PIPELINES, cluster.namespace):
        pipeline = pipeline_view(obj)
        try:
            model = parse({name: part for name, part in obj.items() if name != "status"})
        except InvalidManifest:
            continue
        assert isinstance(model, Pipeline)
        compiled = compile_pipeline(model.spec, in_cluster(cluster, model))
        mine = steps.get(pipeline.name, {})
        observed.append(Observed(pipeline, compiled.graph, compiled.problems, mine, jobs, pods, now))
    return standings(observed, cluster_ledger(cluster).snapshot(), now, learned)


def chosen(found: Sequence[Standing], pipeline: str, step: str) -> list[Standing]:
    """Those of a Pipeline, or of one of its steps with all instances; Failure if there are none."""
    of_pipeline = [one for one in found if one.key[1] == pipeline]
    if not step:
        return of_pipeline
    mine = [one for one in of_pipeline if one.key[2] == step or _task(one) == step or one.key[2].startswith(f"{step}.")]
    if not mine:
        names = ", ".join(dict.fromkeys(map(_task, of_pipeline)))
        raise Failure(f"pipeline {pipeline!r} has no step {step!r}; it has: {names or 'none that the operator knows'}")
    return mine


def _task(one: Standing) -> str:
    return ".".join(part for part in one.key[2].split(".") if not part.isdecimal())


def lines(found: Sequence[Standing], detailed: bool) -> Iterator[str]:
    """One line for each step that has not ended; with `detailed` for every one, and with its place and rank."""
    shown = [one for one in found if detailed or one.phase not in ("Succeeded", "Skipped")]
    if not shown:
        yield "nothing waits: every step has ended"
    for one in shown:
        reason = f": {one.reason.value}" if one.reason else ""
        yield f"{one.key[2]} is {one.phase}{reason}{f', {one.message}' if one.message else ''}"
        if one.place is not None and (detailed or len(shown) == 1):
            rank = durations.render(one.rank or 0.0)
            yield f"  number {one.place} of {one.waiting} that wait for room; longest remaining path {rank}"
        if one.eta is not None and one.place is not None:
            yield f"  expected to start at about {stamp(one.eta)[11:16]} UTC"


def as_data(one: Standing) -> dict[str, object]:
    """A standing as JSON."""
    data: dict[str, object] = {"pipeline": one.key[1], "step": one.key[2], "phase": one.phase, "message": one.message}
    if one.reason:
        data["reason"] = one.reason.value
    if one.rank is not None:
        data["rankSeconds"] = round(one.rank, 3)
    if one.place is not None:
        data["place"], data["waiting"] = one.place, one.waiting
    if one.eta is not None:
        data["eta"] = stamp(one.eta)
    return data
