"""`penstock plan NAME`: what it asks the cluster for, and its table."""

from collections.abc import Iterator
from dataclasses import replace

from penstock.api import durations
from penstock.cli.forecasting import not_starting
from penstock.cluster.api import PIPELINES, Cluster
from penstock.cluster.failure import Failure
from penstock.cluster.observing import observe
from penstock.cluster.stock import stock
from penstock.core.admission.policies import Policy
from penstock.core.asked.gantt import Span
from penstock.core.asked.progress import Course, Progress, progress, words
from penstock.core.clock import stamp

COLUMNS = ("STEP", "PHASE", "PLANNED", "ACTUAL", "LATE")


def of_cluster(cluster: Cluster, name: str, policy: Policy) -> Progress:
    """How the Pipeline of that name compares with its plan."""
    cluster.get(PIPELINES, name)
    sight = observe(cluster)
    key = (cluster.namespace, name)
    mine = next((one for one in sight.observed if (one.pipeline.namespace, one.pipeline.name) == key), None)
    if mine is None:
        raise Failure(f"pipeline {name!r} was deleted")
    if mine.graph is None or mine.problems:
        wrong = "\n".join(map(str, mine.problems)) or "its spec cannot be read"
        raise Failure(f"pipeline {name!r} is not valid, so there is no plan:\n{wrong}")
    found = progress(mine, sight.observed, stock(cluster).capacity, sight.learned, policy)
    return replace(found, notes=(*sight.notes, *found.notes))


def table(found: Progress) -> Iterator[str]:
    """Lines for people; `~` marks what is expected."""
    ended = sum(step.ended for step in found.steps)
    running = sum(step.started and not step.ended for step in found.steps)
    counts = f"{ended} of {len(found.steps)} steps ended, {running} running"
    yield f"{found.name} is {found.phase}: {counts}, {_since(found)}"
    yield words(found)
    rows = [COLUMNS, *(_row(step, found.began) for step in found.steps)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(COLUMNS))]
    for row in rows:
        yield "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip()
    yield from not_starting(found.stuck)
    for note in found.notes:
        yield f"note: {note}"


def _since(found: Progress) -> str:
    ago = durations.human(max(0.0, found.now - found.began))
    return f"began {ago} ago, at {stamp(found.began)[11:16]} UTC"


def _row(step: Course, began: float) -> tuple[str, ...]:
    return (
        step.activity.key[2],
        step.phase,
        _span(step.planned, began),
        _span(step.ran, began, "" if step.started else "~", "" if step.ended else "~"),
        _late(step.late),
    )


def _span(span: Span | None, began: float, start: str = "", end: str = "") -> str:
    if span is None:
        return "-"
    first, last = (durations.render(max(0, round(at - began))) for at in span)
    return f"{start}{first} to {end}{last}"


def _late(seconds: float | None) -> str:
    if seconds is None or not round(seconds):
        return ""
    size = durations.render(abs(round(seconds)))
    return size if seconds > 0 else f"{size} early"
