"""What `penstock why` asks the cluster for, and how it answers."""

from collections.abc import Callable, Iterator, Sequence

from penstock.api import durations
from penstock.api.quantities import render
from penstock.cluster.api import Cluster
from penstock.cluster.failure import Failure
from penstock.cluster.ledger import cluster_ledger
from penstock.cluster.observing import Sight, observe
from penstock.core.asked.why import Answer, Whole, answers, whole
from penstock.core.causes import Held, Short
from penstock.core.clock import stamp
from penstock.core.names import task_of
from penstock.core.wording import Reader, clock


def ask(cluster: Cluster) -> tuple[list[Answer], Sight]:
    """How every step that the user may see stands, and what the answers were found from."""
    sight = observe(cluster)
    return answers(sight.observed, cluster_ledger(cluster).snapshot(), sight.now, sight.learned), sight


def of_pipeline(sight: Sight, namespace: str, pipeline: str) -> Whole | None:
    """How that Pipeline itself stands, where its steps do not say it."""
    found = (one for one in sight.observed if (one.pipeline.namespace, one.pipeline.name) == (namespace, pipeline))
    mine = next(found, None)
    return whole(mine) if mine else None


def chosen(found: Sequence[Answer], namespace: str, pipeline: str, step: str) -> list[Answer]:
    """Those of a Pipeline, or of one of its steps with all instances; Failure if it has others only."""
    its = [one for one in found if one.key[:2] == (namespace, pipeline)]
    if not (step and its):
        return its
    mine = [one for one in its if one.key[2] == step or _task(one) == step or one.key[2].startswith(f"{step}.")]
    if not mine:
        names = ", ".join(dict.fromkeys(map(_task, its)))
        raise Failure(f"pipeline {pipeline!r} has no step {step!r}; it has: {names}")
    return mine


def _task(one: Answer) -> str:
    return task_of(one.key[2])


def head(pipeline: str, found: Whole) -> Iterator[str]:
    """What is to be said of the Pipeline itself."""
    yield f"{pipeline} is {found.phase}: {', '.join(filter(None, (found.reason, found.message)))}"
    for problem in found.problems:
        yield f"  {problem} [{problem.reason.value}]"


Tell = Callable[[str, str], str]
"""What a text means that the step at a path wrote."""


def as_it_is(path: str, text: str) -> str:
    """The text."""
    return text


def lines(found: Sequence[Answer], detailed: bool, now: float, tell: Tell = as_it_is) -> Iterator[str]:
    """One line for each step that has not ended; with `detailed` for every one, and with its place and rank."""
    shown = [one for one in found if detailed or one.phase not in ("Succeeded", "Skipped")]
    if found and not shown:
        yield "nothing waits: every step has ended"
    for one in shown:
        reason = f": {one.reason.value}" if one.reason else ""
        message = tell(one.key[2], one.words(Reader.of_all(one.key[0])))
        what = f"the undo of {one.key[2]}" if one.undo else one.key[2]
        yield f"{what} is {one.phase}{reason}{f', {message}' if message else ''}"
        if one.place is not None and (detailed or len(shown) == 1):
            rank = durations.render(one.rank or 0.0)
            yield f"  number {one.place} of {one.waiting} that wait for room; longest remaining path {rank}"
        if one.eta is not None and one.place is not None:
            yield f"  expected to start at about {clock(one.eta, now)}"


def as_data(one: Answer, tell: Tell = as_it_is) -> dict[str, object]:
    """An answer as JSON."""
    message = tell(one.key[2], one.words(Reader.of_all(one.key[0])))
    data: dict[str, object] = {"pipeline": one.key[1], "step": one.key[2], "phase": one.phase, "message": message}
    if one.undo:
        data["undo"] = True
    if one.reason:
        data["reason"] = one.reason.value
    if one.wait and isinstance(one.wait.cause, Short):
        data["short"] = short_data(one.wait.cause)
    if one.rank is not None:
        data["rankSeconds"] = round(one.rank, 3)
    if one.place is not None:
        data["place"], data["waiting"] = one.place, one.waiting
    if one.eta is not None:
        data["eta"] = stamp(one.eta)
    return data


def short_data(cause: Short) -> dict[str, object]:
    """What is short as JSON, with amounts as Kubernetes writes them."""
    data: dict[str, object] = {
        "resource": cause.resource,
        "needed": render(cause.resource, cause.needed * cause.pods),
        "free": render(cause.resource, cause.free),
        "total": render(cause.resource, cause.total),
    }
    if cause.pool:
        data["limit"] = cause.pool
    if cause.reserved is not None:
        data["reserved"] = stamp(cause.reserved)
    data["holders"] = [_holder(one, cause.resource) for one in cause.holders]
    return data


def _holder(one: Held, resource: str) -> dict[str, object]:
    kind, namespace, name = one.owner.kind.value, one.owner.namespace, one.owner.name
    data: dict[str, object] = {
        "kind": kind,
        "namespace": namespace,
        "name": name,
        "amount": render(resource, one.amount),
    }
    return data if one.until is None else {**data, "until": stamp(one.until)}


def whole_data(pipeline: str, found: Whole) -> dict[str, object]:
    """How a Pipeline itself stands, as JSON."""
    data: dict[str, object] = {"pipeline": pipeline, "phase": found.phase, "message": found.message}
    if found.reason:
        data["reason"] = found.reason
    if found.problems:
        data["problems"] = [{"path": p.path, "reason": p.reason.value, "message": p.message} for p in found.problems]
    return data
