"""A plan of what was touched is the plan of everything: whatever has happened, and however much of it at once."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from penstock.core import labels
from penstock.core.graph.world import Node, Verdict
from penstock.core.pipeline.course import Course
from penstock.core.pipeline.plan import Plan, advance, plan
from penstock.core.reasons import Reason
from penstock.core.seen.snapshot import Observed
from tests.properties.manifests import manifests, sagas
from tests.properties.objects import Object
from tests.properties.test_undo import Hostile

OF_THE_MOMENT = (Reason.WAITING_FOR_DEPENDENCIES, Reason.BACKOFF)
"""Reasons whose words are of the moment in which a Step was decided about. They are written nowhere."""


def said(decision: tuple[Node, Verdict]) -> tuple[str, Verdict]:
    node, verdict = decision
    return node.path, replace(verdict, message="") if verdict.reason in OF_THE_MOMENT else verdict


def contents(found: Plan) -> dict[str, Any]:
    """All that a plan says, but for when to look again."""
    return {
        "pipeline_status": found.pipeline_status,
        "create": [new.manifest() for new in found.create_steps],
        "specs": found.replace_specs,
        "delete": sorted(found.delete_steps, key=lambda step: step.path),
        "jobs": found.delete_jobs,
        "statuses": found.step_statuses,
        "settle": sorted(found.settle_approvals, key=lambda step: step.path),
        "ready": found.ready,
        "places": found.places,
        "verdicts": list(map(said, found.verdicts)),
        "unsettled": found.unsettled,
        "finished": found.finished,
    }


class Advancing(Hostile):
    """A cluster whose operator decides about what was touched only, and is watched by one that decides about all."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.course: Course | None = None
        self.seen: Mapping[str, object] = {}
        self.advanced = 0

    def made(self, observed: Observed) -> Plan:
        seen = {path: _of(observed, path) for path in observed.steps.keys() | observed.taken.keys()}
        touched = {path for path in seen.keys() | self.seen.keys() if seen.get(path) != self.seen.get(path)}
        found = advance(self.course, observed, touched) if self.course else None
        whole = plan(observed)
        if found:
            self.advanced += 1
            assert contents(found) == contents(whole)
            assert self._looks_in_time(found, whole), (found.wake_at, whole.wake_at)
        self.seen, self.course = seen, (found or whole).course
        return found or whole

    def _looks_in_time(self, found: Plan, whole: Plan) -> bool:
        """Whether it looks again when there is something to see, or earlier, and never at once for nothing."""
        if found.wake_at is None or whole.wake_at is None:
            return found.wake_at is whole.wake_at
        return self.now < found.wake_at <= whole.wake_at or found.wake_at == whole.wake_at


def _of(observed: Observed, path: str) -> object:
    """All that is seen of a Step."""
    step = observed.steps.get(path)
    uid = step.uid if step else ""
    jobs = list(observed.jobs.get(uid, ()))
    pods = [list(observed.pods.get(job.uid, ())) for job in jobs]
    return step, observed.taken.get(path), jobs, pods, observed.refused.get(uid), observed.unfit.get(uid)


@given(st.one_of(manifests(strict=False), sagas()), st.integers(0, 2**32), st.integers(0, 60))
def test_plans_of_what_was_touched_are_those_of_everything(manifest: Object, seed: int, moments: int) -> None:
    cluster = Advancing(seed)
    cluster.apply(manifest)
    cluster.live(moments)
    cluster.finish_alone()


@given(manifests(strict=False), manifests(strict=False), st.integers(0, 2**32), st.integers(0, 40))
def test_so_they_are_after_edits_and_reruns(first: Object, last: Object, seed: int, moments: int) -> None:
    cluster = Advancing(seed)
    cluster.apply(first)
    cluster.live(moments)
    cluster.apply(last)
    cluster.live(moments // 2)
    cluster.annotate(cluster.of("Pipeline")[0], labels.RERUN, "again")
    cluster.live(moments // 2)
    cluster.finish_alone()
