"""PipelineSchedule: one Pipeline per tick, as a CronJob creates Jobs."""

from enum import StrEnum
from typing import Annotated, ClassVar, Literal

from pydantic import Field, StringConstraints

from penstock.api.base import API_VERSION, Json, Model
from penstock.api.conditions import Condition, Timestamp
from penstock.api.pipeline import Count, PipelineSpec
from penstock.api.rules import Rules, Unique, name_rule


class ConcurrencyPolicy(StrEnum):
    """What to do at a tick while an earlier Pipeline still runs."""

    ALLOW = "Allow"
    FORBID = "Forbid"
    REPLACE = "Replace"


ShortText = Annotated[str, StringConstraints(max_length=4096)]


class TemplateMeta(Model):
    """Metadata that each Pipeline gets."""

    labels: Annotated[dict[str, ShortText] | None, Field(max_length=32)] = None
    """Labels."""
    annotations: Annotated[dict[str, ShortText] | None, Field(max_length=32)] = None
    """Annotations."""


class Backfill(Model):
    """Ticks of the past, each with one Pipeline, created in order; ticks that have one are left alone."""

    from_: Annotated[Timestamp, Field(alias="from")]
    """First instant of the range, such as 2026-07-01T00:00:00Z."""
    to: Timestamp
    """Last instant of the range; what is still to come then is left to the schedule itself."""
    parallelism: Annotated[int, Field(ge=1, le=100)] = 1
    """Most Pipelines of the backfill that run at once, beside those of the schedule itself."""


class PipelineTemplate(Model):
    """The Pipeline of each tick."""

    metadata: TemplateMeta | None = None
    """Labels and annotations."""
    spec: PipelineSpec
    """The Pipeline's spec; a parameter `scheduledTime` gets the tick."""


class PipelineScheduleSpec(Model):
    """When to create what."""

    schedule: Annotated[str, StringConstraints(min_length=1, max_length=256)]
    """Cron line: minute, hour, day of month, month, day of week; or @hourly, @daily, @weekly, @monthly, @yearly."""
    time_zone: Annotated[str | None, StringConstraints(max_length=64)] = None
    """IANA time zone; UTC if absent."""
    concurrency_policy: ConcurrencyPolicy = ConcurrencyPolicy.ALLOW
    """What to do at a tick while an earlier Pipeline still runs."""
    starting_deadline_seconds: Annotated[int | None, Field(ge=0)] = None
    """How late a missed tick may still start; any time if absent. Below 10 a busy cluster may miss ticks."""
    suspend: bool = False
    """No new ticks, and no backfill; what runs goes on."""
    backfill: Backfill | None = None
    """Ticks of the past to run now; another range begins another backfill."""
    successful_pipelines_history_limit: Annotated[int, Field(ge=0, le=1000)] = 3
    """Succeeded Pipelines to keep; of more, those that ended first are deleted."""
    failed_pipelines_history_limit: Annotated[int, Field(ge=0, le=1000)] = 1
    """Failed, cancelled and invalid Pipelines to keep."""
    pipeline_template: PipelineTemplate
    """The Pipeline of each tick."""


class BackfillStatus(Model):
    """How far a backfill is."""

    from_: Annotated[Timestamp, Field(alias="from")]
    """First instant of the range that was asked for."""
    to: Timestamp
    """Last instant of the range that was asked for."""
    until: Timestamp
    """Last instant of the range that is filled: `to`, or when the backfill began if that was earlier."""
    ticks: Count
    """Ticks of the range."""
    passed: Count = 0
    """Ticks dealt with so far: they have a Pipeline, be it from before."""
    cursor: Timestamp | None = None
    """The last tick dealt with."""
    completion_time: Timestamp | None = None
    """When the last of its Pipelines had ended."""


class PipelineScheduleStatus(Model):
    """What the operator knows of a PipelineSchedule."""

    last_schedule_time: Timestamp | None = None
    """The last tick that a Pipeline was created for, backfill apart."""
    next_schedule_time: Timestamp | None = None
    """The next tick."""
    active: Count | None = None
    """Pipelines not yet ended."""
    backfill: BackfillStatus | None = None
    """The backfill asked for last."""
    observed_generation: Annotated[int | None, Field(ge=0)] = None
    """Generation that this status was computed from."""
    conditions: Annotated[list[Condition] | None, Field(max_length=16), Unique("type")] = None
    """Accepted, Suspended, Backfilling."""


class PipelineSchedule(Model):
    """Creates one Pipeline per tick of a cron line."""

    rules: ClassVar[Rules] = (
        name_rule(
            52,
            "a PipelineSchedule's name must be a DNS label of at most 52 characters: "
            "its Pipelines add a dash and the minute to it",
        ),
    )

    api_version: Literal["penstock.dev/v1alpha1"] = API_VERSION  # type: ignore[assignment]
    kind: Literal["PipelineSchedule"] = "PipelineSchedule"
    metadata: dict[str, Json]
    """Standard object metadata."""
    spec: PipelineScheduleSpec
    """When to create what."""
    status: PipelineScheduleStatus = PipelineScheduleStatus()
    """What the operator knows of the PipelineSchedule."""
