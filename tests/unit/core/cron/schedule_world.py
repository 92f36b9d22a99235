"""A small world for schedules: the objects that an API server would hold, and an operator that can be down."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from penstock.api.parse import parse
from penstock.api.schedule import PipelineSchedule
from penstock.core.clock import stamp
from penstock.core.cron.schedule_check import CompiledSchedule, compile_schedule
from penstock.core.cron.scheduled import ScheduleObserved, schedule_view
from penstock.core.cron.schedules import SchedulePlan, plan_schedule
from penstock.core.seen.reading import pipeline_view

UID = "schedule-uid"


def at(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def manifest(**spec: Any) -> dict[str, Any]:
    """A PipelineSchedule `night`, by default every ten minutes."""
    template = {
        "spec": {
            "params": [{"name": "scheduledTime", "type": "String", "value": ""}],
            "steps": [{"name": "one", "image": "any", "script": "true"}],
        }
    }
    return {
        "apiVersion": "penstock.dev/v1alpha1",
        "kind": "PipelineSchedule",
        "metadata": {"name": "night"},
        "spec": {"schedule": "*/10 * * * *", "pipelineTemplate": template, **spec},
    }


def compiled(obj: Mapping[str, Any]) -> CompiledSchedule:
    model = parse({**obj, "metadata": {"name": obj["metadata"]["name"]}, "status": {}})
    assert isinstance(model, PipelineSchedule)
    return compile_schedule(model.spec, {})


@dataclass
class World:
    """One schedule, the Pipelines of its namespace, and all that ever happened."""

    schedule: dict[str, Any]
    now: float
    pipelines: dict[str, dict[str, Any]] = field(default_factory=dict)
    history: list[str] = field(default_factory=list)
    """Names of all Pipelines ever created, in order."""
    again: set[str] = field(default_factory=set)
    """Names of Pipelines that are gone and that a backfill may create again."""
    events: list[tuple[str, str]] = field(default_factory=list)
    _count: int = 0

    @classmethod
    def of(cls, created: str, **spec: Any) -> "World":
        made = manifest(**spec)
        made["metadata"] |= {
            "uid": UID,
            "namespace": "default",
            "resourceVersion": "1",
            "generation": 1,
            "creationTimestamp": stamp(at(created)),
        }
        return cls({**made, "status": {}}, at(created))

    @property
    def status(self) -> dict[str, Any]:
        found: dict[str, Any] = self.schedule["status"]
        return found

    def edit(self, **spec: Any) -> None:
        """Applies another spec; None removes a field."""
        self.schedule["spec"] = {
            key: value for key, value in {**self.schedule["spec"], **spec}.items() if value is not None
        }
        self.schedule["metadata"]["generation"] += 1

    def plan(self) -> SchedulePlan:
        views = [pipeline_view(one) for one in self.pipelines.values()]
        return plan_schedule(ScheduleObserved(schedule_view(self.schedule), compiled(self.schedule), views, self.now))

    def apply(self, plan: SchedulePlan, writes: int | None = None) -> bool:
        """Does the first writes of a plan, all by default; returns whether that was all."""
        left = len(plan.delete) + len(plan.create) + 1 if writes is None else writes
        for view in plan.delete:
            if not left:
                return False
            self.pipelines.pop(view.name, None)
            left -= 1
        for made in plan.create:
            if not left:
                return False
            self._create(made)
            left -= 1
        if not left:
            return False
        if plan.status is not None:
            self.schedule["status"] = plan.status
        self.events += [(event.reason, event.note) for event in plan.events]
        return True

    def reconcile(self) -> SchedulePlan:
        """Plans and applies until there is nothing left to do; returns the last plan."""
        for _ in range(50):
            plan = self.plan()
            if plan.status is None and not plan.create and not plan.delete:
                return plan
            self.apply(plan)
        raise AssertionError("never comes to rest")

    def go(self, until: str) -> list[str]:
        """Looks at the given instant; returns the names that this created."""
        before = len(self.history)
        self.now = at(until)
        self.reconcile()
        return self.history[before:]

    def finish(self, name: str, phase: str = "Succeeded") -> None:
        self.pipelines[name]["status"] = {
            "phase": phase,
            "observedGeneration": 1,
            "completionTime": stamp(self.now),
            "conditions": [],
        }

    def foreign(self, name: str) -> None:
        """A Pipeline of that name that somebody else made."""
        self._create({"metadata": {"name": name, "namespace": "default"}, "spec": {}})
        self.history.pop()

    def _create(self, made: Mapping[str, Any]) -> None:
        name = made["metadata"]["name"]
        if name in self.pipelines:
            return
        self._count += 1
        meta = {
            "uid": f"uid-{self._count}",
            "resourceVersion": "1",
            "generation": 1,
            "creationTimestamp": stamp(self.now),
        }
        self.pipelines[name] = {**made, "metadata": {**made["metadata"], **meta}, "status": {"phase": "Pending"}}
        self.history.append(name)

    def condition(self, kind: str) -> tuple[str, str] | None:
        found = next((one for one in self.status.get("conditions", ()) if one["type"] == kind), None)
        return (found["status"], found["reason"]) if found else None

    def reasons(self) -> list[str]:
        """Reasons of the events so far, which are then forgotten."""
        found = [reason for reason, _ in self.events]
        self.events.clear()
        return found


def name(tick: str) -> str:
    return f"night-{int(at(tick)) // 60}"
