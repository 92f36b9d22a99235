"""What `penstock why` asks the cluster for, and how it answers."""

from collections.abc import Iterator, Sequence

from penstock.api import durations
from penstock.cli.cluster import Cluster
from penstock.cli.failure import Failure
from penstock.cli.forecasting import cluster_ledger
from penstock.cli.observing import Sight, observe
from penstock.core.clock import stamp
from penstock.core.names import task_of
from penstock.core.scheduling.explain import clock
from penstock.core.scheduling.standing import Standing, standings


def stand(cluster: Cluster) -> tuple[list[Standing], Sight]:
    """How every step that the user may see stands, and what the answer was found from."""
    sight = observe(cluster)
    return standings(sight.observed, cluster_ledger(cluster).snapshot(), sight.now, sight.learned), sight


def chosen(found: Sequence[Standing], namespace: str, pipeline: str, step: str) -> list[Standing]:
    """Those of a Pipeline, or of one of its steps with all instances; Failure if there are none."""
    of_pipeline = [one for one in found if one.key[:2] == (namespace, pipeline)]
    if not step:
        return of_pipeline
    mine = [one for one in of_pipeline if one.key[2] == step or _task(one) == step or one.key[2].startswith(f"{step}.")]
    if not mine:
        names = ", ".join(dict.fromkeys(map(_task, of_pipeline)))
        raise Failure(f"pipeline {pipeline!r} has no step {step!r}; it has: {names or 'none that the operator knows'}")
    return mine


def _task(one: Standing) -> str:
    return task_of(one.key[2])


def lines(found: Sequence[Standing], detailed: bool, now: float) -> Iterator[str]:
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
            yield f"  expected to start at about {clock(one.eta, now)}"


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
