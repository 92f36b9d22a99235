"""What `penstock why` asks the cluster for, and how it answers."""

from collections.abc import Iterator, Sequence

from penstock.api import durations
from penstock.cluster.api import Cluster
from penstock.cluster.failure import Failure
from penstock.cluster.observing import Sight, observe
from penstock.cluster.stock import stock
from penstock.core.asked.answer_data import Tell, as_it_is
from penstock.core.asked.why import Answer, Whole, answers, whole
from penstock.core.names import task_of
from penstock.core.wording import Reader, clock


def ask(cluster: Cluster) -> tuple[list[Answer], Sight]:
    """How every step that the user may see stands, and what the answers were found from."""
    sight = observe(cluster)
    return answers(sight.observed, stock(cluster).capacity, sight.now, sight.learned), sight


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


def whole_data(pipeline: str, found: Whole) -> dict[str, object]:
    """How a Pipeline itself stands, as JSON."""
    data: dict[str, object] = {"pipeline": pipeline, "phase": found.phase, "message": found.message}
    if found.reason:
        data["reason"] = found.reason
    if found.problems:
        data["problems"] = [{"path": p.path, "reason": p.reason.value, "message": p.message} for p in found.problems]
    return data
